#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using PolicyRules = HealthyWorld;

TEST_F(PolicyRules, GeolocationWithoutADefault) {
  std::erase_if(facts.zones[0].sets, [](const auto& set) { return set.SetIdentifier == "rest"; });
  EXPECT_THAT(labels(geolocation_without_default), ElementsAre("place.example.com A"));
  EXPECT_THAT(commands(geolocation_without_default),
              ElementsAre(AllOf(HasSubstr(R"("Action":"CREATE")"), HasSubstr(R"("SetIdentifier":"default")"),
                                HasSubstr(R"("GeoLocation":{"CountryCode":"*"})"))));
  expect_only({"geolocation-without-default"});
}

TEST_F(PolicyRules, TheDefaultThatIsProposedHasAnIdentifierOfItsOwn) {
  std::erase_if(facts.zones[0].sets, [](const auto& set) { return set.SetIdentifier == "rest"; });
  sets("place.example.com")[0]->SetIdentifier = "default";
  EXPECT_THAT(commands(geolocation_without_default),
              ElementsAre(HasSubstr(R"("SetIdentifier":"default-2")")));
}

TEST_F(PolicyRules, IpBasedRoutingWithoutADefault) {
  auto set = routed(record("ip.example.com", "A", {"1.2.3.1"}), "office", kCheck1);
  set.CidrRoutingConfig = r53::CidrRoutingConfig{.CollectionId = "c", .LocationName = "office"};
  add(set);
  EXPECT_THAT(commands(cidr_without_default), ElementsAre(HasSubstr(R"("LocationName":"*")")));
  set.SetIdentifier = "rest";
  set.CidrRoutingConfig->LocationName = "*";
  add(set);
  EXPECT_THAT(found(cidr_without_default), IsEmpty());
}

TEST_F(PolicyRules, LatencyRecordsThatNothingChecks) {
  sets("near.example.com")[1]->HealthCheckId.reset();
  EXPECT_THAT(found(latency_without_checks).at(0).why, HasSubstr("Without a check: eu-west-1."));
  EXPECT_THAT(commands(latency_without_checks), SizeIs(2));
  expect_only({"latency-without-checks"});
}

TEST_F(PolicyRules, WeightedRecordsThatNothingChecks) {
  for (auto* set : sets("split.example.com")) set->HealthCheckId.reset();
  EXPECT_THAT(found(weighted_without_checks).at(0).why, HasSubstr("weight-1.2.3.1, weight-1.2.3.2"));
  EXPECT_THAT(commands(weighted_without_checks), SizeIs(4));
  expect_only({"weighted-without-checks"});
}

TEST_F(PolicyRules, AloneThereIsNothingToChooseAndNothingToCheck) {
  std::erase_if(facts.zones[0].sets, [](const auto& set) { return set.SetIdentifier == "weight-1.2.3.2"; });
  sets("split.example.com")[0]->HealthCheckId.reset();
  EXPECT_THAT(found(weighted_without_checks), IsEmpty());
}

TEST_F(PolicyRules, MultivalueRecordsThatNothingChecks) {
  sets("many.example.com")[0]->HealthCheckId.reset();
  EXPECT_THAT(labels(multivalue_without_checks), ElementsAre("many.example.com A"));
  expect_only({"multivalue-without-checks"});
}

TEST_F(PolicyRules, PlacesThatNothingChecks) {
  sets("place.example.com")[0]->HealthCheckId.reset();
  EXPECT_THAT(labels(location_without_checks), ElementsAre("place.example.com A"));
  expect_only({"location-without-checks"});
}

TEST_F(PolicyRules, AnAliasBeforeCheckedRecordsIsAnotherTrap) {
  for (int i = 0; i < 2; ++i) {
    auto set = routed(alias("w.example.com", "A", "app.example.com", false), std::to_string(i), "");
    set.Weight = 1;
    add(set);
  }
  EXPECT_THAT(found(weighted_without_checks), IsEmpty());
  EXPECT_THAT(found(alias_without_evaluation), SizeIs(2));
}

