// What metric filters make of a batch of events: samples for CloudWatch, added up by metric and minute.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/resources.h"
#include "store/log_store/log_sink.h"
#include "store/series/metric_sink.h"
#include "store/store.h"

namespace meridian::services::logs {

// Of a group, by name.
Result<std::vector<MetricFilterResource>> metric_filters(store::Store& store, std::uint64_t group);

std::vector<store::Sample> metric_samples(const MetricFilterResource& filter, const FilterPattern& pattern,
                                          const Place& place, std::span<const store::LogEvent> events);

}  // namespace meridian::services::logs
