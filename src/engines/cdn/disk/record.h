// What lies on disk: a head of fixed size, then a text, then a body. Of an object the text has what it
// belongs to, the object's record, and a CRC-32C of each block of the body; where that is kept in slices,
// there is no body, but the number that its slices have in common. Of a slice the text is the CRCs alone.
// Rule: what parse and check let through is what was written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engines/cdn/cache.h"

namespace meridian::engines::cdn::disk {

inline constexpr std::size_t kRecordHeadBytes = 48;
inline constexpr std::size_t kCheckedBlockBytes = 64 * 1024;
inline constexpr std::uint32_t kRecordTextBytesMax = 256 * 1024;

enum class RecordKind : std::uint32_t { Object = 0, SlicedObject = 1, Slice = 2 };

struct RecordHead {
  Key key;
  RecordKind kind = RecordKind::Object;
  std::uint64_t purges_seen = 0;
  std::uint32_t text_size = 0, body_size = 0, text_crc = 0;
  std::uint64_t size() const { return kRecordHeadBytes + std::uint64_t{text_size} + body_size; }
};
// Corrupt when these bytes are no head.
Result<RecordHead> parse_record_head(std::string_view bytes);

// `object` is_recordable().
std::string write_disk_record(const Key& key, const Object& object);

struct DiskObject {
  std::shared_ptr<Object> object;  // without its log of purges
  std::string_view distribution_id;
  std::uint64_t generation = 0;  // of its slices; 0: the body is all there
};
// A whole record, which the answer's views are of. Corrupt: some of it is not what was written.
Result<DiskObject> read_disk_record(std::string_view bytes, const Key& key);

Key slice_key(const Key& object, std::uint64_t generation, std::uint32_t index);
std::string write_slice_record(const Key& key, std::string_view slice);
// The slice, which is a view of `bytes`.
Result<std::string_view> read_slice_record(std::string_view bytes, const Key& key);

}  // namespace meridian::engines::cdn::disk
