#include "engines/dns/client_prefix.h"

#include <gtest/gtest.h>

namespace meridian::engines::dns {
namespace {

ClientPrefix prefix(const char* address) {
  return ClientPrefix::of(net::IpAddress::parse(address).value());
}

TEST(ClientPrefixTest, NeighboursShareOneAndOthersDoNot) {
  EXPECT_EQ(prefix("192.0.2.1"), prefix("192.0.2.255"));
  EXPECT_NE(prefix("192.0.2.1"), prefix("192.0.3.1"));
  EXPECT_EQ(prefix("2001:db8:1:200::1"), prefix("2001:db8:1:2ff:ffff::9"));
  EXPECT_NE(prefix("2001:db8:1:200::1"), prefix("2001:db8:1:300::1"));
  EXPECT_NE(prefix("1.2.3.4"), prefix("102:300::")) << "the same bits in another family";
}

TEST(ClientPrefixTest, ReadsAsTheNetworkItIs) {
  EXPECT_EQ(prefix("192.0.2.77").cidr().to_string(), "192.0.2.0/24");
  EXPECT_EQ(prefix("2001:db8:1:2ff::1").cidr().to_string(), "2001:db8:1:200::/56");
}

}  // namespace
}  // namespace meridian::engines::dns
