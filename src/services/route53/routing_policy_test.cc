#include "services/route53/routing_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/route53/change_batch.h"

namespace meridian::services::route53 {
namespace {

using dns::Type;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kCollection = "c0000000-0000-4000-8000-000000000001";
constexpr std::string_view kOtherCollection = "c0000000-0000-4000-8000-000000000002";

RecordSetResource set(std::string identifier, Type type = Type::A) {
  RecordSetResource out;
  out.id = {*dns::Name::parse("www.example.com", dns::Name()), type, std::move(identifier)};
  out.ttl = 60;
  out.records = {{"x", "x"}};
  return out;
}
RecordSetResource weighted(std::string identifier, std::uint8_t weight, Type type = Type::A) {
  RecordSetResource out = set(std::move(identifier), type);
  out.weight = weight;
  return out;
}
RecordSetResource latency(std::string identifier, std::string region) {
  RecordSetResource out = set(std::move(identifier));
  out.region = std::move(region);
  return out;
}
RecordSetResource failover(std::string identifier, std::string rank, std::string health_check = "h1") {
  RecordSetResource out = set(std::move(identifier));
  out.failover = std::move(rank);
  out.health_check_id = std::move(health_check);
  return out;
}
RecordSetResource geo(std::string identifier, GeoLocation at) {
  RecordSetResource out = set(std::move(identifier));
  out.geo_location = std::move(at);
  return out;
}
RecordSetResource multivalue(std::string identifier) {
  RecordSetResource out = set(std::move(identifier));
  out.multi_value_answer = true;
  return out;
}
RecordSetResource near(std::string identifier, GeoProximityLocation at) {
  RecordSetResource out = set(std::move(identifier));
  out.geo_proximity = std::move(at);
  return out;
}
RecordSetResource cidr(std::string identifier, std::string location,
                       std::string_view collection = kCollection) {
  RecordSetResource out = set(std::move(identifier));
  out.cidr_routing = CidrRoutingConfig{std::string(collection), std::move(location)};
  return out;
}

CidrCollections collections() {
  CidrCollectionResource collection;
  collection.locations = {{"berlin", {}}, {"tokyo", {}}};
  return {{std::string(kCollection), collection}, {std::string(kOtherCollection), collection}};
}

// A zone that holds some record sets of one name, and batches on it.
class RoutingPolicy : public testing::Test {
 protected:
  RoutingPolicy() {
    zone_.id = "Z1";
    zone_.name = *dns::Name::parse("example.com", dns::Name());
  }
  void given(const RecordSetResource& record_set) {
    existing_.insert_or_assign(record_set_key("Z1", record_set.id), record_set);
  }
  BatchOutcome run(const std::vector<RecordSetChange>& changes) {
    return apply_changes(zone_, changes, existing_, collections());
  }
  std::vector<std::string> create(const RecordSetResource& record_set) {
    return run({{Action::Create, record_set, {}}}).problems;
  }
  std::vector<std::string> upsert(const std::vector<RecordSetResource>& record_sets) {
    std::vector<RecordSetChange> changes;
    for (const auto& record_set : record_sets) changes.push_back({Action::Upsert, record_set, {}});
    return run(changes).problems;
  }
  std::vector<std::string> remove(const RecordSetResource& record_set) {
    return run({{Action::Delete, record_set, {}}}).problems;
  }

