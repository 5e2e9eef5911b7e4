#include "services/kinesis/iterator.h"

#include "base/bytes.h"
#include "store/fields.h"

namespace meridian::services::kinesis {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

}  // namespace

std::string encode(const ShardIterator& iterator) {
  Writer out;
  out.u64(iterator.stream).text(iterator.stream_name).u32(iterator.shard);
  out.u64(static_cast<std::uint64_t>(iterator.at.time_ms)).u64(iterator.at.sequence).time(iterator.made_at);
  return to_base64(as_bytes(out.take()));
}

std::optional<ShardIterator> decode_iterator(std::string_view text) {
  const auto bytes = from_base64(text);
  if (!bytes) return std::nullopt;
  store::FieldReader in(*bytes, kVersion);
  ShardIterator out;
  out.stream = in.u64();
  out.stream_name = in.text();
  out.shard = in.u32();
  out.at.time_ms = static_cast<std::int64_t>(in.u64());
  out.at.sequence = in.u64();
  out.made_at = in.time();
  auto whole = in.finish(std::move(out), "iterator");
  // Base64 can say the same in several ways; an iterator is what we gave, to the letter.
  if (!whole || encode(*whole) != text) return std::nullopt;
  return *std::move(whole);
}

}  // namespace meridian::services::kinesis
