#include "store/objects/blob_record.h"

#include <fmt/format.h>

#include "store/fields.h"

namespace meridian::store::objects {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

}  // namespace

std::string blob_key(std::string_view id) {
  return std::string(kBlobsPrefix).append(id);
}
std::string pack_name(std::uint64_t pack) {
  return fmt::format("{:016x}", pack);
}
std::string pack_prefix(std::uint64_t pack) {
  return fmt::format("{}{}/", kPacksPrefix, pack_name(pack));
}
std::string pack_member_key(std::uint64_t pack, std::string_view id) {
  return pack_prefix(pack).append(id);
}

bool is_blob_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string encode(const BlobRecord& record) {
  return Writer()
      .flag(record.place.packed)
      .u64(record.place.pack)
      .u64(record.place.offset)
      .u64(record.size)
      .text(record.wrapped_key)
      .take();
}

Result<BlobRecord> decode_blob_record(std::string_view bytes) {
  FieldReader in(bytes, kVersion);
  BlobRecord record;
  record.place.packed = in.flag();
  record.place.pack = in.u64();
  record.place.offset = in.u64();
  record.size = in.u64();
  record.wrapped_key = in.text();
  return in.finish(std::move(record), "blob");
}

std::string encode_sealed_size(std::uint64_t size) {
  return Writer().u64(size).take();
}

Result<std::uint64_t> decode_sealed_size(std::string_view bytes) {
  FieldReader in(bytes, kVersion);
  const std::uint64_t size = in.u64();
  return in.finish(size, "size of a blob");
}

std::string encode_garbage(const std::vector<std::string>& ids) {
  Writer out;
  out.count(ids.size());
  for (const std::string& id : ids) out.text(id);
  return out.take();
}

Result<std::vector<std::string>> decode_garbage(std::string_view bytes) {
  FieldReader in(bytes, kVersion);
  std::vector<std::string> ids(in.count(4));
  for (std::string& id : ids) id = in.text();
  return in.finish(std::move(ids), "list of garbage");
}

}  // namespace meridian::store::objects
