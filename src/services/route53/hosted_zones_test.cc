#include <set>

#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class HostedZones : public ServiceTest {
 protected:
  std::string refusal_of_name(const std::string& name) {
    auto outcome = route53_.CreateHostedZone(call_, {.Name = name, .CallerReference = "r"});
    return outcome ? "accepted" : outcome.error().code + ": " + outcome.error().message;
  }
};

TEST_F(HostedZones, ANewZoneHasWhatAwsShows) {
  api::CreateHostedZoneRequest input;
  input.Name = "Example.COM";
  input.CallerReference = "hz-1";
  input.HostedZoneConfig = api::HostedZoneConfig{.Comment = "Production zone", .PrivateZone = false};
  auto made = route53_.CreateHostedZone(call_, input).value();
  EXPECT_THAT(made.HostedZone.Id, MatchesRegex("/hostedzone/Z[0-9A-Z]+"));
  EXPECT_EQ(made.HostedZone.Name, "example.com.");
  EXPECT_EQ(made.HostedZone.CallerReference, "hz-1");
  EXPECT_EQ(made.HostedZone.Config->Comment, "Production zone");
  EXPECT_EQ(made.HostedZone.Config->PrivateZone, false);
  EXPECT_EQ(made.HostedZone.ResourceRecordSetCount, 2);
  EXPECT_FALSE(made.HostedZone.LinkedService.has_value());
  EXPECT_EQ(made.ChangeInfo.Status, "PENDING");
  EXPECT_THAT(made.ChangeInfo.Id, MatchesRegex("/change/C[0-9A-Z]+"));
  EXPECT_EQ(made.ChangeInfo.SubmittedAt, clock_.now());
  EXPECT_EQ(made.Location, "https://route53.amazonaws.com/2013-04-01" + made.HostedZone.Id);
  EXPECT_FALSE(made.DelegationSet.Id.has_value());

  std::set<std::string> tlds;
  for (const std::string& server : made.DelegationSet.NameServers) {
    EXPECT_THAT(server, MatchesRegex("ns-[0-9]+\\.awsdns-[0-9][0-9]\\..*"));
    tlds.insert(server.substr(server.find('.', server.find('.') + 1) + 1));
  }
  EXPECT_EQ(tlds, (std::set<std::string>{"com", "net", "org", "co.uk"}));

  auto got = route53_.GetHostedZone(call_, {.Id = made.HostedZone.Id}).value();
  EXPECT_EQ(got.HostedZone, made.HostedZone);
  EXPECT_EQ(got.DelegationSet, made.DelegationSet);
}

TEST_F(HostedZones, ANewZoneHasItsNsAndSoa) {
  auto made = make_zone("example.com");
  auto sets = list(made.HostedZone.Id).ResourceRecordSets;
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0].Type, "NS");
  EXPECT_EQ(sets[0].TTL, 172800);
  ASSERT_EQ(sets[0].ResourceRecords->size(), 4u);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(sets[0].ResourceRecords->at(i).Value, made.DelegationSet.NameServers[i] + ".");
  EXPECT_EQ(sets[1].Type, "SOA");
  EXPECT_EQ(sets[1].TTL, 900);
  EXPECT_EQ(sets[1].ResourceRecords->at(0).Value,
            made.DelegationSet.NameServers[0] + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
}

TEST_F(HostedZones, NamesAreChecked) {
  EXPECT_EQ(refusal_of_name("com"), "InvalidDomainName: com is reserved by AWS!");
  EXPECT_THAT(refusal_of_name("a..com"), HasSubstr("InvalidDomainName: FATAL problem: DomainLabelEmpty"));
  EXPECT_THAT(refusal_of_name("*.example.com"), HasSubstr("InvalidDomainName"));
  EXPECT_EQ(make_zone("ex\\344mple.com").HostedZone.Name, "ex\\344mple.com.");
}

