#include "store/series/statistic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace meridian::store {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Statistic> Statistic::parse_basic(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 5> kNames{
      {{"SampleCount", Kind::SampleCount},
       {"Average", Kind::Average},
       {"Sum", Kind::Sum},
       {"Minimum", Kind::Minimum},
       {"Maximum", Kind::Maximum}}};
  for (const auto& [name, kind] : kNames) {
    if (name != text) continue;
    Statistic statistic;
    statistic.kind_ = kind;
    return statistic;
  }
  return std::nullopt;
}

std::optional<Statistic> Statistic::parse_extended(std::string_view text) {
  Statistic statistic;
  if (text.starts_with("PR(") && text.ends_with(")")) {
    text.remove_prefix(3);
    text.remove_suffix(1);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() == 1) return std::nullopt;
    const std::string_view low = text.substr(0, colon), high = text.substr(colon + 1);
    const auto from = low.empty() ? -kInfinite : parse_number(low);
    const auto to = high.empty() ? kInfinite : parse_number(high);
    if (!from || !to || *from > *to) return std::nullopt;
    statistic.kind_ = Kind::PercentileRank;
    statistic.low_ = *from;
    statistic.high_ = *to;
    return statistic;
  }
  if (!text.starts_with('p') || text.size() < 2 || text[1] < '0' || text[1] > '9') return std::nullopt;
  const auto percent = parse_number(text.substr(1));
  if (!percent || *percent > 100) return std::nullopt;
  statistic.kind_ = Kind::Percentile;
  statistic.low_ = *percent / 100;
  return statistic;
}

std::optional<Statistic> Statistic::parse(std::string_view text) {
  const auto basic = parse_basic(text);
  return basic ? basic : parse_extended(text);
}

std::optional<double> Statistic::percentile() const {
  return kind_ == Kind::Percentile ? std::optional(low_) : std::nullopt;
}

std::optional<double> Statistic::of(const Statistics& statistics) const {
  switch (kind_) {
    case Kind::SampleCount:
      return statistics.count();
    case Kind::Average:
      return statistics.average();
    case Kind::Sum:
      return statistics.sum();
    case Kind::Minimum:
      return statistics.minimum();
    case Kind::Maximum:
      return statistics.maximum();
    case Kind::Percentile:
      if (!statistics.has_percentiles()) return std::nullopt;
      return statistics.percentile(low_);
    case Kind::PercentileRank:
      if (!statistics.has_percentiles()) return std::nullopt;
      return statistics.share_between(low_, high_) * 100;
  }
  return std::nullopt;
}

}  // namespace meridian::store
