// Record sets with routing policies through the API: what is given comes back, and what does not fit together
// is refused in AWS's words.
#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RoutedRecordSets : public ServiceTest {
 protected:
  static api::ResourceRecordSet routed(std::string identifier, std::string type = "A") {
    api::ResourceRecordSet set = records("www.example.com", std::move(type), {"192.0.2.1"}, 60);
    set.SetIdentifier = std::move(identifier);
    return set;
  }
  static api::ResourceRecordSet weighted(std::string identifier, std::int64_t weight) {
    api::ResourceRecordSet set = routed(std::move(identifier));
    set.Weight = weight;
    return set;
  }
  std::string input_refusal(const api::ResourceRecordSet& set) {
    aws::ServiceError error = refusal(zone_, {change("CREATE", set)});
    EXPECT_EQ(error.code, "InvalidInput");
    EXPECT_EQ(error.status, 400);
    return error.message;
  }
  void put_health_check(const std::string& id, const std::string& account) {
    HealthCheckResource check;
    check.id = id;
    check.account = account;
    ASSERT_TRUE(
        store_.commit({.preconditions = {}, .puts = {{health_check_key(id), encode(check)}}, .deletes = {}}));
  }
  std::vector<std::string> identifiers(const api::ListResourceRecordSetsResponse& page) {
    std::vector<std::string> all;
    for (const auto& set : page.ResourceRecordSets) all.push_back(set.SetIdentifier.value_or("-"));
    return all;
  }

  std::string zone_ = make_zone_id("example.com");
};

TEST_F(RoutedRecordSets, EveryMemberComesBackAndDeletes) {
  put_health_check("h1", call_.account_id);
  std::vector<api::ResourceRecordSet> given;
  auto add = [&](std::string name) -> api::ResourceRecordSet& {
    api::ResourceRecordSet& set = given.emplace_back(routed("s"));
    set.Name = name + ".example.com.";
    return set;
  };
  add("a").Weight = 255;
  given.back().HealthCheckId = "h1";
  add("b").Region = "eusc-de-east-1";
  add("c").Failover = "SECONDARY";
  add("d").GeoLocation = api::GeoLocation{.CountryCode = "US", .SubdivisionCode = "NY"};
  add("e").MultiValueAnswer = true;
  add("f").GeoProximityLocation = api::GeoProximityLocation{
      .Coordinates = api::Coordinates{.Latitude = "+49.2", .Longitude = "-74."}, .Bias = -10};
  add("g").GeoProximityLocation = api::GeoProximityLocation{.AWSRegion = "us-east-1"};
  for (const auto& set : given) ASSERT_TRUE(apply(zone_, {change("CREATE", set)})) << set.Name;

  auto listed = list(zone_).ResourceRecordSets;
  ASSERT_EQ(listed.size(), 2 + given.size());
  for (std::size_t i = 0; i < given.size(); ++i) EXPECT_EQ(listed[i + 2], given[i]) << given[i].Name;
  for (const auto& set : given) EXPECT_TRUE(apply(zone_, {change("DELETE", set)})) << set.Name;
  EXPECT_EQ(list(zone_).ResourceRecordSets.size(), 2u);
}

TEST_F(RoutedRecordSets, PoliciesAndIdentifiersGoTogether) {
  api::ResourceRecordSet set = weighted("s", 1);
  set.SetIdentifier.reset();
  EXPECT_EQ(input_refusal(set),
            "Invalid request: Missing field 'SetIdentifier' in Change with [Action=CREATE, "
            "Name=www.example.com, Type=A, SetIdentifier=null]");
  const std::string expected =
      "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, MultiValueAnswer, "
      "GeoProximityLocation, or CidrRoutingConfig], but found {} in Change with [Action=CREATE, "
      "Name=www.example.com, Type=A, SetIdentifier=s]";
  EXPECT_EQ(input_refusal(routed("s")), fmt::format(fmt::runtime(expected), "none"));
  set = weighted("s", 1);
  set.Region = "us-east-1";
  EXPECT_EQ(input_refusal(set), fmt::format(fmt::runtime(expected), "more than one"));
}

TEST_F(RoutedRecordSets, AFalseMultiValueAnswerSaysNothing) {
  api::ResourceRecordSet set = routed("s");
  set.MultiValueAnswer = false;
  EXPECT_THAT(input_refusal(set), HasSubstr("but found none"));
  set.SetIdentifier.reset();
  ASSERT_TRUE(apply(zone_, {change("CREATE", set)}));
  EXPECT_FALSE(list(zone_).ResourceRecordSets[2].MultiValueAnswer.has_value());
}

