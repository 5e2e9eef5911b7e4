// Traffic policies, and the instances that answer by them. Documents are changed as JSON, so that what people
// wrote in them stays; a change is a new version, which every instance of the old one then takes.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "apps/doctor/budget.h"
#include "apps/doctor/fixes.h"
#include "apps/doctor/route53_rules.h"
#include "formats/json/json.h"
#include "services/route53/traffic_policy_document.h"

namespace meridian::apps::doctor {
namespace {

namespace route = services::route53;

constexpr std::size_t kVersionsBehindMax = 1;
constexpr std::size_t kDeletionsMax = 20;  // printed at once
constexpr const char* kVersionVariable = "version";

using Instances = std::vector<const r53::TrafficPolicyInstance*>;

// A version of a policy that instances answer by.
struct Used {
  const TrafficPolicyFacts& policy;
  std::int32_t version;
  const std::string& text;
  route::TrafficPolicyDocument document;
  Instances instances;
};

std::vector<Used> used_versions(const Picture& picture) {
  std::vector<Used> out;
  for (const TrafficPolicyFacts& policy : picture.traffic_policies())
    for (const auto& [version, text] : policy.documents) {
      Instances instances;
      for (const r53::TrafficPolicyInstance& each : picture.instances())
        if (each.TrafficPolicyId == policy.id && each.TrafficPolicyVersion == version)
          instances.push_back(&each);
      auto document = route::parse_traffic_policy_document(text);
      if (!instances.empty() && document)
        out.push_back({policy, version, text, *std::move(document), std::move(instances)});
    }
  return out;
}

Resource of(const TrafficPolicyFacts& policy) {
  return {.kind = "traffic policy", .label = policy.name, .id = policy.id, .zone_ids = {}};
}

Resource of(const Picture& picture, const Used& used, const route::TrafficRule& rule) {
  Resource out{.kind = "traffic policy",
               .label = fmt::format("{} version {}, rule {}", used.policy.name, used.version, rule.id),
               .id = used.policy.id,
               .zone_ids = {}};
  for (const auto* instance : used.instances)
    if (const Zone* zone = picture.zone(instance->HostedZoneId)) out.zone_ids.push_back(zone->id);
  return out;
}

Resource of(const Picture& picture, const r53::TrafficPolicyInstance& instance) {
  Resource out{.kind = "traffic policy instance", .label = instance.Name, .id = instance.Id, .zone_ids = {}};
  if (const auto name = parse_name(instance.Name)) out.label = shown_name(*name);
  if (const Zone* zone = picture.zone(instance.HostedZoneId)) out.zone_ids = {zone->id};
  return out;
}

ShellCommand update_instance(const r53::TrafficPolicyInstance& instance, std::int64_t ttl,
                             const std::string& version) {
  return route53("update-traffic-policy-instance")
      .option("id", instance.Id)
      .option("ttl", std::to_string(ttl))
      .option("traffic-policy-id", instance.TrafficPolicyId)
      .option("traffic-policy-version", version);
}

json::Value* member(json::Value* tree, std::string_view name) {
  auto* object = tree ? tree->get<json::Object>() : nullptr;
  if (!object) return nullptr;
  const auto found = std::ranges::find(*object, name, &json::Value::Field::first);
  return found == object->end() ? nullptr : &found->second;
}

void set_member(json::Value& tree, std::string_view name, json::Value value) {
  if (json::Value* there = member(&tree, name))
    *there = std::move(value);
  else if (auto* object = tree.get<json::Object>())
    object->emplace_back(name, std::move(value));
}

// What a rule chooses among, in the document's own places.
std::vector<json::Value*> items_of(json::Value& document, const route::TrafficRule& rule) {
  json::Value* tree = member(member(&document, "Rules"), rule.id);
  std::vector<json::Value*> out;
  if (rule.type == route::RuleType::Failover) {
    for (const route::TrafficRuleItem& item : rule.items)
      out.push_back(member(tree, item.primary ? "Primary" : "Secondary"));
    return out;
  }
  for (const char* list : {"Items", "Regions", "Locations", "GeoproximityLocations"})
    if (json::Value* found = member(tree, list); found && found->get<json::Array>())
      for (json::Value& item : *found->get<json::Array>()) out.push_back(&item);
  return out;
}

// A new version with this document, for every instance of the one before.
std::vector<ShellCommand> new_version(const Used& used, const json::Value& document) {
  std::string text = json::to_text(document);
  for (std::size_t at = 0; (at = text.find("\\u0001", at)) != text.npos; ++at) text.replace(at, 6, "\x01");
  std::vector<ShellCommand> out{route53("create-traffic-policy-version")
                                    .option("id", used.policy.id)
                                    .option("document", text)
                                    .option("query", "TrafficPolicy.Version")
                                    .option("output", "text")
                                    .keep_as(kVersionVariable)};
  for (const auto* instance : used.instances)
    out.push_back(update_instance(*instance, instance->TTL, shell_variable(kVersionVariable)));
  return out;
}

bool can_fail(const route::TrafficPolicyDocument& document, const route::TrafficRuleItem& item) {
  if (!item.health_check_id.empty()) return true;
  if (!item.target.is_rule || !item.evaluate_target_health) return false;
  return std::ranges::any_of(document.rules[item.target.index].items,
                             [&](const auto& below) { return can_fail(document, below); });
}

// Health checks for these items of a rule, and a version of the policy that goes by them.
Fix check_items(const Picture& picture, const Used& used, const route::TrafficRule& rule,
                const std::vector<std::size_t>& items) {
  Fix out{"Give each a HealthCheck, in a new version of the policy.", {}};
  auto document = json::parse(used.text);
  if (!document || items.size() > kChecksPrintedMax) return out;
  const auto places = items_of(*document, rule);
  std::vector<ShellCommand> commands;
  for (const std::size_t at : items) {
    const route::TrafficRuleItem& item = rule.items[at];
    if (item.target.is_rule || at >= places.size() || !places[at]) return out;
    // A record set as the endpoint would make it, of which a check is wanted.
    RecordSet set;
    set.type = used.document.record_type;
    set.name = parse_name(used.instances.front()->Name).value_or(dns::Name());
    set.zone = picture.zone(used.instances.front()->HostedZoneId);
    set.shown.ResourceRecords = {{used.document.endpoints[item.target.index].record.text}};
    const auto config = set.zone ? check_for(picture, set) : std::nullopt;
    if (!config) return out;
    const std::string variable = fmt::format("check{}", at + 1);
    commands.push_back(create_check(*config, variable));
    set_member(*places[at], "HealthCheck", shell_variable(variable));
  }
  for (ShellCommand& command : new_version(used, *document)) commands.push_back(std::move(command));
  out.commands = std::move(commands);
  out.words = "Give each a HealthCheck, in a new version that the instances take:";
  return out;
}

}  // namespace

Findings unused_traffic_policy(const Picture& picture) {
  Findings out;
  for (const TrafficPolicyFacts& policy : picture.traffic_policies()) {
    if (std::ranges::any_of(picture.instances(),
                            [&](const auto& each) { return each.TrafficPolicyId == policy.id; }))
      continue;
    Fix fix{"Delete it, version by version:", {}};
    for (const auto& [version, text] : policy.documents)
      if (fix.commands.size() < kDeletionsMax)
        fix.commands.push_back(route53("delete-traffic-policy")
                                   .option("id", policy.id)
                                   .option("traffic-policy-version", std::to_string(version)));
    out.push_back(
        {of(policy), "No instance answers by it, so nobody notices when it is wrong.", std::move(fix)});
  }
  return out;
}

Findings instance_behind(const Picture& picture) {
  Findings out;
  for (const r53::TrafficPolicyInstance& instance : picture.instances())
    for (const TrafficPolicyFacts& policy : picture.traffic_policies()) {
      if (policy.id != instance.TrafficPolicyId || policy.documents.empty()) continue;
      const auto newer = static_cast<std::size_t>(
          std::distance(policy.documents.upper_bound(instance.TrafficPolicyVersion), policy.documents.end()));
      const std::int32_t newest = policy.documents.rbegin()->first;
      if (newer <= kVersionsBehindMax) continue;
      out.push_back(
          {of(picture, instance),
           fmt::format("It answers by version {} of {}, and the newest is {}: what was put right since "
                       "does not count.",
                       instance.TrafficPolicyVersion, policy.name, newest),
           {"Take the newest, after `meridian diff` has shown who would move:",
            {update_instance(instance, instance.TTL, std::to_string(newest))}}});
    }
  return out;
}

Findings instance_ttl(const Picture& picture) {
  Findings out;
  for (const Used& used : used_versions(picture)) {
    const bool follows_health = std::ranges::any_of(used.document.rules, [&](const route::TrafficRule& rule) {
      return std::ranges::any_of(rule.items, [&](const auto& item) { return can_fail(used.document, item); });
    });
    if (!follows_health) continue;
    for (const auto* instance : used.instances)
      if (instance->TTL > kFailoverTtlMax)
        out.push_back({of(picture, *instance),
                       fmt::format("Resolvers keep an answer for {} s after its policy has left an endpoint.",
                                   instance->TTL),
                       {fmt::format("{} s or less:", kFailoverTtlMax),
                        {update_instance(*instance, kFailoverTtlMax, std::to_string(used.version))}}});
  }
  return out;
}

Findings policy_geo_without_default(const Picture& picture) {
  Findings out;
  for (const Used& used : used_versions(picture))
    for (const route::TrafficRule& rule : used.document.rules) {
      if (rule.type != route::RuleType::Geo || std::ranges::any_of(rule.items, [](const auto& item) {
            return item.geo_location.country_code == "*";
          }))
        continue;
      Fix fix{"Add a location with IsDefault, in a new version of the policy.", {}};
      auto document = json::parse(used.text);
      json::Value* list =
          document ? member(member(member(&*document, "Rules"), rule.id), "Locations") : nullptr;
      if (auto* locations = list ? list->get<json::Array>() : nullptr; locations && !locations->empty()) {
        json::Value like = locations->front();
        std::erase_if(*like.get<json::Object>(), [](const json::Value::Field& field) {
          return field.first == "Country" || field.first == "Continent" || field.first == "Subdivision";
        });
        set_member(like, "IsDefault", true);
        locations->push_back(std::move(like));
        fix = {"Answer everybody else, here as the first location does, in a new version:",
               new_version(used, *document)};
      }
      out.push_back(
          {of(picture, used, rule),
           "There is no default: clients of other places, and those whose place nobody knows, get an "
           "empty answer.",
           std::move(fix)});
    }
  return out;
}

Findings policy_rule_without_checks(const Picture& picture) {
  Findings out;
  for (const Used& used : used_versions(picture))
    for (const route::TrafficRule& rule : used.document.rules) {
      if (rule.type == route::RuleType::Failover || rule.items.size() < 2) continue;
      std::vector<std::size_t> blind;
      for (std::size_t at = 0; at < rule.items.size(); ++at)
        if (!rule.items[at].target.is_rule && !can_fail(used.document, rule.items[at])) blind.push_back(at);
      if (blind.empty()) continue;
      out.push_back({of(picture, used, rule),
                     fmt::format("{} of the {} it chooses among {} no health check, and {} chosen when dead.",
                                 blind.size(), rule.items.size(), blind.size() == 1 ? "has" : "have",
                                 blind.size() == 1 ? "is" : "are"),
                     check_items(picture, used, rule, blind)});
    }
  return out;
}

Findings policy_failover_without_check(const Picture& picture) {
  Findings out;
  for (const Used& used : used_versions(picture))
    for (const route::TrafficRule& rule : used.document.rules)
      for (std::size_t at = 0; at < rule.items.size(); ++at)
        if (rule.type == route::RuleType::Failover && rule.items[at].primary &&
            !can_fail(used.document, rule.items[at]))
          out.push_back({of(picture, used, rule),
                         "Nothing ever makes the primary unhealthy, so the secondary never answers.",
                         check_items(picture, used, rule, {at})});
  return out;
}

}  // namespace meridian::apps::doctor
