// A MetricSink of tests, which writes down what it is told: a line for each sample, with the value of one
// dimension and the sum.
#pragma once

#include <fmt/format.h>

#include <vector>

#include "store/series/metric_sink.h"

namespace meridian::store {

class HeardMetrics final : public MetricSink {
 public:
  explicit HeardMetrics(std::string dimension) : dimension_(std::move(dimension)) {}
  Result<void> add(std::span<const Sample> samples) override {
    for (const Sample& sample : samples)
      lines.push_back(fmt::format("{} {} {} {} {} {}", sample.series.account, sample.series.name_space,
                                  sample.series.metric, sample.series.dimensions.at(dimension_),
                                  format_iso8601(sample.at), sample.statistics.sum()));
    return {};
  }
  std::vector<std::string> lines;

 private:
  const std::string dimension_;
};

}  // namespace meridian::store