TEST_F(RoutedRecordSets, PlacesAreSaidInOneWay) {
  api::ResourceRecordSet set = routed("s");
  auto geo = [&](api::GeoLocation at) {
    set.GeoLocation = std::move(at);
    return input_refusal(set);
  };
  EXPECT_THAT(geo({.ContinentCode = "EU", .CountryCode = "DE"}),
              HasSubstr("found more than one in Change with"));
  EXPECT_THAT(geo({.ContinentCode = "NA", .SubdivisionCode = "CA"}),
              HasSubstr("found more than one in Change with"));
  EXPECT_THAT(geo({.SubdivisionCode = "CA"}), HasSubstr("Missing field 'CountryCode' in Change with"));
  EXPECT_THAT(geo({}), HasSubstr("Expected exactly one of [ContinentCode, or CountryCode], but found none"));
  set.GeoLocation.reset();
  set.GeoProximityLocation = api::GeoProximityLocation{.Bias = 3};
  EXPECT_THAT(
      input_refusal(set),
      HasSubstr("Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates], but found none"));
}

TEST_F(RoutedRecordSets, HealthChecksExistAndAreTheCallers) {
  put_health_check("mine", call_.account_id);
  put_health_check("theirs", stranger_.account_id);
  api::ResourceRecordSet set = weighted("s", 1);
  for (const char* id : {"none", "theirs"}) {
    set.HealthCheckId = id;
    aws::ServiceError error = refusal(zone_, {change("CREATE", set)});
    EXPECT_EQ(error.code, "NoSuchHealthCheck");
    EXPECT_EQ(error.status, 404);
    EXPECT_EQ(error.message, std::string("A health check with id ") + id + " does not exist.");
  }
  set.HealthCheckId = "mine";
  EXPECT_TRUE(apply(zone_, {change("CREATE", set)}));
  // The check may go first.
  ASSERT_TRUE(store_.commit({.preconditions = {}, .puts = {}, .deletes = {health_check_key("mine")}}));
  EXPECT_TRUE(apply(zone_, {change("DELETE", set)}));
}

TEST_F(RoutedRecordSets, ASimpleRecordSetMayHaveAHealthCheck) {
  put_health_check("h1", call_.account_id);
  api::ResourceRecordSet set = records("www.example.com", "A", {"192.0.2.1"});
  set.HealthCheckId = "h1";
  ASSERT_TRUE(apply(zone_, {change("CREATE", set)}));
  EXPECT_EQ(list(zone_).ResourceRecordSets[2].HealthCheckId, "h1");
}

TEST_F(RoutedRecordSets, ListPagesGoOnFromAnIdentifier) {
  ASSERT_TRUE(apply(zone_, {change("CREATE", weighted("b", 1)), change("CREATE", weighted("a", 1)),
                            change("CREATE", weighted("c", 1))}));
  api::ListResourceRecordSetsRequest input{.HostedZoneId = zone_};
  input.MaxItems = "3";
  auto page = route53_.ListResourceRecordSets(call_, input).value();
  EXPECT_THAT(identifiers(page), ElementsAre("-", "-", "a"));
  EXPECT_TRUE(page.IsTruncated);
  EXPECT_EQ(page.NextRecordName, "www.example.com.");
  EXPECT_EQ(page.NextRecordType, "A");
  EXPECT_EQ(page.NextRecordIdentifier, "b");
  input.StartRecordName = page.NextRecordName;
  input.StartRecordType = page.NextRecordType;
  input.StartRecordIdentifier = page.NextRecordIdentifier;
  EXPECT_THAT(identifiers(route53_.ListResourceRecordSets(call_, input).value()), ElementsAre("b", "c"));
}

TEST_F(RoutedRecordSets, AllOfAGroupCount) {
  ASSERT_TRUE(apply(zone_, {change("CREATE", weighted("a", 1)), change("CREATE", weighted("b", 1))}));
  api::ResourceRecordSet slower = weighted("b", 1);
  slower.TTL = 300;
  ASSERT_TRUE(apply(zone_, {change("UPSERT", slower)}));
  EXPECT_EQ(list(zone_).ResourceRecordSets[2].TTL, 300);
  EXPECT_EQ(route53_.GetHostedZone(call_, {.Id = zone_}).value().HostedZone.ResourceRecordSetCount, 4);
}

}  // namespace
}  // namespace meridian::services::route53
