// How long a response may be kept and served: the table of CloudFront's Minimum, Default and Maximum TTL
// (CF:Expiration, CF:HTTPStatusCodes) over the arithmetic of RFC 9111 §4.2.
//
// Rule: decide_lifetime() looks at a head once, when it arrives; a stored copy is judged by its StoredLife
// alone, and explain is the same code with a list to write to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/cdn/rules/cache_control.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

using snapshots::cdn::TtlRule;
inline constexpr Seconds kErrorTtl{10};  // CloudFront's, when no custom error response says another

// What an origin's head says of time.
struct OriginTimes {
  CacheControl control;
  bool targeted = false;     // by CDN-Cache-Control, which then replaces Cache-Control and Expires
  bool has_expires = false;  // also one that is no date: that has passed (RFC 9111 §5.3)
  std::optional<Time> expires;
  std::optional<Time> date;
  Seconds age{0};                   // RFC 9111 §5.1
  bool varies_by_anything = false;  // Vary: *
};
OriginTimes read_origin_times(Fields response, Time now);

struct Exchange {
  Time asked, answered;  // when the request was sent, when the head of the response came
};

enum class LifetimeRule : std::uint8_t {
  NotKept,         // forbidden by the origin, and the Minimum TTL is 0
  StatusNotKept,   // this status is never kept, or not without max-age
  KeptForMinimum,  // forbidden by the origin, but the Minimum TTL overrides that
  SMaxAge,
  MaxAge,
  Expires,
  Default,
  Error,  // the error caching TTL
};
std::string_view to_string(LifetimeRule rule);

// No stale-if-error: CloudFront then serves stale copies of what cannot be had as long as it has them.
inline constexpr std::uint32_t kStaleWithoutEnd = ~std::uint32_t{0};

// All that a stored copy keeps of it.
struct StoredLife {
  Time answered{};
  std::uint32_t initial_age_s = 0;  // RFC 9111 §4.2.3, corrected_initial_age
  std::uint32_t fresh_s = 0;        // from `answered` on
  std::uint32_t stale_while_revalidate_s = 0;
  std::uint32_t stale_if_error_s = kStaleWithoutEnd;
  bool never_stale = false;            // must-revalidate or proxy-revalidate
  bool fetch_unconditionally = false;  // Vary: *

  Seconds age(Time now) const;
  // The same as if it had been fresh up to `when`, at the most.
  StoredLife expired_at(Time when) const;
  bool operator==(const StoredLife&) const = default;
};

struct Lifetime {
  bool keep = false;
  LifetimeRule rule = LifetimeRule::NotKept;
  StoredLife life;
};

struct LifetimeInput {
  int status = 200;
  OriginTimes origin;
  TtlRule ttl;
  Seconds error_minimum = kErrorTtl;  // ErrorCachingMinTTL of this status
  Exchange exchange;
};
// With `trace`, the arithmetic line by line.
Lifetime decide_lifetime(const LifetimeInput& input, std::vector<std::string>* trace = nullptr);

// What a request may do with a stored copy.
enum class Use : std::uint8_t { Fresh, StaleWhileRevalidate, Revalidate };
Use judge(const StoredLife& life, Time now, std::vector<std::string>* trace = nullptr);

// The origin failed: for how long the expired copy may stand in before the origin is asked again. Nothing
// when it may not be served. `error_minimum` is the ErrorCachingMinTTL of the failure's status.
std::optional<Seconds> stale_for_error(const StoredLife& life, Time now, Seconds error_minimum);

// CF:HTTPStatusCodes: which statuses of an origin are answers to keep, which are errors kept for the error
// caching TTL, and which are errors kept only when the origin says how long.
enum class StatusClass : std::uint8_t { Answer, Error, ErrorWithMaxAge, Never };
StatusClass classify_status(int status);
inline bool is_origin_failure(int status) {
  return status >= 500 && status <= 599;
}

}  // namespace meridian::engines::cdn::rules
