// Metric math as callers write it: parsed within its limits, and computed over two short series.
#include <cstddef>
#include <cstdint>

#include "services/cloudwatch/metric_math.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  using namespace meridian::services::cloudwatch;
  const auto expression = MathExpression::parse({reinterpret_cast<const char*>(data), size});
  if (!expression) return 0;
  (void)expression->names();
  const SystemTime start{std::chrono::seconds(1'800'000'000)};
  const std::chrono::minutes minute(1);
  const MathValue one = TimeSeries{"one", minute, {{start, 1}, {start + 2 * minute, -3.5}}};
  const MathValue two = TimeSeries{"two", minute, {{start + minute, 0}}};
  MathContext context{.start = start,
                      .end = start + 5 * minute,
                      .origin = {},
                      .period = minute,
                      .value_of = [&](std::string_view id) -> Result<const MathValue*> {
                        return id.size() % 2 == 0 ? &one : &two;
                      },
                      .metrics = [&](std::string_view) -> Result<std::vector<TimeSeries>> {
                        return std::vector<TimeSeries>{std::get<TimeSeries>(one), std::get<TimeSeries>(two)};
                      },
                      .points_left = 10'000};
  (void)expression->compute(context);
  return 0;
}
