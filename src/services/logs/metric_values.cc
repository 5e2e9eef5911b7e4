#include "services/logs/metric_values.h"

#include <cmath>
#include <map>

#include "services/logs/filter_expression.h"

namespace meridian::services::logs {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kDimensionValueBytesMax = 1024;  // CloudWatch's

std::optional<double> number(const std::optional<std::string>& text) {
  const auto parsed = text ? parse_number(*text) : std::nullopt;
  if (!parsed || !std::isfinite(static_cast<double>(*parsed))) return std::nullopt;
  return static_cast<double>(*parsed);
}

// Nothing: the event has no value for one of them.
std::optional<std::map<std::string, std::string>> dimensions_of(const MetricFilterResource& filter,
                                                                const FilterMatch& match) {
  std::map<std::string, std::string> out;
  for (const auto& [name, reference] : filter.dimensions) {
    auto value = match.value(reference);
    if (!value || value->empty() || value->size() > kDimensionValueBytesMax) return std::nullopt;
    out[name] = *std::move(value);
  }
  return out;
}

}  // namespace

Result<std::vector<MetricFilterResource>> metric_filters(store::Store& store, std::uint64_t group) {
  std::vector<MetricFilterResource> out;
  for (const store::KeyValue& item : TRY(store.range(metric_filters_prefix(group))).items)
    out.push_back(TRY(decode_metric_filter(item.value)));
  return out;
}

std::vector<store::Sample> metric_samples(const MetricFilterResource& filter, const FilterPattern& pattern,
                                          const Place& place, std::span<const store::LogEvent> events) {
  struct Minute {
    std::map<std::map<std::string, std::string>, store::Statistics> found;  // by dimensions
    double others = 0;                                                      // events that do not match
  };
  std::map<std::int64_t, Minute> minutes;
  for (const store::LogEvent& event : events) {
    Minute& minute = minutes[event.time_ms / kMinuteMs];
    const auto match = pattern.match(event.message);
    if (!match) {
      ++minute.others;
      continue;
    }
    const auto literal = number(filter.metric_value);
    const auto value = literal ? literal : number(match->value(filter.metric_value));
    const auto dimensions = dimensions_of(filter, *match);
    if (!value || !dimensions) continue;
    const auto [known, fresh] = minute.found.try_emplace(*dimensions, store::Statistics::of(*value));
    if (!fresh) known->second.merge(store::Statistics::of(*value));
  }

  std::vector<store::Sample> samples;
  const auto add = [&](std::int64_t minute, const std::map<std::string, std::string>& dimensions,
                       const store::Statistics& statistics) {
    store::SeriesId series{store::metric_scope(place.account, place.region), filter.metric_namespace,
                           filter.metric_name, dimensions, filter.unit};
    samples.push_back(
        {std::move(series), SystemTime(std::chrono::milliseconds(minute * kMinuteMs)), statistics});
  };
  for (const auto& [minute, each] : minutes) {
    for (const auto& [dimensions, statistics] : each.found) add(minute, dimensions, statistics);
    // "If logs are ingested during a one-minute time period but no matches are found, the default is
    // reported."
    if (each.found.empty() && each.others > 0 && filter.default_value)
      add(minute, {}, store::Statistics::of(*filter.default_value, each.others));
  }
  return samples;
}

}  // namespace meridian::services::logs
