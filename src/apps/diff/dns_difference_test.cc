#include "apps/diff/dns_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/diff/difference_words.h"
#include "apps/services_fixture.h"

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DnsDifferenceTest : public ServicesTest {
 protected:
  DnsDifferenceTest() {
    r53::CreateHostedZoneRequest input;
    input.Name = "example.com";
    input.CallerReference = "1";
    zone = services.route53.real().CreateHostedZone(call, input).value().HostedZone.Id;
    request.zone_id = zone.substr(std::string_view("/hostedzone/").size());
    put({record("www.example.com", "A", "192.0.2.1"), record("mail.example.com", "CNAME", "www.example.com"),
         alias("top.example.com", "www.example.com"), record("other.example.com", "A", "192.0.2.9")});
  }

  static r53::Change record(std::string name, std::string type, std::string value,
                            std::string action = "UPSERT") {
    r53::Change change;
    change.Action = std::move(action);
    change.ResourceRecordSet.Name = std::move(name);
    change.ResourceRecordSet.Type = std::move(type);
    change.ResourceRecordSet.TTL = 60;
    change.ResourceRecordSet.ResourceRecords.emplace().push_back({.Value = std::move(value)});
    return change;
  }
  r53::Change alias(std::string name, std::string target) const {
    r53::Change change;
    change.Action = "UPSERT";
    change.ResourceRecordSet.Name = std::move(name);
    change.ResourceRecordSet.Type = "A";
    change.ResourceRecordSet.AliasTarget =
        r53::AliasTarget{.HostedZoneId = zone, .DNSName = std::move(target), .EvaluateTargetHealth = false};
    return change;
  }
  static r53::ChangeBatch batch(std::vector<r53::Change> changes) {
    r53::ChangeBatch out;
    out.Changes = std::move(changes);
    return out;
  }
  void put(std::vector<r53::Change> changes) {
    const auto done = services.route53.real().ChangeResourceRecordSets(
        call, {.HostedZoneId = zone, .ChangeBatch = batch(std::move(changes))});
    ASSERT_TRUE(done) << done.error().message;
  }
  DiffReport diff() {
    return dns_difference(request, {store, services.route53, engine, health, random, clock}).value();
  }
  DiffReport diff(std::vector<r53::Change> changes) {
    request.batches = {batch(std::move(changes))};
    return diff();
  }
  static std::vector<std::string> names(const DiffReport& report) {
    std::vector<std::string> out;
    for (const auto& each : report.questions) out.push_back(each.question.name.to_string());
    std::ranges::sort(out);
    return out;
  }

  std::shared_ptr<snapshots::health::HealthTable> health = std::make_shared<snapshots::health::HealthTable>();
  engines::dns::DnsEngine engine{
      {}, snapshots::dns::DnsSnapshot::empty(random), clock, random, metrics, net::make_loop};
  std::string zone;
  DiffRequest request;
};

TEST_F(DnsDifferenceTest, AChangeReachesAliasesAndCnamesAndNothingElse) {
  const store::Revision before = store.revision();
  const DiffReport report = diff({record("www.example.com", "A", "192.0.2.2")});
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_THAT(names(report), ElementsAre("mail.example.com.", "top.example.com.", "www.example.com."));
  EXPECT_THAT(report.changed_share, DoubleNear(1, 1e-9));
  EXPECT_EQ(report.questions[0].moves.at(0).share, 1);
  EXPECT_THAT(report.would_change, HasSubstr(R"("name":"www.example.com.")"));
  EXPECT_EQ(store.revision(), before) << "a diff changes nothing";
  EXPECT_STREQ(verdict(report), "changes");
}

TEST_F(DnsDifferenceTest, WhatPutsTheSameChangesNobody) {
  const DiffReport report = diff({record("www.example.com", "A", "192.0.2.1")});
  EXPECT_EQ(report.changed_share, 0);
  EXPECT_STREQ(verdict(report), "same");
}

