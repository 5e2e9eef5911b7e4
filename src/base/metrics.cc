#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace meridian {
namespace {

std::size_t shard_of_this_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local std::size_t shard = next.fetch_add(1) % Counter::kShards;
  return shard;
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    out.push_back(c);
  }
  return out;
}

std::string label_text(const Labels& labels, std::string_view extra = {}) {
  std::string out;
  for (const auto& [name, value] : labels)
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escape(value));
  if (!extra.empty()) out += (out.empty() ? "" : ",") + std::string(extra);
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

void Counter::add(std::uint64_t by) {
  cells_[shard_of_this_thread()].value.fetch_add(by, std::memory_order_relaxed);
}

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
  return sum;
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

void Histogram::observe(double value) {
  auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
  std::vector<std::uint64_t> out(bounds_.size() + 1);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
  return out;
}

Metrics::Series& Metrics::series(std::string_view name, std::string_view help, const char* type, Labels labels) {
  Family& family = families_[std::string(name)];
  if (family.type[0] == '\0') {
    family.type = type;
    family.help = help;
  }
  CHECK(std::string_view(family.type) == type);
  std::sort(labels.begin(), labels.end());
  if (family.series.size() >= kSeriesMax && !family.series.contains(labels)) labels = {{"overflow", "true"}};
  Series& found = family.series[labels];
  found.labels = std::move(labels);
  return found;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  std::lock_guard lock(mutex_);
  auto& found = series(name, help, "counter", std::move(labels)).counter;
  if (!found) found = std::make_unique<Counter>();
  return *found;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  std::lock_guard lock(mutex_);
  auto& found = series(name, help, "gauge", std::move(labels)).gauge;
  if (!found) found = std::make_unique<Gauge>();
  return *found;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, std::vector<double> bounds, Labels labels) {
  std::lock_guard lock(mutex_);
  auto& found = series(name, help, "histogram", std::move(labels)).histogram;
  if (!found) found = std::make_unique<Histogram>(std::move(bounds));
  return *found;
}

void Metrics::on_scrape(std::function<void()> refresh) {
  std::lock_guard lock(mutex_);
  refreshers_.push_back(std::move(refresh));
}

std::string Metrics::prometheus_text() {
  std::vector<std::function<void()>> refreshers;
  {
    std::lock_guard lock(mutex_);
    refreshers = refreshers_;
  }
  for (auto& refresh : refreshers) refresh();

  std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.type);
    for (const auto& [labels, series] : family.series) {
      if (series.counter) out += fmt::format("{}{} {}\n", name, label_text(labels), series.counter->value());
      if (series.gauge) out += fmt::format("{}{} {}\n", name, label_text(labels), series.gauge->value());
      if (!series.histogram) continue;
      std::uint64_t cumulative = 0;
      auto counts = series.histogram->counts();
      for (std::size_t i = 0; i < counts.size(); ++i) {
        cumulative += counts[i];
        const auto& bounds = series.histogram->bounds();
        std::string bound = i < bounds.size() ? fmt::format("le=\"{}\"", bounds[i]) : "le=\"+Inf\"";
        out += fmt::format("{}_bucket{} {}\n", name, label_text(labels, bound), cumulative);
      }
      out += fmt::format("{}_sum{} {}\n{}_count{} {}\n", name, label_text(labels), series.histogram->sum(), name,
                         label_text(labels), cumulative);
    }
  }
  return out;
}

}  // namespace meridian
