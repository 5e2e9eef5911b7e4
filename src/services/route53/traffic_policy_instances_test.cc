#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string document_of(const std::string& type, const std::vector<std::string>& values,
                        const std::string& health_check = "") {
  std::string endpoints, items;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string id = "e" + std::to_string(i), comma = i ? ", " : "";
    endpoints += comma + '"' + id + R"(": {"Type": "value", "Value": ")" + values[i] + R"("})";
    items += comma + R"({"Weight": 1, "EndpointReference": ")" + id + '"' +
             (health_check.empty() ? "" : R"(, "HealthCheck": ")" + health_check + '"') + "}";
  }
  return R"({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": ")" + type +
         R"(", "StartRule": "all", "Endpoints": {)" + endpoints +
         R"(}, "Rules": {"all": {"RuleType": "weighted", "Items": [)" + items + "]}}}";
}

class TrafficPolicyInstanceTest : public ServiceTest {
 protected:
  std::string make_policy(const std::string& document) {
    auto made = route53_.CreateTrafficPolicy(
        call_, {.Name = "p" + std::to_string(++references_), .Document = document});
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->TrafficPolicy.Id : "";
  }
  aws::Outcome<api::CreateTrafficPolicyInstanceResponse> make(const std::string& name,
                                                              const std::string& policy,
                                                              std::int32_t version = 1) {
    return route53_.CreateTrafficPolicyInstance(call_, {.HostedZoneId = zone_,
                                                        .Name = name,
                                                        .TTL = 30,
                                                        .TrafficPolicyId = policy,
                                                        .TrafficPolicyVersion = version});
  }
  std::string make_id(const std::string& name, const std::string& policy) {
    auto made = make(name, policy);
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->TrafficPolicyInstance.Id : "";
  }
  aws::Outcome<api::UpdateTrafficPolicyInstanceResponse> update(const std::string& id,
                                                                const std::string& policy,
                                                                std::int32_t version = 1) {
    return route53_.UpdateTrafficPolicyInstance(
        call_, {.Id = id, .TTL = 90, .TrafficPolicyId = policy, .TrafficPolicyVersion = version});
  }
  api::TrafficPolicyInstance get(const std::string& id) {
    return route53_.GetTrafficPolicyInstance(call_, {.Id = id}).value().TrafficPolicyInstance;
  }
  std::string bare_zone() const { return zone_.substr(zone_.rfind('/') + 1); }
  // The values of the hidden record sets, with their TTLs.
  std::vector<std::string> hidden() {
    std::vector<std::string> values;
    const store::Range range = store_.range(hidden_record_sets_prefix(bare_zone())).value();
    for (const auto& item : range.items) {
      const RecordSetResource set = decode_record_set(item.value).value();
      values.push_back(set.records.at(0).text + " " + std::to_string(set.ttl));
    }
    return values;
  }
  std::uint64_t record_set_count() {
    return static_cast<std::uint64_t>(
        route53_.GetHostedZone(call_, {.Id = zone_})->HostedZone.ResourceRecordSetCount.value());
  }

  const std::string zone_ = make_zone_id("example.com");
  const std::string one_ = make_policy(document_of("A", {"192.0.2.1", "192.0.2.2"}));
  const std::string two_ = make_policy(document_of("A", {"192.0.2.3"}));
};

TEST_F(TrafficPolicyInstanceTest, ShowsItsRecordSetAndNotWhatLiesBelow) {
  auto made = make("www.example.com", one_);
  ASSERT_TRUE(made);
  const api::TrafficPolicyInstance& instance = made->TrafficPolicyInstance;
  EXPECT_EQ(instance.HostedZoneId, bare_zone());
  EXPECT_EQ(instance.Name, "www.example.com.");
  EXPECT_EQ(instance.TTL, 30);
  EXPECT_EQ(instance.State, "Creating");
  EXPECT_EQ(instance.TrafficPolicyType, "A");
  EXPECT_EQ(made->Location, "https://route53.amazonaws.com/2013-04-01/trafficpolicyinstance/" + instance.Id);

  EXPECT_THAT(listed_names(zone_), ElementsAre("example.com. NS", "example.com. SOA", "www.example.com. A"));
  const api::ResourceRecordSet root = list(zone_).ResourceRecordSets.back();
  EXPECT_EQ(root.TrafficPolicyInstanceId, instance.Id);
  EXPECT_FALSE(root.AliasTarget);
  EXPECT_FALSE(root.TTL);
  EXPECT_THAT(hidden(), ElementsAre("192.0.2.1 30", "192.0.2.2 30"));
  EXPECT_EQ(record_set_count(), 3u);
}

