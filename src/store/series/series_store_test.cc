#include "store/series/series_store.h"

#include <gtest/gtest.h>

#include <sstream>

#include "store/embedded/scratch_directory.h"

namespace meridian::store {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr SystemTime kStart{seconds(1'800'000'000)};  // a whole hour

class SeriesStoreTest : public ::testing::Test {
 protected:
  SeriesStoreTest() { open(); }
  void open(std::size_t series_max = 1000) {
    store_.reset();
    metrics_ = std::make_unique<Metrics>();
    auto opened =
        SeriesStore::open(directory_.path(), clock_, logger_, *metrics_, {.series_max = series_max});
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  static SeriesId id(std::string metric = "Latency", std::map<std::string, std::string> dimensions = {}) {
    return {"123456789012", "Site", std::move(metric), std::move(dimensions), "None"};
  }
  Result<void> add(const SeriesId& series, Duration after, double value, bool by_second = false) {
    const Sample sample{series, kStart + after, Statistics::of(value), by_second};
    return store_->add({&sample, 1});
  }
  // "offset:sum/count …" of the periods
  std::string read(const SeriesId& series, seconds period, Duration from = -24h, Duration to = 24h,
                   std::size_t limit = 1000) {
    const auto points = store_->read(series, kStart + from, kStart + to, period, limit);
    if (!points) return points.error().message;
    std::ostringstream out;
    for (const Point& point : *points)
      out << std::chrono::duration_cast<seconds>(point.start - kStart).count() << ':'
          << point.statistics.sum() << '/' << point.statistics.count() << ' ';
    return out.str();
  }

  ScratchDirectory directory_;
  ManualClock clock_{kStart};
  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<SeriesStore> store_;
};

TEST_F(SeriesStoreTest, TwentyDaysOfMinutesAreNoMoreThanFifteen) {
  constexpr int kDays = 20;
  std::uint64_t at_fifteen = 0;
  for (int minute = 0; minute < kDays * 24 * 60; ++minute) {
    ASSERT_TRUE(add(id(), minute * 1min, minute % 50));
    clock_.advance(1min);
    if (minute == 16 * 24 * 60) at_fifteen = store_->disk_bytes();
  }
  const auto points = store_->read(id(), kStart, kStart + kDays * 24h, 60s, 100'000).value();
  EXPECT_GE(points.size(), 15u * 24 * 60 - 1);
  EXPECT_LE(points.size(), 15u * 24 * 60 + 60) << "what is too old goes once an hour";
  EXPECT_LT(store_->disk_bytes(), 2 * at_fifteen + 4 * 1024 * 1024);
}

TEST_F(SeriesStoreTest, PeriodsBeginWhereAsked) {
  ASSERT_TRUE(add(id(), 17min, 1));
  ASSERT_TRUE(add(id(), 18min, 2));
  ASSERT_TRUE(add(id(), 77min, 4));
  ASSERT_TRUE(add(id(), 78min, 8));
  const auto points =
      store_->read(id(), kStart - 42min, kStart + 3h, seconds(3600), 10, kStart + 18min + 24h).value();
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].start, kStart - 42min);
  EXPECT_EQ(points[0].statistics.sum(), 1);
  EXPECT_EQ(points[1].start, kStart + 18min);
  EXPECT_EQ(points[1].statistics.sum(), 6);
  EXPECT_EQ(points[2].statistics.sum(), 8);
}

TEST_F(SeriesStoreTest, AddsUpByPeriod) {
  ASSERT_TRUE(add(id(), 1s, 1));
  ASSERT_TRUE(add(id(), 59s, 2));
  ASSERT_TRUE(add(id(), 60s, 4));
  ASSERT_TRUE(add(id(), 400s, 8));
  EXPECT_EQ(read(id(), 60s), "0:3/2 60:4/1 360:8/1 ");
  EXPECT_EQ(read(id(), 120s), "0:7/3 360:8/1 ");
  EXPECT_EQ(read(id(), 300s), "0:7/3 300:8/1 ");
  EXPECT_EQ(read(id(), 3600s), "0:15/4 ");
  EXPECT_EQ(read(id("Other"), 60s), "");
}

TEST_F(SeriesStoreTest, ReadsPeriodsThatBeginInTheRange) {
  for (int minute = 0; minute < 5; ++minute) ASSERT_TRUE(add(id(), minute * 60s, minute));
  EXPECT_EQ(read(id(), 60s, 60s, 180s), "60:1/1 120:2/1 ");
  EXPECT_EQ(read(id(), 60s, 61s, 181s), "120:2/1 180:3/1 ");
  EXPECT_EQ(read(id(), 60s, 0s, 1h, 2), "0:0/1 60:1/1 ") << "a limit";
}

TEST_F(SeriesStoreTest, SecondsAreKeptWhereAskedFor) {
  ASSERT_TRUE(add(id(), 1s, 1, true));
  ASSERT_TRUE(add(id(), 2s, 2, true));
  ASSERT_TRUE(add(id("Coarse"), 2s, 2));
  EXPECT_EQ(read(id(), 1s), "1:1/1 2:2/1 ");
  EXPECT_EQ(read(id(), 10s), "0:3/2 ");
  EXPECT_EQ(read(id("Coarse"), 1s), "");
}

TEST_F(SeriesStoreTest, EachResolutionHasItsTime) {
  ASSERT_TRUE(add(id(), 0s, 1, true));
  clock_.advance(4h);
  EXPECT_EQ(read(id(), 1s), "");
  EXPECT_EQ(read(id(), 60s), "0:1/1 ");
  clock_.advance(std::chrono::days(15));
  EXPECT_EQ(read(id(), 60s), "");
  EXPECT_EQ(read(id(), 300s), "0:1/1 ");
  clock_.advance(std::chrono::days(60));
  EXPECT_EQ(read(id(), 300s), "");
  EXPECT_EQ(read(id(), 3600s), "0:1/1 ");
  ASSERT_TRUE(add(id(), std::chrono::days(100), 2)) << "makes the old rows go";
  EXPECT_EQ(read(id(), 3600s), "0:1/1 ");
}

TEST_F(SeriesStoreTest, WhatWasAddedIsThereAfterARestart) {
  ASSERT_TRUE(add(id("A", {{"Host", "a"}}), 0s, 1));
  open();
  EXPECT_EQ(read(id("A", {{"Host", "a"}}), 60s), "0:1/1 ");
  ASSERT_TRUE(add(id("B"), 0s, 2));
  EXPECT_EQ(read(id("A", {{"Host", "a"}}), 60s), "0:1/1 ") << "a new series does not take another's rows";
  EXPECT_EQ(read(id("B"), 60s), "0:2/1 ");
}

TEST_F(SeriesStoreTest, ListsTheAccountsSeriesInOrder) {
  ASSERT_TRUE(add(id("B"), 0s, 1));
  ASSERT_TRUE(add(id("A", {{"x", "1"}}), 0s, 1));
  ASSERT_TRUE(add(id("A"), 0s, 1));
  SeriesId other = id("A");
  other.account = "999999999999";
  ASSERT_TRUE(add(other, 0s, 1));
  std::vector<std::string> seen;
  const auto note = [&](const SeriesId& series, SystemTime) {
    seen.push_back(series.metric + std::to_string(series.dimensions.size()));
    return seen.size() < 2;
  };
  ASSERT_TRUE(store_->list("123456789012", nullptr, note));
  EXPECT_EQ(seen, (std::vector<std::string>{"A0", "A1"}));
  const SeriesId last = id("A", {{"x", "1"}});
  seen.clear();
  ASSERT_TRUE(store_->list("123456789012", &last, note));
  EXPECT_EQ(seen, (std::vector<std::string>{"B0"}));
  clock_.advance(SeriesStore::kListedFor + 1h);
  seen.clear();
  ASSERT_TRUE(store_->list("123456789012", nullptr, note));
  EXPECT_TRUE(seen.empty());
}

TEST_F(SeriesStoreTest, SeriesAreBoundedAndAFullStoreStillTakesThoseItKnows) {
  open(2);
  ASSERT_TRUE(add(id("A"), 0s, 1));
  ASSERT_TRUE(add(id("B"), 0s, 1));
  const auto refused = add(id("C"), 0s, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Limit);
  const Sample both[] = {{id("A"), kStart, Statistics::of(5), false},
                         {id("C"), kStart, Statistics::of(5), false}};
  EXPECT_FALSE(store_->add(both)) << "all or nothing";
  EXPECT_EQ(read(id("A"), 60s), "0:1/1 ");
  ASSERT_TRUE(add(id("A"), 0s, 1));
  EXPECT_EQ(store_->series_count(), 2u);
}

TEST_F(SeriesStoreTest, SeriesThatEndedMakeRoom) {
  open(1);
  ASSERT_TRUE(add(id("A"), 0s, 1));
  clock_.advance(std::chrono::days(460));
  ASSERT_TRUE(add(id("B"), std::chrono::days(460), 1));
  EXPECT_EQ(store_->series_count(), 1u);
}

}  // namespace
}  // namespace meridian::store
