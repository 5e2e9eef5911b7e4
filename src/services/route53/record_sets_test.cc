#include <thread>

#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ResourceRecordSets : public ServiceTest {
 protected:
  std::string zone_ = make_zone_id("example.com");
};

std::vector<std::string> messages(const aws::ServiceError& error) {
  EXPECT_EQ(error.code, "InvalidChangeBatch");
  EXPECT_EQ(error.status, 400);
  return error.details.empty()
             ? std::vector<std::string>()
             : error.details.as<api::InvalidChangeBatch>().messages.value_or(std::vector<std::string>());
}

TEST_F(ResourceRecordSets, ABatchIsAppliedWholeAndCounted) {
  auto outcome = apply(zone_, {change("CREATE", records("www.example.com", "A", {"192.0.2.1"})),
                               change("UPSERT", records("*.example.com", "TXT", {"\"any\""}, 60))});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->ChangeInfo.Status, "PENDING");
  EXPECT_THAT(listed_names(zone_), ElementsAre("example.com. NS", "example.com. SOA",
                                               "\\052.example.com. TXT", "www.example.com. A"));
  EXPECT_EQ(route53_.GetHostedZone(call_, {.Id = zone_}).value().HostedZone.ResourceRecordSetCount, 4);
  auto set = list(zone_).ResourceRecordSets[2];
  EXPECT_EQ(set.TTL, 60);
  EXPECT_EQ(set.ResourceRecords->at(0).Value, "\"any\"");
  EXPECT_FALSE(set.AliasTarget.has_value());
  EXPECT_FALSE(set.SetIdentifier.has_value());
}

TEST_F(ResourceRecordSets, NothingIsAppliedWhenOneChangeIsBad) {
  store::Revision before = store_.revision();
  aws::ServiceError error =
      refusal(zone_, {change("CREATE", records("a.example.com", "A", {"192.0.2.1"})),
                      change("CREATE", records("b.example.com", "A", {"300.0.0.1"})),
                      change("CREATE", records("b.elsewhere.test", "A", {"192.0.2.1"}))});
  EXPECT_THAT(
      messages(error),
      ElementsAre(
          "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 "
          "address) encountered with '300.0.0.1''",
          "RRSet with DNS name b.elsewhere.test. is not permitted in zone example.com."));
  EXPECT_EQ(error.message, "[" + messages(error)[0] + ", " + messages(error)[1] + "]");
  EXPECT_EQ(store_.revision(), before);
}

TEST_F(ResourceRecordSets, SayInOneWayWhereAnswersComeFrom) {
  api::ResourceRecordSet set = records("www.example.com", "A", {"192.0.2.1"});
  set.TTL.reset();
  aws::ServiceError error = refusal(zone_, {change("CREATE", set)});
  EXPECT_EQ(error.code, "InvalidInput");
  EXPECT_EQ(
      error.message,
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
      "TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=www.example.com, Type=A, "
      "SetIdentifier=null]");
  set.TTL = 60;
  set.AliasTarget =
      api::AliasTarget{.HostedZoneId = zone_, .DNSName = "a.example.com", .EvaluateTargetHealth = false};
  EXPECT_THAT(refusal(zone_, {change("CREATE", set)}).message,
              HasSubstr("but found more than one in Change with"));
}

TEST_F(ResourceRecordSets, AnAliasComesBackWithItsTarget) {
  api::ResourceRecordSet alias;
  alias.Name = "example.com";
  alias.Type = "A";
  alias.AliasTarget =
      api::AliasTarget{.HostedZoneId = zone_, .DNSName = "WWW.example.com", .EvaluateTargetHealth = true};
  ASSERT_TRUE(apply(
      zone_, {change("CREATE", records("www.example.com", "A", {"192.0.2.1"})), change("CREATE", alias)}));
  auto listed = list(zone_).ResourceRecordSets[0];
  EXPECT_EQ(listed.AliasTarget->DNSName, "www.example.com.");
  EXPECT_EQ("/hostedzone/" + listed.AliasTarget->HostedZoneId, zone_);
  EXPECT_TRUE(listed.AliasTarget->EvaluateTargetHealth);
  EXPECT_FALSE(listed.TTL.has_value());
  EXPECT_FALSE(listed.ResourceRecords.has_value());
  EXPECT_TRUE(apply(zone_, {change("DELETE", listed)}));
}

