#include "apps/control/explain_health.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "engines/health/quorum.h"

namespace meridian::apps {
namespace {

using engines::health::Opinion;
using services::route53::HealthCheckConfig;
using services::route53::HealthCheckType;

std::string_view word(bool healthy) {
  return healthy ? "healthy" : "unhealthy";
}

std::string word(std::optional<bool> healthy, std::string_view otherwise) {
  return std::string(healthy ? word(*healthy) : otherwise);
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_bool(std::optional<bool> value) {
  return value ? fmt::to_string(*value) : "null";
}

struct Votes {
  std::size_t healthy = 0, unhealthy = 0, awaited = 0;
  std::size_t counted() const { return healthy + unhealthy + awaited; }
};

Votes votes_of(const std::vector<Opinion>& opinions) {
  Votes votes;
  for (const Opinion& opinion : opinions)
    if (opinion.counted)
      ++(!opinion.report.mind ? votes.awaited : *opinion.report.mind ? votes.healthy : votes.unhealthy);
  return votes;
}

// The arithmetic of the 18 %, in words.
std::string rule(const Votes& votes) {
  if (votes.counted() == 0) return "no checker of it is heard: what was found last stays";
  const double share = 100.0 * static_cast<double>(votes.healthy) / static_cast<double>(votes.counted());
  const auto found = engines::health::early_quorum(votes.healthy, votes.unhealthy, votes.awaited);
  std::string text =
      fmt::format("{} of {} checkers that count say healthy, {:.1f} %; more than 18 % are needed",
                  votes.healthy, votes.counted(), share);
  if (votes.awaited > 0) text += fmt::format("; {} did not probe yet", votes.awaited);
  return text + (found ? fmt::format(": {}", word(*found)) : ": not decided yet");
}

std::string target(const HealthCheckConfig& config) {
  if (config.type == HealthCheckType::Calculated)
    return fmt::format("of {} child health checks, {} needed", config.child_health_checks.size(),
                       config.health_threshold);
  if (config.type == HealthCheckType::CloudWatchMetric)
    return fmt::format("of the alarm {} in {}", config.alarm_name, config.alarm_region);
  if (config.type == HealthCheckType::RecoveryControl) return "of " + config.routing_control_arn;
  const std::string& host =
      config.ip_address.empty() ? config.fully_qualified_domain_name : config.ip_address;
  return fmt::format("of {} port {}{}, every {} s, threshold {}", host, config.port,
                     config.resource_path.empty() ? "" : " " + config.resource_path, config.request_interval,
                     config.failure_threshold);
}

// What leads to the status, step by step; each step takes the place of those before it, or turns them around.
std::vector<std::string> steps(const HealthFacts& facts) {
  const auto& [state, config, children] = facts.check;
  std::vector<std::string> all;
  if (config.type == HealthCheckType::Calculated) {
    const auto healthy = std::ranges::count_if(children, [](const auto& child) { return child.healthy; });
    all.push_back(fmt::format("{} of {} children are healthy, and {} are needed: {}", healthy,
                              children.size(), config.health_threshold,
                              word(healthy >= config.health_threshold)));
  } else {
    if (!facts.opinions.empty()) all.push_back(rule(votes_of(facts.opinions)));
    if (facts.steady.damped) all.push_back("it flaps, and is held down until it is quiet: unhealthy");
    if (facts.steady.silent && state.found)
      all.push_back("its checkers are silent: " + word(state.found, ""));
    if (facts.steady.held_until)
      all.push_back(fmt::format("it changed lately and stays {} until {}", word(state.found, "as it is"),
                                format_iso8601(*facts.steady.held_until)));
    if (!state.found)
      all.push_back(config.type == HealthCheckType::CloudWatchMetric
                        ? fmt::format("nothing is known of it; InsufficientDataHealthStatus is '{}'",
                                      config.insufficient_data_health_status)
                        : "nothing is known of it yet: healthy");
    else if (facts.opinions.empty() && !facts.steady.silent)
      all.push_back(fmt::format("no checker probes it; it was found {} last", word(*state.found)));
    if (state.said)
      all.push_back(fmt::format("an operator says {}, which counts instead", word(*state.said)));
  }
  if (config.disabled) all.push_back("it is disabled, and counts as healthy whatever is found");
  if (config.inverted) all.push_back("it is inverted: what was good is bad, and the other way around");
  return all;
}

std::string why_not(const Opinion& opinion) {
  if (opinion.counted) return "";
  if (!opinion.checker.counted)
    return opinion.checker.lost_at ? "not heard since " + format_iso8601(*opinion.checker.lost_at)
                                   : "not heard";
  return opinion.report.last ? "it cannot probe this check any more" : "it reports nothing of this check";
}

std::string json_of(const engines::health::Observation& seen) {
  return fmt::format(R"({{"checked":"{}","healthy":{},"reason":{},"endpoint":"{}","from":{}}})",
                     format_iso8601(seen.checked), seen.verdict.healthy, json_string(seen.verdict.reason),
                     seen.endpoint.to_string(), seen.from ? json_string(seen.from->to_string()) : "null");
}

std::string json_of(const Opinion& opinion) {
  const auto& [mind, against, last, failure] = opinion.report;
  return fmt::format(
      R"({{"checker":{},"region":"{}","counted":{},"why_not":{},"healthy":{},"against":{},"last":{},)"
      R"("last_failure":{}}})",
      opinion.checker.name.empty() ? "null" : json_string(opinion.checker.name), opinion.checker.region,
      opinion.counted, json_string(why_not(opinion)), json_bool(mind), against,
      last ? json_of(*last) : "null", failure ? json_of(*failure) : "null");
}

template <typename T, typename Of>
std::string json_list(const std::vector<T>& all, Of of) {
  std::string list;
  for (const T& one : all) list += (list.empty() ? "" : ",") + of(one);
  return "[" + list + "]";
}

std::string as_json(const HealthFacts& facts) {
  const auto& [state, config, children] = facts.check;
  const Votes votes = votes_of(facts.opinions);
  return fmt::format(
      R"({{"id":"{}","type":"{}","healthy":{},"found_healthy":{},"override_healthy":{},"inverted":{},)"
      R"("disabled":{},"why":{},"healthy_checkers":{},"counted_checkers":{},"damped":{},"held_until":{},)"
      R"("checkers":{},"children":{}}})"
      "\n",
      state.id, to_string(config.type), state.healthy, json_bool(state.found), json_bool(state.said),
      config.inverted, config.disabled,
      json_list(steps(facts), [](const auto& step) { return json_string(step); }), votes.healthy,
      votes.counted(), facts.steady.damped,
      facts.steady.held_until ? json_string(format_iso8601(*facts.steady.held_until)) : "null",
      json_list(facts.opinions, [](const Opinion& opinion) { return json_of(opinion); }),
      json_list(children, [](const auto& child) {
        return fmt::format(R"({{"id":"{}","healthy":{},"exists":{}}})", child.id, child.healthy,
                           child.exists);
      }));
}

std::string row(const Opinion& opinion, unsigned threshold) {
  const auto& report = opinion.report;
  const std::string result = report.last ? report.last->verdict.reason : "";
  const std::string why = why_not(opinion);
  return fmt::format("  {:<20} {:<15} {:<10} {:<8} {:<20} {}\n",
                     opinion.checker.name.empty() ? "(here)" : opinion.checker.name, opinion.checker.region,
                     word(report.mind, "-"),
                     report.mind ? fmt::format("{} of {}", report.against, threshold) : "-",
                     report.last ? format_iso8601(report.last->checked) : "-", why.empty() ? result : why);
}

}  // namespace

std::string explain_health(const HealthFacts& facts, Output output) {
  if (output == Output::Json) return as_json(facts);
  const auto& [state, config, children] = facts.check;
  std::string out = fmt::format("health check {} is {}\n{} {}\n\n", state.id, word(state.healthy),
                                to_string(config.type), target(config));
  for (const std::string& step : steps(facts)) out += fmt::format("  {}\n", step);
  if (!facts.opinions.empty()) {
    out += fmt::format("\n  {:<20} {:<15} {:<10} {:<8} {:<20} RESULT\n", "CHECKER", "REGION", "SAYS",
                       "AGAINST", "LAST PROBE");
    for (const Opinion& opinion : facts.opinions) out += row(opinion, config.failure_threshold);
  }
  if (!children.empty()) out += fmt::format("\n  {:<37} STATE\n", "CHILD");
  for (const auto& child : children)
    out +=
        fmt::format("  {:<37} {}{}\n", child.id, word(child.healthy), child.exists ? "" : " (it is deleted)");
  return out;
}

}  // namespace meridian::apps
