#include "apps/engine_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "snapshots/dns/test_zone.h"

namespace meridian::apps {
namespace {

using snapshots::dns::address;
using snapshots::dns::Latency;
using snapshots::dns::under;
using snapshots::dns::ZoneChange;
using testing::ElementsAre;
using testing::IsEmpty;

class EngineAnswersTest : public testing::Test {
 protected:
  EngineAnswersTest() {
    publish({"Z1",
             {under(address("www.one.test.", 1), "eu", Latency{"eu-central-1"}),
              under(address("www.one.test.", 2), "us", Latency{"us-east-1"})}});
  }
  struct Zone {
    std::string id;
    std::vector<snapshots::dns::RecordSet> puts;
  };
  void publish(Zone zone) {
    ZoneChange change{ZoneChange::Kind::Replace, zone.id, snapshots::dns::wire("one.test."), {}, {}};
    change.puts = std::move(zone.puts);
    change.puts.push_back(snapshots::dns::soa("one.test."));
    const std::uint64_t at = engine.latest().revision();
    engine.publish(snapshots::dns::apply(engine.latest(), {at, at + 1, {change}}).value());
  }
  EngineAnswers::Answer ask(const char* name, dns::Type type = dns::Type::A, const char* zone = "Z1") {
    return answers.answer({.zone_id = zone, .name = dns::Name::parse(name).value(), .type = type}).value();
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SeededRandom random{1};
  Metrics metrics;
  engines::dns::DnsEngine engine{
      {}, snapshots::dns::DnsSnapshot::empty(random), clock, random, metrics, net::make_loop};
  EngineAnswers answers{engine, random};
};

TEST_F(EngineAnswersTest, AResolverThatIsNotNamedIsInVirginia) {
  const auto answer = ask("www.one.test.");
  EXPECT_EQ(answer.response_code, "NOERROR");
  EXPECT_EQ(answer.protocol, "UDP");
  EXPECT_THAT(answer.values, ElementsAre("10.0.0.2"));
}

TEST_F(EngineAnswersTest, WhatIsNotThereIsSaidByTheCode) {
  EXPECT_EQ(ask("none.one.test.").response_code, "NXDOMAIN");
  EXPECT_EQ(ask("www.one.test.", dns::Type::TXT).response_code, "NOERROR");
  EXPECT_THAT(ask("www.one.test.", dns::Type::TXT).values, IsEmpty());
}

TEST_F(EngineAnswersTest, WhatIsTooLargeForUdpComesOverTcp) {
  std::vector<std::string> rdata;
  for (int i = 0; i < 8; ++i) rdata.push_back("\xff" + std::string(254, static_cast<char>('a' + i)) + ".");
  for (auto& value : rdata) value.resize(256, 'x');
  publish({"Z1", {snapshots::dns::record_set("big.one.test.", dns::Type::TXT, 60, rdata)}});
  const auto answer = ask("big.one.test.", dns::Type::TXT);
  EXPECT_EQ(answer.protocol, "TCP");
  EXPECT_EQ(answer.values.size(), 8u);
}

TEST_F(EngineAnswersTest, AZoneThatAnotherOfItsNameAnswersForIsRefused) {
  publish({"Z2", {address("www.one.test.", 9)}});
  EXPECT_EQ(ask("www.one.test.", dns::Type::A, "Z2").response_code, "REFUSED");
  EXPECT_EQ(ask("www.one.test.", dns::Type::A, "Z1").response_code, "NOERROR");
}

}  // namespace
}  // namespace meridian::apps
