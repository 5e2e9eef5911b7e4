// base32hex without padding (RFC 4648 §7), the text of NSEC3 hashes (RFC 5155 §3.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meridian::dns {

std::string to_base32hex(std::string_view bytes);                  // upper case
std::optional<std::string> from_base32hex(std::string_view text);  // any case; bits left over must be zero

}  // namespace meridian::dns
