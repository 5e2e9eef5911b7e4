#include "apps/example_world.h"

#include <array>
#include <functional>
#include <initializer_list>
#include <vector>

namespace meridian::apps {
namespace {

namespace r53 = gen::route53;

struct ExampleSet {
  const char* name;
  const char* type;
  std::int64_t ttl;
  std::initializer_list<const char*> values;
};

// Addresses of RFC 5737 and RFC 3849: they belong to nobody.
const ExampleSet kSets[] = {
    {"example.test", "A", 300, {"192.0.2.10"}},
    {"example.test", "MX", 3600, {"10 mail.example.test"}},
    {"example.test", "TXT", 3600, {"\"v=spf1 mx -all\""}},
    {"example.test", "CAA", 3600, {"0 issue \"ca.example.test\""}},
    {"www.example.test", "A", 60, {"192.0.2.10", "192.0.2.11"}},
    {"www.example.test", "AAAA", 60, {"2001:db8::10"}},
    {"mail.example.test", "A", 3600, {"192.0.2.25"}},
    {"blog.example.test", "CNAME", 300, {"www.example.test"}},
    {"*.wild.example.test", "A", 60, {"192.0.2.99"}},
    {"team.example.test", "NS", 3600, {"ns.team.example.test"}},
    {"ns.team.example.test", "A", 3600, {"192.0.2.53"}},
    {"_https._tcp.example.test", "SRV", 300, {"10 5 443 www.example.test"}},
};

// One name a routing policy. The clients that they tell apart are those of packaging/config/topology.toml.
using Policy = std::function<void(r53::ResourceRecordSet&)>;

Policy weight(std::int64_t share) {
  return [=](r53::ResourceRecordSet& set) { set.Weight = share; };
}
Policy latency(const char* region) {
  return [=](r53::ResourceRecordSet& set) { set.Region = region; };
}
Policy continent(const char* code) {
  return [=](r53::ResourceRecordSet& set) { set.GeoLocation.emplace().ContinentCode = code; };
}
Policy country(const char* code, const char* subdivision = nullptr) {
  return [=](r53::ResourceRecordSet& set) {
    set.GeoLocation.emplace().CountryCode = code;
    if (subdivision) set.GeoLocation->SubdivisionCode = subdivision;
  };
}
Policy near(const char* region, std::int32_t bias) {
  return [=](r53::ResourceRecordSet& set) {
    set.GeoProximityLocation.emplace().AWSRegion = region;
    set.GeoProximityLocation->Bias = bias;
  };
}
Policy multivalue() {
  return [](r53::ResourceRecordSet& set) { set.MultiValueAnswer = true; };
}

struct RoutedSet {
  const char *name, *identifier;
  Policy policy;
  const char* value;
};

std::vector<RoutedSet> routed_sets() {
  std::vector<RoutedSet> sets = {
      {"weighted.example.test", "four fifths", weight(80), "192.0.2.80"},
      {"weighted.example.test", "one fifth", weight(20), "192.0.2.20"},
      {"latency.example.test", "Frankfurt", latency("eu-central-1"), "192.0.2.101"},
      {"latency.example.test", "California", latency("us-west-1"), "192.0.2.102"},
      {"latency.example.test", "Virginia", latency("us-east-1"), "192.0.2.103"},
      {"latency.example.test", "Tokyo", latency("ap-northeast-1"), "192.0.2.104"},
      {"geo.example.test", "everybody else", country("*"), "192.0.2.110"},
      {"geo.example.test", "Europe", continent("EU"), "192.0.2.111"},
      {"geo.example.test", "United States", country("US"), "192.0.2.112"},
      {"geo.example.test", "California", country("US", "CA"), "192.0.2.113"},
      {"near.example.test", "Frankfurt", near("eu-central-1", 0), "192.0.2.121"},
      {"near.example.test", "Virginia, twice as attractive", near("us-east-1", 50), "192.0.2.122"},
      {"near.example.test", "Tokyo", near("ap-northeast-1", 0), "192.0.2.123"},
  };
  // Ten, of which an answer has eight.
  static constexpr std::array kValues = {"192.0.2.131", "192.0.2.132", "192.0.2.133", "192.0.2.134",
                                         "192.0.2.135", "192.0.2.136", "192.0.2.137", "192.0.2.138",
                                         "192.0.2.139", "192.0.2.140"};
  for (const char* value : kValues) sets.push_back({"many.example.test", value, multivalue(), value});
  return sets;
}

std::unexpected<Error> refused(const aws::ServiceError& error) {
  return fail(ErrorCode::Internal, "the example world: " + error.code + ": " + error.message);
}

Result<std::string> make_cidr_collection(services::route53::Route53& route53, aws::Call& call) {
  r53::CreateCidrCollectionRequest create;
  create.Name = "example-world";
  create.CallerReference = "example-world";
  auto made = route53.CreateCidrCollection(call, create);
  if (!made) return refused(made.error());
  const std::string id = made->Collection->Id.value();
  r53::ChangeCidrCollectionRequest change;
  change.Id = id;
  change.Changes.push_back({"office", "PUT", {"10.1.0.0/16", "127.0.1.0/24"}});
  change.Changes.push_back({"home", "PUT", {"192.168.0.0/16", "127.0.2.0/24"}});
  auto changed = route53.ChangeCidrCollection(call, change);
  if (!changed) return refused(changed.error());
  return id;
}

void add(r53::ChangeBatch& batch, const RoutedSet& set) {
  auto& added = batch.Changes.emplace_back();
  added.Action = "CREATE";
  added.ResourceRecordSet.Name = set.name;
  added.ResourceRecordSet.Type = "A";
  added.ResourceRecordSet.TTL = 60;
  added.ResourceRecordSet.SetIdentifier = set.identifier;
  added.ResourceRecordSet.ResourceRecords.emplace().emplace_back().Value = set.value;
  set.policy(added.ResourceRecordSet);
}

Result<void> add_policies(services::route53::Route53& route53, aws::Call& call, r53::ChangeBatch& batch) {
  for (const RoutedSet& set : routed_sets()) add(batch, set);
  const std::string collection = TRY(make_cidr_collection(route53, call));
  const auto of = [&](const char* location) -> Policy {
    return [=](r53::ResourceRecordSet& set) {
      set.CidrRoutingConfig = r53::CidrRoutingConfig{collection, location};
    };
  };
  add(batch, {"ip.example.test", "the office", of("office"), "192.0.2.151"});
  add(batch, {"ip.example.test", "at home", of("home"), "192.0.2.152"});
  add(batch, {"ip.example.test", "elsewhere", of("*"), "192.0.2.150"});
  return {};
}

}  // namespace

Result<void> make_example_world(services::route53::Route53& route53, const std::string& account_id,
                                const Clock& clock) {
  aws::Call call;
  call.account_id = account_id;
  call.time = clock.now();
  auto zones = route53.ListHostedZones(call, {});
  if (!zones) return refused(zones.error());
  if (!zones->HostedZones.empty()) return {};

  r53::CreateHostedZoneRequest create;
  create.Name = "example.test";
  create.CallerReference = "example-world";
  create.HostedZoneConfig.emplace().Comment = "The example world: change it, or delete it";
  auto made = route53.CreateHostedZone(call, create);
  if (!made) return refused(made.error());

  r53::ChangeResourceRecordSetsRequest change;
  change.HostedZoneId = made->HostedZone.Id;
  for (const ExampleSet& set : kSets) {
    auto& added = change.ChangeBatch.Changes.emplace_back();
    added.Action = "CREATE";
    added.ResourceRecordSet.Name = set.name;
    added.ResourceRecordSet.Type = set.type;
    added.ResourceRecordSet.TTL = set.ttl;
    auto& records = added.ResourceRecordSet.ResourceRecords.emplace();
    for (const char* value : set.values) records.emplace_back().Value = value;
  }
  auto alias = [&](const char* name, const char* target) {
    auto& added = change.ChangeBatch.Changes.emplace_back();
    added.Action = "CREATE";
    added.ResourceRecordSet.Name = name;
    added.ResourceRecordSet.Type = "A";
    auto& to = added.ResourceRecordSet.AliasTarget.emplace();
    to.HostedZoneId = made->HostedZone.Id;
    to.DNSName = target;
    to.EvaluateTargetHealth = false;
  };
  alias("app.example.test", "www.example.test");
  TRY(add_policies(route53, call, change.ChangeBatch));
  auto changed = route53.ChangeResourceRecordSets(call, change);
  if (!changed) return refused(changed.error());
  return {};
}

}  // namespace meridian::apps
