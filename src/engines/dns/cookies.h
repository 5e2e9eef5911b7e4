// DNS cookies (RFC 7873) in the interoperable layout of RFC 9018: version 1, SipHash-2-4. A fleet that shares
// the secret honours each other's cookies.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "net/address.h"

namespace meridian::engines::dns {

inline constexpr std::size_t kClientCookieSize = 8;
inline constexpr std::size_t kServerCookieSize = 16;

using CookieSecret = std::array<std::uint8_t, 16>;
using ServerCookie = std::array<std::uint8_t, kServerCookieSize>;

ServerCookie make_server_cookie(const CookieSecret& secret, std::string_view client_cookie,
                                const net::IpAddress& client, std::uint32_t now_seconds);

// Whether `server_cookie` is one that we made for this client and client cookie within the last hour.
bool is_server_cookie(const CookieSecret& secret, std::string_view client_cookie,
                      std::string_view server_cookie, const net::IpAddress& client,
                      std::uint32_t now_seconds);

// The server cookie of the reply to a query with `cookie` (8, or 16 to 40 bytes): the one presented while it
// is valid and young, else a new one.
ServerCookie reply_cookie(const CookieSecret& secret, std::string_view cookie, const net::IpAddress& client,
                          std::uint32_t now_seconds);

}  // namespace meridian::engines::dns