TEST_F(HostedZones, ACallerReferenceWorksOnce) {
  api::CreateHostedZoneRequest input{.Name = "example.com", .CallerReference = "once"};
  std::string id = route53_.CreateHostedZone(call_, input).value().HostedZone.Id;
  input.Name = "other.com";
  aws::ServiceError error = route53_.CreateHostedZone(call_, input).error();
  EXPECT_EQ(error.code, "HostedZoneAlreadyExists");
  EXPECT_EQ(error.status, 409);
  EXPECT_TRUE(route53_.CreateHostedZone(stranger_, input).has_value());
}

TEST_F(HostedZones, PrivateZonesAreRefused) {
  api::CreateHostedZoneRequest input{.Name = "example.com", .CallerReference = "p"};
  input.HostedZoneConfig = api::HostedZoneConfig{.Comment = {}, .PrivateZone = true};
  EXPECT_EQ(route53_.CreateHostedZone(call_, input).error().code, "InvalidInput");
  input.HostedZoneConfig.reset();
  input.VPC = api::VPC{.VPCRegion = "us-east-1", .VPCId = "vpc-1"};
  EXPECT_EQ(route53_.CreateHostedZone(call_, input).error().code, "InvalidInput");
}

TEST_F(HostedZones, ZonesOfRelatedNamesShareNoServer) {
  std::set<std::string> servers;
  for (const char* name :
       {"example.com", "example.com", "www.example.com", "a.b.www.example.com", "example.com"})
    for (const std::string& server : make_zone(name).DelegationSet.NameServers) servers.insert(server);
  EXPECT_EQ(servers.size(), 20u);
}

TEST_F(HostedZones, IdsOfOtherAccountsAreNotTheirs) {
  std::string id = make_zone_id("example.com");
  aws::ServiceError error = route53_.GetHostedZone(stranger_, {.Id = id}).error();
  EXPECT_EQ(error.code, "AccessDenied");
  EXPECT_EQ(error.status, 403);
  EXPECT_EQ(route53_.DeleteHostedZone(stranger_, {.Id = id}).error().code, "AccessDenied");
  error = route53_.GetHostedZone(call_, {.Id = "ZDOESNOTEXIST"}).error();
  EXPECT_EQ(error.code, "NoSuchHostedZone");
  EXPECT_EQ(error.status, 404);
  EXPECT_EQ(error.message, "No hosted zone found with ID: ZDOESNOTEXIST");
}

TEST_F(HostedZones, DeletingLeavesNothingButTheChange) {
  store::Revision before = store_.revision();
  auto count = [&] { return store_.range("").value().items.size(); };
  ASSERT_EQ(before, 0u);
  std::string id = make_zone_id("example.com");
  ASSERT_TRUE(route53_.ChangeTagsForResource(call_, {.ResourceType = "hostedzone",
                                                     .ResourceId = id.substr(12),
                                                     .AddTags = {{{.Key = "k", .Value = "v"}}},
                                                     .RemoveTagKeys = {}}));
  auto deleted = route53_.DeleteHostedZone(call_, {.Id = id}).value();
  EXPECT_EQ(deleted.ChangeInfo.Status, "PENDING");
  EXPECT_EQ(route53_.GetHostedZone(call_, {.Id = id}).error().code, "NoSuchHostedZone");
  // Two changes, the account's counts, and the key that serialises giving servers.
  EXPECT_EQ(count(), 4u);
  EXPECT_EQ(route53_.GetHostedZoneCount(call_, {}).value().HostedZoneCount, 0);
}

TEST_F(HostedZones, AZoneWithRecordsIsNotDeleted) {
  std::string id = make_zone_id("example.com");
  ASSERT_TRUE(apply(id, {change("CREATE", records("www.example.com", "A", {"192.0.2.1"}))}));
  aws::ServiceError error = route53_.DeleteHostedZone(call_, {.Id = id}).error();
  EXPECT_EQ(error.code, "HostedZoneNotEmpty");
  EXPECT_EQ(
      error.message,
      "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.");
  ASSERT_TRUE(apply(id, {change("DELETE", records("www.example.com", "A", {"192.0.2.1"}))}));
  EXPECT_TRUE(route53_.DeleteHostedZone(call_, {.Id = id}));
}

