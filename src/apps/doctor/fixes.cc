#include "apps/doctor/fixes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "aws/protocols/json_body.h"
#include "formats/json/json.h"
#include "gen/route53/api.h"
#include "net/address.h"
#include "net/public_address.h"

namespace meridian::apps::doctor {
namespace {

constexpr std::size_t kReplacedUsersMax = 100;  // record sets in one printed command
constexpr std::int32_t kFastInterval = 10;
constexpr const char* kCheckVariable = "check";
constexpr std::string_view kFreshReference = "doctor-$(date +%s%N)";

// A member of a request as the AWS CLI takes it: JSON with the names of the model.
template <typename Request>
std::string member_json(const Request& request, std::string_view member) {
  std::string body;
  aws::encode_json(body, shape_of(&request), &request, aws::Members::All);
  const auto tree = json::parse(body);
  const json::Value* found = tree ? tree->find(member) : nullptr;
  return found ? json::to_text(*found) : "";
}

// JSON escapes the mark of a variable; the shell needs it bare.
std::string with_variables(std::string text) {
  constexpr std::string_view kEscaped = "\\u0001";
  for (std::size_t at = 0; (at = text.find(kEscaped, at)) != text.npos; ++at)
    text.replace(at, kEscaped.size(), "\x01");
  return text;
}

bool may_probe(const Picture& picture, const r53::HealthCheckConfig& config) {
  if (!config.IPAddress || picture.private_checks_allowed()) return true;
  const auto address = net::IpAddress::parse(*config.IPAddress);
  return address && net::is_public(*address);
}

// The settings of an endpoint check among the record sets beside this one.
std::optional<r53::HealthCheckConfig> neighbour_check(const Picture& picture, const RecordSet& set) {
  const Group* group = picture.group(*set.zone, set.name, set.type);
  for (const RecordSet* other : group ? group->sets : std::vector<const RecordSet*>())
    if (const Check* check = picture.check(other->check_id()); check && check->is_endpoint())
      return check->config;
  return std::nullopt;
}

// The record set that an endpoint's address stands in: itself, or the one that an alias leads to.
const RecordSet* where_the_address_is(const Picture& picture, const RecordSet& set) {
  const RecordSet* at = &set;
  for (int hops = 0; at->is_alias() && hops < 16; ++hops) {
    const Group* target = picture.alias_target(*at);
    if (!target || target->sets.size() != 1) return nullptr;
    at = &target->first();
  }
  return at->is_alias() ? nullptr : at;
}

}  // namespace

ChangeBatch& ChangeBatch::put(r53::ResourceRecordSet set) {
  changes_.push_back({"UPSERT", std::move(set)});
  return *this;
}

ChangeBatch& ChangeBatch::create(r53::ResourceRecordSet set) {
  changes_.push_back({"CREATE", std::move(set)});
  return *this;
}

ChangeBatch& ChangeBatch::remove(const RecordSet& set) {
  changes_.push_back({"DELETE", set.shown});
  return *this;
}

ShellCommand ChangeBatch::command() const {
  r53::ChangeResourceRecordSetsRequest request;
  request.ChangeBatch.Changes = changes_;
  return route53("change-resource-record-sets")
      .option("hosted-zone-id", zone_.id)
      .option("change-batch", with_variables(member_json(request, "ChangeBatch")));
}

ShellCommand put_changed(const RecordSet& set, const std::function<void(r53::ResourceRecordSet&)>& change) {
  r53::ResourceRecordSet changed = set.shown;
  change(changed);
  return ChangeBatch(*set.zone).put(std::move(changed)).command();
}

ShellCommand remove(const RecordSet& set) {
  return ChangeBatch(*set.zone).remove(set).command();
}

ShellCommand route53(std::string_view operation) {
  return ShellCommand("aws route53").word(operation);
}

ShellCommand update_check(const Check& check) {
  return route53("update-health-check").option("health-check-id", check.id);
}

ShellCommand delete_check(std::string_view id) {
  return route53("delete-health-check").option("health-check-id", id);
}

ShellCommand create_check(const r53::HealthCheckConfig& config, std::string_view variable) {
  r53::CreateHealthCheckRequest request;
  request.HealthCheckConfig = config;
  // What is false unless it is given need not be read.
  for (auto member : {&r53::HealthCheckConfig::MeasureLatency, &r53::HealthCheckConfig::Inverted,
                      &r53::HealthCheckConfig::Disabled})
    if (!(request.HealthCheckConfig.*member).value_or(false)) (request.HealthCheckConfig.*member).reset();
  if (request.HealthCheckConfig.EnableSNI == config.Type.starts_with("HTTPS"))
    request.HealthCheckConfig.EnableSNI.reset();  // on by default where there is TLS
  return route53("create-health-check")
      .expanded("caller-reference", kFreshReference)
      .option("health-check-config", member_json(request, "HealthCheckConfig"))
      .option("query", "HealthCheck.Id")
      .option("output", "text")
      .keep_as(variable);
}

std::vector<ShellCommand> replace_check(const Picture& picture, const Check& old,
                                        const r53::HealthCheckConfig& config) {
  const CheckUsers& users = picture.users_of(old.id);
  if (!users.instances.empty() || users.sets.size() > kReplacedUsersMax || !may_probe(picture, config))
    return {};
  std::vector<ShellCommand> out{create_check(config)};
  std::map<const Zone*, ChangeBatch> batches;
  for (const RecordSet* set : users.sets) {
    r53::ResourceRecordSet changed = set->shown;
    changed.HealthCheckId = shell_variable(kCheckVariable);
    batches.try_emplace(set->zone, *set->zone).first->second.put(std::move(changed));
  }
  for (const auto& [zone, batch] : batches) out.push_back(batch.command());
  for (const Check* parent : users.parents) {
    ShellCommand command = update_check(*parent).flag("child-health-checks");
    for (const std::string& child : *parent->config.ChildHealthChecks)
      command.word(child == old.id ? shell_variable(kCheckVariable) : child);
    out.push_back(std::move(command));
  }
  out.push_back(delete_check(old.id));
  return out;
}

std::optional<r53::HealthCheckConfig> check_for(const Picture& picture, const RecordSet& set) {
  const RecordSet* at = where_the_address_is(picture, set);
  if (!at || (!at->is_address() && at->type != dns::Type::CNAME) || at->values().empty()) return std::nullopt;
  auto config = neighbour_check(picture, set);
  if (!config) {
    config.emplace();
    config->Type = "HTTPS";
    config->ResourcePath = "/health";
    config->RequestInterval = kFastInterval;
    config->FailureThreshold = 3;
    if (at->is_address() && !set.name.is_wildcard()) config->FullyQualifiedDomainName = shown_name(set.name);
  }
  config->IPAddress.reset();
  config->Inverted.reset();
  config->Disabled.reset();
  if (at->is_address()) {
    config->IPAddress = at->values().front();
    if (config->Type == "TCP") config->FullyQualifiedDomainName.reset();  // that has the one or the other
  } else {
    config->FullyQualifiedDomainName = at->values().front();
  }
  auto& host = config->FullyQualifiedDomainName;
  if (host && host->ends_with('.')) host->pop_back();  // as it stands in a Host header
  config->EnableSNI.reset();
  return may_probe(picture, *config) ? config : std::nullopt;
}

Fix attach_check(const Picture& picture, const RecordSet& set) {
  const auto config = check_for(picture, set);
  if (!config)
    return {"Give it a health check: make one of a public endpoint, and put its id into the record set.", {}};
  return {fmt::format("Give it a health check of {}: choose the protocol and the path that tell its health.",
                      config->IPAddress.value_or(config->FullyQualifiedDomainName.value_or(""))),
          {create_check(*config), put_changed(set, [](r53::ResourceRecordSet& changed) {
             changed.HealthCheckId = shell_variable(kCheckVariable);
           })}};
}

Fix attach_checks(const Picture& picture, const std::vector<const RecordSet*>& sets) {
  if (sets.size() == 1) return attach_check(picture, *sets.front());
  Fix out;
  for (const RecordSet* set : std::span(sets).first(std::min(sets.size(), kChecksPrintedMax)))
    for (ShellCommand& command : attach_check(picture, *set).commands)
      out.commands.push_back(std::move(command));
  out.words = "Give each a health check: choose the protocol and the path that tell its health.";
  if (out.commands.empty())
    out.words =
        "Give each a health check: make one of its public endpoint, and put its id into the record set.";
  if (sets.size() > kChecksPrintedMax)
    out.words += fmt::format(" These are the first {} of {}:", kChecksPrintedMax, sets.size());
  return out;
}

ShellCommand evaluate_target(const RecordSet& set) {
  return put_changed(
      set, [](r53::ResourceRecordSet& changed) { changed.AliasTarget->EvaluateTargetHealth = true; });
}

Resource of(const RecordSet& set) {
  const std::string name = shown_name(set.name), identifier = set.shown.SetIdentifier.value_or("");
  return {.kind = "record set",
          .label = fmt::format("{} {}{}", name, set.shown.Type,
                               identifier.empty() ? "" : fmt::format(" ({})", identifier)),
          .id = "",
          .zone_ids = {set.zone->id},
          .name = set.name.to_string(),
          .type = set.shown.Type,
          .set_identifier = identifier};
}

Resource of(const Group& group) {
  Resource out = of(group.first());
  out.label = fmt::format("{} {}", shown_name(group.first().name), out.type);
  out.set_identifier.clear();
  return out;
}

namespace {

// "HTTPS 192.0.2.1:443/health".
std::string described(const r53::HealthCheckConfig& config) {
  if (config.Type == "CALCULATED")
    return fmt::format("CALCULATED of {}", config.ChildHealthChecks ? config.ChildHealthChecks->size() : 0);
  if (config.AlarmIdentifier) return fmt::format("{} {}", config.Type, config.AlarmIdentifier->Name);
  const std::string host = config.IPAddress.value_or(config.FullyQualifiedDomainName.value_or(""));
  if (host.empty()) return config.Type;
  return fmt::format("{} {}{}{}", config.Type, host, config.Port ? fmt::format(":{}", *config.Port) : "",
                     config.ResourcePath.value_or(""));
}

// A calculated check is in no other one, so that one step up is all there is.
void add_zones(const Picture& picture, const Check& check, std::vector<std::string>& zone_ids,
               bool parents_too = true) {
  const CheckUsers& users = picture.users_of(check.id);
  for (const RecordSet* set : users.sets) zone_ids.push_back(set->zone->id);
  for (const auto* instance : users.instances)
    if (const Zone* zone = picture.zone(instance->HostedZoneId)) zone_ids.push_back(zone->id);
  if (!parents_too) return;
  for (const Check* parent : users.parents) add_zones(picture, *parent, zone_ids, false);
}

}  // namespace

Resource of(const Picture& picture, const Check& check) {
  Resource out{.kind = "health check",
               .label = fmt::format("{} {}", check.id, described(check.config)),
               .id = check.id,
               .zone_ids = {}};
  add_zones(picture, check, out.zone_ids);
  std::ranges::sort(out.zone_ids);
  const auto rest = std::ranges::unique(out.zone_ids);
  out.zone_ids.erase(rest.begin(), rest.end());
  return out;
}

Resource of(const Zone& zone) {
  return {.kind = "hosted zone", .label = shown_name(zone.name), .id = zone.id, .zone_ids = {zone.id}};
}

}  // namespace meridian::apps::doctor
