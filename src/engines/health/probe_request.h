// What an HTTP probe asks for. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/address.h"

namespace meridian::engines::health {

struct HttpQuestion {
  std::string domain_name;  // empty: the address
  std::string path;         // a leading slash is added when it has none
  std::string health_check_id;
  bool tls = false;
  bool sni = false;  // with TLS: the domain name is sent in the handshake
};

// HealthCheckConfig, FullyQualifiedDomainName: with the port, unless it is the scheme's own.
std::string host_header(const HttpQuestion& question, const net::Address& endpoint);
std::string probe_request(const HttpQuestion& question, const net::Address& endpoint);

}  // namespace meridian::engines::health
