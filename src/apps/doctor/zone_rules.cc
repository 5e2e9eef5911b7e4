// Hosted zones, and what others must know of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"
#include "formats/dns/rdata.h"
#include "formats/json/json.h"

namespace meridian::apps::doctor {
namespace {

using dns::Name;
using dns::Type;

constexpr std::int64_t kNegativeTtlMax = 900;  // what Route 53 gives a zone
constexpr std::int64_t kNsTtlMax = 172800;     // the same
constexpr std::int64_t kStableTtlMax = 86400;  // from here on a change takes a day
constexpr std::int64_t kStableTtl = 3600;
constexpr std::int64_t kDelegationTtl = 3600;  // of one that was just made, and may be wrong
constexpr const char* kSpf = "\"v=spf1 mx ~all\"";
constexpr const char* kDmarc = "\"v=DMARC1; p=none\"";
constexpr const char* kCaa = "0 issue \"amazon.com\"";
constexpr std::string_view kRetentionDays = "30";
constexpr std::string_view kNewPolicyName = "route53-query-logging";

std::set<Name> names_of(const std::vector<std::string>& values) {
  std::set<Name> out;
  for (const std::string& value : values)
    if (const auto name = parse_name(value)) out.insert(*name);
  return out;
}

std::vector<r53::ResourceRecord> records_of(const std::vector<std::string>& servers) {
  std::vector<r53::ResourceRecord> out;
  for (const std::string& server : servers) out.push_back({server.ends_with('.') ? server : server + "."});
  return out;
}

// The zone of ours from which this one would be delegated.
const Zone* parent_of(const Picture& picture, const Zone& zone) {
  const Name above = zone.name.parent();
  const Zone* parent = above.is_root() ? nullptr : picture.zone_of(above);
  if (!parent) return nullptr;
  // A delegation in between leads to servers that are not ours.
  for (Name up = above; up != parent->name; up = up.parent())
    if (picture.group(*parent, up, Type::NS)) return nullptr;
  return parent;
}

bool has_value(const Group* group, std::string_view beginning) {
  if (!group) return false;
  for (const RecordSet* set : group->sets)
    for (const std::string& value : set->values())
      if (value.starts_with(beginning)) return true;
  return false;
}

// The zone takes mail: an MX at the apex that is not "0 ." (RFC 7505).
bool takes_mail(const Picture& picture, const Zone& zone) {
  const Group* mx = picture.group(zone, zone.name, Type::MX);
  if (!mx) return false;
  for (const std::string& value : mx->first().values())
    if (const auto target = target_in(Type::MX, value); target && !target->is_root()) return true;
  return false;
}

// One more value at a name, beside those that are there.
Fix add_value(const Picture& picture, const Zone& zone, const Name& name, Type type, const std::string& value,
              std::string words) {
  r53::ResourceRecordSet set;
  if (const Group* group = picture.group(zone, name, type)) {
    if (group->policy() != Policy::Simple || group->first().is_alias()) return {std::move(words), {}};
    set = group->first().shown;
  } else {
    set.Name = name.to_string(dns::Escapes::Octal);
    set.Type = dns::to_string(type);
    set.TTL = kStableTtl;
    set.ResourceRecords.emplace();
  }
  set.ResourceRecords->push_back({value});
  return {std::move(words), {ChangeBatch(zone).put(std::move(set)).command()}};
}

std::optional<std::uint32_t> soa_minimum(const RecordSet& soa) {
  const auto values = soa.values();
  const auto fields = values.empty() ? fail(ErrorCode::Invalid, "") : dns::split_fields(values.front());
  if (!fields || fields->size() != 7) return std::nullopt;
  std::uint32_t out = 0;
  const std::string& text = fields->back().value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

}  // namespace

Findings apex_ns_mismatch(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const Group* ns = picture.group(zone, zone.name, Type::NS);
    if (!ns || zone.name_servers.empty() || names_of(ns->first().values()) == names_of(zone.name_servers))
      continue;
    out.push_back(
        {of(*ns),
         fmt::format("The zone is served by {}; its own NS records say otherwise, and resolvers believe "
                     "them over the delegation.",
                     fmt::join(zone.name_servers, ", ")),
         {"Put the zone's servers back:", {put_changed(ns->first(), [&](r53::ResourceRecordSet& set) {
            set.ResourceRecords = records_of(zone.name_servers);
          })}}});
  }
  return out;
}

Findings delegation_mismatch(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const Zone* parent = parent_of(picture, zone);
    const Group* ns = parent ? picture.group(*parent, zone.name, Type::NS) : nullptr;
    if (!ns || zone.name_servers.empty() || picture.zone_of(zone.name) != &zone) continue;
    const auto delegated = names_of(ns->first().values());
    // Of several zones with one name, the delegation chooses.
    if (std::ranges::any_of(picture.zones(), [&](const Zone& other) {
          return other.name == zone.name && delegated == names_of(other.name_servers);
        }))
      continue;
    out.push_back(
        {of(*ns),
         fmt::format("{} delegates to {}, but the zone {} is served by {}.", shown_name(parent->name),
                     fmt::join(ns->first().values(), ", "), zone.id, fmt::join(zone.name_servers, ", ")),
         {"Delegate to the servers of the zone:", {put_changed(ns->first(), [&](r53::ResourceRecordSet& set) {
            set.ResourceRecords = records_of(zone.name_servers);
          })}}});
  }
  return out;
}

