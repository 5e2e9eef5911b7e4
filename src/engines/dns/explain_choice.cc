// What explain shows of a choice: every candidate with what the policy looked at, its health, and what became
// of it. Rule: it looks at the decision made and changes nothing of those to come.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engines/dns/choose.h"

namespace meridian::engines::dns {
namespace {

using Fields = Trace::Fields;

std::string name_of(const RecordsView& alias) {
  return meridian::dns::Name::from_wire(alias.first())->to_string();
}

// What the policy looks at.
std::string explain_weighted(const Candidate& candidate, Fields& fields) {
  fields.push_back({"weight", std::int64_t{candidate.weight}});
  return fmt::format("weight {}", candidate.weight);
}

std::string explain_failover(const Candidate& candidate, Fields& fields) {
  const std::string role = candidate.primary ? "primary" : "secondary";
  fields.push_back({"failover", role});
  return role;
}

std::string explain_latency(const Candidate& candidate, ClientPlace& client, Fields& fields) {
  const bool known = candidate.region != regions::kNoRegion;
  const std::string region(known ? regions::all()[candidate.region].code : "a Region unknown here");
  if (known) fields.push_back({"region", region});
  const std::uint32_t us =
      known ? latency_us(candidate.region, client) : snapshots::location::kUnknownLatencyUs;
  if (us >= snapshots::location::kUnknownLatencyUs) return region + "\tlatency unknown\t";
  const double ms = us / 1000.0;
  const bool measured = client.locations()->measured(client.located(), candidate.region);
  fields.push_back({"latency_ms", ms});
  fields.push_back({"latency_measured", measured});
  return fmt::format("{}\t{:.1f} ms\t{}", region, ms, measured ? "measured" : "modelled");
}

std::string explain_geolocation(const Candidate& candidate, Fields& fields) {
  std::string text;
  const auto add = [&](const char* name, const snapshots::location::Code& code) {
    if (!code.known()) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, code.text());
    fields.push_back({name, std::string(code.text())});
  };
  add("continent", candidate.continent);
  add("country", candidate.country);
  add("subdivision", candidate.subdivision);
  return text;
}

std::string explain_geoproximity(const Candidate& candidate, ClientPlace& client, Fields& fields) {
  const Distance far = distance(candidate, client);
  fields.push_back({"bias", std::int64_t{candidate.bias}});
  fields.push_back({"distance_km", static_cast<double>(far.km)});
  fields.push_back({"biased_distance_km", static_cast<double>(far.biased_km)});
  if (!std::isfinite(far.km)) return "distance unknown\t\t";
  return fmt::format("{:.0f} km\tbias {:+d}\t{:.0f} km with it", far.km, candidate.bias, far.biased_km);
}

std::string explain_policy(PolicyKind kind, const Candidate& candidate, ClientPlace& client, Fields& fields) {
  switch (kind) {
    case PolicyKind::Weighted:
      return explain_weighted(candidate, fields);
    case PolicyKind::Failover:
      return explain_failover(candidate, fields);
    case PolicyKind::Latency:
      return explain_latency(candidate, client, fields);
    case PolicyKind::Geolocation:
      return explain_geolocation(candidate, fields);
    case PolicyKind::Geoproximity:
      return explain_geoproximity(candidate, client, fields);
    case PolicyKind::IpBased:
      fields.push_back({"location", std::string(candidate.location)});
      return fmt::format("location {}", candidate.location);
    case PolicyKind::Simple:
    case PolicyKind::Multivalue:
      break;
  }
  return {};
}

bool looks_at_client(PolicyKind kind) {
  return kind == PolicyKind::Latency || kind == PolicyKind::Geolocation || kind == PolicyKind::Geoproximity ||
         kind == PolicyKind::IpBased;
}

bool holds(const Ranking& ranking, std::size_t candidate) {
  const auto order = std::span(ranking.order).first(ranking.size);
  return std::ranges::find(order, candidate) != order.end();
}

}  // namespace

