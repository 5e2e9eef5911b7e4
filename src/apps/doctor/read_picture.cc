#include "apps/doctor/read_picture.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/aws_client.h"
#include "apps/doctor/read_cdn.h"
#include "formats/json/json.h"
#include "gen/route53/api.h"
#include "http/client.h"

namespace meridian::apps::doctor {
namespace {

constexpr std::size_t kAskedWhyMax = 50;  // unhealthy checks whose checkers are asked what they found

std::unexpected<Error> unreadable(std::string_view operation, const aws::ServiceError& error) {
  return fail(ErrorCode::Unavailable, fmt::format("{}: {}: {}", operation, error.code, error.message));
}

bool absent(const aws::ServiceError& error) {
  return error.code == "NotImplemented";
}

template <typename Output, typename Input>
Result<Output> call(AwsClient& client, std::string_view operation, const Input& input) {
  auto output = client.call<Output>(operation, input);
  if (!output) return unreadable(operation, output.error());
  return *std::move(output);
}

Result<std::vector<r53::ResourceRecordSet>> read_sets(AwsClient& client, const std::string& zone_id) {
  std::vector<r53::ResourceRecordSet> out;
  r53::ListResourceRecordSetsRequest request;
  request.HostedZoneId = zone_id;
  for (;;) {
    auto page = TRY(call<r53::ListResourceRecordSetsResponse>(client, "ListResourceRecordSets", request));
    std::ranges::move(page.ResourceRecordSets, std::back_inserter(out));
    if (!page.IsTruncated) return out;
    request.StartRecordName = page.NextRecordName;
    request.StartRecordType = page.NextRecordType;
    request.StartRecordIdentifier = page.NextRecordIdentifier;
  }
}

// Whether DNSSEC signs the zone; where there is no DNSSEC, nothing does.
Result<bool> is_signed(AwsClient& client, const std::string& zone_id) {
  r53::GetDNSSECRequest request;
  request.HostedZoneId = zone_id;
  const auto found = client.call<r53::GetDNSSECResponse>("GetDNSSEC", request);
  if (found) return found->Status.ServeSignature.value_or("") == "SIGNING";
  if (absent(found.error())) return false;
  return unreadable("GetDNSSEC", found.error());
}

Result<std::optional<bool>> are_queries_logged(AwsClient& client, const std::string& zone_id) {
  r53::ListQueryLoggingConfigsRequest request;
  request.HostedZoneId = zone_id;
  const auto found = client.call<r53::ListQueryLoggingConfigsResponse>("ListQueryLoggingConfigs", request);
  if (found) return !found->QueryLoggingConfigs.empty();
  if (absent(found.error())) return std::nullopt;
  return unreadable("ListQueryLoggingConfigs", found.error());
}

Result<void> read_zones(AwsClient& client, Facts& facts) {
  r53::ListHostedZonesRequest request;
  for (;;) {
    auto page = TRY(call<r53::ListHostedZonesResponse>(client, "ListHostedZones", request));
    for (r53::HostedZone& listed : page.HostedZones) {
      ZoneFacts zone;
      r53::GetHostedZoneRequest one;
      one.Id = listed.Id;
      const auto got = TRY(call<r53::GetHostedZoneResponse>(client, "GetHostedZone", one));
      if (got.DelegationSet) zone.name_servers = got.DelegationSet->NameServers;
      zone.sets = TRY(read_sets(client, listed.Id));
      zone.is_signed = TRY(is_signed(client, listed.Id));
      zone.queries_logged = TRY(are_queries_logged(client, listed.Id));
      zone.zone = std::move(listed);
      facts.zones.push_back(std::move(zone));
    }
    if (!page.IsTruncated) return {};
    request.Marker = page.NextMarker;
  }
}

Result<void> read_checks(AwsClient& client, Facts& facts) {
  r53::ListHealthChecksRequest request;
  for (;;) {
    auto page = TRY(call<r53::ListHealthChecksResponse>(client, "ListHealthChecks", request));
    for (r53::HealthCheck& check : page.HealthChecks)
      facts.checks.push_back({.check = std::move(check), .healthy = {}, .override = {}, .observations = {}});
    if (!page.IsTruncated) return {};
    request.Marker = page.NextMarker;
  }
}

Result<void> read_versions(AwsClient& client, TrafficPolicyFacts& policy) {
  r53::ListTrafficPolicyVersionsRequest request;
  request.Id = policy.id;
  for (;;) {
    auto page =
        TRY(call<r53::ListTrafficPolicyVersionsResponse>(client, "ListTrafficPolicyVersions", request));
    for (r53::TrafficPolicy& version : page.TrafficPolicies)
      policy.documents[version.Version] = std::move(version.Document);
    if (!page.IsTruncated) return {};
    request.TrafficPolicyVersionMarker = page.TrafficPolicyVersionMarker;
  }
}

Result<void> read_traffic_policies(AwsClient& client, Facts& facts) {
  r53::ListTrafficPoliciesRequest request;
  for (;;) {
    auto page = TRY(call<r53::ListTrafficPoliciesResponse>(client, "ListTrafficPolicies", request));
    for (const r53::TrafficPolicySummary& summary : page.TrafficPolicySummaries) {
      TrafficPolicyFacts policy{summary.Id, summary.Name, {}};
      TRY(read_versions(client, policy));
      facts.traffic_policies.push_back(std::move(policy));
    }
    if (!page.IsTruncated) break;
    request.TrafficPolicyIdMarker = page.TrafficPolicyIdMarker;
  }
  r53::ListTrafficPolicyInstancesRequest instances;
  for (;;) {
    auto page =
        TRY(call<r53::ListTrafficPolicyInstancesResponse>(client, "ListTrafficPolicyInstances", instances));
    std::ranges::move(page.TrafficPolicyInstances, std::back_inserter(facts.instances));
    if (!page.IsTruncated) return {};
    instances.HostedZoneIdMarker = page.HostedZoneIdMarker;
    instances.TrafficPolicyInstanceNameMarker = page.TrafficPolicyInstanceNameMarker;
    instances.TrafficPolicyInstanceTypeMarker = page.TrafficPolicyInstanceTypeMarker;
  }
}

// What each checker found last of the checks that are unhealthy.
Result<void> read_observations(AwsClient& client, Facts& facts) {
  std::size_t asked = 0;
  for (CheckFacts& check : facts.checks) {
    if (check.healthy != false || asked++ == kAskedWhyMax) continue;
    r53::GetHealthCheckStatusRequest request;
    request.HealthCheckId = check.check.Id;
    const auto status = client.call<r53::GetHealthCheckStatusResponse>("GetHealthCheckStatus", request);
    // Checks that are not of an endpoint have no such status.
    if (!status) {
      if (absent(status.error())) return {};
      if (status.error().status == 400) continue;
      return unreadable("GetHealthCheckStatus", status.error());
    }
    for (const r53::HealthCheckObservation& each : status->HealthCheckObservations)
      if (each.StatusReport)
        check.observations.push_back({each.Region.value_or(""), each.StatusReport->Status.value_or("")});
  }
  return {};
}

// The operator's endpoint. Nothing: this server has no such page.
Result<std::optional<json::Value>> page(const ClientOptions& options, std::string_view path) {
  http::ClientRequest request;
  request.url = TRY(http::Url::parse(fmt::format("{}{}?output=json", options.admin, path)));
  const auto reply = http::fetch(request);
  if (!reply)
    return fail(ErrorCode::Unavailable,
                fmt::format("{} does not answer ({}); --no-live looks at the configuration alone",
                            options.admin, reply.error().message));
  if (reply->status == 404) return std::nullopt;
  if (reply->status != 200)
    return fail(ErrorCode::Unavailable, fmt::format("{}{}: status {}", options.admin, path, reply->status));
  return TRY(json::parse(reply->body));
}

std::string text_at(const json::Value& tree, std::string_view name) {
  const json::Value* found = tree.find(name);
  const std::string* text = found ? found->get<std::string>() : nullptr;
  return text ? *text : "";
}

std::optional<bool> flag_at(const json::Value& tree, std::string_view name) {
  const json::Value* found = tree.find(name);
  const bool* flag = found ? found->get<bool>() : nullptr;
  return flag ? std::optional(*flag) : std::nullopt;
}

double number_at(const json::Value& tree, std::string_view name) {
  const json::Value* found = tree.find(name);
  if (!found) return 0;
  if (const double* number = found->get<double>()) return *number;
  const std::int64_t* integer = found->get<std::int64_t>();
  return integer ? static_cast<double>(*integer) : 0;
}

const json::Array& list_at(const json::Value& tree, std::string_view name) {
  static const json::Array kNone;
  const json::Value* found = tree.find(name);
  const json::Array* list = found ? found->get<json::Array>() : nullptr;
  return list ? *list : kNone;
}

void take_health(const json::Value& tree, Facts& facts) {
  std::map<std::string, const json::Value*> by_id;
  for (const json::Value& each : list_at(tree, "health_checks")) by_id[text_at(each, "id")] = &each;
  for (CheckFacts& check : facts.checks) {
    const auto found = by_id.find(check.check.Id);
    if (found == by_id.end()) continue;
    check.healthy = flag_at(*found->second, "healthy");
    check.override = flag_at(*found->second, "override_healthy");
  }
}

void take_status(const json::Value& tree, Facts& facts) {
  facts.account = text_at(tree, "account_id");
  facts.private_checks_allowed = flag_at(tree, "private_health_checks").value_or(false);
  const json::Value* dns = tree.find("dns");
  if (!dns) return;
  for (const json::Value& each : list_at(*dns, "quarantined"))
    facts.quarantined.push_back({text_at(each, "zone_id"), text_at(each, "name"), text_at(each, "reason")});
}

void take_edges(const json::Value& tree, Facts& facts) {
  for (const json::Value& each : list_at(tree, "edges"))
    facts.edges.push_back({text_at(each, "name"), text_at(each, "state"), number_at(each, "lag_seconds")});
}

}  // namespace

Result<Facts> read_facts(const ClientOptions& options, bool live, const Clock& clock) {
  AwsClient client = TRY(AwsClient::open(options, r53::service_model(), clock));
  Facts facts;
  TRY(read_zones(client, facts));
  TRY(read_checks(client, facts));
  TRY(read_traffic_policies(client, facts));
  facts.cdn = TRY(read_cdn(options, clock));
  if (!live) return facts;
  if (const auto tree = TRY(page(options, "/status"))) take_status(*tree, facts);
  if (const auto tree = TRY(page(options, "/health-checks"))) take_health(*tree, facts);
  if (const auto tree = TRY(page(options, "/edges"))) take_edges(*tree, facts);
  TRY(read_observations(client, facts));
  return facts;
}

}  // namespace meridian::apps::doctor
