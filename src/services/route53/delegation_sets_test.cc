#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

class DelegationSets : public ServiceTest {
 protected:
  api::DelegationSet make_set(const std::string& reference) {
    return route53_.CreateReusableDelegationSet(call_, {.CallerReference = reference, .HostedZoneId = {}})
        .value()
        .DelegationSet;
  }
  aws::Outcome<api::CreateHostedZoneResponse> make_zone_with(const std::string& name,
                                                             const std::string& set) {
    api::CreateHostedZoneRequest input;
    input.Name = name;
    input.CallerReference = name;
    input.DelegationSetId = set;
    return route53_.CreateHostedZone(call_, input);
  }
};

TEST_F(DelegationSets, AreMadeReadAndListed) {
  auto made =
      route53_.CreateReusableDelegationSet(call_, {.CallerReference = "a", .HostedZoneId = {}}).value();
  EXPECT_THAT(*made.DelegationSet.Id, testing::MatchesRegex("/delegationset/N[0-9A-Z]+"));
  EXPECT_EQ(made.DelegationSet.CallerReference, "a");
  EXPECT_EQ(made.DelegationSet.NameServers.size(), 4u);
  EXPECT_EQ(made.Location, "https://route53.amazonaws.com/2013-04-01" + *made.DelegationSet.Id);
  EXPECT_EQ(route53_.GetReusableDelegationSet(call_, {.Id = *made.DelegationSet.Id}).value().DelegationSet,
            made.DelegationSet);
  make_set("b");
  auto page = route53_.ListReusableDelegationSets(call_, {.Marker = {}, .MaxItems = "1"}).value();
  ASSERT_TRUE(page.IsTruncated);
  auto rest = route53_.ListReusableDelegationSets(call_, {.Marker = page.NextMarker, .MaxItems = {}}).value();
  EXPECT_EQ(page.DelegationSets.size() + rest.DelegationSets.size(), 2u);
  EXPECT_NE(page.DelegationSets[0].Id, rest.DelegationSets[0].Id);
  EXPECT_EQ(route53_.GetReusableDelegationSet(stranger_, {.Id = *made.DelegationSet.Id}).error().code,
            "NoSuchDelegationSet");
}

TEST_F(DelegationSets, GiveTheirServersToZones) {
  api::DelegationSet set = make_set("a");
  auto zone = make_zone_with("example.com", *set.Id).value();
  EXPECT_EQ(zone.DelegationSet.Id, set.Id);
  EXPECT_EQ(zone.DelegationSet.NameServers, set.NameServers);
  auto listed =
      route53_
          .ListHostedZones(call_,
                           {.Marker = {}, .MaxItems = {}, .DelegationSetId = set.Id, .HostedZoneType = {}})
          .value();
  ASSERT_EQ(listed.HostedZones.size(), 1u);
  EXPECT_EQ(listed.HostedZones[0].Id, zone.HostedZone.Id);
  EXPECT_EQ(make_zone_with("other.com", "N404").error().code, "NoSuchDelegationSet");
}

TEST_F(DelegationSets, RefuseRelatedNames) {
  api::DelegationSet set = make_set("a");
  ASSERT_TRUE(make_zone_with("www.example.com", *set.Id));
  EXPECT_EQ(make_zone_with("example.com", *set.Id).error().code, "ConflictingDomainExists");
  EXPECT_EQ(make_zone_with("a.www.example.com", *set.Id).error().code, "ConflictingDomainExists");
  EXPECT_TRUE(make_zone_with("ftp.example.com", *set.Id));
}

TEST_F(DelegationSets, HaveTheirLimits) {
  api::DelegationSet set = make_set("a");
  ASSERT_TRUE(make_zone_with("a.test", *set.Id));
  ASSERT_TRUE(make_zone_with("b.test", *set.Id));
  EXPECT_EQ(make_zone_with("c.test", *set.Id).error().code, "TooManyHostedZones");
  auto limit = route53_
                   .GetReusableDelegationSetLimit(
                       call_, {.Type = "MAX_ZONES_BY_REUSABLE_DELEGATION_SET", .DelegationSetId = *set.Id})
                   .value();
  EXPECT_EQ(limit.Limit.Value, 2);
  EXPECT_EQ(limit.Count, 2);
  make_set("b");
  make_set("c");
  EXPECT_EQ(
      route53_.CreateReusableDelegationSet(call_, {.CallerReference = "d", .HostedZoneId = {}}).error().code,
      "LimitsExceeded");
}

TEST_F(DelegationSets, AreDeletedOnlyWhenUnused) {
  api::DelegationSet set = make_set("a");
  std::string zone = make_zone_with("example.com", *set.Id).value().HostedZone.Id;
  EXPECT_EQ(route53_.DeleteReusableDelegationSet(call_, {.Id = *set.Id}).error().code, "DelegationSetInUse");
  ASSERT_TRUE(route53_.DeleteHostedZone(call_, {.Id = zone}));
  EXPECT_TRUE(route53_.DeleteReusableDelegationSet(call_, {.Id = *set.Id}));
  EXPECT_EQ(route53_.DeleteReusableDelegationSet(call_, {.Id = *set.Id}).error().code, "NoSuchDelegationSet");
  EXPECT_EQ(route53_.GetAccountLimit(call_, {.Type = "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER"}).value().Count,
            0);
}

TEST_F(DelegationSets, CanTakeOverTheServersOfAZone) {
  auto zone = make_zone("example.com");
  auto set =
      route53_
          .CreateReusableDelegationSet(call_, {.CallerReference = "a", .HostedZoneId = zone.HostedZone.Id})
          .value();
  EXPECT_EQ(set.DelegationSet.NameServers, zone.DelegationSet.NameServers);
  EXPECT_EQ(route53_.GetHostedZone(call_, {.Id = zone.HostedZone.Id}).value().DelegationSet->Id,
            set.DelegationSet.Id);
  EXPECT_EQ(
      route53_
          .CreateReusableDelegationSet(call_, {.CallerReference = "b", .HostedZoneId = zone.HostedZone.Id})
          .error()
          .code,
      "DelegationSetAlreadyReusable");
  EXPECT_EQ(
      route53_.CreateReusableDelegationSet(call_, {.CallerReference = "a", .HostedZoneId = {}}).error().code,
      "DelegationSetAlreadyCreated");
  EXPECT_EQ(route53_.CreateReusableDelegationSet(call_, {.CallerReference = "c", .HostedZoneId = "Z404"})
                .error()
                .code,
            "HostedZoneNotFound");
}

}  // namespace
}  // namespace meridian::services::route53