Findings delegation_missing(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const Zone* parent = parent_of(picture, zone);
    if (!parent || zone.name_servers.empty() || picture.zone_of(zone.name) != &zone) continue;
    if (picture.group(*parent, zone.name, Type::NS)) continue;
    r53::ResourceRecordSet ns;
    ns.Name = zone.name.to_string(dns::Escapes::Octal);
    ns.Type = "NS";
    ns.TTL = kDelegationTtl;
    ns.ResourceRecords = records_of(zone.name_servers);
    Resource resource = of(zone);
    resource.zone_ids.push_back(parent->id);
    out.push_back({std::move(resource),
                   fmt::format("{} is a hosted zone too and does not delegate to it: resolvers never ask the "
                               "servers of this one.",
                               shown_name(parent->name)),
                   {"Delegate:", {ChangeBatch(*parent).create(std::move(ns)).command()}}});
  }
  return out;
}

Findings ds_of_unsigned_zone(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const Zone* parent = parent_of(picture, zone);
    const Group* ds = parent && !zone.is_signed ? picture.group(*parent, zone.name, Type::DS) : nullptr;
    if (!ds || picture.zone_of(zone.name) != &zone) continue;
    out.push_back(
        {of(*ds),
         fmt::format("{} says that {} is signed, and it is not: whoever validates gets SERVFAIL for "
                     "every name.",
                     shown_name(parent->name), shown_name(zone.name)),
         {"Take the DS away until the zone is signed:", {remove(ds->first())}}});
  }
  return out;
}

Findings same_name_zones(const Picture& picture) {
  std::map<Name, std::vector<const Zone*>> by_name;
  for (const Zone& zone : picture.zones()) by_name[zone.name].push_back(&zone);
  Findings out;
  for (const auto& [name, zones] : by_name) {
    if (zones.size() < 2) continue;
    std::vector<std::string> ids;
    std::vector<ShellCommand> deletions;
    for (const Zone* zone : zones) {
      ids.push_back(zone->id);
      const bool empty = zone->groups.size() <= 2;  // SOA and NS
      if (empty && deletions.size() + 1 < zones.size())
        deletions.push_back(route53("delete-hosted-zone").option("id", zone->id));
    }
    Resource resource = of(*zones.front());
    resource.zone_ids = ids;
    std::string words = deletions.empty()
                            ? "Move the records into the zone that is delegated to, and delete the rest."
                            : "Delete those that hold nothing:";
    out.push_back(
        {std::move(resource),
         fmt::format("{} hosted zones have this name ({}), each with its own servers: what is changed in "
                     "one is not seen in another.",
                     zones.size(), fmt::join(ids, ", ")),
         {std::move(words), std::move(deletions)}});
  }
  return out;
}

Findings long_ttl(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (set.policy != Policy::Simple || set.shown.TTL.value_or(0) < kStableTtlMax) continue;
      if (!set.is_address() && set.type != Type::CNAME) continue;
      out.push_back(
          {of(set),
           fmt::format("Once changed, some clients stay with the old answer for {} hours.",
                       *set.shown.TTL / 3600),
           {"An hour is enough for what is stable; go down to 60 s a day before a move.",
            {put_changed(set, [](r53::ResourceRecordSet& changed) { changed.TTL = kStableTtl; })}}});
    }
  return out;
}

