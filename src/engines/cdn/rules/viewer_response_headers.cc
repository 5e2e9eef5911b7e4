// Heads for viewers.
#include "engines/cdn/rules/viewer_response_headers.h"

#include <fmt/format.h>

#include <charconv>

#include "engines/cdn/rules/hop_by_hop.h"
#include "engines/cdn/rules/response_headers_policy.h"
#include "engines/cdn/rules/vary.h"

namespace meridian::engines::cdn::rules {
namespace {

// Written anew by us for each viewer, or by the caller's framing.
bool is_replaced(std::string_view name) {
  switch (name.size()) {
    case 3:
      return same_name(name, "age");
    case 4:
      return same_name(name, "vary");
    case 7:
      return same_name(name, "x-cache");
    case 14:
      return same_name(name, "content-length");
    default:
      return starts_with_name(name, "x-amz-cf-") || starts_with_name(name, "x-edge-");
  }
}

}  // namespace

bool forwards_cookies(const snapshots::cdn::Behavior& behavior) {
  using Kind = snapshots::cdn::Selection::Kind;
  return behavior.key.cookies.kind != Kind::None || behavior.forward.cookies.kind != Kind::None;
}

void write_kept_headers(const KeptHead& head, FieldList& out) {
  const bool cookies = forwards_cookies(head.behavior);
  const bool connection_names_some = has(head.response, "connection");
  bool has_date = false;
  std::string_view via;
  for (const Field& field : head.response) {
    if (is_hop_by_hop(field.name) || is_replaced(field.name)) continue;
    if (!cookies && same_name(field.name, "set-cookie")) continue;
    if (connection_names_some && is_named_by_connection(head.response, field.name)) continue;
    if (same_name(field.name, "via")) {
      via = via.empty() ? field.value : out.keep(fmt::format("{}, {}", via, field.value));
      continue;
    }
    has_date |= same_name(field.name, "date");
    out.add(field.name, field.value);
  }
  if (!has_date) out.add_copy("Date", head.date);
  std::string buffer;
  const std::string_view vary = select_vary(head.response, head.behavior, buffer);
  if (!vary.empty()) out.add("Vary", vary.data() == buffer.data() ? out.keep(vary) : vary);
  out.add("Via", via.empty() ? out.keep(head.via) : out.keep(fmt::format("{}, {}", via, head.via)));
}

std::string_view x_cache_text(CacheResult result) {
  switch (result) {
    case CacheResult::Hit:
      return "Hit from cloudfront";
    case CacheResult::RefreshHit:
      return "RefreshHit from cloudfront";
    case CacheResult::Miss:
      return "Miss from cloudfront";
    case CacheResult::Error:
      return "Error from cloudfront";
    case CacheResult::Redirect:
      return "Redirect from cloudfront";
    case CacheResult::FunctionGenerated:
      return "FunctionGeneratedResponse from cloudfront";
    case CacheResult::LambdaGenerated:
      return "LambdaGeneratedResponse from cloudfront";
  }
  return "";
}

std::string_view result_type(CacheResult result) {
  const std::string_view text = x_cache_text(result);
  return text.substr(0, text.find(' '));
}

void write_viewer_headers(Fields kept, const Delivery& delivery, FieldList& out) {
  for (const Field& field : kept) out.add(field.name, field.value);
  if (delivery.policy)
    apply_response_headers_policy(*delivery.policy, {delivery.method, delivery.request}, out);
  // Behind the policy: it may neither remove nor replace what says how the response came to be.
  out.set("X-Cache", x_cache_text(delivery.result));
  out.set("X-Amz-Cf-Pop", delivery.pop);
  out.set(kRequestIdName, delivery.request_id);
  if (delivery.age) {
    char* const digits = out.room(20);
    const auto end = std::to_chars(digits, digits + 20, delivery.age->count()).ptr;
    out.set(kAgeName, {digits, static_cast<std::size_t>(end - digits)});
  }
  if (!delivery.server_timing.empty()) out.add("Server-Timing", delivery.server_timing);
}

std::string server_timing_text(const ServerTiming& timing) {
  std::string text;
  const auto duration = [&](std::string_view name, const std::optional<std::uint32_t>& ms) {
    if (ms) text += fmt::format("{};dur={},", name, *ms);
  };
  if (timing.result == CacheResult::Hit || timing.result == CacheResult::RefreshHit) {
    text += timing.result == CacheResult::Hit ? "cdn-cache-hit," : "cdn-cache-refresh,";
    if (!timing.layer.empty()) text += fmt::format("cdn-hit-layer;desc=\"{}\",", timing.layer);
  } else {
    if (!timing.layer.empty()) text += fmt::format("cdn-upstream-layer;desc=\"{}\",", timing.layer);
    text += "cdn-cache-miss,";
  }
  duration("cdn-upstream-dns", timing.dns_ms);
  duration("cdn-upstream-connect", timing.connect_ms);
  duration("cdn-upstream-fbl", timing.upstream_first_byte_ms);
  text += fmt::format("cdn-pop;desc=\"{}\",cdn-rid;desc=\"{}\",", timing.pop, timing.request_id);
  duration("cdn-downstream-fbl", timing.downstream_first_byte_ms);
  text.pop_back();
  return text;
}

}  // namespace meridian::engines::cdn::rules
