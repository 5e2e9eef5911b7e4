// What a control and a checker at an edge hear of each other: any bytes are settings, a report, or refused;
// what was read is written as what is read again as the same.
#include "base/check.h"
#include "engines/health/report_wire.h"

using namespace meridian;
using namespace meridian::engines::health;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const SystemTime now{std::chrono::hours(500'000)};
  if (const auto settings = read_settings({data, size})) {
    const std::string written = write_settings(*settings);
    const auto again = read_settings(as_bytes(written));
    CHECK(again && write_settings(*again) == written);
  }
  if (const auto report = read_report({data, size}, now)) {
    const auto again = read_report(as_bytes(write_report(*report, now)), now);
    CHECK(again && *again == *report);
  }
  return 0;
}
