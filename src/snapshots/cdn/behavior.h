// One cache behavior as it acts: policies, managed or not, and the legacy ForwardedValues are resolved into
// the same few rules, so that a request never looks at an id. Sources: the CloudFront Developer Guide's
// "Cache behavior settings", "Control the cache key" and "Control origin requests".
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace meridian::snapshots::cdn {

// Which of a request's headers, cookies or query strings a rule is about. Names of headers are lower case,
// those of cookies and query strings as they were written; sorted. A cookie's name may end in or contain `*`.
struct Selection {
  enum class Kind : std::uint8_t { None, Only, AllExcept, All };
  Kind kind = Kind::None;
  std::vector<std::string> names;

  bool operator==(const Selection&) const = default;
};

struct TtlRule {
  // minimum <= fallback <= maximum.
  std::chrono::seconds minimum{0}, fallback{86400}, maximum{31536000};
  bool operator==(const TtlRule&) const = default;
};

// What tells two objects apart. All of it is also sent to the origin.
struct CacheKeyRule {
  Selection headers = {}, cookies = {}, query_strings = {};
  bool gzip = false, brotli = false;  // Accept-Encoding is normalised into the key, and objects compressed
  // ForwardedValues with the header `*`: every header goes to the origin, and nothing is cached.
  bool never_cache = false;
  bool operator==(const CacheKeyRule&) const = default;
};

// What else of the viewer's request the origin sees.
struct ForwardRule {
  Selection headers = {}, cookies = {}, query_strings = {};
  // ForwardedValues: headers that nobody named pass too, but for those that CloudFront removes or replaces
  // ("Request and response behavior for custom origins").
  bool legacy = false;
  bool operator==(const ForwardRule&) const = default;
};

// Headers that the edge writes into the request: CloudFront-Viewer-Country and the like, lower case, sorted.
// A rule's selections name them as if the viewer had sent them.
using GeneratedHeaders = std::vector<std::string>;

struct AddedHeader {
  std::string name, value;
  bool override_origin = false;  // false: only when the origin's response has no such header
  bool operator==(const AddedHeader&) const = default;
};

struct CorsRule {
  bool allow_credentials = false, override_origin = false;
  std::vector<std::string> allow_origins;  // "*", "https://example.com", "https://*.example.com"
  std::vector<std::string> allow_methods;  // "ALL" or names
  std::vector<std::string> allow_headers, expose_headers;  // may be "*"
  std::optional<std::chrono::seconds> max_age;
  bool operator==(const CorsRule&) const = default;
};

struct ResponseHeadersPolicy {
  std::string id;
  std::optional<CorsRule> cors;
  std::vector<AddedHeader> added;     // security headers first, then custom ones
  std::vector<std::string> removed;   // lower case
  double server_timing_percent = -1;  // of responses that get Server-Timing, 0 to 100; negative: off
  bool operator==(const ResponseHeadersPolicy&) const = default;
};

// A key that signed URLs and cookies may be signed with.
struct TrustedKey {
  std::string id;          // "K…", the Key-Pair-Id
  std::string public_pem;  // RSA, or ECDSA P-256
  bool operator==(const TrustedKey&) const = default;
};

enum class ViewerProtocol : std::uint8_t { AllowAll, RedirectToHttps, HttpsOnly };

// Bits of Behavior::allowed_methods.
enum Method : std::uint8_t {
  kGet = 1,
  kHead = 2,
  kOptions = 4,
  kPut = 8,
  kPost = 16,
  kPatch = 32,
  kDelete = 64,
};
inline constexpr std::uint8_t kReadMethods = kGet | kHead;
inline constexpr std::uint8_t kAllMethods = 127;

struct Behavior {
  static constexpr std::uint32_t kNoTarget = ~0u;

  std::string path_pattern = "*";  // as configured; the default behavior's is "*"
  bool is_default = false;
  // Exactly one of these: an index of Distribution::origins, or of ::groups.
  std::uint32_t origin = kNoTarget, group = kNoTarget;
  ViewerProtocol viewer_protocol = ViewerProtocol::AllowAll;
  std::uint8_t allowed_methods = kReadMethods;
  bool cache_options = false;  // OPTIONS is cached beside GET and HEAD
  bool compress = false;
  bool allow_grpc = false;
  TtlRule ttl;
  CacheKeyRule key;
  ForwardRule forward;
  GeneratedHeaders generated;
  std::shared_ptr<const ResponseHeadersPolicy> response_headers;  // null: none
  std::vector<std::shared_ptr<const TrustedKey>> trusted_keys;    // used when `restricted`
  bool restricted = false;       // only signed requests are served, even if no key is left to sign with
  std::string realtime_log_arn;  // "": none
  std::string cache_policy_id, origin_request_policy_id;  // "" for ForwardedValues; for explain
};

}  // namespace meridian::snapshots::cdn
