// HMAC (RFC 2104) with the hashes that TSIG names. OpenSSL stays behind hmac.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meridian::dns {

// MD5 is left out (RFC 8945 §6: not to be used); SHA-1 is for old peers.
enum class HmacHash : std::uint8_t { Sha1, Sha256, Sha384, Sha512 };

std::size_t hmac_size(HmacHash hash);  // bytes
std::string hmac(HmacHash hash, std::string_view key, std::string_view bytes);

}  // namespace meridian::dns
