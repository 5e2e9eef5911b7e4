#include "services/cloudwatch/metric_identity.h"

namespace meridian::services::cloudwatch {

std::span<const std::string_view> units() {
  static constexpr std::string_view kUnits[] = {"Seconds",
                                                "Microseconds",
                                                "Milliseconds",
                                                "Bytes",
                                                "Kilobytes",
                                                "Megabytes",
                                                "Gigabytes",
                                                "Terabytes",
                                                "Bits",
                                                "Kilobits",
                                                "Megabits",
                                                "Gigabits",
                                                "Terabits",
                                                "Percent",
                                                "Count",
                                                "Bytes/Second",
                                                "Kilobytes/Second",
                                                "Megabytes/Second",
                                                "Gigabytes/Second",
                                                "Terabytes/Second",
                                                "Bits/Second",
                                                "Kilobits/Second",
                                                "Megabits/Second",
                                                "Gigabits/Second",
                                                "Terabits/Second",
                                                "Count/Second",
                                                kNoUnit};
  return kUnits;
}

store::SeriesId series_id(const aws::Call& call, const std::string& name_space, const std::string& metric,
                          const Dimensions& dimensions, std::string_view unit) {
  store::SeriesId id{
      store::metric_scope(call.account_id, call.region), name_space, metric, {}, std::string(unit)};
  if (dimensions)
    for (const auto& [name, value] : *dimensions) id.dimensions[name] = value;
  return id;
}

std::vector<gen::cloudwatch::Dimension> shown(const std::map<std::string, std::string>& dimensions) {
  std::vector<gen::cloudwatch::Dimension> list;
  for (const auto& [name, value] : dimensions) list.push_back({name, value});
  return list;
}

}  // namespace meridian::services::cloudwatch
