// Directives of Cache-Control, one at a time.
#include "engines/cdn/rules/cache_control.h"

#include <algorithm>

namespace meridian::engines::cdn::rules {
namespace {

// An argument as a token or as a quoted string (RFC 9111 §5.2: a recipient ought to take both).
std::optional<Seconds> parse_seconds_argument(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return parse_delta_seconds(text);
}

void read_directive(std::string_view text, CacheControl& out) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view name = trim(text.substr(0, equals));
  const auto seconds = [&](std::optional<Seconds>& value) {
    if (value) return;
    // "max-age =5" is malformed: nobody knows who would read it how.
    if (equals + 1 >= text.size() || name.size() != equals) {
      value = Seconds(0);
    } else {
      value = parse_seconds_argument(text.substr(equals + 1)).value_or(Seconds(0));
    }
  };
  if (same_name(name, "max-age")) {
    seconds(out.max_age);
  } else if (same_name(name, "s-maxage")) {
    seconds(out.s_maxage);
  } else if (same_name(name, "no-cache")) {
    out.no_cache = true;
  } else if (same_name(name, "no-store")) {
    out.no_store = true;
  } else if (same_name(name, "private")) {
    out.is_private = true;
  } else if (same_name(name, "must-revalidate")) {
    out.must_revalidate = true;
  } else if (same_name(name, "proxy-revalidate")) {
    out.proxy_revalidate = true;
  } else if (same_name(name, "stale-while-revalidate")) {
    seconds(out.stale_while_revalidate);
  } else if (same_name(name, "stale-if-error")) {
    // Silence lets stale copies be served without end, so an argument that says nothing counts as 0 too.
    seconds(out.stale_if_error);
  }
}

}  // namespace

std::optional<Seconds> parse_delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min<std::int64_t>(value * 10 + (c - '0'), kDeltaSecondsMax.count());
  }
  return Seconds(value);
}

CacheControl read_cache_control(Fields response) {
  CacheControl control;
  for_each_member(response, "cache-control",
                  [&](std::string_view directive) { read_directive(directive, control); });
  return control;
}

}  // namespace meridian::engines::cdn::rules
