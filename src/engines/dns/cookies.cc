#include "engines/dns/cookies.h"

#include <cstring>

#include "base/bytes.h"
#include "base/siphash.h"

namespace meridian::engines::dns {
namespace {

constexpr std::size_t kHashOffset = 8;  // behind version, reserved and timestamp
// RFC 9018 §4.3: valid for an hour, replaced after half of it, five minutes of clock difference allowed.
constexpr std::int32_t kAgeSecondsMax = 3600, kFreshSecondsMax = 1800, kAheadSecondsMax = 300;

std::uint32_t timestamp_of(std::string_view server_cookie) {
  return load_u32(as_bytes(server_cookie).data() + 4);
}

// RFC 1982 arithmetic: seconds since the cookie was made, also across the wrap of 2106.
std::int32_t age(std::string_view server_cookie, std::uint32_t now_seconds) {
  return static_cast<std::int32_t>(now_seconds - timestamp_of(server_cookie));
}

// §4.4: the hash covers the client cookie, the head of the server cookie as it stands, and the address.
std::uint64_t hash(const CookieSecret& secret, std::string_view client_cookie, std::string_view head,
                   const net::IpAddress& client) {
  std::array<char, kClientCookieSize + kHashOffset + 16> input;
  char* out = input.data();
  for (const std::string_view part : {client_cookie.substr(0, kClientCookieSize), head, client.bytes()})
    out = static_cast<char*>(std::memcpy(out, part.data(), part.size())) + part.size();
  return siphash<2, 4>(SipKey::from_bytes(secret),
                       {input.data(), static_cast<std::size_t>(out - input.data())});
}

}  // namespace

ServerCookie make_server_cookie(const CookieSecret& secret, std::string_view client_cookie,
                                const net::IpAddress& client, std::uint32_t now_seconds) {
  ServerCookie cookie{1, 0, 0, 0};
  store_u32(cookie.data() + 4, now_seconds);
  const std::string_view head(reinterpret_cast<const char*>(cookie.data()), kHashOffset);
  const std::uint64_t hashed = hash(secret, client_cookie, head, client);
  std::memcpy(cookie.data() + kHashOffset, &hashed, sizeof hashed);
  return cookie;
}

bool is_server_cookie(const CookieSecret& secret, std::string_view client_cookie,
                      std::string_view server_cookie, const net::IpAddress& client,
                      std::uint32_t now_seconds) {
  if (server_cookie.size() != kServerCookieSize || server_cookie[0] != 1) return false;
  const std::int32_t seconds = age(server_cookie, now_seconds);
  if (seconds > kAgeSecondsMax || seconds < -kAheadSecondsMax) return false;
  const std::uint64_t hashed = hash(secret, client_cookie, server_cookie.substr(0, kHashOffset), client);
  const std::string_view expected(reinterpret_cast<const char*>(&hashed), sizeof hashed);
  return equal_in_constant_time(expected, server_cookie.substr(kHashOffset));
}

ServerCookie reply_cookie(const CookieSecret& secret, std::string_view cookie, const net::IpAddress& client,
                          std::uint32_t now_seconds) {
  const std::string_view client_cookie = cookie.substr(0, kClientCookieSize);
  const std::string_view presented = cookie.substr(kClientCookieSize);
  if (is_server_cookie(secret, client_cookie, presented, client, now_seconds) &&
      age(presented, now_seconds) <= kFreshSecondsMax) {
    ServerCookie same;
    std::memcpy(same.data(), presented.data(), same.size());
    return same;
  }
  return make_server_cookie(secret, client_cookie, client, now_seconds);
}

}  // namespace meridian::engines::dns