TEST_F(HostedZones, ListsPageByPage) {
  std::set<std::string> made;
  for (int i = 0; i < 5; ++i) made.insert(make_zone_id("zone" + std::to_string(i) + ".test"));
  ASSERT_TRUE(route53_.CreateHostedZone(stranger_, {.Name = "theirs.test", .CallerReference = "x"}));
  std::set<std::string> seen;
  api::ListHostedZonesRequest input{.MaxItems = "2"};
  for (int pages = 1;; ++pages) {
    auto page = route53_.ListHostedZones(call_, input).value();
    EXPECT_EQ(page.MaxItems, "2");
    for (const auto& zone : page.HostedZones) EXPECT_TRUE(seen.insert(zone.Id).second);
    EXPECT_EQ(page.IsTruncated, page.NextMarker.has_value());
    if (!page.IsTruncated) {
      EXPECT_EQ(pages, 3);
      break;
    }
    input.Marker = page.NextMarker;
  }
  EXPECT_EQ(seen, made);
  input = {.MaxItems = "x"};
  EXPECT_EQ(route53_.ListHostedZones(call_, input).error().code, "InvalidInput");
  api::ListHostedZonesRequest private_zones;
  private_zones.HostedZoneType = "PrivateHostedZone";
  EXPECT_TRUE(route53_.ListHostedZones(call_, private_zones).value().HostedZones.empty());
}

TEST_F(HostedZones, ListsByReversedName) {
  for (const char* name : {"b.example.com", "example.net", "a.example.com", "example.com", "example-x.com"})
    make_zone(name);
  auto names = [](const api::ListHostedZonesByNameResponse& page) {
    std::vector<std::string> out;
    for (const auto& zone : page.HostedZones) out.push_back(zone.Name);
    return out;
  };
  auto all = route53_.ListHostedZonesByName(call_, {}).value();
  EXPECT_THAT(names(all), ElementsAre("example-x.com.", "example.com.", "a.example.com.", "b.example.com.",
                                      "example.net."));
  EXPECT_FALSE(all.IsTruncated);

  auto page = route53_.ListHostedZonesByName(call_, {.DNSName = "A.example.com", .MaxItems = "1"}).value();
  EXPECT_THAT(names(page), ElementsAre("a.example.com."));
  EXPECT_EQ(page.DNSName, "a.example.com.");
  EXPECT_EQ(page.NextDNSName, "b.example.com.");
  auto rest = route53_.ListHostedZonesByName(
      call_, {.DNSName = page.NextDNSName, .HostedZoneId = page.NextHostedZoneId, .MaxItems = {}});
  EXPECT_THAT(names(rest.value()), ElementsAre("b.example.com.", "example.net."));
  EXPECT_EQ(route53_.ListHostedZonesByName(call_, {.HostedZoneId = "Z1"}).error().code, "InvalidInput");
}

TEST_F(HostedZones, CommentsCanBeChangedAndTaken) {
  std::string id = make_zone_id("example.com");
  EXPECT_EQ(route53_.UpdateHostedZoneComment(call_, {.Id = id, .Comment = "new"})
                .value()
                .HostedZone.Config->Comment,
            "new");
  EXPECT_EQ(route53_.GetHostedZone(call_, {.Id = id}).value().HostedZone.Config->Comment, "new");
  EXPECT_FALSE(
      route53_.UpdateHostedZoneComment(call_, {.Id = id, .Comment = {}}).value().HostedZone.Config->Comment);
}

TEST_F(HostedZones, TheQuotaIsKept) {
  for (int i = 0; i < 8; ++i) make_zone("zone" + std::to_string(i) + ".test");
  EXPECT_EQ(route53_.GetHostedZoneCount(call_, {}).value().HostedZoneCount, 8);
  EXPECT_EQ(route53_.CreateHostedZone(call_, {.Name = "more.test", .CallerReference = "more"}).error().code,
            "TooManyHostedZones");
  auto limit = route53_.GetAccountLimit(call_, {.Type = "MAX_HOSTED_ZONES_BY_OWNER"}).value();
  EXPECT_EQ(limit.Limit.Value, 8);
  EXPECT_EQ(limit.Count, 8);
}

}  // namespace
}  // namespace meridian::services::route53
