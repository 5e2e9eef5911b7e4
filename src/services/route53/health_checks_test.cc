#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class HealthChecks : public ServiceTest {
 protected:
  static api::HealthCheckConfig http(std::string address = "1.2.3.4") {
    return {.IPAddress = std::move(address), .Type = "HTTP"};
  }
  static api::HealthCheckConfig calculated(std::vector<std::string> children) {
    return {.Type = "CALCULATED", .HealthThreshold = 1, .ChildHealthChecks = std::move(children)};
  }
  aws::Outcome<api::CreateHealthCheckResponse> create(std::string reference, api::HealthCheckConfig config) {
    return route53_.CreateHealthCheck(
        call_, {.CallerReference = std::move(reference), .HealthCheckConfig = std::move(config)});
  }
  std::string make(std::string reference, api::HealthCheckConfig config = http()) {
    return create(std::move(reference), std::move(config)).value().HealthCheck.Id;
  }
  aws::Outcome<api::UpdateHealthCheckResponse> update(api::UpdateHealthCheckRequest input) {
    return route53_.UpdateHealthCheck(call_, std::move(input));
  }
  std::int64_t count() { return route53_.GetHealthCheckCount(call_, {}).value().HealthCheckCount; }
};

TEST_F(HealthChecks, AreMadeShownAndDeleted) {
  const auto made = create("one", http()).value();
  const std::string id = made.HealthCheck.Id;
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(made.Location, "https://route53.amazonaws.com/2013-04-01/healthcheck/" + id);
  EXPECT_EQ(made.HealthCheck.HealthCheckVersion, 1);
  EXPECT_EQ(route53_.GetHealthCheck(call_, {.HealthCheckId = id}).value().HealthCheck, made.HealthCheck);
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(route53_.DeleteHealthCheck(call_, {.HealthCheckId = id}));
  EXPECT_EQ(count(), 0);
  const auto gone = route53_.GetHealthCheck(call_, {.HealthCheckId = id});
  EXPECT_EQ(gone.error().code, "NoSuchHealthCheck");
  EXPECT_EQ(gone.error().status, 404);
  EXPECT_EQ(route53_.DeleteHealthCheck(call_, {.HealthCheckId = id}).error().code, "NoSuchHealthCheck");
}

TEST_F(HealthChecks, ACallerReferenceIsARetryOrAConflict) {
  const std::string id = make("one");
  EXPECT_EQ(make("one"), id);
  EXPECT_EQ(count(), 1);
  EXPECT_NE(make("two"), id);
  const auto other = create("one", http("1.2.3.5"));
  EXPECT_EQ(other.error().code, "HealthCheckAlreadyExists");
  EXPECT_EQ(other.error().status, 409);
  EXPECT_EQ(other.error().message,
            "A different health check has already been created with the specified caller reference.");
  ASSERT_TRUE(route53_.DeleteHealthCheck(call_, {.HealthCheckId = id}));
  EXPECT_EQ(create("one", http()).error().code, "HealthCheckAlreadyExists");
}

TEST_F(HealthChecks, ReferencesAndChecksAreOfOneAccount) {
  const std::string id = make("one");
  EXPECT_EQ(route53_.GetHealthCheck(stranger_, {.HealthCheckId = id}).error().code, "NoSuchHealthCheck");
  EXPECT_TRUE(route53_.CreateHealthCheck(stranger_,
                                         {.CallerReference = "one", .HealthCheckConfig = http("8.8.8.8")}));
  EXPECT_EQ(route53_.ListHealthChecks(call_, {}).value().HealthChecks.size(), 1u);
  EXPECT_EQ(
      route53_.CreateHealthCheck(stranger_, {.CallerReference = "two", .HealthCheckConfig = calculated({id})})
          .error()
          .code,
      "InvalidInput");
}

TEST_F(HealthChecks, AnUpdateMakesANewVersion) {
  const std::string id = make("one");
  const auto updated = update({.HealthCheckId = id, .HealthCheckVersion = 1, .FailureThreshold = 5}).value();
  EXPECT_EQ(updated.HealthCheck.HealthCheckVersion, 2);
  EXPECT_EQ(updated.HealthCheck.HealthCheckConfig.FailureThreshold, 5);
  EXPECT_EQ(route53_.GetHealthCheck(call_, {.HealthCheckId = id}).value().HealthCheck, updated.HealthCheck);
  for (std::int64_t version : {1, 3}) {
    const auto stale = update({.HealthCheckId = id, .HealthCheckVersion = version, .FailureThreshold = 6});
    EXPECT_EQ(stale.error().code, "HealthCheckVersionMismatch");
    EXPECT_EQ(stale.error().status, 409);
  }
  EXPECT_EQ(update({.HealthCheckId = id, .Inverted = true}).value().HealthCheck.HealthCheckVersion, 3);
  EXPECT_EQ(update({.HealthCheckId = id, .SearchString = "x"}).error().code, "InvalidInput");
  EXPECT_EQ(update({.HealthCheckId = "none"}).error().code, "NoSuchHealthCheck");
  // The settings are not those of the first request any more.
  EXPECT_EQ(create("one", http()).error().code, "HealthCheckAlreadyExists");
}

