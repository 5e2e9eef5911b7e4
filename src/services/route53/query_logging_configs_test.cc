#include "services/logs/resources.h"
#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class QueryLoggingConfigsTest : public ServiceTest {
 protected:
  static constexpr std::string_view kGroup = "/aws/route53/example.com";

  void put(std::string key, std::string value) {
    ASSERT_TRUE(store_.commit({{}, {{std::move(key), std::move(value), 0}}, {}}));
  }
  void make_group(std::string_view name = kGroup) {
    logs::GroupResource group;
    group.place = place_;
    group.name = name;
    put(logs::group_key(place_, name), encode(group));
  }
  void make_policy(std::string_view statement) {
    logs::PolicyResource policy;
    policy.name = "p";
    policy.document =
        fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{}}}]}})", statement);
    put(logs::account_policy_key(place_, "p"), encode(policy));
  }
  void allow() {
    make_policy(
        R"("Principal":{"Service":"route53.amazonaws.com"},"Action":["logs:CreateLogStream","logs:PutLogEvents"],
           "Resource":"arn:aws:logs:us-east-1:111122223333:log-group:/aws/route53/*")");
  }
  std::string arn(std::string_view group = kGroup) { return logs::group_arn(place_, group); }
  auto create(const std::string& zone, const std::string& group_arn) {
    return route53_.CreateQueryLoggingConfig(call_,
                                             {.HostedZoneId = zone, .CloudWatchLogsLogGroupArn = group_arn});
  }
  std::string refused(const std::string& zone, const std::string& group_arn) {
    const auto made = create(zone, group_arn);
    EXPECT_FALSE(made);
    return made ? "" : made.error().code;
  }
  std::vector<std::string> listed(
      const api::ListQueryLoggingConfigsRequest& input = api::ListQueryLoggingConfigsRequest()) {
    std::vector<std::string> ids;
    const auto list = route53_.ListQueryLoggingConfigs(call_, input).value();
    for (const auto& config : list.QueryLoggingConfigs) ids.push_back(config.Id);
    return ids;
  }

  logs::Place place_{"111122223333", "us-east-1"};
};

TEST_F(QueryLoggingConfigsTest, FromItsCreationToItsEnd) {
  make_group();
  allow();
  const std::string zone = make_zone_id("example.com");
  const auto made = create(zone, arn()).value();
  const std::string id = made.QueryLoggingConfig.Id;
  EXPECT_EQ(made.QueryLoggingConfig.CloudWatchLogsLogGroupArn, arn());
  EXPECT_THAT(made.Location, HasSubstr("/queryloggingconfig/" + id));
  const auto got = route53_.GetQueryLoggingConfig(call_, {.Id = id}).value().QueryLoggingConfig;
  EXPECT_EQ("/hostedzone/" + got.HostedZoneId, zone);
  EXPECT_THAT(listed(), ElementsAre(id));
  EXPECT_THAT(listed({.HostedZoneId = zone}), ElementsAre(id));
  EXPECT_EQ(refused(zone, arn()), "QueryLoggingConfigAlreadyExists");
  EXPECT_EQ(route53_.GetQueryLoggingConfig(stranger_, {.Id = id}).error().code, "NoSuchQueryLoggingConfig");
  EXPECT_EQ(route53_.DeleteQueryLoggingConfig(stranger_, {.Id = id}).error().code,
            "NoSuchQueryLoggingConfig");
  EXPECT_TRUE(route53_.DeleteQueryLoggingConfig(call_, {.Id = id}));
  EXPECT_EQ(route53_.DeleteQueryLoggingConfig(call_, {.Id = id}).error().code, "NoSuchQueryLoggingConfig");
  EXPECT_THAT(listed({.HostedZoneId = zone}), IsEmpty());
  EXPECT_TRUE(create(zone, arn() + ":*"));
}

