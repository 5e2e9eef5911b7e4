#include "apps/control/explain_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json/json.h"

namespace meridian::apps {
namespace {

using engines::health::Observation;
using engines::health::Opinion;
using services::route53::HealthCheckType;
using testing::HasSubstr;
using testing::Not;

constexpr SystemTime kNow{std::chrono::seconds(1'700'000'000)};

Opinion says(const std::string& name, const std::string& region, std::optional<bool> healthy) {
  Opinion opinion{{name, region}, true, {healthy, 1, {}, {}}};
  if (healthy)
    opinion.report.last = Observation{region,
                                      net::IpAddress::v4({192, 0, 2, 9}),
                                      net::IpAddress::v4({192, 0, 2, 1}),
                                      {*healthy, *healthy ? "HTTP Status Code 200, OK" : "refused"},
                                      kNow};
  return opinion;
}

HealthFacts http() {
  HealthFacts facts;
  auto& [state, config, children] = facts.check;
  config.type = HealthCheckType::Http;
  config.ip_address = "192.0.2.1";
  config.port = 80;
  config.resource_path = "/health";
  config.request_interval = 10;
  config.failure_threshold = 3;
  state.id = "h1";
  state.type = config.type;
  return facts;
}

std::string text(const HealthFacts& facts) {
  return explain_health(facts, Output::Table);
}

TEST(ExplainHealth, CountsTheCheckersAndShowsWhatEachSays) {
  HealthFacts facts = http();
  facts.check.state.found = facts.check.state.healthy = true;
  facts.opinions = {says("", "us-east-1", true), says("fra1", "eu-west-1", false)};
  const std::string shown = text(facts);
  EXPECT_THAT(shown, HasSubstr("health check h1 is healthy\nHTTP of 192.0.2.1 port 80 /health, every 10 s"));
  EXPECT_THAT(
      shown, HasSubstr("1 of 2 checkers that count say healthy, 50.0 %; more than 18 % are needed: healthy"));
  EXPECT_THAT(shown,
              HasSubstr("(here)               us-east-1       healthy    1 of 3   2023-11-14T22:13:20Z HTTP "
                        "Status Code 200, OK"));
  EXPECT_THAT(shown, HasSubstr("fra1                 eu-west-1       unhealthy  1 of 3"));
}

TEST(ExplainHealth, SaysWhyACheckerDoesNotCount) {
  HealthFacts facts = http();
  facts.check.state.found = false;
  Opinion lost = says("fra1", "eu-west-1", std::nullopt);
  lost.counted = lost.checker.counted = lost.checker.connected = false;
  lost.checker.lost_at = kNow;
  facts.opinions = {lost};
  EXPECT_THAT(text(facts), HasSubstr("no checker of it is heard"));
  EXPECT_THAT(text(facts), HasSubstr("not heard since 2023-11-14T22:13:20Z"));
  facts.opinions[0].checker.counted = true;
  EXPECT_THAT(text(facts), HasSubstr("it reports nothing of this check"));
}

TEST(ExplainHealth, IsUndecidedWhileTheAwaitedCouldTellOtherwise) {
  HealthFacts facts = http();
  facts.opinions = {says("", "us-east-1", false), says("fra1", "eu-west-1", std::nullopt)};
  EXPECT_THAT(text(facts),
              HasSubstr("0 of 2 checkers that count say healthy, 0.0 %; more than 18 % are needed; 1 "
                        "did not probe yet: not decided yet"));
  EXPECT_THAT(text(facts), HasSubstr("nothing is known of it yet: healthy"));
}

TEST(ExplainHealth, SaysWhatTakesThePlaceOfWhatWasFound) {
  HealthFacts facts = http();
  auto& [state, config, children] = facts.check;
  state.found = true;
  state.said = false;
  config.inverted = config.disabled = true;
  facts.steady.damped = true;
  facts.steady.held_until = kNow;
  const std::string shown = text(facts);
  for (const char* step : {"it flaps, and is held down", "stays healthy until 2023-11-14T22:13:20Z",
                           "an operator says unhealthy", "it is disabled", "it is inverted"})
    EXPECT_THAT(shown, HasSubstr(step));
}

TEST(ExplainHealth, OfACalculatedCheckItShowsTheChildren) {
  HealthFacts facts = http();
  auto& [state, config, children] = facts.check;
  config.type = HealthCheckType::Calculated;
  config.health_threshold = 2;
  config.child_health_checks = {"a", "b"};
  children = {{"a", false, true}, {"b", true, false}};
  state.healthy = false;
  const std::string shown = text(facts);
  EXPECT_THAT(shown, HasSubstr("1 of 2 children are healthy, and 2 are needed: unhealthy"));
  EXPECT_THAT(shown, HasSubstr("healthy (it is deleted)"));
  EXPECT_THAT(shown, Not(HasSubstr("checkers")));
}

TEST(ExplainHealth, IsJsonForPrograms) {
  HealthFacts facts = http();
  facts.check.state.found = true;
  facts.opinions = {says("", "us-east-1", true), says("fra1", "eu-west-1", false)};
  facts.opinions[1].report.last_failure = facts.opinions[1].report.last;
  facts.opinions[1].report.last->verdict.reason = "a \"quoted\" reason";
  const std::string shown = explain_health(facts, Output::Json);
  ASSERT_TRUE(json::parse(shown)) << shown;
  EXPECT_THAT(shown, HasSubstr(R"("healthy_checkers":1,"counted_checkers":2)"));
  EXPECT_THAT(shown, HasSubstr(R"("checker":null,"region":"us-east-1","counted":true)"));
  EXPECT_THAT(shown, HasSubstr(R"("reason":"a \"quoted\" reason")"));
}

}  // namespace
}  // namespace meridian::apps
