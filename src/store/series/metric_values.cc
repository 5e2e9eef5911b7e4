#include "store/series/metric_values.h"

#include "store/series/statistic.h"

namespace meridian::store {

Result<std::vector<std::optional<MetricValue>>> last_values(const SeriesStore& series,
                                                            const MetricQuery& query, SystemTime end,
                                                            std::size_t count) {
  const auto statistic = Statistic::parse(query.statistic);
  if (!statistic) return invalid("no such statistic: " + query.statistic);
  std::vector<std::optional<MetricValue>> values(count);
  const SystemTime from = end - query.period * count;
  const auto points = TRY(series.read_any_unit(query.metric, from, end, query.period, count, end));
  for (const Point& point : points)
    if (const auto value = statistic->of(point.statistics))
      values.at(static_cast<std::size_t>((point.start - from) / query.period)) =
          MetricValue{point.start, *value, point.statistics.count()};
  return values;
}

}  // namespace meridian::store
