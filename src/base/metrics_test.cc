#include "base/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace meridian {
namespace {

TEST(Metrics, PrintsPrometheusText) {
  Metrics metrics;
  metrics.counter("meridian_x_total", "Things.", {{"b", "2"}, {"a", "q\"uote"}}).add(3);
  metrics.gauge("meridian_y", "Level.").set(1.5);
  auto& histogram = metrics.histogram("meridian_z_seconds", "Time.", {0.1, 1});
  histogram.observe(0.1);
  histogram.observe(5);
  EXPECT_EQ(metrics.prometheus_text(),
            "# HELP meridian_x_total Things.\n# TYPE meridian_x_total counter\n"
            "meridian_x_total{a=\"q\\\"uote\",b=\"2\"} 3\n"
            "# HELP meridian_y Level.\n# TYPE meridian_y gauge\nmeridian_y 1.5\n"
            "# HELP meridian_z_seconds Time.\n# TYPE meridian_z_seconds histogram\n"
            "meridian_z_seconds_bucket{le=\"0.1\"} 1\nmeridian_z_seconds_bucket{le=\"1\"} 1\n"
            "meridian_z_seconds_bucket{le=\"+Inf\"} 2\nmeridian_z_seconds_sum 5.1\nmeridian_z_seconds_count 2\n");
}

TEST(Metrics, SumsWhatThreadsCount) {
  Metrics metrics;
  Counter& counter = metrics.counter("meridian_n_total", "N.");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] {
    for (int n = 0; n < 1000; ++n) counter.add();
  });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 4000u);
}

TEST(Metrics, BoundsTheSeriesOfAName) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kSeriesMax + 5; ++i)
    metrics.counter("meridian_n_total", "N.", {{"i", std::to_string(i)}}).add();
  EXPECT_NE(metrics.prometheus_text().find("meridian_n_total{overflow=\"true\"} 5\n"), std::string::npos);
}

}  // namespace
}  // namespace meridian
