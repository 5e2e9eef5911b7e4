#include "engines/cdn/rules/staging.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "engines/cdn/rules/selection.h"

namespace meridian::engines::cdn::rules {
namespace {

using std::chrono::seconds;

// "staging.1700000000.1700000300": who serves it, since when, and when it was last heard of.
struct Session {
  bool staging = false;
  seconds began{}, heard{};
};

std::optional<Session> parse_session(std::string_view text) {
  Session session;
  const std::size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  session.staging = text.substr(0, dot) == "staging";
  if (!session.staging && text.substr(0, dot) != "primary") return std::nullopt;
  const auto number = [&](std::size_t from, seconds& out) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + text.size(), value);
    out = seconds(value);
    return error == std::errc() && value >= 0 ? static_cast<std::size_t>(end - text.data()) : text.npos;
  };
  const std::size_t second = number(dot + 1, session.began);
  if (second == text.npos || second >= text.size() || text[second] != '.') return std::nullopt;
  return number(second + 1, session.heard) == text.size() ? std::optional(session) : std::nullopt;
}

std::optional<Session> session_of(Fields request) {
  std::optional<Session> found;
  for_each_cookie(request, [&](std::string_view name, std::string_view cookie) {
    if (name == kSessionCookie && cookie.size() > name.size() && !found)
      found = parse_session(cookie.substr(cookie.find('=') + 1));
  });
  return found;
}

}  // namespace

StagingChoice choose_staging(const snapshots::cdn::ContinuousDeployment& policy, Fields request,
                             SystemTime now, double draw) {
  if (!policy.header_name.empty())
    return {.staging = value_of(request, policy.header_name) == policy.header_value};
  StagingChoice choice{.staging = draw < policy.weight};
  if (!policy.sticky_idle || !policy.sticky_maximum) return choice;
  const seconds at = std::chrono::floor<seconds>(now.time_since_epoch());
  Session session{choice.staging, at, at};
  if (const auto before = session_of(request)) {
    // A clock that was put back makes a session of tomorrow: it has ended, too.
    const bool goes_on = before->began <= before->heard && before->heard <= at &&
                         at - before->heard < *policy.sticky_idle &&
                         at - before->began < *policy.sticky_maximum;
    if (goes_on) session = {before->staging, before->began, at};
  }
  choice.staging = session.staging;
  const seconds left = std::min(*policy.sticky_idle, *policy.sticky_maximum - (at - session.began));
  choice.set_cookie = fmt::format("{}={}.{}.{}; Path=/; Max-Age={}; HttpOnly", kSessionCookie,
                                  session.staging ? "staging" : "primary", session.began.count(),
                                  session.heard.count(), left.count());
  return choice;
}

Fields without_session_cookie(Fields request, FieldList& buffer) {
  bool found = false;
  for_each_cookie(request, [&](std::string_view name, std::string_view) { found |= name == kSessionCookie; });
  if (!found) return request;
  std::string cookies;
  for_each_cookie(request, [&](std::string_view name, std::string_view cookie) {
    if (name == kSessionCookie) return;
    if (!cookies.empty()) cookies += "; ";
    cookies += cookie;
  });
  for (const Field& field : request)
    if (!same_name(field.name, "cookie")) buffer.add(field.name, field.value);
  if (!cookies.empty()) buffer.add("Cookie", buffer.keep(cookies));
  return buffer;
}

}  // namespace meridian::engines::cdn::rules
