// The rule of a composite alarm, as callers write it: parsed within its limits, and computed.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "services/cloudwatch/alarm_rule.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using meridian::services::cloudwatch::AlarmRule;
  using meridian::services::cloudwatch::AlarmValue;
  const auto rule = AlarmRule::parse({reinterpret_cast<const char*>(data), size});
  if (!rule) return 0;
  CHECK(rule->alarms().size() <= AlarmRule::kAlarmsMax);
  for (const std::string& alarm : rule->alarms()) CHECK(!alarm.empty());
  for (const AlarmValue value : {AlarmValue::Ok, AlarmValue::Alarm, AlarmValue::InsufficientData})
    (void)rule->holds([&](const std::string&) { return value; });
  return 0;
}
