#include "services/route53/traffic_policy_document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/route53/routing_policy.h"

namespace meridian::services::route53 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kEndpoints =
    R"("Endpoints": {"one": {"Type": "value", "Value": "192.0.2.1"}, "two": {"Type": "value", "Value": "192.0.2.2"}})";

// A document of type A with the endpoints "one" and "two" that starts with the rule "start".
std::string with_rules(const std::string& rules, std::string_view version = "2015-10-01") {
  return R"({"AWSPolicyFormatVersion": ")" + std::string(version) +
         R"(", "RecordType": "A", "StartRule": "start", )" + std::string(kEndpoints) + R"(, "Rules": {)" +
         rules + "}}";
}
// One whose only rule has these members.
std::string with_rule(const std::string& members, std::string_view version = "2015-10-01") {
  return with_rules(R"("start": {)" + members + "}", version);
}
TrafficPolicyDocument read(const std::string& text) {
  auto document = parse_traffic_policy_document(text);
  EXPECT_TRUE(document) << (document ? "" : document.error()) << "\n" << text;
  return document.value_or(TrafficPolicyDocument());
}
std::string refusal(const std::string& text) {
  auto document = parse_traffic_policy_document(text);
  EXPECT_FALSE(document) << text;
  return document ? "" : document.error();
}

TEST(TrafficPolicyDocument, AnEndpointAloneIsEnough) {
  auto document =
      read(R"({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "MX", "StartEndpoint": "mail",
      "Endpoints": {"mail": {"Type": "value", "Value": "10 mail.example.com"}}})");
  EXPECT_EQ(document.record_type, dns::Type::MX);
  EXPECT_FALSE(document.start.is_rule);
  ASSERT_EQ(document.endpoints.size(), 1u);
  EXPECT_EQ(document.endpoints[0].record.text, "10 mail.example.com");
}

TEST(TrafficPolicyDocument, WeightsAreNumbersOrTheirText) {
  auto document = read(with_rule(R"("RuleType": "weighted", "Items": [
      {"EndpointReference": "one", "Weight": "255", "HealthCheck": "abc"}, {"EndpointReference": "two", "Weight": 0}])"));
  ASSERT_EQ(document.rules.size(), 1u);
  ASSERT_EQ(document.rules[0].items.size(), 2u);
  EXPECT_EQ(document.rules[0].items[0].weight, 255);
  EXPECT_EQ(document.rules[0].items[0].health_check_id, "abc");
  EXPECT_EQ(document.rules[0].items[1].weight, 0);
  EXPECT_EQ(document.rules[0].items[1].target.index, 1u);
}

TEST(TrafficPolicyDocument, FailoverHasAPrimaryAndASecondary) {
  auto document = read(with_rules(R"("start": {"RuleType": "failover",
        "Primary": {"RuleReference": "below", "EvaluateTargetHealth": "false"},
        "Secondary": {"EndpointReference": "two", "EvaluateTargetHealth": true}},
      "below": {"RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-1"}]})"));
  const auto& items = document.rules[0].items;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_TRUE(items[0].primary);
  EXPECT_TRUE(items[0].target.is_rule);
  EXPECT_EQ(items[0].target.index, 1u);
  EXPECT_FALSE(items[0].evaluate_target_health);
  EXPECT_FALSE(items[1].primary);
  EXPECT_TRUE(items[1].evaluate_target_health);
  EXPECT_EQ(document.rules[1].items[0].region, "eu-west-1");
  EXPECT_TRUE(document.rules[1].items[0].evaluate_target_health) << "the default";
}

