// An object on disk: a head of fixed size, then its text (what it belongs to, the object's record, a CRC-32C
// of each block of the body), then the body. Rule: what parse and check let through is what was written.
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

struct RecordHead {
  Key key;
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
};
// A whole record, which the answer's views are of. Corrupt: some of it is not what was written.
Result<DiskObject> read_disk_record(std::string_view bytes, const Key& key);

}  // namespace meridian::engines::cdn::disk
