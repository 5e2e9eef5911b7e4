#include "apps/example_world.h"

#include <initializer_list>

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

Result<void> refused(const aws::ServiceError& error) {
  return fail(ErrorCode::Internal, "the example world: " + error.code + ": " + error.message);
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
  auto changed = route53.ChangeResourceRecordSets(call, change);
  if (!changed) return refused(changed.error());
  return {};
}

}  // namespace meridian::apps