TEST(TrafficPolicyDocument, GeoLocationsAreContinentsCountriesStatesAndADefault) {
  auto document = read(with_rule(R"("RuleType": "geo", "Locations": [
      {"EndpointReference": "one", "Continent": "EU"},
      {"EndpointReference": "one", "Country": "US", "Subdivision": "CA", "IsDefault": false},
      {"EndpointReference": "one", "Country": "US"},
      {"EndpointReference": "two", "IsDefault": true}])"));
  const auto& items = document.rules[0].items;
  EXPECT_EQ(items[0].geo_location.continent_code, "EU");
  EXPECT_EQ(items[1].geo_location.subdivision_code, "CA");
  EXPECT_EQ(items[2].geo_location.country_code, "US");
  EXPECT_EQ(items[3].geo_location.country_code, "*");
  document = read(with_rule(
      R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Country": "*", "IsDefault": "true"}])"));
  EXPECT_EQ(document.rules[0].items[0].geo_location.country_code, "*");
}

TEST(TrafficPolicyDocument, GeoproximityIsWrittenInTwoWays) {
  auto document = read(with_rule(R"("RuleType": "geoproximity", "GeoproximityLocations": [
      {"EndpointReference": "one", "Region": "aws:route53:us-west-1", "Bias": "10"},
      {"EndpointReference": "two", "Latitude": "51.50", "Longitude": -0.16, "Bias": -99}])"));
  const auto* items = document.rules[0].items.data();
  EXPECT_EQ(items[0].geo_proximity.aws_region, "us-west-1");
  EXPECT_EQ(items[0].geo_proximity.bias, 10);
  EXPECT_EQ(items[1].geo_proximity.coordinates, std::pair(std::string("51.50"), std::string("-0.16")));
  EXPECT_EQ(items[1].geo_proximity.bias, -99);

  document = read(with_rule(R"("RuleType": "geoproximity", "GeoproximityLocations": [
      {"EndpointReference": "one", "Location": {"Type": "Region", "LocationName": "aws:route53:us-west-1"}},
      {"EndpointReference": "two", "Location": {"Type": "Coordinate", "Latitude": "-90", "Longitude": "180.00"}}])",
                            "2023-05-09"));
  items = document.rules[0].items.data();
  EXPECT_EQ(items[0].geo_proximity.aws_region, "us-west-1");
  EXPECT_EQ(items[0].geo_proximity.bias, std::nullopt);
  EXPECT_EQ(items[1].geo_proximity.coordinates->second, "180.00");
}

TEST(TrafficPolicyDocument, EachVersionHasItsOwnLocations) {
  const std::string old_way =
      R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one", "Region": "aws:route53:us-west-1"}])";
  const std::string new_way =
      R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one", "Location": {"Type": "Region", "LocationName": "aws:route53:us-west-1"}}])";
  EXPECT_THAT(refusal(with_rule(old_way, "2023-05-09")),
              StartsWith("start: GeoproximityLocations[0]: Region is not an element of the format"));
  EXPECT_THAT(refusal(with_rule(new_way)),
              StartsWith("start: GeoproximityLocations[0]: Location is not an element of the format"));
  EXPECT_THAT(
      refusal(with_rule(R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one",
      "Location": {"Type": "LocalZone", "LocationName": "aws:route53:us-east-1-atl-1a"}}])",
                        "2023-05-09")),
      HasSubstr("Location: Type LocalZone is not available in this version."));
}

TEST(TrafficPolicyDocument, MultivalueLeadsToEndpointsOnly) {
  auto document = read(with_rule(
      R"("RuleType": "multivalue", "Items": [{"EndpointReference": "one", "HealthCheck": "h"}, {"EndpointReference": "two"}])"));
  EXPECT_EQ(document.rules[0].items.size(), 2u);
  EXPECT_THAT(refusal(with_rule(R"("RuleType": "multivalue", "Items": [{"RuleReference": "start"}])")),
              HasSubstr("start: Items[0]: RuleReference is not an element of the format"));
}

