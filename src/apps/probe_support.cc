#include "apps/probe_support.h"

#include <fmt/format.h>

#include <sstream>

#include "net/tls.h"

namespace meridian::apps {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr std::uint16_t kDnsPort = 53;

Result<net::Address> resolver(const std::string& word) {
  if (const auto alone = net::IpAddress::parse(word)) return net::Address{*alone, kDnsPort};
  return net::Address::parse(word);
}

// HealthCheckConfig, Type: endpoints may speak TLS 1.0 and up.
std::shared_ptr<net::TlsClientContext> tls_for_probes() {
  return net::make_tls_client_context({.verify = false, .oldest = net::TlsVersion::Tls10}).value();
}

}  // namespace

std::optional<net::Address> first_nameserver(std::string_view resolv_conf) {
  std::istringstream lines{std::string(resolv_conf)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string keyword, address;
    if (!(words >> keyword >> address) || keyword != "nameserver") continue;
    if (const auto ip = net::IpAddress::parse(address)) return net::Address{*ip, kDnsPort};
  }
  return std::nullopt;
}

Result<std::vector<net::Address>> health_resolvers(const std::vector<std::string>& words, Disk& disk) {
  if (words.size() > kHealthResolversMax)
    return invalid(fmt::format("no more than {} resolvers can be asked", kHealthResolversMax));
  std::vector<net::Address> resolvers;
  for (const std::string& word : words) resolvers.push_back(TRY(resolver(word)));
  if (!resolvers.empty()) return resolvers;
  const auto found = first_nameserver(disk.read(kResolvConf).value_or(""));
  return std::vector{found.value_or(net::Address{net::IpAddress::v4({127, 0, 0, 1}), kDnsPort})};
}

ProbeSupport::ProbeSupport(net::Loop& loop, const std::vector<net::Address>& resolvers, const World& world)
    : names_(loop, world.random, resolvers, world.metrics), tls_(tls_for_probes()) {}

}  // namespace meridian::apps
