#include "store/log_store/log_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/fake_disk.h"
#include "base/random.h"

namespace meridian::store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr std::int64_t kNow = 1'800'000'000'000;

class LogStoreTest : public ::testing::Test {
 protected:
  LogStoreTest() { open(); }
  void open() {
    store_.reset();
    metrics_ = std::make_unique<Metrics>();
    auto opened = LogStore::open(disk_, "logs", clock_, logger_, *metrics_, options_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  // "time message" of each event.
  Result<void> append(std::uint64_t stream, std::vector<std::pair<std::int64_t, std::string>> events,
                      std::uint64_t group = 1) {
    std::vector<LogEvent> views;
    for (const auto& [time, message] : events) views.push_back({kNow + time, message});
    TRY(store_->append({group, stream}, views));
    return {};
  }
  LogPage page(LogRead wanted) {
    auto page = store_->read(wanted);
    EXPECT_TRUE(page) << page.error().message;
    return page.value_or(LogPage());
  }
  std::vector<std::string> read(std::vector<std::uint64_t> streams, LogRead wanted = {}) {
    wanted.group = wanted.group == 0 ? 1 : wanted.group;
    wanted.streams = streams;
    std::vector<std::string> out;
    for (const StoredLogEvent& event : page(wanted).events)
      out.push_back(fmt::format("{}:{}", event.at.time_ms - kNow, event.message));
    return out;
  }
  // Until a journal has become a segment.
  void fill_a_journal(std::uint64_t stream = 99) {
    const std::size_t before = store_->segment_count();
    while (store_->segment_count() == before) ASSERT_TRUE(append(stream, {{0, std::string(500, 'x')}}, 9));
  }
  std::uint64_t counter(const char* name) { return metrics_->counter(name, "").value(); }

  FakeDisk disk_;
  ManualClock clock_{SystemTime(std::chrono::milliseconds(kNow))};
  Logger logger_{clock_, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  LogStoreOptions options_{
      .bytes_max = 200'000, .journal_bytes_max = 20'000, .sorting = LogStoreOptions::Sorting::Here};
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreTest, AnAppendSaysWhichSequenceItGot) {
  const LogEvent events[] = {{5, "a"}, {5, "b"}};
  const std::uint64_t first = store_->append({1, 1}, events).value();
  EXPECT_EQ(store_->append({1, 2}, events).value(), first + 2);
  const std::uint64_t stream = 2;
  const LogPage page = store_->read({.group = 1, .streams = {&stream, 1}}).value();
  ASSERT_EQ(page.events.size(), 2u);
  EXPECT_EQ(page.events[1].at, (LogPosition{5, first + 3}));
  open();
  EXPECT_EQ(store_->append({1, 1}, events).value(), first + 4) << "also when it was opened again";
}

TEST_F(LogStoreTest, ReadsByTimeInBothDirections) {
  ASSERT_TRUE(append(1, {{10, "a"}, {20, "b"}, {20, "c"}, {30, "d"}}));
  ASSERT_TRUE(append(2, {{15, "other"}}));
  EXPECT_THAT(read({1}), ElementsAre("10:a", "20:b", "20:c", "30:d"));
  EXPECT_THAT(read({1}, {.forward = false}), ElementsAre("30:d", "20:c", "20:b", "10:a"));
  EXPECT_THAT(read({1, 2}), ElementsAre("10:a", "15:other", "20:b", "20:c", "30:d"));
  EXPECT_THAT(read({1}, {.from = LogPosition::start_of(kNow + 20), .to = LogPosition::start_of(kNow + 30)}),
              ElementsAre("20:b", "20:c"));
  EXPECT_THAT(read({1}, {.group = 2}), ElementsAre()) << "another group's stream of the same number";
  EXPECT_THAT(read({3}), ElementsAre());
}

TEST_F(LogStoreTest, BatchesOutOfOrderAreReadInOrder) {
  ASSERT_TRUE(append(1, {{30, "c"}, {50, "e"}}));
  ASSERT_TRUE(append(1, {{40, "d"}, {10, "a"}, {20, "b"}}));
  ASSERT_TRUE(append(1, {{30, "c2"}}));
  const auto expected = ElementsAre("10:a", "20:b", "30:c", "30:c2", "40:d", "50:e");
  EXPECT_THAT(read({1}), expected);
  fill_a_journal();
  EXPECT_THAT(read({1}), expected);
}

TEST_F(LogStoreTest, APositionStaysTheSame) {
  ASSERT_TRUE(append(1, {{10, "a"}, {10, "b"}, {10, "c"}}));
  const std::uint64_t stream[] = {1};
  const auto first = page({.group = 1, .streams = stream, .events_max = 2});
  EXPECT_TRUE(first.more);
  const LogPosition second = first.events.at(1).at;
  const auto rest = [&] { return read({1}, {.from = {second.time_ms, second.sequence + 1}}); };
  EXPECT_THAT(rest(), ElementsAre("10:c"));
  ASSERT_TRUE(append(1, {{10, "d"}}));
  EXPECT_THAT(rest(), ElementsAre("10:c", "10:d"));
  fill_a_journal();
  EXPECT_THAT(rest(), ElementsAre("10:c", "10:d")) << "sorted";
  open();
  ASSERT_TRUE(append(1, {{10, "e"}}));
  EXPECT_THAT(rest(), ElementsAre("10:c", "10:d", "10:e")) << "opened again";
  EXPECT_THAT(read({1}, {.to = second, .forward = false}), ElementsAre("10:a"));
}

TEST_F(LogStoreTest, PagesEndAtTheirLimitsAndSayWhetherThereIsMore) {
  ASSERT_TRUE(append(1, {{1, "aaaa"}, {2, "bbbb"}, {3, "cccc"}}));
  const std::uint64_t stream[] = {1};
  LogRead wanted{.group = 1, .streams = stream, .events_max = 3};
  EXPECT_FALSE(page(wanted).more);
  wanted.events_max = 2;
  EXPECT_TRUE(page(wanted).more);
  wanted.forward = false;
  EXPECT_EQ(page(wanted).events.at(0).message, "cccc");
  EXPECT_TRUE(page(wanted).more);
  wanted = {.group = 1, .streams = stream, .bytes_max = 8};
  EXPECT_EQ(page(wanted).events.size(), 2u);
  wanted.bytes_max = 1;
  EXPECT_EQ(page(wanted).events.size(), 1u) << "one always fits";
  EXPECT_TRUE(page(wanted).more);
}

TEST_F(LogStoreTest, ManySegmentsReadAsOneLog) {
  options_.bytes_max = 2'000'000;
  open();
  SeededRandom random(1);
  std::vector<std::pair<std::int64_t, int>> all;
  for (int i = 0; i < 3000; ++i) {
    const auto time = static_cast<std::int64_t>(random.below(1000));
    ASSERT_TRUE(append(1 + i % 3, {{time, std::to_string(i)}}));
    all.emplace_back(time, i);
  }
  EXPECT_GT(store_->segment_count(), 3u);
  std::ranges::sort(all);
  std::vector<std::string> expected;
  for (const auto& [time, i] : all) expected.push_back(fmt::format("{}:{}", time, i));
  EXPECT_EQ(read({1, 2, 3}, {.events_max = 10'000}), expected);
  for (const bool forward : {true, false}) {
    std::vector<std::string> paged;
    LogRead wanted{.forward = forward, .events_max = 17};
    const std::uint64_t streams[] = {1, 2, 3};
    wanted.group = 1;
    wanted.streams = streams;
    for (bool more = true; more;) {
      const LogPage next = page(wanted);
      more = next.more;
      for (const auto& event : next.events)
        paged.push_back(fmt::format("{}:{}", event.at.time_ms - kNow, event.message));
      const LogPosition last = next.events.back().at;
      if (forward)
        wanted.from = {last.time_ms, last.sequence + 1};
      else
        wanted.to = last;
    }
    if (!forward) std::ranges::reverse(paged);
    EXPECT_EQ(paged, expected);
  }
}

TEST_F(LogStoreTest, WhatWasAcknowledgedIsThereAfterARestart) {
  ASSERT_TRUE(append(1, {{1, "sorted"}}));
  fill_a_journal();
  ASSERT_TRUE(append(1, {{2, "in the journal"}}));
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:sorted", "2:in the journal"));
  ASSERT_TRUE(append(1, {{3, "after"}}));
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:sorted", "2:in the journal", "3:after"));
}

// A crash may leave any prefix of what was being written: every record before it is whole.
TEST_F(LogStoreTest, ATornTailTakesNothingElseWithIt) {
  ASSERT_TRUE(append(1, {{1, "one"}}));
  ASSERT_TRUE(append(1, {{2, "two"}, {3, "three"}}));
  const std::string path = "logs/000000000001.journal";
  const std::string before = disk_.file(path);
  ASSERT_TRUE(append(1, {{4, "torn"}, {5, "torn"}}));
  const std::string after = disk_.file(path);
  store_.reset();
  for (std::size_t cut = before.size(); cut < after.size(); ++cut) {
    FakeDisk disk;
    disk.set_contents({{path, after.substr(0, cut)}});
    Metrics metrics;
    store_ = LogStore::open(disk, "logs", clock_, logger_, metrics, options_).value();
    EXPECT_THAT(read({1}), ElementsAre("1:one", "2:two", "3:three")) << cut;
    ASSERT_TRUE(append(1, {{6, "new"}}));
    store_ = LogStore::open(disk, "logs", clock_, logger_, metrics, options_).value();
    EXPECT_THAT(read({1}), ElementsAre("1:one", "2:two", "3:three", "6:new")) << cut;
    store_.reset();
  }
}

TEST_F(LogStoreTest, AFlippedBitEndsTheJournalThere) {
  ASSERT_TRUE(append(1, {{1, "one"}}));
  const std::string path = "logs/000000000001.journal";
  const std::size_t end = disk_.file(path).size();
  ASSERT_TRUE(append(1, {{2, "two"}}));
  disk_.file(path)[end + 20] ^= 1;
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:one"));
  EXPECT_EQ(counter("meridian_logs_damaged_total"), 1u);
}

TEST_F(LogStoreTest, AJournalTornAsItWasMadeIsNoHindrance) {
  ASSERT_TRUE(append(1, {{1, "one"}}));
  fill_a_journal();
  for (const auto& [path, bytes] : disk_.contents())
    if (path.ends_with(".journal")) disk_.file(path).resize(5);
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:one"));
  ASSERT_TRUE(append(1, {{2, "two"}}));
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:one", "2:two"));
}

TEST_F(LogStoreTest, ACrashBetweenSegmentAndJournalKeepsEventsOnce) {
  ASSERT_TRUE(append(1, {{1, "one"}}));
  const auto before = disk_.contents();
  fill_a_journal();
  auto both = disk_.contents();
  both.insert(before.begin(), before.end());
  store_.reset();
  disk_.set_contents(both);
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:one"));
  EXPECT_FALSE(disk_.has("logs/000000000001.journal"));
}

TEST_F(LogStoreTest, AFullDiskRefusesAndKeepsWhatIsThere) {
  ASSERT_TRUE(append(1, {{1, "one"}}));
  disk_.full = true;
  EXPECT_FALSE(append(1, {{2, "refused"}}));
  disk_.full = false;
  ASSERT_TRUE(append(1, {{3, "three"}}));
  EXPECT_THAT(read({1}), ElementsAre("1:one", "3:three"));
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:one", "3:three"));
}

TEST_F(LogStoreTest, WhatCannotBeSortedStaysReadableAndIsSortedLater) {
  ASSERT_TRUE(append(1, {{1, "one"}}));
  Logger silent(clock_, STDERR_FILENO, LogFormat::Text, LogLevel(100));
  store_ = LogStore::open(disk_, "logs", clock_, silent, *metrics_, options_).value();
  while (append(99, {{0, std::string(500, 'x')}}, 9))
    disk_.full = disk_.file("logs/000000000001.journal").size() > 19'000;
  EXPECT_THAT(read({1}), ElementsAre("1:one"));
  disk_.full = false;
  ASSERT_TRUE(append(1, {{2, "two"}}));
  fill_a_journal();
  EXPECT_THAT(read({1}), ElementsAre("1:one", "2:two"));
  store_.reset();
}

TEST_F(LogStoreTest, TheBoundHoldsAndTheOldestGoFirst) {
  std::uint64_t most = 0;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(append(1, {{i, std::string(200, 'x')}}));
    std::uint64_t bytes = 0;
    for (const auto& [path, contents] : disk_.contents()) bytes += contents.size();
    most = std::max(most, bytes);
    EXPECT_EQ(bytes, store_->disk_bytes());
  }
  EXPECT_LE(most, options_.bytes_max);
  EXPECT_GT(most, options_.bytes_max / 2);
  const std::uint64_t stream[] = {1};
  const auto kept = page({.group = 1, .streams = stream, .events_max = 5000, .bytes_max = 10'000'000}).events;
  EXPECT_GT(kept.size(), 300u);
  EXPECT_EQ(kept.back().at.time_ms, kNow + 4999);
  EXPECT_EQ(kept.front().at.time_ms, kNow + 5000 - static_cast<std::int64_t>(kept.size()));
  EXPECT_EQ(counter("meridian_logs_dropped_events_total"), 5000 - kept.size());
  options_.bytes_max = 100'000;
  options_.journal_bytes_max = 10'000;
  open();
  EXPECT_LE(store_->disk_bytes(), 100'000u) << "a smaller bound than before";
}

TEST_F(LogStoreTest, ForgetsWhatIsNoLongerWanted) {
  ASSERT_TRUE(append(1, {{1, "kept"}}));
  ASSERT_TRUE(append(2, {{1, "of a stream that goes"}}));
  ASSERT_TRUE(append(1, {{1, "of a group that goes"}}, 2));
  fill_a_journal();
  ASSERT_EQ(store_->segment_count(), 1u);
  const std::uint64_t before = store_->disk_bytes();
  const auto kept = [](std::uint64_t group) -> Result<std::optional<LogKept>> {
    if (group != 1) return std::nullopt;
    return LogKept{.from_ms = kNow - 1000, .streams = {1}};
  };
  ASSERT_TRUE(store_->forget(kept));
  ASSERT_TRUE(store_->forget(kept)) << "what was in the journal";
  EXPECT_LT(store_->disk_bytes(), before / 10);
  EXPECT_THAT(read({1, 2}), ElementsAre("1:kept"));
  EXPECT_THAT(read({1}, {.group = 2}), ElementsAre());
  EXPECT_EQ(counter("meridian_logs_dropped_events_total"), 0u);
  open();
  EXPECT_THAT(read({1, 2}), ElementsAre("1:kept"));
  ASSERT_TRUE(store_->forget([](std::uint64_t) { return Result<std::optional<LogKept>>(std::nullopt); }));
  EXPECT_EQ(store_->segment_count(), 0u);
}

TEST_F(LogStoreTest, ForgetsByAge) {
  ASSERT_TRUE(append(1, {{1000, "old"}}));
  fill_a_journal(1);
  const auto from = [](std::int64_t time) {
    return [time](std::uint64_t) -> Result<std::optional<LogKept>> {
      return LogKept{.from_ms = kNow + time, .streams = {1}};
    };
  };
  ASSERT_TRUE(store_->forget(from(0)));
  EXPECT_EQ(store_->segment_count(), 1u);
  ASSERT_TRUE(store_->forget(from(1001)));
  ASSERT_TRUE(store_->forget(from(1001)));
  EXPECT_EQ(store_->segment_count(), 0u);
}

TEST_F(LogStoreTest, ASegmentWrittenAnewIsTheOneThatCounts) {
  ASSERT_TRUE(append(1, {{1, "kept"}}));
  fill_a_journal();
  const auto before = disk_.contents();
  ASSERT_TRUE(store_->forget([](std::uint64_t group) -> Result<std::optional<LogKept>> {
    if (group != 1) return std::nullopt;
    return LogKept{.streams = {1}};
  }));
  auto both = disk_.contents();
  ASSERT_TRUE(disk_.has("logs/000000000001-1.segment"));
  both.insert(before.begin(), before.end());
  store_.reset();
  disk_.set_contents(both);
  open();
  EXPECT_THAT(read({1}), ElementsAre("1:kept"));
  EXPECT_FALSE(disk_.has("logs/000000000001-0.segment"));
}

TEST_F(LogStoreTest, AMonthStaysWithinItsBound) {
  options_.bytes_max = 2'000'000;
  options_.journal_bytes_max = 100'000;
  open();
  constexpr std::int64_t kHourMs = 3'600'000, kWeekMs = 7 * 24 * kHourMs;
  const std::string message(100, 'x');
  std::uint64_t most = 0;
  for (std::int64_t hour = 0; hour < 30 * 24; ++hour) {
    const std::int64_t now = hour * kHourMs;
    for (std::int64_t batch = 0; batch < 4; ++batch) {
      ASSERT_TRUE(append(1, {{now + batch, message}, {now + batch, message}}, 1)) << "kept for a week";
      ASSERT_TRUE(append(2, std::vector(10, std::pair(now + batch, message)), 2)) << "kept for ever";
    }
    ASSERT_TRUE(store_->forget([&](std::uint64_t group) -> Result<std::optional<LogKept>> {
      return LogKept{.from_ms = group == 1 ? kNow + now - kWeekMs : 0, .streams = {1, 2}};
    }));
    std::uint64_t bytes = 0;
    for (const auto& [path, contents] : disk_.contents()) bytes += contents.size();
    most = std::max(most, bytes);
  }
  EXPECT_LE(most, options_.bytes_max);
  EXPECT_GT(most, options_.bytes_max / 2);
  EXPECT_GT(counter("meridian_logs_dropped_events_total"), 0u);
  EXPECT_LT(store_->segment_count(), 100u);
  open();
  const std::uint64_t stream[] = {2};
  EXPECT_EQ(page({.group = 2, .streams = stream, .forward = false, .events_max = 1}).events.at(0).at.time_ms,
            kNow + (30 * 24 - 1) * kHourMs + 3);
}

TEST_F(LogStoreTest, ADamagedSegmentIsToldOfAndTheRestIsRead) {
  ASSERT_TRUE(append(1, {{1, "lost"}}));
  fill_a_journal();
  ASSERT_TRUE(append(1, {{2, "there"}}));
  std::string& bytes = disk_.file("logs/000000000001-0.segment");
  const std::string whole = bytes;
  for (const std::size_t place : {std::size_t{0}, bytes.size() - 100, bytes.size() - 3}) {
    disk_.file("logs/000000000001-0.segment") = whole;
    disk_.file("logs/000000000001-0.segment")[place] ^= 1;
    open();
    EXPECT_THAT(read({1}), ElementsAre("2:there")) << place;
    EXPECT_EQ(counter("meridian_logs_damaged_total"), 1u) << place;
  }
}

TEST_F(LogStoreTest, TellsOfStreamsAndGroups) {
  ASSERT_TRUE(append(1, {{10, "abc"}}));
  fill_a_journal();
  clock_.advance(5s);
  ASSERT_TRUE(append(1, {{5, "de"}, {20, "f"}}));
  ASSERT_TRUE(append(2, {{7, "g"}}));
  const auto facts = store_->streams_of(1);
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts.at(1).first.time_ms, kNow + 5);
  EXPECT_EQ(facts.at(1).last.time_ms, kNow + 20);
  EXPECT_EQ(facts.at(1).ingested_last_ms, kNow + 5000);
  EXPECT_EQ(facts.at(2).last.time_ms, kNow + 7);
  EXPECT_EQ(store_->message_bytes_by_group().at(1), 7u);
}

TEST_F(LogStoreTest, ABatchMayBeTooLarge) {
  const std::string large(options_.journal_bytes_max, 'x');
  const auto refused = append(1, {{1, large}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Limit);
  ASSERT_TRUE(append(1, {})) << "nothing";
}

// On a real disk, with the thread that sorts: writers and a reader at once.
TEST(LogStoreOnDiskTest, WritersAndReadersAtOnce) {
  const std::string directory =
      std::filesystem::temp_directory_path() / ("meridian-logs-" + std::to_string(getpid()));
  RealClock clock;
  Logger logger(clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error);
  Metrics metrics;
  RealDisk disk;
  const LogStoreOptions options{.bytes_max = 64 * 1024 * 1024, .journal_bytes_max = 256 * 1024};
  constexpr int kWriters = 3, kBatches = 200, kEach = 20;
  {
    auto store = LogStore::open(disk, directory, clock, logger, metrics, options).value();
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kWriters; ++writer)
      writers.emplace_back([&, writer] {
        const std::string message(100, 'x');
        for (int batch = 0; batch < kBatches; ++batch) {
          const std::vector<LogEvent> events(kEach, LogEvent{kNow + batch, message});
          EXPECT_TRUE(store->append({1, std::uint64_t(writer)}, events));
        }
      });
    const std::uint64_t streams[] = {0, 1, 2};
    std::size_t seen = 0;
    LogRead wanted{.group = 1, .streams = streams, .events_max = 100'000, .bytes_max = 100'000'000};
    while (seen < kWriters * kBatches * kEach) {
      const auto page = store->read(wanted).value();
      EXPECT_GE(page.events.size(), seen) << "nothing goes away while a journal becomes a segment";
      EXPECT_TRUE(std::ranges::is_sorted(page.events, {}, &StoredLogEvent::at));
      seen = page.events.size();
    }
    for (std::thread& writer : writers) writer.join();
  }
  auto store = LogStore::open(disk, directory, clock, logger, metrics, options).value();
  EXPECT_EQ(store->streams_of(1).size(), 3u);
  store.reset();
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace meridian::store