struct Refused {
  std::string rule, text;
};
class RefusedRules : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRules, AreNamedWithTheirMember) {
  EXPECT_EQ(refusal(with_rule(GetParam().rule)), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Document, RefusedRules,
    testing::Values(
        Refused{R"("Items": [])", "start: RuleType is required."},
        Refused{R"("RuleType": 5)", "start: RuleType must be a string."},
        Refused{R"("RuleType": "geolocation", "Locations": [])",
                "start: RuleType must be one of failover, geo, geoproximity, latency, multivalue, weighted, "
                "but is "
                "geolocation."},
        Refused{R"("RuleType": "weighted")", "start: Items must be a list of at least one element."},
        Refused{R"("RuleType": "weighted", "Items": [5])", "start: Items[0] must be an object."},
        Refused{R"("RuleType": "weighted", "Items": [{"EndpointReference": "one"}])",
                "start: Items[0]: Weight is required."},
        Refused{R"("RuleType": "weighted", "Items": [{"EndpointReference": "one", "Weight": 256}])",
                "start: Items[0]: Weight must be a whole number from 0 to 255, but is 256."},
        Refused{R"("RuleType": "weighted", "Items": [{"EndpointReference": "one", "Weight": 1.5}])",
                "start: Items[0]: Weight must be a whole number from 0 to 255, but is 1.5."},
        Refused{R"("RuleType": "weighted", "Items": [{"EndpointReference": "one", "Weight": [1]}])",
                "start: Items[0]: Weight must be a number."},
        Refused{
            R"("RuleType": "weighted", "Items": [{"EndpointReference": "one", "Weight": 1, "EvaluateTargetHealth": "yes"}])",
            "start: Items[0]: EvaluateTargetHealth must be true or false."},
        Refused{
            R"("RuleType": "weighted", "Items": [{"EndpointReference": "one", "Weight": 1, "HealthCheck": ""}])",
            "start: Items[0]: HealthCheck must have from 1 to 64 characters."},
        Refused{R"("RuleType": "weighted", "Items": [{"Weight": 1}])",
                "start: Items[0]: exactly one of EndpointReference and RuleReference is required."},
        Refused{
            R"("RuleType": "weighted", "Items": [{"EndpointReference": "one", "RuleReference": "start", "Weight": 1}])",
            "start: Items[0]: exactly one of EndpointReference and RuleReference is required."},
        Refused{R"("RuleType": "weighted", "Items": [{"EndpointReference": "start", "Weight": 1}])",
                "start: Items[0]: EndpointReference must be the ID of an endpoint, but start is a rule."},
        Refused{R"("RuleType": "weighted", "Items": [{"RuleReference": "none", "Weight": 1}])",
                "start: Items[0]: RuleReference must be the ID of a rule, but none is not defined."},
        Refused{R"("RuleType": "failover", "Primary": {"EndpointReference": "one"})",
                "start: Secondary is required."},
        Refused{R"("RuleType": "failover", "Primary": {"EndpointReference": "one"}, "Secondary": 7)",
                "start: Secondary must be an object."},
        Refused{
            R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "CountryCode": "US"}])",
            "start: Locations[0]: CountryCode is not an element of the format; expected EndpointReference, "
            "RuleReference, IsDefault, Continent, Country, Subdivision, EvaluateTargetHealth, "
            "HealthCheck.;start: "
            "Locations[0]: one of Continent, Country and IsDefault is required."},
        Refused{R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Country": "UK"}])",
                "start: Locations[0]: Country UK is not a country code."},
        Refused{R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Continent": "XX"}])",
                "start: Locations[0]: Continent XX is not a continent code."},
        Refused{
            R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Continent": "EU", "Country": "DE"}])",
            "start: Locations[0]: Continent cannot be combined with Country or Subdivision."},
        Refused{
            R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Country": "DE", "Subdivision": "BE"}])",
            "start: Locations[0]: Subdivision BE is not a subdivision code of Country DE."},
        Refused{R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Subdivision": "CA"}])",
                "start: Locations[0]: Country is required with Subdivision."},
        Refused{
            R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Country": "DE", "IsDefault": true}])",
            "start: Locations[0]: IsDefault is for the location with Country *, or with no place, and true "
            "there."},
        Refused{
            R"("RuleType": "geo", "Locations": [{"EndpointReference": "one", "Country": "*"}, {"EndpointReference": "two", "IsDefault": true}])",
            "start: Locations has more than one element for *."},
        Refused{R"("RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-9"}])",
                "start: Regions[0]: Region eu-west-9 is not the code of a Region."},
        Refused{
            R"("RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-1"}, {"EndpointReference": "two", "Region": "eu-west-1"}])",
            "start: Regions has more than one element for eu-west-1."},
        Refused{
            R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one", "Region": "us-west-1"}])",
            "start: GeoproximityLocations[0]: Region must be aws:route53: and the code of a Region, but is "
            "us-west-1."},
        Refused{R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one"}])",
                "start: GeoproximityLocations[0]: exactly one of Region, and Latitude with Longitude, is "
                "required."},
        Refused{
            R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one", "Latitude": 3}])",
            "start: GeoproximityLocations[0]: Longitude is required."},
        Refused{
            R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one", "Latitude": "90.01", "Longitude": "47.608"}])",
            "start: GeoproximityLocations[0]: Latitude must be degrees from -90 to 90 with at most two "
            "decimals, but "
            "is 90.01.;start: GeoproximityLocations[0]: Longitude must be degrees from -180 to 180 with at "
            "most two "
            "decimals, but is 47.608."},
        Refused{
            R"("RuleType": "geoproximity", "GeoproximityLocations": [{"EndpointReference": "one", "Region": "aws:route53:eu-west-1", "Bias": "100"}])",
            "start: GeoproximityLocations[0]: Bias must be a whole number from -99 to 99, but is 100."}));