TEST_F(ResourceRecordSets, WhatIsNotThereYetIsRefusedByName) {
  api::ResourceRecordSet set = records("www.example.com", "A", {"192.0.2.1"});
  set.HealthCheckId = "h1";
  aws::ServiceError error = refusal(zone_, {change("CREATE", set)});
  EXPECT_EQ(error.code, "NoSuchHealthCheck");
  EXPECT_EQ(error.status, 404);
  EXPECT_EQ(error.message, "A health check with id h1 does not exist.");
}

TEST_F(ResourceRecordSets, BatchesHaveTheirSize) {
  auto batch = [&](std::size_t count, const char* action, std::size_t value_size) {
    std::vector<api::Change> changes;
    for (std::size_t i = 0; i < count; ++i) {
      changes.push_back(change(action, records("n" + std::to_string(i) + ".example.com", "TXT",
                                               {'"' + std::string(value_size - 2, 'x') + '"'})));
    }
    return changes;
  };
  EXPECT_THAT(messages(refusal(zone_, batch(1001, "CREATE", 4))),
              ElementsAre("Number of records limit of 1000 exceeded."));
  EXPECT_THAT(messages(refusal(zone_, batch(501, "UPSERT", 4))),
              ElementsAre("Number of records limit of 1000 exceeded."));
  EXPECT_THAT(messages(refusal(zone_, batch(161, "CREATE", 200))),
              ElementsAre("Number of characters limit of 32000 exceeded."));
  EXPECT_THAT(messages(refusal(zone_, batch(81, "UPSERT", 200))),
              ElementsAre("Number of characters limit of 32000 exceeded."));
  EXPECT_TRUE(apply(zone_, batch(160, "CREATE", 200)));
  EXPECT_TRUE(apply(zone_, batch(80, "UPSERT", 200)));
}

TEST_F(ResourceRecordSets, AFullZoneTakesReplacementsOnly) {
  for (int batch = 0; batch < 2; ++batch) {
    std::vector<api::Change> changes;
    for (int i = 0; i < 999; ++i)
      changes.push_back(change(
          "CREATE", records("n" + std::to_string(batch * 999 + i) + ".example.com", "A", {"192.0.2.1"})));
    ASSERT_TRUE(apply(zone_, changes));
  }
  EXPECT_THAT(messages(refusal(zone_, {change("CREATE", records("more.example.com", "A", {"192.0.2.1"}))})),
              ElementsAre("Number of records limit of 2000 exceeded."));
  EXPECT_TRUE(apply(zone_, {change("UPSERT", records("n1.example.com", "A", {"192.0.2.2"}))}));
  auto limit =
      route53_.GetHostedZoneLimit(call_, {.Type = "MAX_RRSETS_BY_ZONE", .HostedZoneId = zone_}).value();
  EXPECT_EQ(limit.Limit.Value, 2000);
  EXPECT_EQ(limit.Count, 2000);
}

