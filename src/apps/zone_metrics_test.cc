#include "apps/zone_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/virtual_loop.h"
#include "services/route53/resources.h"
#include "store/memory/memory_store.h"
#include "store/series/heard_metrics.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ZoneMetricsTest : public testing::Test {
 protected:
  void add_zone(const std::string& id, const std::string& account) {
    services::route53::HostedZoneResource zone;
    zone.id = id;
    zone.account = account;
    zone.name = dns::Name::parse("example.com.").value();
    store::Transaction transaction;
    transaction.puts.push_back({services::route53::zone_key(id), services::route53::encode(zone)});
    ASSERT_TRUE(store.commit(std::move(transaction)));
  }

  net::VirtualLoop loop;  // 1994-11-06T08:49:37Z
  Logger logger{loop.clock(), 2, LogFormat::Text, LogLevel::Error};
  store::MemoryStore store{loop.clock(), store::Delivery::Pumped};
  store::HeardMetrics heard{"HostedZoneId"};
  ZoneMetrics::Counts counts;
  ZoneMetrics metrics{[this] { return counts; }, store, heard, logger};
};

TEST_F(ZoneMetricsTest, TellsEachMinuteWhatWasAnsweredInIt) {
  add_zone("Z1", "111122223333");
  add_zone("Z2", "444455556666");
  counts = {{"Z1", 5}, {"Z2", 7}, {"Z3", 9}};
  metrics.start(loop);
  loop.advance(22s);
  EXPECT_THAT(heard.lines, IsEmpty());
  loop.advance(1s);
  EXPECT_THAT(heard.lines,
              ElementsAre("111122223333/us-east-1 AWS/Route53 DNSQueries Z1 1994-11-06T08:49:00Z 5",
                          "444455556666/us-east-1 AWS/Route53 DNSQueries Z2 1994-11-06T08:49:00Z 7"))
      << "a zone that is gone belongs to nobody";
  heard.lines.clear();
  counts["Z1"] = 12;
  loop.advance(60s);
  EXPECT_THAT(heard.lines,
              ElementsAre("111122223333/us-east-1 AWS/Route53 DNSQueries Z1 1994-11-06T08:50:00Z 7"));
  heard.lines.clear();
  loop.advance(60s);
  EXPECT_THAT(heard.lines, IsEmpty()) << "a zone that nobody asked for has no datapoint";
}

}  // namespace
}  // namespace meridian::apps
