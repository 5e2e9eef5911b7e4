#include "services/kinesis/resources.h"

#include <fmt/format.h>

#include "store/fields.h"

namespace meridian::services::kinesis {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

}  // namespace

std::string streams_prefix(const Place& place) {
  return fmt::format("{}{}/{}/", kStreamsPrefix, place.account, place.region);
}
std::string stream_key(const Place& place, std::string_view name) {
  return streams_prefix(place) += name;
}
std::string shard_count_key(const Place& place) {
  return fmt::format("kinesis/index/shard-counts/{}/{}", place.account, place.region);
}

std::string stream_arn(const Place& place, std::string_view name) {
  return fmt::format("arn:aws:kinesis:{}:{}:stream/{}", place.region, place.account, name);
}

Result<StreamName> parse_stream_arn(std::string_view arn) {
  constexpr std::string_view kStart = "arn:aws:kinesis:", kName = ":stream/";
  if (!arn.starts_with(kStart)) return invalid(fmt::format("{} is not the ARN of a stream", arn));
  arn.remove_prefix(kStart.size());
  const std::size_t region_end = arn.find(':'), name = arn.find(kName);
  if (region_end == std::string_view::npos || name == std::string_view::npos || name <= region_end)
    return invalid("that is not the ARN of a stream");
  return StreamName{{std::string(arn.substr(region_end + 1, name - region_end - 1)),
                     std::string(arn.substr(0, region_end))},
                    std::string(arn.substr(name + kName.size()))};
}

std::string encode(const StreamResource& stream) {
  Writer out;
  out.text(stream.place.account).text(stream.place.region).text(stream.name).u64(stream.id);
  out.time(stream.created_at).u32(stream.shards).u32(stream.retention_hours).flag(stream.on_demand);
  out.count(stream.tags.size());
  for (const auto& [key, value] : stream.tags) out.text(key).text(value);
  return out.take();
}

Result<StreamResource> decode_stream(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  StreamResource stream;
  stream.place.account = in.text();
  stream.place.region = in.text();
  stream.name = in.text();
  stream.id = in.u64();
  stream.created_at = in.time();
  stream.shards = in.u32();
  stream.retention_hours = in.u32();
  stream.on_demand = in.flag();
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string key = in.text();
    stream.tags[std::move(key)] = in.text();
  }
  if (stream.shards == 0) in.spoil();
  return in.finish(std::move(stream), "stream");
}

std::string encode_count(const std::uint64_t& count) {
  return Writer().u64(count).take();
}

Result<std::uint64_t> decode_count(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  const std::uint64_t count = in.u64();
  return in.finish(count, "count of shards");
}

}  // namespace meridian::services::kinesis
