// How much disk a month of metrics takes: so many series, each with a value a second, put once a minute under
// a clock that is told to move. It is bounded when it stops growing with the age of the rows that are kept.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/random.h"
#include "store/embedded/scratch_directory.h"
#include "store/series/series_store.h"

using namespace meridian;
using namespace std::chrono_literals;

int main(int count, char** words) {
  int series = 20, days = 31;
  bool full = false;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--full") == 0) full = true;
    if (std::strcmp(words[i], "--series") == 0 && i + 1 < count) series = std::atoi(words[++i]);
    if (std::strcmp(words[i], "--days") == 0 && i + 1 < count) days = std::atoi(words[++i]);
  }
  if (full) series = 1000;
  if (series < 1 || days < 17) {
    fmt::print(stderr, "usage: series_month [--full | --series N] [--days N], N at least 17 days\n");
    return 2;
  }
  const store::ScratchDirectory directory;
  ManualClock clock{SystemTime(std::chrono::seconds(1'800'000'000))};
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  const auto store = store::SeriesStore::open(directory.path(), clock, logger, metrics).value();
  SeededRandom random(1);
  std::vector<store::Sample> samples(static_cast<std::size_t>(series));
  for (int i = 0; i < series; ++i)
    samples[static_cast<std::size_t>(i)].series = {store::metric_scope("111122223333", "us-east-1"),
                                                   "Bench",
                                                   fmt::format("latency{}", i),
                                                   {},
                                                   "Milliseconds"};
  std::uint64_t settled = 0, most = 0;
  for (int day = 1; day <= days; ++day) {
    for (int minute = 0; minute < 24 * 60; ++minute) {
      for (store::Sample& sample : samples) {
        sample.at = clock.now();
        sample.statistics = {};
        // Around 100 ms within a factor of about two, as latencies are.
        for (int second = 0; second < 60; ++second) {
          double sum = 0;
          for (int i = 0; i < 4; ++i) sum += static_cast<double>(random.below(1000)) / 1000;
          sample.statistics.merge(store::Statistics::of(100 * std::exp(sum - 2)));
        }
      }
      if (const auto added = store->add(samples); !added) {
        fmt::print(stderr, "{}\n", added.error().message);
        return 1;
      }
      clock.advance(1min);
    }
    const std::uint64_t bytes = store->disk_bytes();
    if (day == 17) settled = bytes;  // the first minutes have become too old by now
    if (day >= 17) most = std::max(most, bytes);
    if (day % 5 == 0 || day == 17 || day == days)
      fmt::print("day {:2}: {:8.1f} MB, {:6.2f} MB a series\n", day, static_cast<double>(bytes) / 1e6,
                 static_cast<double>(bytes) / 1e6 / series);
  }
  const double growth = static_cast<double>(most) / static_cast<double>(settled);
  fmt::print("after day 17 at most {:.2f} times what it was then\n", growth);
  return growth < 1.5 ? 0 : 1;
}
