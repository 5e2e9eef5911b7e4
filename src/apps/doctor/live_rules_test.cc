#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using LiveRules = HealthyWorld;

TEST_F(LiveRules, NothingHealthyToAnswer) {
  the_check(kCheck1).healthy = false;
  EXPECT_THAT(found(all_unhealthy), IsEmpty());
  the_check(kCheck2).healthy = false;
  EXPECT_THAT(labels(all_unhealthy),
              UnorderedElementsAre("app.example.com A", "near.example.com A", "split.example.com A",
                                   "many.example.com A", "place.example.com A"));
  EXPECT_THAT(found(all_unhealthy).at(0).why, HasSubstr("DNS answers the primary"));
  EXPECT_THAT(found(all_unhealthy).at(1).why, HasSubstr("as though all were healthy"));
}

TEST_F(LiveRules, TheHealthOfAnAliasIsThatOfItsTarget) {
  the_check(kCheck1).healthy = false;
  the_check(kCheck2).healthy = false;
  the_check(kBoth).healthy = false;
  EXPECT_THAT(labels(all_unhealthy), testing::Contains("tree.example.com A"));
}

TEST_F(LiveRules, NothingIsSaidOfWhatIsUnknown) {
  for (CheckFacts& each : facts.checks) each.healthy.reset();
  expect_only({});
}

TEST_F(LiveRules, TheStandbyIsDown) {
  the_check(kCheck2).healthy = false;
  const auto findings = found(secondary_unhealthy);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].resource.label, "app.example.com A (secondary)");
  EXPECT_THAT(findings[0].fix.commands, IsEmpty());
  EXPECT_EQ(findings[0].fix.look.at(0).line(),
            "aws route53 get-health-check-last-failure-reason --health-check-id " + kCheck2);
  expect_only({"secondary-unhealthy", "check-unhealthy"});
}

TEST_F(LiveRules, AnUnhealthyCheckSaysWhatACheckerFound) {
  the_check(kCheck1).healthy = false;
  the_check(kCheck1).observations = {{"us-east-1", "Success: HTTP Status Code 200, OK"},
                                     {"eu-west-1", "Failure: HTTP Status Code 500, Internal Server Error"}};
  EXPECT_THAT(found(check_unhealthy).at(0).why, HasSubstr("eu-west-1 says: Failure: HTTP Status Code 500"));
  expect_only({"check-unhealthy"});
}

TEST_F(LiveRules, AFirewallThatHoldsCheckersBack) {
  the_check(kCheck1).healthy = false;
  the_check(kCheck1).observations = {{"us-east-1", "Failure: Connection timed out."},
                                     {"eu-west-1", "Failure: Connection timed out."}};
  EXPECT_THAT(labels(checkers_blocked), SizeIs(1));
  expect_only({"check-unhealthy", "checkers-blocked"});
  the_check(kCheck1).observations[1].text = "Failure: Connection refused";
  EXPECT_THAT(found(checkers_blocked), IsEmpty()) << "one of them reaches the machine";
}

TEST_F(LiveRules, ASearchStringThatIsNotThere) {
  config(kCheck1).Type = "HTTP_STR_MATCH";
  config(kCheck1).SearchString = "is up";
  the_check(kCheck1).healthy = false;
  the_check(kCheck1).observations = {
      {"us-east-1",
       "Failure: HTTP Status Code 200, OK. The search string was not found in the first 5,120 bytes "
       "of the response."}};
  EXPECT_THAT(labels(search_string_not_found), SizeIs(1));
  the_check(kCheck1).observations[0].text = "Failure: HTTP Status Code 500";
  EXPECT_THAT(found(search_string_not_found), IsEmpty());
}

TEST_F(LiveRules, AnOverrideThatStayed) {
  the_check(kCheck1).override = true;
  EXPECT_THAT(found(override_left).at(0).why, HasSubstr("says that it is healthy"));
  EXPECT_THAT(commands(override_left), ElementsAre("meridian health clear " + kCheck1));
  expect_only({"override-left"});
}

TEST_F(LiveRules, AZoneInQuarantine) {
  facts.quarantined = {{"Z1", "example.com.", "the canary died"}};
  EXPECT_THAT(found(zone_quarantined).at(0).why, HasSubstr("the canary died"));
  expect_only({"zone-quarantined"});
}

TEST_F(LiveRules, AnEdgeThatDoesNotFollow) {
  facts.edges.push_back({"sin1", "live", 5});
  EXPECT_THAT(found(edge_behind), IsEmpty()) << "a moment behind is no matter";
  facts.edges[1].behind_seconds = 60;
  EXPECT_THAT(found(edge_behind).at(0).why, HasSubstr("for 60 s"));
  facts.edges[1] = {"sin1", "lost since 2026-11-21T08:04:11Z", 0};
  EXPECT_THAT(found(edge_behind).at(0).why, HasSubstr("lost since"));
  expect_only({"edge-behind"});
}

}  // namespace
}  // namespace meridian::apps::doctor
