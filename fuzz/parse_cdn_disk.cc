// What lies in a cache's segments: any bytes are what was written, or refused. The first byte says what they
// are tried as; checksums are put right, or nothing would get behind them.
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"
#include "engines/cdn/disk/record.h"
#include "engines/cdn/object_record.h"

using namespace meridian;
using namespace meridian::engines::cdn;
using namespace meridian::engines::cdn::disk;

namespace {

// What was read is written as what is read again as the same.
void try_record(std::string_view text) {
  (void)read_recorded_names(text);
  const auto object = read_record(text, nullptr);
  if (!object) return;
  std::string first, second;
  write_record(**object, nullptr, first);
  const auto again = read_record(first, nullptr);
  CHECK(again.has_value());
  write_record(**again, nullptr, second);
  CHECK(first == second);
}

std::string number(std::uint32_t value) {
  std::string out;
  append_u32(out, value);
  return out;
}

void try_disk_record(std::string bytes) {
  Key key;
  if (const auto head = parse_record_head(bytes)) key = head->key;
  (void)read_disk_record(bytes, key);
  (void)read_slice_record(bytes, key);
  if (bytes.size() < kRecordHeadBytes) return;
  std::size_t text_size = bytes.size() - kRecordHeadBytes;
  ByteReader sizes(std::string_view(bytes).substr(32));
  text_size = std::min<std::size_t>(text_size, sizes.u32() & 0xffff);
  bytes.replace(0, 4, number(0x4d435231));
  bytes.replace(32, 4, number(static_cast<std::uint32_t>(text_size)));
  bytes.replace(36, 4, number(static_cast<std::uint32_t>(bytes.size() - kRecordHeadBytes - text_size)));
  bytes.replace(40, 4, number(crc32c(as_bytes(std::string_view(bytes).substr(kRecordHeadBytes, text_size)))));
  bytes.replace(4, 4, number(crc32c(as_bytes(std::string_view(bytes).substr(8, kRecordHeadBytes - 8)))));
  const auto head = parse_record_head(bytes);
  if (!head) return;
  CHECK(head->size() == bytes.size());
  if (head->kind == RecordKind::Slice) {
    const auto slice = read_slice_record(bytes, head->key);
    if (slice) CHECK(write_slice_record(head->key, *slice).size() == bytes.size());
  } else if (const auto found = read_disk_record(bytes, head->key)) {
    CHECK(found->object->body != nullptr);
    CHECK((found->generation != 0) == (head->kind == RecordKind::SlicedObject));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0)
    try_record(rest);
  else
    try_disk_record(std::string(rest));
  return 0;
}