TEST_F(QueryLoggingConfigsTest, TheGroupMustBeThereAndInUsEast1) {
  allow();
  const std::string zone = make_zone_id("example.com");
  EXPECT_EQ(refused(zone, arn()), "NoSuchCloudWatchLogsLogGroup");
  make_group();
  for (const char* wrong : {"arn:aws:logs:eu-west-1:111122223333:log-group:/aws/route53/example.com",
                            "arn:aws:logs:us-east-1:444455556666:log-group:/aws/route53/example.com",
                            "/aws/route53/example.com", "arn:aws:logs:us-east-1:111122223333:log-group:",
                            "arn:aws:logs:us-east-1:111122223333:log-group:a:b"})
    EXPECT_EQ(refused(zone, wrong), "InvalidInput") << wrong;
  EXPECT_EQ(refused("Z0000000000000000000", arn()), "NoSuchHostedZone");
  EXPECT_TRUE(create(zone, arn()));
}

TEST_F(QueryLoggingConfigsTest, TheResourcePolicyMustLetRoute53Write) {
  make_group();
  const std::string zone = make_zone_id("example.com");
  constexpr std::string_view kRefused = "InsufficientCloudWatchLogsResourcePolicy";
  EXPECT_EQ(refused(zone, arn()), kRefused);
  const std::string of_service = R"("Principal":{"Service":"route53.amazonaws.com"},)";
  const std::string both = R"("Action":["logs:CreateLogStream","logs:PutLogEvents"],)";
  make_policy(of_service + R"("Action":"logs:PutLogEvents","Resource":"*")");
  EXPECT_EQ(refused(zone, arn()), kRefused);
  make_policy(R"("Principal":{"Service":"es.amazonaws.com"},)" + both + R"("Resource":"*")");
  EXPECT_EQ(refused(zone, arn()), kRefused);
  make_policy(of_service + both + R"("Resource":"arn:aws:logs:us-east-1:111122223333:log-group:/other/*")");
  EXPECT_EQ(refused(zone, arn()), kRefused);
  make_policy(
      of_service + both +
      R"("Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:route53:::hostedzone/Z1"}})");
  EXPECT_EQ(refused(zone, arn()), kRefused);
  make_policy(of_service + both + R"("Resource":")" + arn() + R"(:*")");
  EXPECT_TRUE(create(zone, arn()));
}

TEST_F(QueryLoggingConfigsTest, ItGoesWithItsZone) {
  make_group();
  allow();
  const std::string zone = make_zone_id("example.com");
  const std::string id = create(zone, arn()).value().QueryLoggingConfig.Id;
  ASSERT_TRUE(route53_.DeleteHostedZone(call_, {.Id = zone}));
  EXPECT_EQ(route53_.GetQueryLoggingConfig(call_, {.Id = id}).error().code, "NoSuchQueryLoggingConfig");
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(QueryLoggingConfigsTest, ListsInPages) {
  make_group();
  allow();
  for (const char* name : {"a.com", "b.com", "c.com"}) ASSERT_TRUE(create(make_zone_id(name), arn()));
  const auto first = route53_.ListQueryLoggingConfigs(call_, {.MaxResults = "2"}).value();
  EXPECT_EQ(first.QueryLoggingConfigs.size(), 2u);
  ASSERT_TRUE(first.NextToken);
  const auto second =
      route53_.ListQueryLoggingConfigs(call_, {.NextToken = first.NextToken, .MaxResults = "2"}).value();
  EXPECT_EQ(second.QueryLoggingConfigs.size(), 1u);
  EXPECT_FALSE(second.NextToken);
  EXPECT_EQ(route53_.ListQueryLoggingConfigs(call_, {.MaxResults = "0"}).error().code, "InvalidInput");
}

TEST_F(QueryLoggingConfigsTest, WhereNobodyDeliversTheyAreRefused) {
  make_group();
  allow();
  Route53 control(store_, clock_, random_, acknowledged_, {}, HealthCheckTargets::Public, nullptr, nullptr,
                  QueryLogDelivery::Absent);
  const auto made = control.CreateQueryLoggingConfig(
      call_, {.HostedZoneId = make_zone_id("example.com"), .CloudWatchLogsLogGroupArn = arn()});
  EXPECT_EQ(made.error().code, "InvalidInput");
}

}  // namespace
}  // namespace meridian::services::route53