TEST_F(PolicyRules, MoreThanEightMultivalueRecords) {
  for (int i = 10; i < 16; ++i) add(multivalue("many.example.com", "1.2.3." + std::to_string(i), kCheck1));
  EXPECT_THAT(found(multivalue_above_eight), IsEmpty()) << "eight are all answered";
  add(multivalue("many.example.com", "1.2.3.16", kCheck1));
  EXPECT_THAT(labels(multivalue_above_eight), ElementsAre("many.example.com A"));
}

TEST_F(PolicyRules, EveryWeightZero) {
  for (auto* set : sets("split.example.com")) set->Weight = 0;
  EXPECT_THAT(commands(weights_all_zero),
              ElementsAre(AllOf(HasSubstr(R"("Weight":1)"), Not(HasSubstr(R"("Weight":0)")))));
  expect_only({"weights-all-zero"});
}

TEST_F(PolicyRules, AWeightOfZeroThatCanStillAnswer) {
  sets("split.example.com")[1]->Weight = 0;
  EXPECT_THAT(found(weight_zero_last_resort).at(0).why, HasSubstr("weight-1.2.3.2 will be answered"));
  EXPECT_THAT(commands(weight_zero_last_resort), ElementsAre(HasSubstr(R"("Action":"DELETE")")));
  sets("split.example.com")[0]->HealthCheckId.reset();
  EXPECT_THAT(found(weight_zero_last_resort), IsEmpty()) << "the other one is always healthy";
}

TEST_F(PolicyRules, WeightsThatTakeLongToCount) {
  for (auto* set : sets("split.example.com")) {
    set->HealthCheckId.reset();
    set->TTL = 300;
  }
  EXPECT_THAT(found(weighted_ttl).at(0).why, HasSubstr("300 s"));
  EXPECT_THAT(commands(weighted_ttl), ElementsAre(HasSubstr(R"("TTL":60)")));
  for (auto* set : sets("split.example.com")) set->HealthCheckId = kCheck1;
  EXPECT_THAT(found(weighted_ttl), IsEmpty()) << "then the failover's own rule says so";
}

TEST_F(PolicyRules, DifferentTtlsAtOneName) {
  sets("near.example.com")[0]->TTL = 30;
  EXPECT_THAT(found(sets_with_different_ttl).at(0).why, HasSubstr("from 30 to 60 s"));
  EXPECT_THAT(commands(sets_with_different_ttl),
              ElementsAre(AllOf(HasSubstr(R"("TTL":30)"), HasSubstr("eu-west-1"))));
  expect_only({"sets-with-different-ttl"});
}

TEST_F(PolicyRules, AddressesOfBothKindsBelongTogether) {
  add(record("www.example.com", "AAAA", {"2001:500::1"}, 3600));
  EXPECT_THAT(labels(sets_with_different_ttl), ElementsAre("www.example.com A"));
  add(record("mail.example.com", "TXT", {"\"x\""}, 3600));
  EXPECT_THAT(labels(sets_with_different_ttl), SizeIs(1)) << "a TXT record has a TTL of its own";
}

TEST_F(PolicyRules, SeveralAddressesInASimpleRecord) {
  sets("www.example.com")[0]->ResourceRecords = {{"1.2.3.9"}, {"1.2.3.10"}};
  const auto fix = commands(simple_with_several_values);
  ASSERT_THAT(fix, SizeIs(3));
  EXPECT_THAT(fix[0], HasSubstr("check1=$("));
  EXPECT_THAT(fix[2], AllOf(HasSubstr(R"("Action":"DELETE")"), HasSubstr(R"("MultiValueAnswer":true)"),
                            HasSubstr("$check2")));
  expect_only({"simple-with-several-values"});
}

TEST_F(PolicyRules, ACheckOnASimpleRecord) {
  sets("mail.example.com")[0]->HealthCheckId = kCheck1;
  config(kCheck1).IPAddress = "1.2.3.8";
  EXPECT_THAT(labels(check_on_simple_set), ElementsAre("mail.example.com A"));
  EXPECT_THAT(commands(check_on_simple_set), ElementsAre(Not(HasSubstr("HealthCheckId"))));
  auto set = failover(alias("post.example.com", "A", "mail.example.com", true), "PRIMARY", "");
  add(set);
  EXPECT_THAT(found(check_on_simple_set), IsEmpty()) << "an alias evaluates it";
}

}  // namespace
}  // namespace meridian::apps::doctor