TEST_F(TrafficPolicyInstanceTest, IsAppliedWhenEnginesServeIt) {
  const std::string id = make_id("www.example.com", one_);
  EXPECT_EQ(get(id).State, "Creating");
  acknowledged_.revision = store_.revision();
  EXPECT_EQ(get(id).State, "Applied");
  EXPECT_EQ(get(id).Message, "");
  EXPECT_EQ(update(id, two_)->TrafficPolicyInstance.State, "Updating");
  EXPECT_EQ(get(id).State, "Updating");
  acknowledged_.revision = store_.revision();
  EXPECT_EQ(get(id).State, "Applied");
}

TEST_F(TrafficPolicyInstanceTest, AnUpdateReplacesEverythingInOneCommit) {
  const std::string id = make_id("www.example.com", one_);
  const store::Revision before = store_.revision();
  auto updated = update(id, two_);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(store_.revision(), before + 1);
  EXPECT_EQ(updated->TrafficPolicyInstance.TrafficPolicyId, two_);
  EXPECT_EQ(updated->TrafficPolicyInstance.TTL, 90);
  EXPECT_THAT(hidden(), ElementsAre("192.0.2.3 90"));
  EXPECT_EQ(record_set_count(), 3u);
  EXPECT_EQ(get(id).TrafficPolicyId, two_);
  // The policy that it left is free to go, the one that it came to is not.
  EXPECT_TRUE(route53_.DeleteTrafficPolicy(call_, {.Id = one_, .Version = 1}));
  auto refused = route53_.DeleteTrafficPolicy(call_, {.Id = two_, .Version = 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "TrafficPolicyInUse");
}

TEST_F(TrafficPolicyInstanceTest, AnUpdateKeepsTheType) {
  const std::string id = make_id("www.example.com", one_);
  auto refused = update(id, make_policy(document_of("AAAA", {"2001:db8::1"})));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ConflictingTypes");
  EXPECT_EQ(update(id, one_, 2).error().code, "NoSuchTrafficPolicy");
  EXPECT_EQ(update("none", one_).error().code, "NoSuchTrafficPolicyInstance");
  EXPECT_THAT(hidden(), ElementsAre("192.0.2.1 30", "192.0.2.2 30"));
}

TEST_F(TrafficPolicyInstanceTest, GoesWithAllItsRecordSets) {
  const std::string id = make_id("www.example.com", one_);
  const std::string other = make_id("api.example.com", two_);
  ASSERT_TRUE(route53_.DeleteTrafficPolicyInstance(call_, {.Id = id}));
  EXPECT_THAT(listed_names(zone_), ElementsAre("example.com. NS", "example.com. SOA", "api.example.com. A"));
  EXPECT_THAT(hidden(), ElementsAre("192.0.2.3 30"));
  EXPECT_EQ(route53_.DeleteTrafficPolicyInstance(call_, {.Id = id}).error().code,
            "NoSuchTrafficPolicyInstance");
  EXPECT_EQ(route53_.GetTrafficPolicyInstanceCount(call_, {}).value().TrafficPolicyInstanceCount, 1);
  EXPECT_TRUE(route53_.DeleteTrafficPolicy(call_, {.Id = one_, .Version = 1}));
  ASSERT_TRUE(route53_.DeleteTrafficPolicyInstance(call_, {.Id = other}));
  EXPECT_TRUE(route53_.DeleteHostedZone(call_, {.Id = zone_}));
  EXPECT_THAT(store_.range("route53/records/").value().items, IsEmpty());
}

TEST_F(TrafficPolicyInstanceTest, IsOneOfANameAndType) {
  make_id("www.example.com", one_);
  auto refused = make("WWW.example.com.", two_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "TrafficPolicyInstanceAlreadyExists");
  EXPECT_EQ(refused.error().status, 409);
  EXPECT_TRUE(make("www.example.com", make_policy(document_of("AAAA", {"2001:db8::1"}))));
}

TEST_F(TrafficPolicyInstanceTest, YieldsToWhatIsThere) {
  ASSERT_TRUE(apply(zone_, {change("CREATE", records("www.example.com", "A", {"192.0.2.9"})),
                            change("CREATE", records("alias.example.com", "CNAME", {"www.example.com"}))}));
  auto refused = make("www.example.com", one_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidInput");
  EXPECT_EQ(refused.error().message,
            "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists");
  EXPECT_THAT(make("alias.example.com", one_).error().message, HasSubstr("conflicting RRSet of type  CNAME"));
  EXPECT_THAT(make("www.example.net", one_).error().message,
              HasSubstr("RRSet with DNS name www.example.net. is not permitted in zone example.com."));
  EXPECT_THAT(make("example.com", make_policy(document_of("CNAME", {"a.example.net"}))).error().message,
              HasSubstr("RRSet of type CNAME with DNS name example.com. is not permitted at apex"));
  EXPECT_THAT(hidden(), IsEmpty());
}

TEST_F(TrafficPolicyInstanceTest, NeedsPolicyZoneAndHealthChecks) {
  EXPECT_EQ(make("www.example.com", "none").error().code, "NoSuchTrafficPolicy");
  EXPECT_EQ(make("www.example.com", one_, 2).error().code, "NoSuchTrafficPolicy");
  auto no_zone = route53_.CreateTrafficPolicyInstance(call_, {.HostedZoneId = "Z404",
                                                              .Name = "x.example.com",
                                                              .TTL = 1,
                                                              .TrafficPolicyId = one_,
                                                              .TrafficPolicyVersion = 1});
  EXPECT_EQ(no_zone.error().code, "NoSuchHostedZone");
  auto no_check = make("www.example.com", make_policy(document_of("A", {"192.0.2.1"}, "h404")));
  ASSERT_FALSE(no_check);
  EXPECT_EQ(no_check.error().code, "InvalidInput");
  EXPECT_EQ(no_check.error().message, "A health check with id h404 does not exist.");
  auto checked = route53_.CreateHealthCheck(
      call_,
      {.CallerReference = "c", .HealthCheckConfig = {.IPAddress = "8.8.8.8", .Port = 80, .Type = "TCP"}});
  ASSERT_TRUE(checked) << checked.error().message;
  make_id("www.example.com", make_policy(document_of("A", {"192.0.2.1"}, checked->HealthCheck.Id)));
  EXPECT_THAT(hidden(), ElementsAre("192.0.2.1 30"));
}

TEST_F(TrafficPolicyInstanceTest, IsLimitedByQuota) {
  make_id("a.example.com", one_);
  make_id("b.example.com", one_);
  EXPECT_EQ(make("c.example.com", one_).error().code, "TooManyTrafficPolicyInstances");
  auto limit = route53_.GetAccountLimit(call_, {.Type = "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER"}).value();
  EXPECT_EQ(limit.Limit.Value, 2);
  EXPECT_EQ(limit.Count, 2);
}

TEST_F(TrafficPolicyInstanceTest, ItsRecordSetCanOnlyBeDeletedByHand) {
  const std::string id = make_id("www.example.com", one_);
  api::ResourceRecordSet root;
  root.Name = "www.example.com";
  root.Type = "A";
  root.TrafficPolicyInstanceId = id;
  EXPECT_EQ(refusal(zone_, {change("CREATE", root)}).code, "InvalidInput");
  EXPECT_EQ(refusal(zone_, {change("UPSERT", root)}).code, "InvalidInput");
  EXPECT_THAT(refusal(zone_, {change("UPSERT", records("www.example.com", "A", {"192.0.2.9"}))}).message,
              HasSubstr("but a traffic policy instance made it"));
  api::ResourceRecordSet other = root;
  other.TrafficPolicyInstanceId = "another";
  EXPECT_THAT(refusal(zone_, {change("DELETE", other)}).message, HasSubstr("do not match"));

  ASSERT_TRUE(apply(zone_, {change("DELETE", root)}));
  EXPECT_THAT(listed_names(zone_), ElementsAre("example.com. NS", "example.com. SOA"));
  EXPECT_EQ(get(id).Name, "www.example.com.") << "the instance stays";
  auto refused = route53_.DeleteHostedZone(call_, {.Id = zone_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "HostedZoneNotEmpty");
  // An update brings it back, unless the name was taken meanwhile.
  ASSERT_TRUE(update(id, two_));
  EXPECT_EQ(list(zone_).ResourceRecordSets.back().TrafficPolicyInstanceId, id);
  ASSERT_TRUE(apply(
      zone_, {change("DELETE", root), change("CREATE", records("www.example.com", "A", {"192.0.2.9"}))}));
  EXPECT_THAT(update(id, one_).error().message, HasSubstr("but no traffic policy instance made it"));
  ASSERT_TRUE(route53_.DeleteTrafficPolicyInstance(call_, {.Id = id}));
  EXPECT_THAT(listed_names(zone_), ElementsAre("example.com. NS", "example.com. SOA", "www.example.com. A"));
  EXPECT_THAT(hidden(), IsEmpty());
}

TEST_F(TrafficPolicyInstanceTest, ArePagedByZoneNameAndType) {
  const std::string first = make_id("a.example.com", one_), second = make_id("b.example.com", one_);
  auto page = route53_.ListTrafficPolicyInstances(call_, {.MaxItems = "1"}).value();
  ASSERT_EQ(page.TrafficPolicyInstances.size(), 1u);
  EXPECT_EQ(page.TrafficPolicyInstances[0].Id, first);
  EXPECT_TRUE(page.IsTruncated);
  EXPECT_EQ(page.HostedZoneIdMarker, bare_zone());
  EXPECT_EQ(page.TrafficPolicyInstanceNameMarker, "b.example.com.");
  EXPECT_EQ(page.TrafficPolicyInstanceTypeMarker, "A");
  page = route53_
             .ListTrafficPolicyInstances(
                 call_, {.HostedZoneIdMarker = page.HostedZoneIdMarker,
                         .TrafficPolicyInstanceNameMarker = page.TrafficPolicyInstanceNameMarker,
                         .TrafficPolicyInstanceTypeMarker = page.TrafficPolicyInstanceTypeMarker})
             .value();
  ASSERT_EQ(page.TrafficPolicyInstances.size(), 1u);
  EXPECT_EQ(page.TrafficPolicyInstances[0].Id, second);
  EXPECT_FALSE(page.IsTruncated);

  auto of_zone =
      route53_.ListTrafficPolicyInstancesByHostedZone(call_, {.HostedZoneId = zone_, .MaxItems = "1"});
  EXPECT_EQ(of_zone->TrafficPolicyInstanceNameMarker, "b.example.com.");
  of_zone = route53_.ListTrafficPolicyInstancesByHostedZone(
      call_, {.HostedZoneId = zone_, .TrafficPolicyInstanceNameMarker = "b.example.com"});
  ASSERT_EQ(of_zone->TrafficPolicyInstances.size(), 1u);
  EXPECT_EQ(of_zone->TrafficPolicyInstances[0].Id, second);
  EXPECT_EQ(route53_.ListTrafficPolicyInstancesByHostedZone(call_, {.HostedZoneId = "Z404"}).error().code,
            "NoSuchHostedZone");

  ASSERT_TRUE(update(second, two_));
  auto of_policy = route53_.ListTrafficPolicyInstancesByPolicy(
      call_, {.TrafficPolicyId = two_, .TrafficPolicyVersion = 1});
  ASSERT_EQ(of_policy->TrafficPolicyInstances.size(), 1u);
  EXPECT_EQ(of_policy->TrafficPolicyInstances[0].Id, second);
  EXPECT_EQ(
      route53_.ListTrafficPolicyInstancesByPolicy(call_, {.TrafficPolicyId = two_, .TrafficPolicyVersion = 2})
          .error()
          .code,
      "NoSuchTrafficPolicy");
  EXPECT_EQ(route53_.ListTrafficPolicyInstances(call_, {.TrafficPolicyInstanceNameMarker = "b.example.com"})
                .error()
                .code,
            "InvalidInput");
}

TEST_F(TrafficPolicyInstanceTest, OfOthersAreNotThere) {
  const std::string id = make_id("www.example.com", one_);
  EXPECT_EQ(route53_.GetTrafficPolicyInstance(stranger_, {.Id = id}).error().code,
            "NoSuchTrafficPolicyInstance");
  EXPECT_EQ(route53_.DeleteTrafficPolicyInstance(stranger_, {.Id = id}).error().code,
            "NoSuchTrafficPolicyInstance");
  EXPECT_TRUE(route53_.ListTrafficPolicyInstances(stranger_, {}).value().TrafficPolicyInstances.empty());
}

}  // namespace
}  // namespace meridian::services::route53
