#include "services/route53/traffic_policy_record_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

class RecordSetsOfPolicies : public testing::Test {
 protected:
  RecordSetsOfPolicies() {
    zone_.id = "Z1";
    zone_.name = *dns::Name::parse("example.com.");
    instance_.id = "11111111-2222-4333-8444-555555555555";
    instance_.name = *dns::Name::parse("www.example.com.");
    instance_.ttl = 60;
  }
  TrafficPolicyRecordSets make(const std::string& start, const std::string& rules) {
    auto document = parse_traffic_policy_document(
        R"({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", )" + start +
        R"(, "Endpoints": {"one": {"Type": "value", "Value": "192.0.2.1"}, "Two!": {"Type": "value", "Value": "192.0.2.2"}},
        "Rules": {)" +
        rules + "}}");
    EXPECT_TRUE(document) << document.error();
    return traffic_policy_record_sets(zone_, instance_, *document).value();
  }
  TrafficPolicyRecordSets with_rule(const std::string& rule) {
    return make(R"("StartRule": "start")", R"("start": {)" + rule + "}");
  }

  HostedZoneResource zone_;
  TrafficPolicyInstanceResource instance_;
};

TEST_F(RecordSetsOfPolicies, AnEndpointAloneIsAtTheName) {
  auto sets = make(R"("StartEndpoint": "one")", "");
  EXPECT_TRUE(sets.hidden.empty());
  EXPECT_EQ(sets.root.id.name, instance_.name);
  EXPECT_FALSE(sets.root.id.hidden);
  EXPECT_FALSE(sets.root.alias);
  EXPECT_EQ(sets.root.ttl, 60u);
  EXPECT_EQ(sets.root.records.at(0).text, "192.0.2.1");
  EXPECT_EQ(sets.root.traffic_policy_instance_id, instance_.id);
}

TEST_F(RecordSetsOfPolicies, ARuleIsAHiddenGroupThatTheNameIsAnAliasOf) {
  auto sets = with_rule(R"("RuleType": "weighted", "Items": [
      {"EndpointReference": "one", "Weight": 3, "HealthCheck": "h"}, {"EndpointReference": "Two!", "Weight": 0}])");
  ASSERT_TRUE(sets.root.alias);
  EXPECT_TRUE(sets.root.alias->hidden);
  EXPECT_TRUE(sets.root.alias->evaluate_target_health);
  EXPECT_EQ(sets.root.alias->hosted_zone_id, "Z1");
  EXPECT_TRUE(sets.root.id.set_identifier.empty());
  ASSERT_EQ(sets.hidden.size(), 2u);
  const RecordSetResource &one = sets.hidden[0], &two = sets.hidden[1];
  EXPECT_EQ(one.id.name, sets.root.alias->dns_name);
  EXPECT_EQ(two.id.name, one.id.name);
  EXPECT_TRUE(one.id.hidden);
  EXPECT_EQ(one.id.set_identifier, "00-one");
  EXPECT_EQ(two.id.set_identifier, "01-two-");
  EXPECT_EQ(one.weight, 3);
  EXPECT_EQ(two.weight, 0);
  EXPECT_EQ(one.health_check_id, "h");
  EXPECT_EQ(one.ttl, 60u);
  EXPECT_EQ(two.records.at(0).text, "192.0.2.2");
  EXPECT_EQ(one.traffic_policy_instance_id, instance_.id);
  const auto prefix = hidden_record_sets_prefix(zone_, instance_.id).value();
  for (const RecordSetResource& set : sets.hidden)
    EXPECT_THAT(record_set_key("Z1", set.id), StartsWith(prefix));
}

TEST_F(RecordSetsOfPolicies, EveryRuleTypeIsAPolicy) {
  auto failover = with_rule(
      R"("RuleType": "failover", "Primary": {"EndpointReference": "one"}, "Secondary": {"EndpointReference": "Two!"})");
  EXPECT_EQ(failover.hidden[0].failover, "PRIMARY");
  EXPECT_EQ(failover.hidden[1].failover, "SECONDARY");
  auto geo = with_rule(R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Country": "US",
      "Subdivision": "CA"}, {"EndpointReference": "Two!", "IsDefault": true}])");
  EXPECT_EQ(geo.hidden[0].geo_location->subdivision_code, "CA");
  EXPECT_EQ(geo.hidden[1].geo_location->country_code, "*");
  auto near = with_rule(R"("RuleType": "geoproximity", "GeoproximityLocations": [
      {"EndpointReference": "one", "Region": "aws:route53:eu-west-1", "Bias": 5},
      {"EndpointReference": "Two!", "Latitude": "1.5", "Longitude": "-2"}])");
  EXPECT_EQ(near.hidden[0].geo_proximity->aws_region, "eu-west-1");
  EXPECT_EQ(near.hidden[0].geo_proximity->bias, 5);
  EXPECT_EQ(near.hidden[1].geo_proximity->coordinates->first, "1.5");
  auto latency =
      with_rule(R"("RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-1"}])");
  EXPECT_EQ(latency.hidden[0].region, "eu-west-1");
  auto many = with_rule(R"("RuleType": "multivalue", "Items": [{"EndpointReference": "one"}])");
  EXPECT_EQ(many.hidden[0].multi_value_answer, true);
}

TEST_F(RecordSetsOfPolicies, SharedRulesHaveOneGroupAndUnusedOnesNone) {
  auto sets = make(R"("StartRule": "start")", R"(
      "unused": {"RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-1"}]},
      "start": {"RuleType": "failover", "Primary": {"RuleReference": "below", "EvaluateTargetHealth": false, "HealthCheck": "h"},
                "Secondary": {"RuleReference": "Below"}},
      "Below": {"RuleType": "weighted", "Items": [{"RuleReference": "below", "Weight": 1}]},
      "below": {"RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-1"}]})");
  ASSERT_EQ(sets.hidden.size(), 4u);
  std::set<dns::Name> names;
  for (const RecordSetResource& set : sets.hidden) names.insert(set.id.name);
  EXPECT_EQ(names.size(), 3u) << "ids that differ in case only are two rules";
  const RecordSetResource &primary = sets.hidden[0], &secondary = sets.hidden[1];
  EXPECT_FALSE(primary.alias->evaluate_target_health);
  EXPECT_EQ(primary.health_check_id, "h");
  EXPECT_TRUE(secondary.alias->evaluate_target_health);
  EXPECT_TRUE(secondary.alias->hidden);
  std::set<dns::Name> targets;
  for (const RecordSetResource& set : sets.hidden)
    if (set.alias && !(set.alias->dns_name == secondary.alias->dns_name)) targets.insert(set.alias->dns_name);
  EXPECT_THAT(targets, ElementsAre(primary.alias->dns_name));
}

TEST_F(RecordSetsOfPolicies, LongZoneNamesLeaveNoRoom) {
  std::string text;
  for (int i = 0; i < 3; ++i) text += std::string(63, 'a') + '.';
  zone_.name = *dns::Name::parse(text + std::string(30, 'b') + ".example.com.");
  auto document = parse_traffic_policy_document(R"({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A",
      "StartRule": "r", "Endpoints": {"e": {"Type": "value", "Value": "192.0.2.1"}},
      "Rules": {"r": {"RuleType": "multivalue", "Items": [{"EndpointReference": "e"}]}}})");
  EXPECT_FALSE(traffic_policy_record_sets(zone_, instance_, document.value()));
}

}  // namespace
}  // namespace meridian::services::route53