Findings negative_ttl(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const Group* soa = picture.group(zone, zone.name, Type::SOA);
    const auto minimum = soa ? soa_minimum(soa->first()) : std::nullopt;
    if (!minimum) continue;
    const std::int64_t negative = std::min<std::int64_t>(soa->first().shown.TTL.value_or(0), *minimum);
    if (negative <= kNegativeTtlMax) continue;
    out.push_back(
        {of(*soa),
         fmt::format("That a name is not there is remembered for {} s, the smaller of the SOA's TTL and "
                     "its last number: who asks too early waits for that long after it was made.",
                     negative),
         {"As Route 53 has it:",
          {put_changed(soa->first(), [](r53::ResourceRecordSet& set) { set.TTL = kNegativeTtlMax; })}}});
  }
  return out;
}

Findings ns_ttl(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones())
    for (const RecordSet& set : zone.sets) {
      if (set.type != Type::NS || set.shown.TTL.value_or(0) <= kNsTtlMax) continue;
      out.push_back({of(set),
                     fmt::format("A move to other name servers takes {} days to reach everybody.",
                                 *set.shown.TTL / 86400),
                     {"Two days, as Route 53 has it; less before a move:",
                      {put_changed(set, [](r53::ResourceRecordSet& changed) { changed.TTL = kNsTtlMax; })}}});
    }
  return out;
}

Findings no_spf(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    if (!takes_mail(picture, zone) || has_value(picture.group(zone, zone.name, Type::TXT), "\"v=spf1"))
      continue;
    out.push_back({of(zone), "It takes mail, and no TXT record (SPF) says who may send in its name.",
                   add_value(picture, zone, zone.name, Type::TXT, kSpf,
                             "Name those who send; here, the mail servers of the zone:")});
  }
  return out;
}

Findings no_dmarc(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const auto name = zone.name.prepend("_dmarc");
    if (!name || !takes_mail(picture, zone) || has_value(picture.group(zone, *name, Type::TXT), "\"v=DMARC1"))
      continue;
    out.push_back({of(zone),
                   "It takes mail, and no policy (DMARC) says what to do with mail forged in its name.",
                   add_value(picture, zone, *name, Type::TXT, kDmarc, "Begin by watching:")});
  }
  return out;
}

Findings no_caa(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    const auto www = zone.name.prepend("www");
    const auto has_host = [&](const Name& name) {
      return picture.group(zone, name, Type::A) || picture.group(zone, name, Type::AAAA) ||
             picture.group(zone, name, Type::CNAME);
    };
    const bool hosts = has_host(zone.name) || (www && has_host(*www));
    if (!hosts || picture.group(zone, zone.name, Type::CAA)) continue;
    out.push_back({of(zone), "Any certification authority may issue certificates for its names.",
                   add_value(picture, zone, zone.name, Type::CAA, kCaa,
                             "Name those that do; here, Amazon's, which ACM uses:")});
  }
  return out;
}

Findings queries_not_logged(const Picture& picture) {
  Findings out;
  for (const Zone& zone : picture.zones()) {
    if (zone.queries_logged != false) continue;
    const std::string group = fmt::format("/aws/route53/{}", shown_name(zone.name)),
                      arn = fmt::format("arn:aws:logs:us-east-1:{}:log-group:{}", picture.account(), group);
    Fix fix{"Log them to CloudWatch Logs, kept for as long as you look back.", {}};
    if (!picture.account().empty()) {
      std::string policy;
      json::Writer writer(policy);
      writer.value(json::Object{
          {"Version", "2012-10-17"},
          {"Statement",
           json::Array{json::Object{{"Effect", "Allow"},
                                    {"Principal", json::Object{{"Service", "route53.amazonaws.com"}}},
                                    {"Action", json::Array{"logs:CreateLogStream", "logs:PutLogEvents"}},
                                    {"Resource", arn + ":*"}}}}});
      const auto logs = [](std::string_view operation) {
        return ShellCommand("aws logs").word(operation).option("region", "us-east-1");
      };
      fix.commands = {logs("create-log-group").option("log-group-name", group),
                      logs("put-retention-policy")
                          .option("log-group-name", group)
                          .option("retention-in-days", kRetentionDays),
                      logs("put-resource-policy")
                          .option("policy-name", fmt::format("{}-{}", kNewPolicyName, zone.id))
                          .option("policy-document", policy),
                      route53("create-query-logging-config")
                          .option("hosted-zone-id", zone.id)
                          .option("cloud-watch-logs-log-group-arn", arn)};
    }
    out.push_back({of(zone),
                   "Its queries are not logged: when answers are wrong, nobody can say who got which.",
                   std::move(fix)});
  }
  return out;
}

}  // namespace meridian::apps::doctor
