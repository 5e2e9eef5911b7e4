// Which series a caller means by namespace, name, dimensions and unit.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aws/call.h"
#include "gen/cloudwatch/types.h"
#include "store/series/metric_sink.h"

namespace meridian::services::cloudwatch {

inline constexpr std::string_view kNoUnit = "None";

using Dimensions = std::optional<std::vector<gen::cloudwatch::Dimension>>;

// Every unit that a value can have; one series each.
std::span<const std::string_view> units();

// The metric with a unit; of equal dimension names the last one counts, which PutMetricData refuses.
store::SeriesId series_id(const aws::Call& call, const std::string& name_space, const std::string& metric,
                          const Dimensions& dimensions, std::string_view unit);

std::vector<gen::cloudwatch::Dimension> shown(const std::map<std::string, std::string>& dimensions);

}  // namespace meridian::services::cloudwatch
