// Rows of the embedded store, as a broken disk may hand them back. The first byte chooses the table; a row
// that decodes is written again and must give the same bytes.
#include "base/bytes.h"
#include "base/check.h"
#include "store/embedded/format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace format = meridian::store::format;
  if (size == 0) return 0;
  std::string_view row = meridian::as_text({data + 1, size - 1});
  switch (data[0]) {
    case 'c':
      if (auto item = format::decode_current("key", row)) CHECK(format::encode_current(*item) == row);
      break;
    case 'l':
      if (auto batch = format::decode_log(7, row)) {
        std::string again = format::encode_log(*batch);
        format::set_log_bytes(again, *format::decode_log_bytes(row));
        CHECK(again.size() == row.size());
        CHECK(format::decode_log(7, again));
      }
      break;
    case 'u':
      if (auto undo = format::decode_undo(row, {"", std::nullopt}))
        CHECK(format::decode_undo(format::encode_undo(*undo), {"", std::nullopt}));
      break;
    case 'm':
      if (auto head = format::decode_head(row)) CHECK(format::encode_head(*head) == row);
      if (auto compacted = format::decode_compacted(row)) CHECK(format::encode_compacted(*compacted) == row);
      break;
    case 'e':
      if (size > 9) (void)format::decode_lease(row, row);
      break;
    case 'k':
      if (size > 1) (void)format::decode_lease_member(row);
      break;
  }
  return 0;
}
