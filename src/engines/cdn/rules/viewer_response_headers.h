// The head that a viewer gets, in two steps: what is kept of an origin's head when it comes (once an object),
// and what each delivery adds (CF:RequestAndResponseBehaviorCustomOrigin, "How CloudFront processes
// responses").
//
// Rules: nothing that speaks of the connection to the origin is kept; framing is the caller's. A kept head is
// whole: a delivery looks at no configuration but the response headers policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engines/cdn/rules/fields.h"
#include "engines/cdn/rules/http_date.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

struct KeptHead {
  const snapshots::cdn::Behavior& behavior;
  Fields response;        // of the origin
  std::string_view via;   // who we are: "1.1 <32 hexadecimal digits>.cloudfront.net (CloudFront)"
  std::string_view date;  // when the response came, for one without Date (RFC 9110 §6.6.1)
};
// The list refers to the response's bytes.
void write_kept_headers(const KeptHead& head, FieldList& out);

// Cookies are stored and replayed only where they are forwarded (CF:Cookies).
bool forwards_cookies(const snapshots::cdn::Behavior& behavior);

enum class CacheResult : std::uint8_t {
  Hit,
  RefreshHit,
  Miss,
  Error,
  Redirect,
  FunctionGenerated,
  LambdaGenerated
};
inline constexpr std::size_t kCacheResults = 7;
std::string_view x_cache_text(CacheResult result);  // "Hit from cloudfront"
std::string_view result_type(CacheResult result);   // "Hit"

inline constexpr std::string_view kRequestIdName = "X-Amz-Cf-Id", kAgeName = "Age";

struct Delivery {
  CacheResult result = CacheResult::Miss;
  std::optional<Seconds> age;        // of what came from a cache
  std::string_view pop, request_id;  // X-Amz-Cf-Pop, X-Amz-Cf-Id
  std::string_view method;
  Fields request;                                                 // of the viewer
  const snapshots::cdn::ResponseHeadersPolicy* policy = nullptr;  // null: none
  std::string_view server_timing;                                 // "": none is sent
};
void write_viewer_headers(Fields kept, const Delivery& delivery, FieldList& out);

// The value of Server-Timing (CF:"Server-Timing header").
struct ServerTiming {
  CacheResult result = CacheResult::Miss;
  std::string_view layer = {};  // "EDGE", "REC", "Origin Shield": that had it, or that asked the origin
  std::string_view pop = {}, request_id = {};
  std::optional<std::uint32_t> dns_ms = {}, connect_ms = {}, upstream_first_byte_ms = {},
                               downstream_first_byte_ms = {};
};
std::string server_timing_text(const ServerTiming& timing);

}  // namespace meridian::engines::cdn::rules
