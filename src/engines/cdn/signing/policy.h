// What a signature allows: the policy statement of signed URLs and cookies, canned or custom
// (CF:private-content-creating-signed-url-canned-policy, -custom-policy).
//
// Rule: a statement says what it says and nothing more: a name that is not known, a second statement or a
// condition that cannot be read makes it no policy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/cdn/rules/http_date.h"
#include "net/address.h"

namespace meridian::engines::cdn::signing {

using rules::Seconds;
using rules::Time;

inline constexpr std::size_t kPolicyBytesMax = 8192;  // no longer fits into a URL

struct Policy {
  std::string resource;             // "": every file
  Time before{};                    // DateLessThan
  std::optional<Time> after;        // DateGreaterThan
  std::optional<net::Cidr> source;  // IpAddress
  bool operator==(const Policy&) const = default;
};

std::optional<Policy> parse_policy(std::string_view json);

// The text that is signed without being sent.
std::string canned_policy_text(std::string_view url, Time before);
// A custom policy without white space.
std::string policy_text(const Policy& policy);

// Wildcards stay within protocol, host, path and query string; only one at the end of the path reaches into
// the query string.
bool matches_resource(std::string_view pattern, std::string_view url);

// Base64 with `-`, `_` and `~` for `+`, `=` and `/`.
std::string encode_for_url(std::string_view bytes);
std::optional<std::string> decode_from_url(std::string_view text);

}  // namespace meridian::engines::cdn::signing
