// Alarms find their states: metric alarms from the series, composite ones from the alarms they name.
// Rule: what is decided depends on the store, the series and the time given, on nothing else.
#pragma once

#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "services/cloudwatch/alarm_changes.h"
#include "store/series/series_store.h"

namespace meridian::services::cloudwatch {

class AlarmEvaluator {
 public:
  // How often evaluate() is to be called; alarms of a minute or more are evaluated once a minute.
  static constexpr std::chrono::seconds kInterval{10};
  // How long after a period's end: what was measured in it takes its time to arrive.
  static constexpr std::chrono::seconds kDelay{1};

  // `actions` may be null: all of them fail.
  AlarmEvaluator(store::Store& store, const store::SeriesStore& series, AlarmActions* actions, Logger& logger,
                 Metrics& metrics);

  // Every alarm that is due. One thread at a time, as what follows.
  void evaluate(SystemTime now);
  // One that has just been put.
  void evaluate_alarm(std::string_view account, std::string_view region, std::string_view name,
                      SystemTime now);
  // After states have changed.
  void evaluate_composites(SystemTime now);

 private:
  aws::Outcome<void> walk(SystemTime now, bool minute);
  aws::Outcome<bool> settle_composites(SystemTime now);
  aws::Outcome<void> evaluate_metric(const AlarmResource& alarm, store::Revision settings, SystemTime now);
  aws::Outcome<bool> evaluate_composite(const AlarmResource& alarm, store::Revision settings, SystemTime now);
  Result<std::vector<std::optional<store::MetricValue>>> math_values(const MetricAlarmSettings& settings,
                                                                     SystemTime now) const;
  void tell(const aws::Outcome<void>& outcome);

  store::Store& store_;
  const store::SeriesStore& series_;
  AlarmActions* actions_;
  Logger& logger_;
  Counter& evaluations_;
  Counter& failures_;
  SystemTime minute_{};  // the last that was evaluated
};

}  // namespace meridian::services::cloudwatch
