#include "store/series/metric_values.h"

#include <gtest/gtest.h>

#include "store/embedded/scratch_directory.h"

namespace meridian::store {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kNow{std::chrono::seconds(1'800'000'000)};

class MetricValuesTest : public testing::Test {
 protected:
  void add(SystemTime at, double value, std::string unit = "None") {
    SeriesId series = query.metric;
    series.unit = std::move(unit);
    const Sample sample{series, at, Statistics::of(value)};
    ASSERT_TRUE(store->add({&sample, 1}));
  }
  // "-" where there is no data.
  std::string values(SystemTime end, std::size_t count) {
    std::string out;
    const auto read = last_values(*store, query, end, count).value();
    for (const auto& value : read)
      out += (out.empty() ? "" : " ") + (value ? std::to_string(static_cast<int>(value->value)) : "-");
    return out;
  }

  ScratchDirectory directory;
  ManualClock clock{kNow};
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  std::unique_ptr<SeriesStore> store = SeriesStore::open(directory.path(), clock, logger, metrics).value();
  MetricQuery query{
      {metric_scope("111122223333", "us-east-1"), "Site", "Errors", {{"Host", "a"}}, ""}, "Sum", 60s};
};

TEST_F(MetricValuesTest, TheLastPeriodsWithTheirHoles) {
  EXPECT_EQ(values(kNow, 3), "- - -");
  add(kNow - 150s, 1);
  add(kNow - 30s, 2);
  add(kNow - 1s, 3);
  add(kNow, 9);
  EXPECT_EQ(values(kNow, 3), "1 - 5");
  EXPECT_EQ(values(kNow + 1min, 3), "- 5 9");
  const auto read = last_values(*store, query, kNow, 1).value();
  EXPECT_EQ(read[0]->start, kNow - 60s);
  EXPECT_EQ(read[0]->sample_count, 2);
}

TEST_F(MetricValuesTest, PeriodsEndWhereAsked) {
  query.period = 300s;
  add(kNow + 61s, 4);
  EXPECT_EQ(values(kNow + 120s, 2), "- 4") << "not at a multiple of five minutes";
  EXPECT_EQ(values(kNow + 360s, 2), "- 4");
  EXPECT_EQ(values(kNow + 420s, 2), "4 -");
}

TEST_F(MetricValuesTest, OfOneUnitOrOfAll) {
  add(kNow - 1s, 3, "Count");
  add(kNow - 1s, 4, "Bytes");
  add(kNow - 61s, 1, "Bytes");
  EXPECT_EQ(values(kNow, 2), "1 7");
  query.metric.unit = "Count";
  EXPECT_EQ(values(kNow, 2), "- 3");
}

TEST_F(MetricValuesTest, NoSuchStatisticIsInvalid) {
  query.statistic = "IQM";
  EXPECT_EQ(last_values(*store, query, kNow, 1).error().code, ErrorCode::Invalid);
}

}  // namespace
}  // namespace meridian::store
