// What the doctor looks at: the configuration of a server as its API shows it, and what its operator's
// endpoint says of the moment. A Picture is built once from the facts and answers the questions that rules
// have; it never changes.
// Rule: nothing here asks the server; what could not be read is unknown (an empty optional), and no rule
// finds anything in what is unknown.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "apps/doctor/cdn_facts.h"
#include "formats/dns/name.h"
#include "formats/dns/types.h"
#include "gen/route53/types.h"

namespace meridian::apps::doctor {

namespace r53 = gen::route53;

enum class Policy : std::uint8_t {
  Simple,
  Weighted,
  Latency,
  Failover,
  Geolocation,
  Geoproximity,
  Multivalue,
  IpBased,
};
std::string_view to_string(Policy policy);  // "weighted"
Policy policy_of(const r53::ResourceRecordSet& set);

// What was read, without an index.
struct ZoneFacts {
  r53::HostedZone zone;
  std::vector<std::string> name_servers;  // of its delegation set
  std::vector<r53::ResourceRecordSet> sets;
  bool is_signed = false;
  std::optional<bool> queries_logged;
};
struct Observation {
  std::string region, text;  // what a checker says: "Failure: …"
};
struct CheckFacts {
  r53::HealthCheck check;
  std::optional<bool> healthy;   // what DNS goes by
  std::optional<bool> override;  // what an operator says in place of probes
  std::vector<Observation> observations;
};
struct TrafficPolicyFacts {
  std::string id, name;
  std::map<std::int32_t, std::string> documents;  // by version
};
struct QuarantineFacts {
  std::string zone_id, name, reason;
};
struct EdgeFacts {
  std::string name, state;    // "live", or what is wrong
  double behind_seconds = 0;  // for so long it has not served the newest revision
};
struct Facts {
  std::vector<ZoneFacts> zones;
  std::vector<CheckFacts> checks;
  std::vector<TrafficPolicyFacts> traffic_policies;
  std::vector<r53::TrafficPolicyInstance> instances;
  std::vector<QuarantineFacts> quarantined;
  std::vector<EdgeFacts> edges;
  CdnFacts cdn;
  std::string account;  // empty: unknown
  // Whether health checks may name any address.
  bool private_checks_allowed = false;
};

struct Zone;

struct RecordSet {
  r53::ResourceRecordSet shown;
  dns::Name name;  // lower case
  dns::Type type = dns::Type::A;
  Policy policy = Policy::Simple;
  const Zone* zone = nullptr;

  bool is_alias() const { return shown.AliasTarget.has_value(); }
  bool evaluates() const { return is_alias() && shown.AliasTarget->EvaluateTargetHealth; }
  bool is_address() const { return type == dns::Type::A || type == dns::Type::AAAA; }
  std::string check_id() const { return shown.HealthCheckId.value_or(""); }
  std::vector<std::string> values() const;
};

// All record sets of one name and type in a zone.
struct Group {
  std::vector<const RecordSet*> sets;
  const RecordSet& first() const { return *sets.front(); }
  Policy policy() const { return first().policy; }
};

struct Zone {
  std::string id;  // without "/hostedzone/"
  dns::Name name;  // lower case
  std::vector<std::string> name_servers;
  std::vector<RecordSet> sets;  // as listed
  std::vector<Group> groups;
  bool is_signed = false;
  std::optional<bool> queries_logged;
};

struct Check {
  std::string id;
  r53::HealthCheckConfig config;
  std::optional<bool> healthy, override;
  std::vector<Observation> observations;

