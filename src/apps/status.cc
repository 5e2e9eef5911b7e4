#include "apps/status.h"

#include <fmt/format.h>

#include "apps/version.h"
#include "base/log.h"

namespace meridian::apps {
namespace {

std::string joined(const std::vector<net::Address>& addresses, std::string_view prefix = "") {
  std::string out;
  for (const auto& address : addresses)
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", prefix, address.to_string());
  return out;
}

std::string json_list(const std::vector<net::Address>& addresses) {
  std::string out;
  for (const auto& address : addresses)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ",", address.to_string());
  return "[" + out + "]";
}

std::string json_list(const std::vector<Advice>& all) {
  std::string out;
  for (const Advice& advice : all) {
    out += fmt::format("{}{{\"about\":\"{}\",\"text\":", out.empty() ? "" : ",", advice.about);
    append_json_string(out, advice.text);
    out += "}";
  }
  return "[" + out + "]";
}

std::string endpoint_members(const StatusFacts& facts) {
  const std::string feed = facts.feed ? fmt::format(R"("feed":"{}",)", facts.feed->to_string()) : "";
  return fmt::format(
      R"("api":{},"api_tls":{},"website":{},"cdn":{},"cdn_tls":{},"dns":{},"dns_tls":{},{}"admin":"{}")",
      json_list(facts.api), json_list(facts.api_tls), json_list(facts.website), json_list(facts.cdn),
      json_list(facts.cdn_tls), json_list(facts.dns), json_list(facts.dns_tls), feed,
      facts.admin.to_string());
}

// What listens where, and whose data it is.
std::string where(const StatusFacts& facts) {
  std::string out;
  out += fmt::format("  API      {}\n", joined(facts.api, "http://"));
  if (!facts.api_tls.empty()) out += fmt::format("  API TLS  {}\n", joined(facts.api_tls, "https://"));
  if (!facts.website.empty()) out += fmt::format("  websites {}\n", joined(facts.website, "http://"));
  if (!facts.cdn.empty()) out += fmt::format("  CDN      {}\n", joined(facts.cdn, "http://"));
  if (!facts.cdn_tls.empty()) out += fmt::format("  CDN TLS  {}\n", joined(facts.cdn_tls, "https://"));
  if (!facts.dns.empty())
    out += fmt::format("  DNS      {} (UDP and TCP, {} workers)\n", joined(facts.dns), facts.dns_workers);
  if (!facts.dns_tls.empty()) out += fmt::format("  DNS TLS  {}\n", joined(facts.dns_tls));
  if (facts.feed) out += fmt::format("  feed     {} (to edges)\n", facts.feed->to_string());
  out += fmt::format("  admin    http://{}\n", facts.admin.to_string());
  out += fmt::format("  data     {}\n", facts.data_dir);
  out += fmt::format("  account  {}{}\n", facts.account_id,
                     facts.dev ? "  (development mode: any credentials are accepted)" : "");
  return out;
}

std::string quarantine_text(const StatusFacts& facts) {
  std::string out;
  for (const auto& zone : facts.quarantined)
    out += fmt::format(
        "\n  QUARANTINE  {} ({}) is served as it was before revision {} since {}:\n              {}\n",
        zone.name, zone.zone_id, zone.since, format_iso8601(zone.at), zone.reason);
  return out;
}

std::string quarantine_json(const StatusFacts& facts) {
  std::string out;
  for (const auto& zone : facts.quarantined) {
    out += fmt::format(R"({}{{"zone_id":"{}","since_revision":{},"tried_revision":{},"at":"{}","name":)",
                       out.empty() ? "" : ",", zone.zone_id, zone.since, zone.tried, format_iso8601(zone.at));
    append_json_string(out, zone.name);
    out += R"(,"reason":)";
    append_json_string(out, zone.reason);
    out += "}";
  }
  return "[" + out + "]";
}

}  // namespace

std::string endpoints_json(const StatusFacts& facts) {
  return "{" + endpoint_members(facts) + "}\n";
}

std::string describe(const StatusFacts& facts, Output output) {
  if (output == Output::Json) {
    std::string directory;
    append_json_string(directory, facts.data_dir);
    return fmt::format(
        R"({{"version":"{}","started":"{}","uptime_s":{:.1f},{},"data_dir":{},"account_id":"{}",)"
        R"("dev":{},"private_health_checks":{},"store_revision":{},"health_checks":{{"healthy":{},"unhealthy":{}}},"dns":{{"served_revision":{},"zones":{},"workers":{},"quarantined":{}}},)"
        R"("advice":{}}})"
        "\n",
        MERIDIAN_VERSION, facts.started, facts.uptime_s, endpoint_members(facts), directory, facts.account_id,
        facts.dev, facts.private_health_checks, facts.store_revision, facts.health.healthy,
        facts.health.unhealthy, facts.served_revision, facts.zones, facts.dns_workers, quarantine_json(facts),
        json_list(facts.advice));
  }
  std::string out =
      fmt::format("meridian {}, up {:.0f} s\n\n", MERIDIAN_VERSION, facts.uptime_s) + where(facts);
  out += fmt::format("\n  store    revision {}\n  DNS      revision {}, {} zones\n", facts.store_revision,
                     facts.served_revision, facts.zones);
  out += fmt::format("  health   {} checks healthy, {} unhealthy\n", facts.health.healthy,
                     facts.health.unhealthy);
  out += quarantine_text(facts);
  for (const Advice& advice : facts.advice) out += fmt::format("\n  advice   {}\n", advice.text);
  return out;
}

std::string banner(const StatusFacts& facts, bool example) {
  std::string api = facts.api.empty() ? "" : "http://" + facts.api[0].to_string();
  std::string out = fmt::format("\nmeridian {} is ready\n\n", MERIDIAN_VERSION) + where(facts) +
                    "\nTry, in another terminal:\n\n";
  out += fmt::format(
      "  export AWS_SHARED_CREDENTIALS_FILE={}/credentials AWS_PROFILE=meridian "
      "AWS_DEFAULT_REGION=us-east-1\n",
      facts.data_dir);
  out += fmt::format("  aws --endpoint-url {} route53 list-hosted-zones\n", api);
  std::string name = example ? "www.example.test" : "example.com";
  if (!example)
    out += fmt::format(
        "  aws --endpoint-url {} route53 create-hosted-zone --name {} --caller-reference $RANDOM\n", api,
        name);
  if (!facts.dns.empty())
    out += fmt::format("  dig @{} -p {} {}\n", facts.dns[0].ip.to_string(), facts.dns[0].port, name);
  if (!facts.dns.empty() && example) {
    out += fmt::format(
        "  dig @{} -p {} geo.example.test +subnet=10.2.0.0/16   # also: weighted latency near many ip\n",
        facts.dns[0].ip.to_string(), facts.dns[0].port);
  }
  if (facts.feed)
    out += fmt::format("  {} edges token --data-dir {} --feed-address {}\n", facts.program, facts.data_dir,
                       facts.feed->to_string());
  out += fmt::format("  {} ca trust --data-dir {}   # how to believe the certificates of ACM\n",
                     facts.program, facts.data_dir);
  out +=
      fmt::format("  {} explain dns {} A --admin http://{}\n", facts.program, name, facts.admin.to_string());
  return out + "\nCtrl-C ends it; the data stays.\n\n";
}

}  // namespace meridian::apps
