// Where a distribution's objects come from. Source: the CloudFront API's Origin, OriginGroup and
// OriginAccessControlConfig.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/tls.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::snapshots::cdn {

enum class OriginProtocol : std::uint8_t { HttpOnly, MatchViewer, HttpsOnly };
enum class SigningBehavior : std::uint8_t {
  Never,
  Always,
  NoOverride
};  // NoOverride: unless the viewer signed

// An origin access control, or a legacy origin access identity: whose name requests are signed in.
struct OriginAccess {
  enum class Kind : std::uint8_t { None, AccessControl, Identity } kind = Kind::None;
  SigningBehavior signing = SigningBehavior::Never;
  std::string signed_service;  // "s3", "lambda", …: the SigV4 scope
  std::string identity_id;     // of an identity: "E…"
};

// A service of this deployment stands in for the address that DNS would give for the origin's domain, as S3's
// front door does for bucket.s3.amazonaws.com.
struct OriginStandIn {
  std::string host;  // an address, or a name that the edge resolves
  std::uint16_t port = 0;
  bool tls = false;
};

struct Origin {
  std::string id, domain_name;
  std::string path;                         // "" or "/…" without a slash at its end
  std::vector<AddedHeader> custom_headers;  // they replace the viewer's
  bool is_s3 = false;                       // an S3 bucket, not its website endpoint
  OriginProtocol protocol = OriginProtocol::MatchViewer;
  std::uint16_t http_port = 80, https_port = 443;
  net::TlsVersion oldest_tls = net::TlsVersion::Tls12;
  std::uint8_t connection_attempts = 3;
  std::chrono::seconds connect_timeout{10}, read_timeout{30}, keep_alive{5};
  std::optional<std::chrono::seconds> completion_timeout;
  std::string shield_region;  // "": no Origin Shield
  OriginAccess access;
  std::optional<OriginStandIn> stand_in;
};

// The second is asked when the first fails with one of these statuses, or cannot be reached. GET, HEAD and
// OPTIONS only.
struct OriginGroup {
  std::string id;
  std::uint32_t primary = 0, secondary = 0;        // indices of Distribution::origins
  std::vector<std::uint16_t> failover_statuses{};  // sorted
};

}  // namespace meridian::snapshots::cdn