TEST_F(DnsDifferenceTest, EveryRefusalHasItsIndex) {
  DiffReport report =
      diff({record("www.example.com", "A", "192.0.2.2"), record("www.example.org", "A", "192.0.2.2"),
            record("new.example.com", "A", "x"), record("none.example.com", "A", "192.0.2.2", "DELETE")});
  ASSERT_EQ(report.problems.size(), 3u);
  EXPECT_EQ(report.problems[0].change, 1u);
  EXPECT_EQ(report.problems[0].code, "InvalidChangeBatch");
  EXPECT_THAT(report.problems[0].message,
              HasSubstr("www.example.org. is not permitted in zone example.com."));
  EXPECT_EQ(report.problems[1].change, 2u);
  EXPECT_EQ(report.problems[2].change, 3u);
  EXPECT_THAT(report.questions, IsEmpty()) << "a batch is all or nothing";
  EXPECT_STREQ(verdict(report), "errors");

  // Refusals of other kinds end a call at the first.
  r53::Change shapeless = record("www.example.com", "A", "192.0.2.2");
  shapeless.ResourceRecordSet.TTL.reset();
  report = diff({record("www.example.com", "A", "192.0.2.2"), shapeless, shapeless});
  ASSERT_EQ(report.problems.size(), 2u);
  EXPECT_EQ(report.problems[0].change, 1u);
  EXPECT_EQ(report.problems[0].code, "InvalidInput");
  EXPECT_EQ(report.problems[1].change, 2u);
}

TEST_F(DnsDifferenceTest, OfAZoneFileTheRestCounts) {
  request.independent = true;
  request.batches = {
      batch({record("www.example.com", "A", "192.0.2.2"), record("bad.example.com", "A", "x")}),
      batch({record("later.example.com", "A", "192.0.2.3")})};
  const DiffReport report = diff();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[0].batch, 0u);
  EXPECT_EQ(report.problems[0].change, 1u);
  EXPECT_THAT(names(report),
              ElementsAre("later.example.com.", "mail.example.com.", "top.example.com.", "www.example.com."));
}

TEST_F(DnsDifferenceTest, AQueryLogIsThePopulation) {
  const auto logged = [](const char* name, double count) {
    return DiffRequest::LoggedQuery{{dns::Name::parse(name).value(), dns::Type::A},
                                    {*net::IpAddress::parse("192.0.2.99"), {}, count}};
  };
  request.log = {logged("WWW.example.com.", 1), logged("other.example.com.", 3),
                 logged("www.example.com.", 1)};
  const DiffReport report = diff({record("www.example.com", "A", "192.0.2.2")});
  EXPECT_THAT(report.changed_share, DoubleNear(0.4, 1e-9));
  EXPECT_THAT(names(report), ElementsAre("WWW.example.com.", "other.example.com."));
  EXPECT_EQ(report.weight, 5);
}

TEST_F(DnsDifferenceTest, WeightsMoveInProportion) {
  r53::Change blue = record("w.example.com", "A", "192.0.2.1"),
              green = record("w.example.com", "A", "192.0.2.2");
  blue.ResourceRecordSet.SetIdentifier = "blue";
  green.ResourceRecordSet.SetIdentifier = "green";
  blue.ResourceRecordSet.Weight = 80;
  green.ResourceRecordSet.Weight = 20;
  put({blue, green});
  green.ResourceRecordSet.Weight = 80;
  const DiffReport report = diff({green});
  EXPECT_THAT(report.changed_share, DoubleNear(0.3, 0.01));
  const DiffQuery query{request, {}};
  EXPECT_THAT(to_text(report, query), HasSubstr("put     w.example.com. A  green\n"));
  EXPECT_THAT(to_text(report, query), HasSubstr("80.0 %    50.0 %  A 192.0.2.1, TTL 60"));
}

TEST_F(DnsDifferenceTest, AZoneThatIsNotThereIsNoQuestion) {
  request.zone_id = "Z0";
  const auto report = dns_difference(request, {store, services.route53, engine, health, random, clock});
  EXPECT_EQ(report.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace meridian::apps