TEST(TrafficPolicyDocument, HeadsAreChecked) {
  EXPECT_THAT(refusal("{"), StartsWith("The document is not valid JSON: "));
  EXPECT_EQ(refusal("[]"), "The document must be a JSON object.");
  EXPECT_EQ(refusal("{}"),
            "AWSPolicyFormatVersion is required.;RecordType is required.;exactly one of StartEndpoint and "
            "StartRule is "
            "required.");
  EXPECT_EQ(
      refusal(
          R"({"AWSPolicyFormatVersion": "2012-10-17", "RecordType": "NS", "StartEndpoint": "x", "Id": 1})"),
      "Id is not an element of the format; expected AWSPolicyFormatVersion, RecordType, StartEndpoint, "
      "StartRule, "
      "Endpoints, Rules.;AWSPolicyFormatVersion must be one of 2015-10-01, 2023-05-09, but is 2012-10-17.;"
      "RecordType NS is not a type that a traffic policy can have.;StartEndpoint must be the ID of an "
      "endpoint, but "
      "x is not defined.");
  for (const char* type : {"SOA", "DS", "ANY", "a", "TYPE1"}) {
    const auto document = fmt::format(
        R"({{"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "{}", "StartEndpoint": "e", "Endpoints": {{}}}})",
        type);
    EXPECT_THAT(refusal(document),
                StartsWith(fmt::format("RecordType {} is not a type that a traffic policy can have.", type)));
  }
  EXPECT_EQ(refusal(std::string(kDocumentCharactersMax + 1, ' ')),
            "The document is longer than 102400 characters.");
}

TEST(TrafficPolicyDocument, EndpointsFitTheRecordType) {
  auto with_endpoint = [](const std::string& endpoint) {
    return R"({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "e", "Endpoints": {"e": )" +
           endpoint + "}}";
  };
  EXPECT_EQ(refusal(with_endpoint(R"({"Type": "value", "Value": "2001:db8::1"})")),
            "e: Value is not valid for RecordType A: FATAL problem: ARRDATAIllegalIPv4Address (Value is not "
            "a valid IPv4 "
            "address) encountered with '2001:db8::1'");
  EXPECT_EQ(refusal(with_endpoint(R"({"Type": "value"})")), "e: Value is required.");
  EXPECT_EQ(refusal(with_endpoint(R"({"Type": "elb", "Value": "x"})")),
            "e: Type must be one of value, cloudfront, application-load-balancer, elastic-load-balancer, "
            "network-load-balancer, elastic-beanstalk, s3-website, but is elb.");
  EXPECT_EQ(refusal(with_endpoint(R"({"Type": "cloudfront", "Value": "d111111abcdef8.cloudfront.net"})")),
            "e: endpoints of Type cloudfront are not available in this version.");
  EXPECT_EQ(refusal(with_endpoint(R"({"Type": "value", "Value": "192.0.2.1", "Region": "us-east-1"})")),
            "e: Region is only for endpoints of Type s3-website.");
  EXPECT_EQ(refusal(with_endpoint("3")), "e: the definition must be an object.");
}

