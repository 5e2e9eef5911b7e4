#include "engines/cdn/disk/record.h"

#include <algorithm>

#include "base/bytes.h"
#include "engines/cdn/object_record.h"

namespace meridian::engines::cdn::disk {
namespace {

constexpr std::uint32_t kMagic = 0x4d435231;  // "MCR1"
constexpr std::size_t kCrcBytes = 4;

std::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorCode::Corrupt, std::move(why), ErrorSource::Storage);
}

std::size_t blocks_of(std::size_t body_size) {
  return (body_size + kCheckedBlockBytes - 1) / kCheckedBlockBytes;
}

std::string_view block(std::string_view body, std::size_t number) {
  return body.substr(number * kCheckedBlockBytes, kCheckedBlockBytes);
}

}  // namespace

Result<RecordHead> parse_record_head(std::string_view bytes) {
  ByteReader reader(bytes.substr(0, kRecordHeadBytes));
  const std::uint32_t magic = reader.u32(), crc = reader.u32();
  RecordHead head;
  head.key.high = reader.u64();
  head.key.low = reader.u64();
  head.purges_seen = reader.u64();
  head.text_size = reader.u32();
  head.body_size = reader.u32();
  head.text_crc = reader.u32();
  if (bytes.size() < kRecordHeadBytes || !reader.ok() || magic != kMagic) return corrupt("it is no record");
  if (crc32c(as_bytes(bytes.substr(8, kRecordHeadBytes - 8))) != crc)
    return corrupt("the checksum of a record's head does not hold");
  if (head.text_size > kRecordTextBytesMax) return corrupt("a record's text is too long");
  return head;
}

std::string write_disk_record(const Key& key, const Object& object) {
  std::string text, record, body;
  body.reserve(static_cast<std::size_t>(object.body->size()));
  append_body(object.body, body);
  append_sized(text, object.purges->distribution_id());
  write_record(object, nullptr, record);
  append_sized(text, record);
  for (std::size_t i = 0; i < blocks_of(body.size()); ++i) append_u32(text, crc32c(as_bytes(block(body, i))));

  std::string rest;
  append_u64(rest, key.high);
  append_u64(rest, key.low);
  append_u64(rest, object.purges_seen);
  append_u32(rest, static_cast<std::uint32_t>(text.size()));
  append_u32(rest, static_cast<std::uint32_t>(body.size()));
  append_u32(rest, crc32c(as_bytes(text)));
  append_u32(rest, 0);
  std::string out;
  out.reserve(kRecordHeadBytes + text.size() + body.size());
  append_u32(out, kMagic);
  append_u32(out, crc32c(as_bytes(rest)));
  return out.append(rest).append(text).append(body);
}

Result<DiskObject> read_disk_record(std::string_view bytes, const Key& key) {
  const RecordHead head = TRY(parse_record_head(bytes));
  if (head.size() != bytes.size() || head.key != key) return corrupt("the record is another's");
  const std::string_view text = bytes.substr(kRecordHeadBytes, head.text_size);
  const std::string_view body = bytes.substr(kRecordHeadBytes + head.text_size);
  if (crc32c(as_bytes(text)) != head.text_crc)
    return corrupt("the checksum of a record's text does not hold");
  ByteReader reader(text);
  DiskObject found;
  found.distribution_id = reader.sized();
  const std::string_view record = reader.sized();
  if (!reader.ok() || reader.remaining() != kCrcBytes * blocks_of(body.size()))
    return corrupt("a record's text cannot be read");
  for (std::size_t i = 0; i < blocks_of(body.size()); ++i)
    if (crc32c(as_bytes(block(body, i))) != reader.u32())
      return corrupt("the checksum of a block does not hold");
  found.object = TRY(read_record(record, nullptr));
  found.object->body = Body::of(body);
  found.object->purges_seen = head.purges_seen;
  return found;
}

}  // namespace meridian::engines::cdn::disk
