// What `meridian status` and the start-up banner tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "apps/health_side.h"
#include "apps/socket_advice.h"
#include "compilers/dns/quarantine.h"
#include "net/address.h"

namespace meridian::apps {

struct StatusFacts {
  std::vector<net::Address> api, api_tls, website, cdn, cdn_tls, dns, dns_tls;
  std::optional<net::Address> feed;  // to edges
  net::Address admin;
  std::string program;  // the path of this binary
  std::string data_dir, account_id;
  bool dev = false;
  std::string started;  // ISO 8601
  double uptime_s = 0;
  std::uint64_t store_revision = 0, served_revision = 0, zones = 0;
  unsigned dns_workers = 0;
  HealthCounts health;
  bool private_health_checks = false;  // they may name any address
  std::vector<Advice> advice;
  std::vector<compilers::dns::QuarantinedZone> quarantined;
};

std::string describe(const StatusFacts& facts, Output output);
std::string banner(const StatusFacts& facts, bool example);
// The addresses as a JSON object, for programs that started the server with port 0.
std::string endpoints_json(const StatusFacts& facts);

}  // namespace meridian::apps
