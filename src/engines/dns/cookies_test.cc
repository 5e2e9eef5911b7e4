// The test vectors are those of RFC 9018, Appendix A.
#include "engines/dns/cookies.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace meridian::engines::dns {
namespace {

CookieSecret secret(std::string_view hex) {
  CookieSecret bytes;
  std::memcpy(bytes.data(), from_hex(hex)->data(), bytes.size());
  return bytes;
}
std::string hex(const ServerCookie& cookie) {
  return to_hex(cookie);
}

const CookieSecret kSecret = secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
const net::IpAddress kClient = *net::IpAddress::parse("198.51.100.100");
const std::string kClientCookie = *from_hex("2464c4abcf10c957");

TEST(Cookies, LearnedByANewClient) {
  EXPECT_EQ(hex(reply_cookie(kSecret, kClientCookie, kClient, 1559731985)),
            "010000005cf79f111f8130c3eee29480");
}

TEST(Cookies, RenewedWhenHalfAnHourOld) {
  const std::string presented = kClientCookie + *from_hex("010000005cf79f111f8130c3eee29480");
  EXPECT_EQ(hex(reply_cookie(kSecret, presented, kClient, 1559734385)), "010000005cf7a871d4a564a1442aca77");
  EXPECT_EQ(hex(reply_cookie(kSecret, presented, kClient, 1559731985 + 1800)),
            "010000005cf79f111f8130c3eee29480");
}

TEST(Cookies, OfIPv6Clients) {
  const net::IpAddress client = *net::IpAddress::parse("2001:db8:220:1:59de:d0f4:8769:82b8");
  const CookieSecret other = secret("dd3bdf9344b678b185a6f5cb60fca715");
  const std::string client_cookie = *from_hex("22681ab97d52c298");
  EXPECT_TRUE(is_server_cookie(other, client_cookie, *from_hex("010000005cf7c57926556bd0934c72f8"), client,
                               1559741961));
  EXPECT_FALSE(is_server_cookie(kSecret, client_cookie, *from_hex("010000005cf7c57926556bd0934c72f8"), client,
                                1559741961));
}

TEST(Cookies, HonouredForAnHourFromTheSameClientOnly) {
  const ServerCookie made = make_server_cookie(kSecret, kClientCookie, kClient, 5000);
  const std::string cookie(made.begin(), made.end());
  const auto honoured = [&](std::uint32_t now) {
    return is_server_cookie(kSecret, kClientCookie, cookie, kClient, now);
  };
  EXPECT_TRUE(honoured(5000 + 3600));
  EXPECT_FALSE(honoured(5000 + 3601));
  EXPECT_TRUE(honoured(5000 - 300));
  EXPECT_FALSE(honoured(5000 - 301));
  EXPECT_FALSE(
      is_server_cookie(kSecret, kClientCookie, cookie, *net::IpAddress::parse("198.51.100.101"), 5000));
  EXPECT_FALSE(is_server_cookie(kSecret, "otherone", cookie, kClient, 5000));
  EXPECT_FALSE(is_server_cookie(kSecret, kClientCookie, cookie + "x", kClient, 5000));
  EXPECT_FALSE(is_server_cookie(kSecret, kClientCookie, "", kClient, 5000));
}

TEST(Cookies, SurviveTheWrapOfSecondsInThirtyTwoBits) {
  const ServerCookie made = make_server_cookie(kSecret, kClientCookie, kClient, 0xffffff00);
  EXPECT_TRUE(is_server_cookie(kSecret, kClientCookie,
                               {reinterpret_cast<const char*>(made.data()), made.size()}, kClient, 0x100));
}

}  // namespace
}  // namespace meridian::engines::dns
