// SHA-256 and HMAC-SHA-256, for signatures.
#pragma once

#include <string>
#include <string_view>

namespace meridian::aws::sigv4 {

std::string sha256(std::string_view bytes);  // 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace meridian::aws::sigv4
