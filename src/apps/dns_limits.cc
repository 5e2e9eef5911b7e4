#include "apps/dns_limits.h"

#include <fmt/format.h>

#include "base/log.h"

namespace meridian::apps {
namespace {

using engines::dns::BusyReport;
using engines::dns::RateLimitOptions;

std::string json_lines(const std::vector<BusyReport::Line>& lines) {
  std::string out;
  for (const auto& line : lines) {
    std::string name;
    append_json_string(name, line.name);
    out += fmt::format(R"({}{{"name":{},"queries_per_second":{:.0f}}})", out.empty() ? "" : ",", name,
                       line.queries_per_second);
  }
  return "[" + out + "]";
}

std::string table(std::string_view title, const std::vector<BusyReport::Line>& lines) {
  std::string out = fmt::format("\n{:<44} queries/s\n", title);
  for (const auto& line : lines) out += fmt::format("{:<44} {:>9.0f}\n", line.name, line.queries_per_second);
  return out;
}

}  // namespace

Result<void> set_limits(DnsServiceOptions& options, const DnsLimitOptions& limits) {
  options.limits.responses_per_second = limits.rate_limit;
  options.limits.queries_per_second_of_prefix = limits.prefix_limit;
  options.limits.queries_per_second_of_zone = limits.zone_limit;
  options.limits.slip = limits.rate_limit_slip;
  if (limits.rate_limit_exempt.size() > RateLimitOptions::kExemptMax)
    return invalid(fmt::format("--rate-limit-exempt: at most {} prefixes", RateLimitOptions::kExemptMax));
  for (const std::string& text : limits.rate_limit_exempt)
    options.limits.exempt.push_back(TRY(net::Cidr::parse(text)));
  if (limits.tcp_connections) options.tcp.connections_max = limits.tcp_connections;
  if (limits.tcp_connections_per_prefix)
    options.tcp.connections_per_prefix_max = limits.tcp_connections_per_prefix;
  return {};
}

std::string describe(const BusyReport& report, Output output) {
  if (output == Output::Json)
    return fmt::format(R"({{"queries_per_second":{:.0f},"prefixes":{},"zones":{}}})"
                       "\n",
                       report.queries_per_second, json_lines(report.prefixes), json_lines(report.zones));
  return fmt::format("{:.0f} queries/s; each line says at least how many, sampled over ten seconds\n",
                     report.queries_per_second) +
         table("client prefix", report.prefixes) + table("zone", report.zones);
}

}  // namespace meridian::apps
