// Which four servers a zone gets. Servers are shared by all accounts, so a server may not have two zones of
// which one could answer for the other.
#include <utility>

#include "gen/route53/errors.h"
#include "services/route53/service.h"

namespace meridian::services::route53 {
namespace {
constexpr std::uint16_t kServersPerTld = 512;
constexpr int kDrawsMax = 64;  // before every server of a top-level domain is tried in turn
}  // namespace

aws::Outcome<bool> Route53::server_conflicts(std::uint16_t server, const dns::Name& zone_name) {
  store::RangeOptions one{.limit = 1};
  if (!TRY(aws::or_failure(store_.range(server_zones_prefix(server, zone_name, false), one))).items.empty())
    return true;
  for (dns::Name parent = zone_name.parent(); !parent.is_root(); parent = parent.parent())
    if (!TRY(aws::or_failure(store_.range(server_zones_prefix(server, parent, true), one))).items.empty())
      return true;
  return false;
}

aws::Outcome<bool> Route53::any_server_conflicts(const NameServers& servers, const dns::Name& zone_name) {
  for (std::uint16_t server : servers)
    if (TRY(server_conflicts(server, zone_name))) return true;
  return false;
}

aws::Outcome<NameServers> Route53::draw_name_servers(const dns::Name& zone_name) {
  NameServers servers;
  for (std::uint16_t tld = 0; tld < servers.size(); ++tld) {
    auto nth = [tld](std::uint64_t n) {
      return static_cast<std::uint16_t>(tld * kServersPerTld + n % kServersPerTld);
    };
    std::uint16_t server = nth(random_.below(kServersPerTld));
    bool taken = TRY(server_conflicts(server, zone_name));
    for (int draw = 1; taken && draw < kDrawsMax; ++draw) {
      server = nth(random_.below(kServersPerTld));
      taken = TRY(server_conflicts(server, zone_name));
    }
    for (std::uint16_t step = 0; taken && step < kServersPerTld; ++step) {
      server = nth(server + 1u);
      taken = TRY(server_conflicts(server, zone_name));
    }
    if (taken) {
      return api::errors::DelegationSetNotAvailable(
          "The limit on the number of hosted zones with the same name, or a parent or child of it, has been "
          "reached.");
    }
    servers[tld] = server;
  }
  for (std::size_t left = servers.size(); left > 1; --left)
    std::swap(servers[left - 1], servers[random_.below(left)]);
  return servers;
}

}  // namespace meridian::services::route53
