#include "engines/dns/query_log/query_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/dns/query_log/test_records.h"

namespace meridian::engines::dns::query_log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What a sink was given, as text.
struct Seen {
  std::vector<std::string> records;
  int flushes = 0, reopened = 0, ended = 0;
};

class FakeSink final : public Sink {
 public:
  explicit FakeSink(Seen& seen) : seen_(seen) {}
  std::string_view name() const override { return "fake"; }
  void take(const Record& record) override {
    seen_.records.push_back(fmt::format("{} {} {}/{}", record.zone_id, as_text(record.query),
                                        as_text(record.reply), record.reply_size));
  }
  void flush(MonotonicTime) override { ++seen_.flushes; }
  void reopen() override { ++seen_.reopened; }
  void end() override { ++seen_.ended; }

 private:
  Seen& seen_;
};

class QueryLogTest : public testing::Test {
 protected:
  std::unique_ptr<QueryLog> log_to(std::vector<std::pair<Seen*, Selection>> sinks, unsigned workers = 1) {
    std::vector<QueryLog::Destination> destinations;
    for (auto& [seen, selection] : sinks)
      destinations.push_back({std::make_unique<FakeSink>(*seen), selection});
    return std::make_unique<QueryLog>(std::move(destinations), workers, Ring::kBytesMin, clock, random,
                                      metrics);
  }
  static Record in_zone(std::string_view zone_id, std::string_view query = "q") {
    Record record = record_of(query);
    record.zone_id = zone_id;
    return record;
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SeededRandom random{1};
  Metrics metrics;
  Seen seen, other;
};

TEST_F(QueryLogTest, ARecordArrivesAsItWasAdded) {
  Recorder recorder(std::array{Selection{.replies = true}}, Ring::kBytesMin, 1);
  Record given = record_of("query", "reply");
  given.client = {*net::IpAddress::parse("2001:db8::7"), 65535};
  given.protocol = Protocol::Tls;
  given.rcode = 23;
  recorder.add(given);
  recorder.ring().refresh();
  const auto entry = Recorder::read(recorder.ring().front());
  EXPECT_EQ(entry.sinks, 1);
  EXPECT_EQ(entry.record.time, given.time);
  EXPECT_EQ(entry.record.client, given.client);
  EXPECT_EQ(entry.record.protocol, Protocol::Tls);
  EXPECT_EQ(entry.record.rcode, 23);
  EXPECT_EQ(entry.record.reply_size, 5u);
  EXPECT_EQ(entry.record.zone_id, "Z1");
  EXPECT_EQ(as_text(entry.record.query), "query");
  EXPECT_EQ(as_text(entry.record.reply), "reply");
}

TEST_F(QueryLogTest, ALargeMessageOverTcpFits) {
  auto log = log_to({{&seen, {.replies = true}}});
  const std::string large(65535, 'x');
  log->recorder(0).add(record_of(large, large));
  log->drain();
  ASSERT_EQ(seen.records.size(), 1u);
  EXPECT_EQ(seen.records[0], "Z1 " + large + " " + large + "/65535");
}

TEST_F(QueryLogTest, RepliesAreKeptOnlyWhereASinkWantsThem) {
  auto log = log_to({{&seen, {}}});
  log->recorder(0).add(record_of("q", "reply"));
  log->drain();
  EXPECT_THAT(seen.records, ElementsAre("Z1 q /5"));
}

TEST_F(QueryLogTest, ZonesAreChosenById) {
  auto log = log_to({{&seen, {.zones = {"Z9", "Z2"}}}, {&other, {.only_answered = true}}});
  for (const char* zone : {"Z1", "Z2", "", "Z9", "Z22"}) log->recorder(0).add(in_zone(zone));
  log->drain();
  EXPECT_THAT(seen.records, ElementsAre("Z2 q /5", "Z9 q /5"));
  EXPECT_THAT(other.records, ElementsAre("Z1 q /5", "Z2 q /5", "Z9 q /5", "Z22 q /5"));
}

TEST_F(QueryLogTest, ZonesAreChosenWhileItRuns) {
  LoggedZones zones;
  auto log = log_to({{&seen, Selection{.chosen = &zones}}});
  Recorder& recorder = log->recorder(0);
  EXPECT_FALSE(recorder.awake());
  recorder.add(in_zone("Z1"));
  zones.set({"Z2", "Z1"});
  EXPECT_TRUE(recorder.awake());
  recorder.add(in_zone("Z1", "first"));
  recorder.add(in_zone("Z3"));
  recorder.add(in_zone(""));
  zones.set({"Z2"});
  recorder.add(in_zone("Z1"));
  recorder.add(in_zone("Z2", "second"));
  zones.set({});
  EXPECT_FALSE(recorder.awake());
  log->drain();
  EXPECT_THAT(seen.records, ElementsAre(HasSubstr("Z1 first"), HasSubstr("Z2 second")));
}

TEST_F(QueryLogTest, ChosenZonesBesideALogOfAll) {
  LoggedZones zones;
  auto log = log_to({{&seen, Selection{.chosen = &zones}}, {&other, Selection{}}});
  EXPECT_TRUE(log->recorder(0).awake());
  log->recorder(0).add(in_zone("Z1"));
  log->drain();
  EXPECT_THAT(seen.records, IsEmpty());
  EXPECT_EQ(other.records.size(), 1u);
}

TEST_F(QueryLogTest, WhatGotNoReplyIsNotAnswered) {
  auto log = log_to({{&seen, {}}, {&other, {.only_answered = true}}});
  log->recorder(0).add(record_of("q", ""));
  log->drain();
  EXPECT_THAT(seen.records, ElementsAre("Z1 q /0"));
  EXPECT_THAT(other.records, IsEmpty());
}

TEST_F(QueryLogTest, ASampleIsAsLargeAsAskedAndNotInStep) {
  auto log = log_to({{&seen, {.one_in = 10}}});
  std::array<int, 10> of_step{};
  for (int i = 0; i < 100'000; ++i) {
    log->recorder(0).add(
        record_of(std::string_view("0123456789").substr(static_cast<std::size_t>(i % 10), 1)));
    if (i % 1000 == 0) log->drain();
  }
  log->drain();
  EXPECT_NEAR(static_cast<double>(seen.records.size()), 10'000, 300);
  for (const std::string& record : seen.records) ++of_step[static_cast<std::size_t>(record[3] - '0')];
  for (const int count : of_step) EXPECT_NEAR(count, 1000, 200);
}

TEST_F(QueryLogTest, OneInOneIsEverything) {
  auto log = log_to({{&seen, {.one_in = 1}}});
  for (int i = 0; i < 100; ++i) log->recorder(0).add(record_of("q"));
  log->drain();
  EXPECT_EQ(seen.records.size(), 100u);
}

TEST_F(QueryLogTest, WorkersAreMergedByTime) {
  auto log = log_to({{&seen, {}}}, 3);
  for (int i = 0; i < 9; ++i) {
    const std::string name = std::to_string(i);
    Record record = record_of(name);
    record.time += std::chrono::milliseconds(i);
    log->recorder(static_cast<unsigned>(i * 2 % 3)).add(record);
  }
  log->drain();
  std::string order;
  for (const std::string& record : seen.records) order += record[3];
  EXPECT_EQ(order, "012345678");
}

TEST_F(QueryLogTest, AFullRingDropsAndCountsAndGoesOn) {
  auto log = log_to({{&seen, {}}, {&other, {.zones = {"none"}}}});
  const std::string query(1000, 'q');
  for (int i = 0; i < 1000; ++i) log->recorder(0).add(record_of(query));
  log->drain();
  const std::size_t kept = seen.records.size();
  EXPECT_GT(kept, 400u);
  EXPECT_LT(kept, 1000u);
  EXPECT_EQ(log->recorder(0).dropped(0), 1000 - kept);
  EXPECT_EQ(log->recorder(0).dropped(1), 0u);
  EXPECT_THAT(
      metrics.prometheus_text(),
      HasSubstr(fmt::format("meridian_dns_query_log_dropped_total{{reason=\"ring_full\",sink=\"fake\"}} {}",
                            1000 - kept)));
  log->recorder(0).add(record_of("next"));
  log->drain();
  EXPECT_EQ(seen.records.back(), "Z1 next /5");
}

TEST_F(QueryLogTest, TheThreadWritesAndTheEndLosesNothing) {
  auto log = log_to({{&seen, {}}}, 2);
  log->start();
  for (int i = 0; i < 1000; ++i) log->recorder(static_cast<unsigned>(i % 2)).add(record_of("q"));
  log.reset();
  EXPECT_EQ(seen.records.size(), 1000u);
  EXPECT_EQ(seen.ended, 1);
}

TEST_F(QueryLogTest, ReopenReachesTheSinksOnTheThread) {
  auto log = log_to({{&seen, {}}});
  log->reopen();
  log->start();
  log.reset();
  EXPECT_LE(seen.reopened, 1);
  EXPECT_GE(seen.flushes, 1);
}

}  // namespace
}  // namespace meridian::engines::dns::query_log
