// What health probes of a process share beyond their loop: a resolver of names, and TLS that verifies
// nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/world.h"
#include "engines/health/probe.h"
#include "upstream/stub_resolver.h"

namespace meridian::apps {

inline constexpr std::size_t kHealthResolversMax = 4;

// Of ADDR[:PORT] words; none: the first nameserver of /etc/resolv.conf, or this machine.
Result<std::vector<net::Address>> health_resolvers(const std::vector<std::string>& words, Disk& disk);
// The first nameserver that a resolv.conf(5) names by an address we can ask.
std::optional<net::Address> first_nameserver(std::string_view resolv_conf);

class ProbeSupport {
 public:
  // `resolvers`: at least one.
  ProbeSupport(net::Loop& loop, const std::vector<net::Address>& resolvers, const World& world);
  engines::health::ProbeMeans means() { return {&names_, tls_}; }

 private:
  upstream::StubResolver names_;
  std::shared_ptr<net::TlsClientContext> tls_;
};

}  // namespace meridian::apps
