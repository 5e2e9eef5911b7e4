// A behavior's viewer protocol policy (CF:using-https-viewers-to-cloudfront).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engines/cdn/rules/cloudfront_headers.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

struct ProtocolChoice {
  enum class Kind : std::uint8_t { Serve, Redirect, Refuse } kind = Kind::Serve;
  int status = 0;  // of Redirect: 301 or 307; of Refuse: 403
};
ProtocolChoice choose_protocol(snapshots::cdn::ViewerProtocol policy, bool is_tls, std::string_view method,
                               HttpVersion version);

// CF:distribution-using-grpc: by its Content-Type, of a behavior that allows it, and over HTTP/2 alone.
bool is_grpc(const snapshots::cdn::Behavior& behavior, std::string_view method, HttpVersion version,
             Fields fields);

// Where a redirect goes: the same URL over HTTPS. `port` is the HTTPS port of the deployment.
std::string https_location(std::string_view host, std::uint16_t port, std::string_view target);

}  // namespace meridian::engines::cdn::rules
