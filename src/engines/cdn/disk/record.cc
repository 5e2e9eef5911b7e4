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

void append_crcs(std::string& text, std::string_view body) {
  for (std::size_t i = 0; i < blocks_of(body.size()); ++i) append_u32(text, crc32c(as_bytes(block(body, i))));
}

bool hold_crcs(ByteReader& reader, std::string_view body) {
  if (reader.remaining() != kCrcBytes * blocks_of(body.size())) return false;
  for (std::size_t i = 0; i < blocks_of(body.size()); ++i)
    if (crc32c(as_bytes(block(body, i))) != reader.u32()) return false;
  return true;
}

std::string assemble(const RecordHead& head, std::string_view text, std::string_view body) {
  std::string rest;
  append_u64(rest, head.key.high);
  append_u64(rest, head.key.low);
  append_u64(rest, head.purges_seen);
  append_u32(rest, static_cast<std::uint32_t>(text.size()));
  append_u32(rest, static_cast<std::uint32_t>(body.size()));
  append_u32(rest, crc32c(as_bytes(text)));
  append_u32(rest, static_cast<std::uint32_t>(head.kind));
  std::string out;
  out.reserve(kRecordHeadBytes + text.size() + body.size());
  append_u32(out, kMagic);
  append_u32(out, crc32c(as_bytes(rest)));
  return out.append(rest).append(text).append(body);
}

struct Opened {
  RecordHead head;
  std::string_view text, body;
};

Result<Opened> open_record(std::string_view bytes, const Key& key) {
  Opened opened{.head = TRY(parse_record_head(bytes)), .text = {}, .body = {}};
  if (opened.head.size() != bytes.size() || opened.head.key != key) return corrupt("the record is another's");
  opened.text = bytes.substr(kRecordHeadBytes, opened.head.text_size);
  opened.body = bytes.substr(kRecordHeadBytes + opened.head.text_size);
  if (crc32c(as_bytes(opened.text)) != opened.head.text_crc)
    return corrupt("the checksum of a record's text does not hold");
  return opened;
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
  const std::uint32_t kind = reader.u32();
  if (bytes.size() < kRecordHeadBytes || !reader.ok() || magic != kMagic) return corrupt("it is no record");
  if (crc32c(as_bytes(bytes.substr(8, kRecordHeadBytes - 8))) != crc)
    return corrupt("the checksum of a record's head does not hold");
  if (head.text_size > kRecordTextBytesMax) return corrupt("a record's text is too long");
  if (kind > static_cast<std::uint32_t>(RecordKind::Slice)) return corrupt("a record of an unknown kind");
  head.kind = static_cast<RecordKind>(kind);
  return head;
}

std::string write_disk_record(const Key& key, const Object& object) {
  const Parts* const parts = object.body->parts();
  std::string text, record, body;
  if (!parts) {
    body.reserve(static_cast<std::size_t>(object.body->size()));
    append_body(object.body, body);
  }
  append_sized(text, object.purges->distribution_id());
  write_record(object, nullptr, record);
  append_sized(text, record);
  if (parts)
    append_u64(text, parts->generation());
  else
    append_crcs(text, body);
  return assemble({.key = key,
                   .kind = parts ? RecordKind::SlicedObject : RecordKind::Object,
                   .purges_seen = object.purges_seen},
                  text, body);
}

Result<DiskObject> read_disk_record(std::string_view bytes, const Key& key) {
  const auto [head, text, body] = TRY(open_record(bytes, key));
  if (head.kind == RecordKind::Slice) return corrupt("the record is a slice");
  ByteReader reader(text);
  DiskObject found;
  found.distribution_id = reader.sized();
  const std::string_view record = reader.sized();
  const bool sliced = head.kind == RecordKind::SlicedObject;
  if (sliced) found.generation = reader.u64();
  if (!reader.ok() ||
      (sliced ? !reader.at_end() || !body.empty() || found.generation == 0 : !hold_crcs(reader, body)))
    return corrupt("a record's text does not belong to it");
  found.object = TRY(read_record(record, nullptr));
  if (sliced && found.object->length.value_or(0) == 0) return corrupt("slices of nothing");
  found.object->body = Body::of(body);
  found.object->purges_seen = head.purges_seen;
  return found;
}

// Of what is unknown to strangers.
Key slice_key(const Key& object, std::uint64_t generation, std::uint32_t index) {
  std::string bytes;
  append_u64(bytes, generation);
  append_u32(bytes, index);
  return siphash128<1, 3>({object.high, object.low}, bytes);
}

std::string write_slice_record(const Key& key, std::string_view slice) {
  std::string text;
  append_crcs(text, slice);
  return assemble({.key = key, .kind = RecordKind::Slice}, text, slice);
}

Result<std::string_view> read_slice_record(std::string_view bytes, const Key& key) {
  const auto [head, text, body] = TRY(open_record(bytes, key));
  ByteReader reader(text);
  if (head.kind != RecordKind::Slice || !hold_crcs(reader, body)) return corrupt("it is no slice");
  return body;
}

}  // namespace meridian::engines::cdn::disk
