#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class TrafficFlowRules : public HealthyWorld {
 protected:
  // The document in use, with one text put for another.
  void change_document(const std::string& from, const std::string& to) {
    std::string& text = facts.traffic_policies[0].documents[1];
    const std::size_t at = text.find(from);
    ASSERT_NE(at, text.npos);
    text.replace(at, from.size(), to);
  }
};

TEST_F(TrafficFlowRules, APolicyThatNothingUses) {
  facts.traffic_policies.push_back({"policy-2", "old", {{1, kDocument}, {3, kDocument}}});
  EXPECT_THAT(labels(unused_traffic_policy), ElementsAre("old"));
  EXPECT_THAT(commands(unused_traffic_policy),
              ElementsAre("aws route53 delete-traffic-policy --id policy-2 --traffic-policy-version 1",
                          "aws route53 delete-traffic-policy --id policy-2 --traffic-policy-version 3"));
  expect_only({"unused-traffic-policy"});
}

TEST_F(TrafficFlowRules, AnInstanceFarBehind) {
  facts.traffic_policies[0].documents[2] = kDocument;
  EXPECT_THAT(found(instance_behind), IsEmpty()) << "one version may be on its way";
  facts.traffic_policies[0].documents[5] = kDocument;
  EXPECT_THAT(labels(instance_behind), ElementsAre("flow.example.com"));
  EXPECT_THAT(
      commands(instance_behind),
      ElementsAre("aws route53 update-traffic-policy-instance --id instance-1 --ttl 60 --traffic-policy-id "
                  "policy-1 --traffic-policy-version 5"));
  expect_only({"instance-behind"});
}

TEST_F(TrafficFlowRules, AnInstanceWithALongTtl) {
  facts.instances[0].TTL = 300;
  EXPECT_THAT(commands(instance_ttl), ElementsAre(HasSubstr("--ttl 60")));
  expect_only({"instance-ttl"});
}

TEST_F(TrafficFlowRules, PlacesWithoutADefault) {
  change_document(R"("IsDefault":true)", R"("Country":"FR")");
  EXPECT_THAT(labels(policy_geo_without_default), ElementsAre("global version 1, rule place"));
  const auto fix = commands(policy_geo_without_default);
  ASSERT_THAT(fix, SizeIs(2));
  EXPECT_THAT(fix[0], AllOf(HasSubstr("version=$(aws route53 create-traffic-policy-version --id policy-1"),
                            HasSubstr(R"("IsDefault":true})")));
  EXPECT_THAT(fix[1], HasSubstr("--traffic-policy-version ''\"$version\"''"));
  expect_only({"policy-geo-without-default"});
}

TEST_F(TrafficFlowRules, ARuleWithoutChecks) {
  change_document(R"(,"HealthCheck":"11111111-1111-1111-1111-111111111111")", "");
  EXPECT_THAT(found(policy_rule_without_checks).at(0).why, HasSubstr("1 of the 2 it chooses among has no"));
  const auto fix = commands(policy_rule_without_checks);
  ASSERT_THAT(fix, SizeIs(3));
  EXPECT_THAT(fix[0], HasSubstr(R"("IPAddress":"1.2.3.1")"));
  EXPECT_THAT(fix[1], HasSubstr(R"({"Country":"DE","EndpointReference":"one","HealthCheck":"'"$check1"'"})"));
  expect_only({"policy-rule-without-checks"});
}

TEST_F(TrafficFlowRules, AFailoverWithoutACheck) {
  change_document(
      R"("Primary":{"EndpointReference":"one","HealthCheck":"11111111-1111-1111-1111-111111111111"})",
      R"("Primary":{"EndpointReference":"one"})");
  EXPECT_THAT(labels(policy_failover_without_check), ElementsAre("global version 1, rule standby"));
  EXPECT_THAT(commands(policy_failover_without_check).at(1),
              HasSubstr(R"("Primary":{"EndpointReference":"one","HealthCheck":"'"$check1"'"})"));
  expect_only({"policy-failover-without-check"});
}

TEST_F(TrafficFlowRules, DocumentsThatNoInstanceUsesAreLeftAlone) {
  facts.traffic_policies[0].documents[2] =
      R"({"AWSPolicyFormatVersion":"2015-10-01","RecordType":"A","StartRule":"r",
          "Endpoints":{"one":{"Type":"value","Value":"1.2.3.1"}},
          "Rules":{"r":{"RuleType":"geo","Locations":[{"Country":"DE","EndpointReference":"one"}]}}})";
  expect_only({});
}

}  // namespace
}  // namespace meridian::apps::doctor
