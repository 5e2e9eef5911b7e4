#include "apps/control/query_log_delivery.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "engines/dns/query_log/test_records.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

namespace query_log = engines::dns::query_log;
namespace route53 = services::route53;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

// What was appended, as "group stream time message".
class Logs final : public store::LogSink {
 public:
  Result<void> append(const store::LogDestination& to, std::span<const store::LogEvent> events) override {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return !stuck; });
    if (gone) return fail(ErrorCode::NotFound, "no such group");
    std::size_t bytes = 0;
    for (const store::LogEvent& event : events) {
      appended.push_back(fmt::format("{} {} {} {}", to.group, to.stream, event.time_ms, event.message));
      bytes += event.message.size() + 12;
    }
    EXPECT_LE(bytes, store::kLogBatchBytesMax);
    EXPECT_EQ(to.account, "111122223333");
    EXPECT_EQ(to.region, "us-east-1");
    changed.notify_all();
    return {};
  }
  void await(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return appended.size() >= count; });
  }
  void stick(bool now) {
    std::lock_guard lock(mutex);
    stuck = now;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> appended;
  bool stuck = false, gone = false;
};

class QueryLogDeliveryTest : public testing::Test {
 protected:
  void configure(const std::string& id, const std::string& zone, const std::string& group) {
    const route53::QueryLoggingConfigResource config{id, "111122223333", zone, group};
    ASSERT_TRUE(store_.commit({{}, {{route53::query_logging_config_key(id), encode(config), 0}}, {}}));
    store_.deliver();
  }
  void take(std::string_view zone, std::string_view name = "www.example.com") {
    const std::string query = query_log::query_bytes(name);
    query_log::Record record = query_log::record_of(query);
    record.zone_id = zone;
    delivery_.take(record);
  }
  void start() { ASSERT_TRUE(delivery_.start(store_, logs_)); }
  std::uint64_t lost(std::string_view reason) {
    return query_log::SinkMetrics::dropped(metrics_, QueryLogDelivery::kName, reason).value();
  }

  ManualClock clock_{SystemTime(1'700'000'000s)};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  Metrics metrics_;
  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  Logs logs_;
  QueryLogDelivery delivery_{"FRA50", logger_, metrics_};
  const MonotonicTime later_ = MonotonicTime() + 1s;
};

TEST_F(QueryLogDeliveryTest, ZonesAreThoseOfTheConfigurations) {
  configure("c1", "Z1", "g1");
  start();
  EXPECT_THAT(delivery_.zones().ids().latest(), ElementsAre("Z1"));
  configure("c2", "Z2", "g2");
  EXPECT_THAT(delivery_.zones().ids().latest(), ElementsAre("Z1", "Z2"));
  ASSERT_TRUE(store_.commit({{}, {}, {route53::query_logging_config_key("c1")}}));
  store_.deliver();
  EXPECT_THAT(delivery_.zones().ids().latest(), ElementsAre("Z2"));
  delivery_.stop();
  EXPECT_FALSE(delivery_.zones().any());
}

TEST_F(QueryLogDeliveryTest, LinesGoToTheStreamOfTheirZoneAndEdge) {
  configure("c1", "Z1", "g1");
  configure("c2", "Z2", "g2");
  start();
  take("Z1");
  take("Z2", "mail.example.org");
  delivery_.flush(MonotonicTime());
  delivery_.flush(later_);
  logs_.await(2);
  EXPECT_THAT(logs_.appended,
              ElementsAre(AllOf(HasSubstr("g1 Z1/FRA50 1700000000042 1.0 2023-11-14T22:13:20.042Z Z1 www"),
                                Not(HasSubstr("\n"))),
                          HasSubstr("g2 Z2/FRA50 1700000000042 1.0 2023-11-14T22:13:20.042Z Z2 mail")));
}

TEST_F(QueryLogDeliveryTest, WhatWaitsAtTheEndIsDelivered) {
  configure("c1", "Z1", "g1");
  start();
  take("Z1");
  delivery_.flush(later_);
  logs_.await(1);
  take("Z1", "last.example.com");
  delivery_.flush(later_);
  std::atomic<bool> stopped{false};
  std::thread log_thread([&] {
    while (!stopped) delivery_.flush(later_);
  });
  delivery_.stop();
  stopped = true;
  log_thread.join();
  ASSERT_EQ(logs_.appended.size(), 2u);
  EXPECT_THAT(logs_.appended.back(), HasSubstr("last.example.com"));
}

TEST_F(QueryLogDeliveryTest, AStoreThatIsStuckCostsLinesAndNothingElse) {
  configure("c1", "Z1", "g1");
  start();
  logs_.stick(true);
  take("Z1");
  delivery_.flush(MonotonicTime());
  delivery_.flush(later_);
  for (std::size_t i = 0; i < 2 * query_log::kBufferBytesMax / 64; ++i) take("Z1");
  delivery_.flush(later_ + 1s);
  EXPECT_GT(lost("reader_slow"), 0u);
  logs_.stick(false);
  logs_.await(1);
}

TEST_F(QueryLogDeliveryTest, LinesOfAGroupThatIsGoneAreCounted) {
  configure("c1", "Z1", "g1");
  start();
  logs_.gone = true;
  take("Z1");
  take("Z1");
  delivery_.flush(MonotonicTime());
  delivery_.flush(later_);
  delivery_.stop();
  EXPECT_EQ(lost("write_failed"), 2u);
  EXPECT_THAT(logs_.appended, IsEmpty());
}

}  // namespace
}  // namespace meridian::apps