  HostedZoneResource zone_;
  RecordSets existing_;
};

TEST_F(RoutingPolicy, EveryKindMayHaveSeveralRecordSets) {
  EXPECT_THAT(upsert({weighted("a", 0), weighted("b", 255)}), IsEmpty());
  EXPECT_THAT(upsert({latency("a", "us-east-1"), latency("b", "eu-west-1")}), IsEmpty());
  EXPECT_THAT(upsert({failover("a", "PRIMARY"), failover("b", "SECONDARY", "")}), IsEmpty());
  EXPECT_THAT(upsert({geo("a", {"EU", "", ""}), geo("b", {"", "DE", ""}), geo("c", {"", "US", "CA"}),
                      geo("d", {"", "UA", "30"}), geo("e", {"", "*", ""})}),
              IsEmpty());
  EXPECT_THAT(upsert({multivalue("a"), multivalue("b")}), IsEmpty());
  EXPECT_THAT(upsert({near("a", {"us-east-1", "", {}, {}}), near("b", {"", "", {{"49.22", "-74"}}, -50})}),
              IsEmpty());
  EXPECT_THAT(upsert({cidr("a", "berlin"), cidr("b", "tokyo"), cidr("c", "*")}), IsEmpty());
}

TEST_F(RoutingPolicy, ASimpleRecordSetStandsAlone) {
  given(weighted("a", 1));
  EXPECT_THAT(create(set("")),
              ElementsAre("RRSet with DNS name www.example.com., type A cannot be created as "
                          "other RRSets exist with the same name and type."));
  EXPECT_THAT(create(set("", Type::AAAA)), IsEmpty());
}

TEST_F(RoutingPolicy, OneKindExcludesTheOthers) {
  given(set(""));
  const std::string start = "RRSet with DNS name www.example.com., type A, SetIdentifier s";
  EXPECT_THAT(
      create(weighted("s", 1)),
      ElementsAre(start + " cannot be created as a non-weighted set exists with the same name and type."));
  EXPECT_THAT(create(latency("s", "us-east-1")),
              ElementsAre(start + ", and Region Name=us-east-1 cannot be created because a non-latency RRSet "
                                  "with the same name and type already exists."));
  EXPECT_THAT(
      create(failover("s", "PRIMARY")),
      ElementsAre(start + ", and marked as primary cannot be created because a non-failover RRSet with "
                          "the same name and type already exists."));
  EXPECT_THAT(
      create(geo("s", {"NA", "", ""})),
      ElementsAre(start + ", and routing to [continent = (NA, North America)] cannot be created because "
                          "a non-GEO RRSet with the same name and type already exists."));
  EXPECT_THAT(create(multivalue("s")),
              ElementsAre(start + " cannot be created because a non multivalue answer rrset exists with the "
                                  "same name and type."));
  EXPECT_THAT(create(near("s", {"us-east-1", "", {}, {}})),
              ElementsAre(HasSubstr("because a non-geoproximity RRSet with the same name and type")));
  EXPECT_THAT(create(cidr("s", "berlin")),
              ElementsAre(HasSubstr("because a non-CIDR RRSet with the same name and type")));
}

TEST_F(RoutingPolicy, AWholeGroupChangesItsKindInOneBatch) {
  given(weighted("a", 1));
  given(weighted("b", 1));
  EXPECT_THAT(upsert({latency("a", "us-east-1"), latency("b", "eu-west-1")}), IsEmpty());
  EXPECT_THAT(upsert({latency("a", "us-east-1")}).size(), 1u);
  EXPECT_THAT(run({{Action::Delete, weighted("a", 1), {}},
                   {Action::Delete, weighted("b", 1), {}},
                   {Action::Create, set(""), {}}})
                  .problems,
              IsEmpty());
}

TEST_F(RoutingPolicy, ARegionIsRoutedToOnce) {
  given(latency("a", "eu-west-1"));
  EXPECT_THAT(create(latency("b", "eu-west-1")),
              ElementsAre("RRSet with DNS name www.example.com., type A, SetIdentifier b, and Region "
                          "Name=eu-west-1 cannot be created because a latency RRSet with the same name, type "
                          "and region already exists."));
  EXPECT_THAT(upsert({latency("a", "eu-west-1")}), IsEmpty());
}

TEST_F(RoutingPolicy, FailoverHasOnePrimaryAndOneSecondary) {
  given(failover("a", "PRIMARY"));
  given(failover("b", "SECONDARY"));
  EXPECT_THAT(create(failover("c", "PRIMARY")),
              ElementsAre(HasSubstr("marked as primary cannot be created")));
  EXPECT_THAT(create(failover("c", "SECONDARY")),
              ElementsAre(HasSubstr("marked as secondary cannot be created")));
  EXPECT_THAT(upsert({failover("a", "SECONDARY"), failover("b", "PRIMARY")}), IsEmpty());
}

TEST_F(RoutingPolicy, APrimaryNeedsAHealthCheckUnlessItIsAnAlias) {
  EXPECT_THAT(create(failover("a", "PRIMARY", "")),
              ElementsAre("A non-alias primary ResourceRecordSet must have an associated health check. No "
                          "changes made."));
  RecordSetResource target = set("", Type::A);
  target.id.name = *dns::Name::parse("target.example.com", dns::Name());
  given(target);
  RecordSetResource alias = failover("a", "PRIMARY", "");
  alias.records.clear();
  alias.alias = AliasTarget{"Z1", target.id.name, true};
  EXPECT_THAT(create(alias), IsEmpty());
}

TEST_F(RoutingPolicy, APlaceIsRoutedToOnceAndIsOneOfThoseListed) {
  given(geo("a", {"", "US", "CA"}));
  EXPECT_THAT(
      create(geo("b", {"", "US", "CA"})),
      ElementsAre(HasSubstr("routing to [country = (US, United States), subdivision = (CA, "
                            "California)] cannot be created because a GEO RRSet with the same name")));
  EXPECT_THAT(create(geo("b", {"", "US", ""})), IsEmpty());
  for (const GeoLocation& nowhere :
       {GeoLocation{"XX", "", ""}, GeoLocation{"", "BV", ""}, GeoLocation{"", "US", "ZZ"},
        GeoLocation{"", "DE", "BE"}, GeoLocation{"", "*", "CA"}, GeoLocation{"", "us", ""}})
    EXPECT_THAT(create(geo("b", nowhere)), ElementsAre(HasSubstr("is not supported")))
        << nowhere.country_code << nowhere.subdivision_code;
}

TEST_F(RoutingPolicy, GeoproximityIsARegionOrAPointOnEarth) {
  auto at = [](std::string latitude, std::string longitude) {
    return near("a", {"", "", std::pair(std::move(latitude), std::move(longitude)), {}});
  };
  EXPECT_THAT(create(at("-90.00", "+180.")), IsEmpty());
  EXPECT_THAT(create(at("90.01", "-180.01")),
              ElementsAre(HasSubstr("the latitude 90.01 is not between -90 and 90"),
                          HasSubstr("the longitude -180.01 is not between -180 and 180")));
  EXPECT_THAT(create(near("a", {"eu-east-9", "", {}, {}})),
              ElementsAre(HasSubstr("the AWS Region eu-east-9 is not supported")));
  EXPECT_THAT(create(near("a", {"", "us-west-2-den-1", {}, {}})),
              ElementsAre(HasSubstr("the Local Zone Group us-west-2-den-1 is not available")));
}

TEST_F(RoutingPolicy, CidrLocationsAreThoseOfOneCollection) {
  given(cidr("a", "berlin"));
  EXPECT_THAT(create(cidr("b", "berlin")),
              ElementsAre(HasSubstr("because a CIDR RRSet with the same name, type and location")));
  EXPECT_THAT(create(cidr("b", "tokyo", kOtherCollection)), ElementsAre(HasSubstr("another collection")));
  EXPECT_THAT(create(cidr("b", "paris")), ElementsAre(HasSubstr("has no location paris")));
  EXPECT_THAT(create(cidr("b", "tokyo", "unknown")),
              Contains(HasSubstr("collection unknown does not exist")));
}

TEST_F(RoutingPolicy, TypesThatPoliciesDoNotTake) {
  for (Type type : {Type::NS, Type::DS})
    EXPECT_THAT(create(weighted("a", 1, type)), ElementsAre(HasSubstr("simple routing policy"))) << int(type);
  EXPECT_THAT(create(weighted("a", 1, Type::CNAME)), IsEmpty());
  RecordSetResource cname = multivalue("a");
  cname.id.type = Type::CNAME;
  EXPECT_THAT(create(cname), ElementsAre(HasSubstr("cannot be multivalue answer RRSets")));
}

TEST_F(RoutingPolicy, WeightedCnamesExcludeOtherTypes) {
  given(weighted("a", 1, Type::CNAME));
  EXPECT_THAT(create(weighted("b", 1, Type::CNAME)), IsEmpty());
  EXPECT_THAT(create(weighted("b", 1, Type::A)), ElementsAre(HasSubstr("conflicting RRSet of type  CNAME")));
}

TEST_F(RoutingPolicy, AliasesPointAtGroupsButAreNoMultivalueAnswers) {
  given(weighted("a", 1));
  RecordSetResource alias = multivalue("m");
  alias.id.name = *dns::Name::parse("alias.example.com", dns::Name());
  alias.records.clear();
  alias.alias = AliasTarget{"Z1", *dns::Name::parse("www.example.com", dns::Name()), true};
  EXPECT_THAT(create(alias), ElementsAre(HasSubstr("multivalue answer RRSets cannot be aliases")));
  alias.multi_value_answer.reset();
  alias.weight = 3;
  EXPECT_THAT(create(alias), IsEmpty());
}

TEST_F(RoutingPolicy, GroupsHaveTheirSize) {
  for (std::size_t i = 0; i < kPolicySetsMax; ++i) given(weighted(std::to_string(i), 1));
  EXPECT_THAT(upsert({weighted("7", 9)}), IsEmpty());
  EXPECT_THAT(create(weighted("more", 1)), ElementsAre(HasSubstr("already 100 RRSets")));
  existing_.clear();
  for (std::size_t i = 0; i < kGeoproximitySetsMax; ++i)
    given(near(std::to_string(i), {"us-east-1", "", {}, {}}));
  EXPECT_THAT(create(near("more", {"us-east-1", "", {}, {}})), ElementsAre(HasSubstr("already 30 RRSets")));
}

TEST_F(RoutingPolicy, TheLastTtlIsTheGroups) {
  given(weighted("a", 1));
  given(weighted("b", 1));
  RecordSetResource slower = weighted("b", 1);
  slower.ttl = 300;
  BatchOutcome outcome = run({{Action::Upsert, slower, {}}});
  ASSERT_THAT(outcome.problems, IsEmpty());
  EXPECT_EQ(outcome.puts.size(), 2u);
  for (const auto& [_, record_set] : outcome.record_sets) EXPECT_EQ(record_set.ttl, 300u);

  // A deletion in the same batch names the TTL that was there.
  EXPECT_THAT(run({{Action::Upsert, slower, {}}, {Action::Delete, weighted("a", 1), {}}}).problems,
              IsEmpty());
}

TEST_F(RoutingPolicy, OtherGroupsKeepTheirTtls) {
  given(latency("a", "us-east-1"));
  RecordSetResource slower = latency("b", "eu-west-1");
  slower.ttl = 300;
  EXPECT_EQ(run({{Action::Create, slower, {}}}).puts.size(), 1u);
}

TEST_F(RoutingPolicy, ADeletionNamesEverything) {
  const std::string mismatch =
      "Tried to delete resource record set [name='www.example.com.', type='A', set-identifier='s'] but the "
      "values provided do not match the current values";
  RecordSetResource there = weighted("s", 10);
  there.health_check_id = "h1";
  given(there);
  EXPECT_THAT(remove(there), IsEmpty());
  RecordSetResource other = there;
  other.weight = 11;
  EXPECT_THAT(remove(other), ElementsAre(mismatch));
  other = there;
  other.health_check_id.clear();
  EXPECT_THAT(remove(other), ElementsAre(mismatch));
  EXPECT_THAT(remove(latency("s", "us-east-1")), ElementsAre(mismatch));

  const std::pair<RecordSetResource, RecordSetResource> pairs[] = {
      {geo("s", {"EU", "", ""}), geo("s", {"AF", "", ""})},
      {near("s", {"us-east-1", "", {}, 5}), near("s", {"us-east-1", "", {}, 6})},
      {near("s", {"", "", {{"1", "2"}}, {}}), near("s", {"", "", {{"1", "3"}}, {}})},
      {cidr("s", "berlin"), cidr("s", "tokyo")},
      {failover("s", "PRIMARY"), failover("s", "SECONDARY")}};
  for (const auto& [stored, named] : pairs) {
    given(stored);
    EXPECT_THAT(remove(named), ElementsAre(mismatch));
    EXPECT_THAT(remove(stored), IsEmpty());
  }
}

TEST_F(RoutingPolicy, AConflictIsNamedWithItsIdentifier) {
  given(weighted("blue", 1));
  EXPECT_THAT(create(weighted("blue", 2)),
              ElementsAre("Tried to create resource record set [name='www.example.com.', type='A', "
                          "set-identifier='blue'] but it already exists"));
}

TEST(HundredthsOfDegree, AreReadExactly) {
  EXPECT_EQ(hundredths_of_degree("0"), 0);
  EXPECT_EQ(hundredths_of_degree("-74.01"), -7401);
  EXPECT_EQ(hundredths_of_degree("+5.5"), 550);
  EXPECT_EQ(hundredths_of_degree("180."), 18000);
  EXPECT_EQ(hundredths_of_degree("-0.07"), -7);
  for (std::string_view bad : {"", "-", ".5", "1.234", "1234", "1e2", "--1", "+-1", "1 ", "1.-2"})
    EXPECT_EQ(hundredths_of_degree(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace meridian::services::route53