TEST_F(HealthChecks, BadSettingsAreInvalidInput) {
  const auto refused = create("one", {.Type = "HTTP"});
  EXPECT_EQ(refused.error().code, "InvalidInput");
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_THAT(create("one", http("127.0.0.1")).error().message, HasSubstr("127.0.0.1 is in a local"));
  Route53 lenient{store_, clock_, random_, acknowledged_, small_quotas(), HealthCheckTargets::Any};
  EXPECT_TRUE(lenient.CreateHealthCheck(call_, {.CallerReference = "one", .HealthCheckConfig = http("::1")}));
}

TEST_F(HealthChecks, AreListedInPages) {
  std::vector<std::string> made = {make("one"), make("two"), make("three")};
  std::ranges::sort(made);
  const auto first = route53_.ListHealthChecks(call_, {.Marker = {}, .MaxItems = "2"}).value();
  ASSERT_EQ(first.HealthChecks.size(), 2u);
  EXPECT_TRUE(first.IsTruncated);
  EXPECT_EQ(first.MaxItems, "2");
  const auto second = route53_.ListHealthChecks(call_, {.Marker = first.NextMarker, .MaxItems = "2"}).value();
  ASSERT_EQ(second.HealthChecks.size(), 1u);
  EXPECT_FALSE(second.IsTruncated);
  EXPECT_THAT(made,
              ElementsAre(first.HealthChecks[0].Id, first.HealthChecks[1].Id, second.HealthChecks[0].Id));
  EXPECT_EQ(route53_.ListHealthChecks(call_, {.Marker = {}, .MaxItems = "x"}).error().code, "InvalidInput");
}

TEST_F(HealthChecks, CalculatedOnesCountOtherChecks) {
  const std::string a = make("a"), b = make("b");
  const std::string sum = make("sum", calculated({a, b}));
  EXPECT_THAT(create("none", calculated({"none"})).error().message, HasSubstr("none does not exist"));
  // Not even of itself, so that there are no cycles.
  EXPECT_THAT(create("nested", calculated({a, sum})).error().message, HasSubstr("calculated health check"));
  EXPECT_EQ(update({.HealthCheckId = sum, .ChildHealthChecks = {{sum}}}).error().code, "InvalidInput");
  ASSERT_TRUE(update({.HealthCheckId = sum, .ChildHealthChecks = {{b}}}));
  EXPECT_TRUE(route53_.DeleteHealthCheck(call_, {.HealthCheckId = b}));
  EXPECT_TRUE(update({.HealthCheckId = sum, .HealthThreshold = 0}));
}

TEST_F(HealthChecks, HaveAQuota) {
  for (int i = 0; i < 4; ++i) make("check " + std::to_string(i));
  const auto refused = create("one more", http());
  EXPECT_EQ(refused.error().code, "TooManyHealthChecks");
  EXPECT_EQ(refused.error().status, 400);
  const auto limit = route53_.GetAccountLimit(call_, {.Type = "MAX_HEALTH_CHECKS_BY_OWNER"}).value();
  EXPECT_EQ(limit.Limit.Value, 4);
  EXPECT_EQ(limit.Count, 4);
}

TEST_F(HealthChecks, HaveTagsThatGoWithThem) {
  const std::string id = make("one");
  ASSERT_TRUE(route53_.ChangeTagsForResource(
      call_,
      {.ResourceType = "healthcheck", .ResourceId = id, .AddTags = {{{.Key = "Name", .Value = "front"}}}}));
  const auto tags =
      route53_.ListTagsForResource(call_, {.ResourceType = "healthcheck", .ResourceId = id}).value();
  EXPECT_EQ(tags.ResourceTagSet.ResourceType, "healthcheck");
  EXPECT_EQ(tags.ResourceTagSet.Tags->at(0).Value, "front");
  EXPECT_EQ(route53_.ListTagsForResources(call_, {.ResourceType = "healthcheck", .ResourceIds = {id}})
                .value()
                .ResourceTagSets.size(),
            1u);
  ASSERT_TRUE(route53_.DeleteHealthCheck(call_, {.HealthCheckId = id}));
  EXPECT_FALSE(store_.get(health_check_tags_key(id)).value());
}

}  // namespace
}  // namespace meridian::services::route53