void Chooser::explain(const RecordGroup& group, const DnsZone& zone, const Decision& decision,
                      std::size_t hops) {
  const PolicyKind kind = group.kind();
  if (looks_at_client(kind)) client_.explain(*trace_);
  const std::string name = kPolicyNames[static_cast<std::size_t>(kind)];
  Fields fields{{"policy", name}, {"candidates", static_cast<std::int64_t>(group.size())}};
  std::string text =
      fmt::format("{} among {} record set{}", name, group.size(), group.size() == 1 ? "" : "s");
  if (kind == PolicyKind::IpBased) explain_match(group, text, fields);
  trace_->add("policy", std::move(text), std::move(fields));
  const ChoiceNotes before = notes_;
  const ClientPlace client_before = client_;
  const std::size_t verdicts_before = verdict_count_;

  Ranking serving;
  list_serving(group, serving);
  for (std::size_t i = 0; i < group.size(); ++i)
    explain_candidate(group, zone, i, decision, holds(serving, i), hops);
  notes_ = before;
  client_.reset_to(client_before);
  verdict_count_ = verdicts_before;
  if (decision.failed_open)
    trace_->add("fail_open", "no candidate is healthy: chosen as if all were", {{"failed_open", true}});
  if (decision.draw.total > 0)
    trace_->add("draw", fmt::format("{} of 0 to {}", decision.draw.number, decision.draw.total - 1),
                {{"draw", static_cast<std::int64_t>(decision.draw.number)},
                 {"total", static_cast<std::int64_t>(decision.draw.total)}});
  if (decision.chosen.size == 0) trace_->add("chosen", "no candidate serves this client: no data");
  for (std::size_t i = 0; i < decision.chosen.size; ++i) {
    const std::string identifier(group.at(decision.chosen.order[i]).set_identifier);
    trace_->add("chosen", identifier, {{"set_identifier", identifier}});
  }
}

void Chooser::explain_match(const RecordGroup& group, std::string& text, Trace::Fields& fields) {
  const std::string collection(group.collection_id());
  text += ", by CIDR collection " + collection;
  fields.push_back({"collection", collection});
  const CidrMatch match = cidr_match(group, snapshot_, client_);
  if (match.location.empty()) {
    text += ", of which no block holds the client";
    return;
  }
  text += fmt::format(", whose {} in {} holds the client", match.block.to_string(), match.location);
  fields.push_back({"block", match.block.to_string()});
  fields.push_back({"block_location", std::string(match.location)});
}

void Chooser::explain_candidate(const RecordGroup& group, const DnsZone& zone, std::size_t index,
                                const Decision& decision, bool serves, std::size_t hops) {
  const Candidate candidate = group.at(index);
  const std::string identifier(candidate.set_identifier);
  Fields fields{{"set_identifier", identifier}};
  // Columns: the identifier, what the policy looks at, health check, alias, what came of it.
  std::string text = identifier + "\t" + explain_policy(group.kind(), candidate, client_, fields) + "\t";

  if (candidate.health != snapshots::health::kNoCheck) {
    const std::string check = snapshot_.health_table().id_of(candidate.health);
    const bool good = snapshot_.health_table().healthy(candidate.health);
    text += fmt::format("health check {} is {}", check, good ? "healthy" : "unhealthy");
    fields.push_back({"health_check", check});
    fields.push_back({"health_check_healthy", good});
  }
  text += '\t';
  if (candidate.records.is_alias) {
    const std::string target = name_of(candidate.records);
    text += "alias of " + target;
    fields.push_back({"alias_target", target});
    fields.push_back({"evaluate_target_health", candidate.records.evaluate_target_health});
    if (candidate.records.evaluate_target_health) {
      const bool good = finds_healthy(candidate.records, &zone, hops);
      text += good ? ", below which something is healthy" : ", below which nothing is healthy";
      fields.push_back({"target_healthy", good});
    }
  }
  const bool healthy = is_healthy(group, index, zone, hops);
  const char* const outcome = holds(decision.chosen, index) ? "chosen"
                              : !serves                     ? "not for this client"
                              : !healthy                    ? "dropped: unhealthy"
                                                            : "not chosen";
  fields.push_back({"healthy", healthy});
  fields.push_back({"outcome", std::string(outcome)});
  trace_->add("candidate", text + "\t" + outcome, std::move(fields));
}

}  // namespace meridian::engines::dns