TEST_F(ResourceRecordSets, ListInPagesFromAnyPoint) {
  ASSERT_TRUE(apply(zone_, {change("CREATE", records("a.example.com", "A", {"192.0.2.1"})),
                            change("CREATE", records("a.example.com", "TXT", {"\"t\""})),
                            change("CREATE", records("b.example.com", "A", {"192.0.2.1"}))}));
  std::vector<std::string> seen;
  api::ListResourceRecordSetsRequest input{.HostedZoneId = zone_};
  input.MaxItems = "2";
  for (;;) {
    auto page = route53_.ListResourceRecordSets(call_, input).value();
    for (const auto& set : page.ResourceRecordSets) seen.push_back(set.Name + " " + set.Type);
    if (!page.IsTruncated) break;
    input.StartRecordName = page.NextRecordName;
    input.StartRecordType = page.NextRecordType;
    input.StartRecordIdentifier = page.NextRecordIdentifier;
  }
  EXPECT_EQ(seen, listed_names(zone_));
  EXPECT_EQ(seen.size(), 5u);

  api::ListResourceRecordSetsRequest from{.HostedZoneId = zone_};
  from.StartRecordName = "A.Example.com";
  EXPECT_EQ(route53_.ListResourceRecordSets(call_, from).value().ResourceRecordSets.size(), 3u);
  from.StartRecordType = "CNAME";
  EXPECT_EQ(route53_.ListResourceRecordSets(call_, from).value().ResourceRecordSets[0].Type, "TXT");
}

TEST_F(ResourceRecordSets, ListRefusesHalfAStartingPoint) {
  api::ListResourceRecordSetsRequest input{.HostedZoneId = zone_};
  input.StartRecordType = "A";
  EXPECT_EQ(route53_.ListResourceRecordSets(call_, input).error().code, "InvalidInput");
  input.StartRecordType.reset();
  input.StartRecordName = "a.example.com";
  input.StartRecordIdentifier = "x";
  EXPECT_EQ(route53_.ListResourceRecordSets(call_, input).error().code, "InvalidInput");
}

TEST_F(ResourceRecordSets, PagesHoldThreeHundred) {
  std::vector<api::Change> changes;
  for (int i = 0; i < 400; ++i)
    changes.push_back(
        change("CREATE", records("n" + std::to_string(i) + ".example.com", "A", {"192.0.2.1"})));
  ASSERT_TRUE(apply(zone_, changes));
  EXPECT_EQ(list(zone_).ResourceRecordSets.size(), 300u);
  EXPECT_EQ(list(zone_).MaxItems, "300");
}

TEST_F(ResourceRecordSets, ZonesDoNotSeeOneAnother) {
  std::string other = make_zone_id("example.com");
  ASSERT_TRUE(apply(zone_, {change("CREATE", records("www.example.com", "A", {"192.0.2.1"}))}));
  EXPECT_EQ(list(other).ResourceRecordSets.size(), 2u);
  EXPECT_TRUE(apply(other, {change("CREATE", records("www.example.com", "CNAME", {"elsewhere.test"}))}));
  EXPECT_EQ(refusal("Z404", {change("CREATE", records("www.example.com", "A", {"192.0.2.1"}))}).code,
            "NoSuchHostedZone");
}

TEST_F(ResourceRecordSets, ChangesOfOneZoneFromManyThreadsAllCount) {
  std::vector<std::thread> threads;
  std::atomic<int> applied = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      SeededRandom random(static_cast<std::uint64_t>(100 + t));
      Route53 route53(store_, clock_, random, acknowledged_);
      for (int i = 0; i < 25; ++i) {
        aws::Call call = call_;
        api::ChangeResourceRecordSetsRequest input;
        input.HostedZoneId = zone_;
        input.ChangeBatch.Changes = {change(
            "CREATE", records("n" + std::to_string(t * 100 + i) + ".example.com", "A", {"192.0.2.1"}))};
        auto outcome = route53.ChangeResourceRecordSets(call, input);
        if (outcome) {
          ++applied;
        } else {
          EXPECT_EQ(outcome.error().code, "PriorRequestNotComplete");
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(applied.load(), 0);
  EXPECT_EQ(route53_.GetHostedZone(call_, {.Id = zone_}).value().HostedZone.ResourceRecordSetCount,
            2 + applied.load());
  EXPECT_EQ(list(zone_).ResourceRecordSets.size(), 2u + static_cast<std::size_t>(applied.load()));
}

}  // namespace
}  // namespace meridian::services::route53
