#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using FailoverRules = HealthyWorld;

TEST_F(FailoverRules, AHealthyConfigurationIsLeftAlone) {
  expect_only({});
}

TEST_F(FailoverRules, APrimaryThatNothingChecks) {
  sets("app.example.com")[0]->HealthCheckId.reset();
  EXPECT_THAT(labels(failover_primary_without_check), ElementsAre("app.example.com A (primary)"));
  const auto fix = commands(failover_primary_without_check);
  ASSERT_THAT(fix, SizeIs(2));
  EXPECT_THAT(fix[0], HasSubstr("check=$(aws route53 create-health-check"));
  EXPECT_THAT(fix[0], HasSubstr(R"("IPAddress":"1.2.3.1")"));
  EXPECT_THAT(fix[1], HasSubstr(R"("HealthCheckId":"'"$check"'")"));
}

TEST_F(FailoverRules, AnAliasIsCheckedByWhatIsBelowIt) {
  for (auto* set : sets("app.example.com")) set->HealthCheckId.reset();
  EXPECT_THAT(labels(failover_primary_without_check),
              ElementsAre("app.example.com A (primary)", "tree.example.com A (primary)"));
}

TEST_F(FailoverRules, AnAddressThatCannotBeProbedGetsNoCommand) {
  for (auto* set : sets("app.example.com")) set->HealthCheckId.reset();
  remove("tree.example.com");
  sets("app.example.com")[0]->ResourceRecords = {{"10.0.0.1"}};
  EXPECT_THAT(commands(failover_primary_without_check), IsEmpty());
  facts.private_checks_allowed = true;
  EXPECT_THAT(commands(failover_primary_without_check), SizeIs(2));
}

TEST_F(FailoverRules, ASecondaryThatNothingChecks) {
  sets("app.example.com")[1]->HealthCheckId.reset();
  EXPECT_THAT(labels(failover_secondary_without_check), ElementsAre("app.example.com A (secondary)"));
  expect_only({"failover-secondary-without-check"});
}

TEST_F(FailoverRules, HalfAFailover) {
  std::erase_if(facts.zones[0].sets, [](const auto& set) {
    return set.Name == "app.example.com." && set.Failover == "SECONDARY";
  });
  const auto findings = found(failover_alone);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].why, HasSubstr("no secondary"));
  const std::string fix = findings[0].fix.commands.at(0).line();
  EXPECT_THAT(fix, HasSubstr(R"("Action":"DELETE")"));
  EXPECT_THAT(
      fix,
      HasSubstr(R"("Action":"CREATE","ResourceRecordSet":{"Name":"app.example.com.","Type":"A","TTL":60)"));
  sets("app.example.com")[0]->Failover = "SECONDARY";
  EXPECT_THAT(found(failover_alone).at(0).why, HasSubstr("no primary"));
}

TEST_F(FailoverRules, FailoverToTheSamePlace) {
  sets("app.example.com")[1]->ResourceRecords = {{"1.2.3.1"}};
  config(kCheck2).IPAddress = "1.2.3.1";
  EXPECT_THAT(labels(failover_same_answer), ElementsAre("app.example.com A"));
  EXPECT_THAT(commands(failover_same_answer), ElementsAre(HasSubstr(R"("SetIdentifier":"secondary")")));
}

TEST_F(FailoverRules, OneCheckForBoth) {
  sets("app.example.com")[1]->HealthCheckId = kCheck1;
  EXPECT_THAT(labels(failover_shared_check), ElementsAre("app.example.com A"));
  EXPECT_THAT(commands(failover_shared_check), ElementsAre(testing::Not(HasSubstr("HealthCheckId"))));
}

TEST_F(FailoverRules, AnAliasThatStaysWhereEverythingIsDown) {
  sets("tree.example.com")[0]->AliasTarget->EvaluateTargetHealth = false;
  EXPECT_THAT(labels(alias_without_evaluation), ElementsAre("tree.example.com A (primary)"));
  EXPECT_THAT(commands(alias_without_evaluation), ElementsAre(HasSubstr(R"("EvaluateTargetHealth":true)")));
  expect_only({"alias-without-evaluation"});
}

TEST_F(FailoverRules, ATtlThatOutlastsTheFailover) {
  for (auto* set : sets("app.example.com")) set->TTL = 300;
  const auto findings = found(ttl_beyond_failover_budget);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].why, HasSubstr("for 300 s, 30 s to detect"));
  const std::string fix = findings[0].fix.commands.at(0).line();
  EXPECT_THAT(fix, HasSubstr(R"("SetIdentifier":"primary")"));
  EXPECT_THAT(fix, HasSubstr(R"("SetIdentifier":"secondary")"));
  EXPECT_THAT(fix, testing::Not(HasSubstr("300")));
  expect_only({"ttl-beyond-failover-budget"});
}

TEST_F(FailoverRules, SlowDetectionByALongInterval) {
  config(kCheck2).RequestInterval = 30;
  EXPECT_THAT(found(slow_detection).at(0).why, HasSubstr("after 90 s"));
  const auto fix = commands(slow_detection);
  EXPECT_THAT(fix.front(), HasSubstr(R"("RequestInterval":10)"));
  EXPECT_THAT(fix[1], HasSubstr("near.example.com."));
  EXPECT_THAT(fix[1], HasSubstr("app.example.com."));
  EXPECT_EQ(fix.back(), "aws route53 delete-health-check --health-check-id " + kCheck2);
}

TEST_F(FailoverRules, AReplacedCheckIsReplacedInCalculatedOnesToo) {
  config(kHttps).RequestInterval = 30;
  const auto fix = commands(slow_detection);
  ASSERT_THAT(fix, SizeIs(3));
  EXPECT_EQ(
      fix[1],
      "aws route53 update-health-check --health-check-id both --child-health-checks ''\"$check\"'' metric");
}

TEST_F(FailoverRules, WhatATrafficPolicyUsesIsNotReplacedBehindItsBack) {
  config(kCheck1).RequestInterval = 30;
  EXPECT_THAT(commands(slow_detection), IsEmpty());
}

TEST_F(FailoverRules, SlowDetectionByAHighThreshold) {
  config(kCheck1).FailureThreshold = 10;
  EXPECT_THAT(commands(slow_detection), ElementsAre("aws route53 update-health-check --health-check-id " +
                                                    kCheck1 + " --failure-threshold 3"));
}

TEST_F(FailoverRules, ACheckOfTheNameThatItDecidesAbout) {
  config(kCheck2).IPAddress.reset();
  config(kCheck2).FullyQualifiedDomainName = "APP.example.com";
  EXPECT_THAT(labels(check_of_own_name), ElementsAre("app.example.com A (secondary)"));
  EXPECT_THAT(commands(check_of_own_name).at(0), HasSubstr(R"("IPAddress":"1.2.3.2")"));
}

TEST_F(FailoverRules, ACheckOfAnotherAddress) {
  sets("split.example.com")[1]->ResourceRecords = {{"1.2.3.3"}};
  const auto findings = found(check_of_other_address);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].why, "It answers 1.2.3.3, and its health check probes 1.2.3.2.");
  EXPECT_THAT(findings[0].fix.commands.at(0).line(), HasSubstr(R"("IPAddress":"1.2.3.3")"));
}

}  // namespace
}  // namespace meridian::apps::doctor