TEST(TrafficPolicyDocument, RulesMakeNoCircle) {
  const std::string to =
      R"({"RuleType": "weighted", "Items": [{"EndpointReference": "one", "Weight": 1}, {"Weight": 1, "RuleReference": ")";
  const std::string end = R"("}]})";
  EXPECT_EQ(refusal(with_rules(R"("start": )" + to + "start" + end)),
            "start: the rule leads back to itself: start -> start.");
  EXPECT_EQ(refusal(with_rules(R"("start": )" + to + "a" + end + R"(, "a": )" + to + "b" + end +
                               R"(, "b": )" + to + "a" + end)),
            "a: the rule leads back to itself: a -> b -> a.");
}

TEST(TrafficPolicyDocument, RulesLieOnlySoDeep) {
  auto chain = [](std::size_t length) {
    std::string rules;
    for (std::size_t i = 0; i < length; ++i) {
      const bool last = i + 1 == length;
      rules += (i ? R"(, "r)" + std::to_string(i) : std::string("\"start")) +
               R"(": {"RuleType": "latency", "Regions": [{"Region": "eu-west-1", ")" +
               (last ? "EndpointReference\": \"one" : "RuleReference\": \"r" + std::to_string(i + 1)) +
               R"("}]})";
    }
    return with_rules(rules);
  };
  EXPECT_EQ(read(chain(kRuleDepthMax)).rules.size(), kRuleDepthMax);
  EXPECT_EQ(refusal(chain(kRuleDepthMax + 1)), "start: more than 12 rules lie below one another.");
  EXPECT_EQ(refusal(chain(700)), "r687: more than 12 rules lie below one another.");
}

TEST(TrafficPolicyDocument, ARuleHasOnlySoManyElements) {
  std::string items = R"({"EndpointReference": "one", "Weight": 1})";
  for (std::size_t i = 1; i < kPolicySetsMax; ++i) items += R"(, {"EndpointReference": "one", "Weight": 1})";
  EXPECT_EQ(read(with_rule(R"("RuleType": "weighted", "Items": [)" + items + "]")).rules[0].items.size(),
            kPolicySetsMax);
  EXPECT_EQ(refusal(with_rule(R"("RuleType": "weighted", "Items": [)" + items + ", {}]")),
            "start: Items cannot have more than 100 elements.");
  std::string places = "{}";
  for (std::size_t i = 0; i < kGeoproximitySetsMax; ++i) places += ", {}";
  EXPECT_EQ(refusal(with_rule(R"("RuleType": "geoproximity", "GeoproximityLocations": [)" + places + "]")),
            "start: GeoproximityLocations cannot have more than 30 elements.");
}

TEST(TrafficPolicyDocument, TwoRulesMayShareWhatLiesBelow) {
  auto document = read(with_rules(R"("start": {"RuleType": "weighted", "Items": [
        {"RuleReference": "below", "Weight": 1}, {"RuleReference": "below", "Weight": 2}]},
      "below": {"RuleType": "latency", "Regions": [{"EndpointReference": "one", "Region": "eu-west-1"}]})"));
  EXPECT_EQ(document.rules[0].items[0].target.index, document.rules[0].items[1].target.index);
}

TEST(TrafficPolicyDocument, OnlySoManyProblemsAreNamed) {
  std::string rules = R"("start": {})";
  for (int i = 0; i < 200; ++i) rules += R"(, "r)" + std::to_string(i) + R"(": {})";
  EXPECT_EQ(std::ranges::count(refusal(with_rules(rules)), ';'), 49);
}

}  // namespace
}  // namespace meridian::services::route53