  bool is_endpoint() const;  // HTTP …, TCP: probed by address or name
  bool is_https() const { return config.Type.starts_with("HTTPS"); }
  bool is_calculated() const { return config.Type == "CALCULATED"; }
};

// Who goes by a health check.
struct CheckUsers {
  std::vector<const RecordSet*> sets;
  std::vector<const Check*> parents;                         // calculated checks
  std::vector<const r53::TrafficPolicyInstance*> instances;  // through the document of their version
  bool none() const { return sets.empty() && parents.empty() && instances.empty(); }
};

// What a resolver would find at a name, as far as these zones know.
struct Found {
  enum class What : std::uint8_t { NotOurs, Missing, Exists } what = What::NotOurs;
  std::vector<const RecordSet*> sets;  // of every type; of a wildcard where that answers
  bool has(dns::Type type) const;
};

class Picture {
 public:
  explicit Picture(Facts facts);
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  const std::vector<Zone>& zones() const { return zones_; }
  const std::vector<Check>& checks() const { return checks_; }
  const std::vector<TrafficPolicyFacts>& traffic_policies() const { return facts_.traffic_policies; }
  const std::vector<r53::TrafficPolicyInstance>& instances() const { return facts_.instances; }
  const std::vector<QuarantineFacts>& quarantined() const { return facts_.quarantined; }
  const std::vector<EdgeFacts>& edges() const { return facts_.edges; }
  const CdnFacts& cdn() const { return facts_.cdn; }
  const std::string& account() const { return facts_.account; }
  bool private_checks_allowed() const { return facts_.private_checks_allowed; }

  const Check* check(std::string_view id) const;
  const CheckUsers& users_of(std::string_view check_id) const;
  const Zone* zone(std::string_view id) const;
  // The zone that a resolver gets to for a name: the deepest; of several with one name, the first.
  const Zone* zone_of(const dns::Name& name) const;
  const Group* group(const Zone& zone, const dns::Name& name, dns::Type type) const;
  // The record sets at exactly that name.
  std::vector<const RecordSet*> sets_at(const Zone& zone, const dns::Name& name) const;
  bool exists(const Zone& zone, const dns::Name& name) const;  // with or without records (RFC 8020)
  Found look_up(const dns::Name& name) const;

  // Where an alias leads, when that is in its zone.
  const Group* alias_target(const RecordSet& set) const;
  // Whether anything can ever make the record set unhealthy: its own check, or one below an alias that
  // evaluates its target.
  bool can_fail(const RecordSet& set) const { return can_fail(set, 0); }
  bool can_fail(const Group& group) const;
  // Whether DNS takes it for healthy now; nothing when that is unknown.
  std::optional<bool> healthy(const RecordSet& set) const { return healthy(set, 0); }
  // Seconds from the failure of an endpoint to the check's: interval × threshold, of a calculated check the
  // longest of its children's. Nothing when no number says it (metrics, routing controls).
  std::optional<std::uint32_t> detection_seconds(std::string_view check_id) const;
  // For how long resolvers keep an answer of this record set.
  std::optional<std::int64_t> ttl(const RecordSet& set) const { return ttl(set, 0); }

 private:
  void add_zone(ZoneFacts& facts);
  void index();
  void index_users();
  bool can_fail(const RecordSet& set, int depth) const;
  std::optional<bool> healthy(const RecordSet& set, int depth) const;
  std::optional<std::int64_t> ttl(const RecordSet& set, int depth) const;

  using Places = std::unordered_map<dns::Name, std::vector<std::size_t>>;  // of groups, by name
  Facts facts_;
  std::vector<Zone> zones_;
  std::vector<Check> checks_;
  std::map<std::string, std::size_t, std::less<>> zone_ids_, check_ids_;
  std::unordered_map<dns::Name, std::size_t> zone_names_;
  std::vector<Places> groups_at_;  // by zone
  std::map<std::string, CheckUsers, std::less<>> users_;
};

// Names as people write them: "*.example.com".
std::string shown_name(const dns::Name& name);
std::optional<dns::Name> parse_name(std::string_view text);  // of the API, or of a value; lower case
// The domain name that a value of MX, NS, SRV, CNAME … leads to.
std::optional<dns::Name> target_in(dns::Type type, std::string_view value);

}  // namespace meridian::apps::doctor
