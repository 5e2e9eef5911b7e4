// Percent-encoding, as in URLs (RFC 3986 §2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meridian {

int hex_digit(char c);                                                       // either case; -1: none
std::string percent_encode(std::string_view text, bool keep_slash = false);  // unreserved characters stay
// Nothing when an escape is malformed.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

}  // namespace meridian
