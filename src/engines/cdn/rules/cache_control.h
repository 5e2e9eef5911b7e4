// Cache-Control of a response (RFC 9111 §5.2.2), and CDN-Cache-Control, which speaks to us alone (RFC 9213).
// Rule: a directive of Cache-Control that is malformed makes a response staler, never fresher.
#pragma once

#include <optional>

#include "engines/cdn/rules/fields.h"
#include "engines/cdn/rules/http_date.h"

namespace meridian::engines::cdn::rules {

inline constexpr Seconds kDeltaSecondsMax{std::int64_t{1} << 31};  // RFC 9111 §1.2.2

struct CacheControl {
  // Of several the first counts (RFC 9111 §4.2.1); one that is malformed counts as 0.
  std::optional<Seconds> max_age, s_maxage, stale_while_revalidate, stale_if_error;
  bool no_store = false;
  bool no_cache = false;    // also no-cache="field": keeping the rest of it apart gains little (§5.2.2.4)
  bool is_private = false;  // likewise
  bool must_revalidate = false, proxy_revalidate = false;

  bool forbids_keeping() const { return no_store || no_cache || is_private; }
  bool operator==(const CacheControl&) const = default;
};

// Digits only; values beyond kDeltaSecondsMax count as that.
std::optional<Seconds> parse_delta_seconds(std::string_view text);

CacheControl read_cache_control(Fields response);

// A dictionary of structured fields (RFC 8941 §3.2). Nothing when there is none, when it is empty or when it
// is malformed: then it is as if it had not been sent (RFC 9213 §2.1), and Cache-Control counts.
std::optional<CacheControl> read_cdn_cache_control(Fields response);

}  // namespace meridian::engines::cdn::rules
