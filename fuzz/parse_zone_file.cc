// Zone files. Besides not crashing: each record, printed as a line, is read back as itself.
#include "base/check.h"
#include "formats/dns/rdata.h"
#include "formats/dns/zone_file.h"

namespace {

using namespace meridian;
using namespace meridian::dns;

void check_read_back(const Record& record) {
  CHECK(check_rdata(record.type, record.rdata).has_value());
  int records = 0;
  parse_zone_file(
      print_record(record), ZoneFileOptions(),
      [&](const Record& again, std::size_t) {
        ++records;
        CHECK(again.owner.wire() == record.owner.wire() && again.type == record.type &&
              again.ttl == record.ttl && again.rdata == record.rdata);
      },
      [](const ZoneFileError&) { CHECK(false); });
  CHECK(records == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ZoneFileOptions options;
  options.origin = Name::parse("example.com").value();
  options.generate_max = 100;
  std::size_t last = 0;
  parse_zone_file(
      as_text({data, size}), options,
      [&](const Record& record, std::size_t line) {
        CHECK(line >= last);
        last = line;
        check_read_back(record);
      },
      [&](const ZoneFileError& error) {
        CHECK(error.line >= last && !error.message.empty());
        last = error.line;
      });
  return 0;
}
