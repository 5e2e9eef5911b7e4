#include "net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "net/public_address.h"

namespace meridian::net {
namespace {

std::string again(std::string_view text) {
  auto address = IpAddress::parse(text);
  return address ? address->to_string() : "refused";
}

TEST(IpAddress, ReadsAndPrints) {
  EXPECT_EQ(again("192.0.2.255"), "192.0.2.255");
  EXPECT_EQ(IpAddress().to_string(), "0.0.0.0");
  EXPECT_EQ(again("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(again("::"), "::");
  EXPECT_EQ(again("1::"), "1::");
  EXPECT_EQ(again("::1"), "::1");
  EXPECT_EQ(again("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // one group of zeros is not shortened
  EXPECT_EQ(again("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(again("::ffff:192.0.2.33"), "::ffff:192.0.2.33");
  EXPECT_EQ(again("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
}

TEST(IpAddress, RefusesWhatOnlyLooksLikeOne) {
  for (const char* bad : {"",
                          "1.2.3",
                          "1.2.3.4.5",
                          "1.2.3.256",
                          "01.2.3.4",
                          "1.2.3.4 ",
                          "1..3.4",
                          "0x1.2.3.4",
                          "-1.2.3.4",
                          ":",
                          ":::",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1::2::3",
                          "12345::",
                          "::g",
                          "1:2:3:4:5:6:7:8::",
                          "::1%lo",
                          "::1.2.3",
                          "1.2.3.4::",
                          "1:2:3:4:5:6:7:1.2.3.4",
                          "1:",
                          ":1",
                          "::-1",
                          "[::1]",
                          "1:2:3:4::5:6:7:8"})
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
}

TEST(IpAddress, AgreesWithTheSystemOnRandomAddresses) {
  SeededRandom random(3);
  for (int i = 0; i < 3000; ++i) {
    std::array<std::uint8_t, 16> bytes;
    random.fill(bytes);
    // Zero groups are what the text form is about.
    for (std::size_t j = 0; j < 16; j += 2)
      if (random.below(2)) bytes[j] = bytes[j + 1] = 0;
    bytes[0] = 0x20;
    IpAddress address = IpAddress::v6(bytes);
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    ASSERT_EQ(address.to_string(), text);
    ASSERT_EQ(IpAddress::parse(text), address);
  }
}

TEST(IpAddress, KnowsLoopback) {
  for (const char* yes : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(IpAddress::parse(yes)->is_loopback()) << yes;
  for (const char* no : {"128.0.0.1", "::2", "::", "0.0.0.0", "7f00::1"})
    EXPECT_FALSE(IpAddress::parse(no)->is_loopback()) << no;
}

TEST(Address, ReadsAndPrints) {
  for (const char* text : {"127.0.0.1:53", "[::1]:53", "[2001:db8::]:65535", "0.0.0.0:0"}) {
    auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  EXPECT_EQ(Address::parse(":53")->to_string(), "0.0.0.0:53");
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:53", "[::1]",
                          "[127.0.0.1]:53", "localhost:53", "127.0.0.1:+5", "[]:53", "[::1:53"})
    EXPECT_FALSE(Address::parse(bad)) << bad;
}

TEST(Cidr, ContainsWhatSharesItsPrefix) {
  struct Case {
    const char *block, *inside, *outside;
  };
  for (const Case& c :
       {Case{"10.0.0.0/8", "10.255.0.1", "11.0.0.0"}, Case{"192.0.2.128/25", "192.0.2.129", "192.0.2.127"},
        Case{"192.0.2.4/32", "192.0.2.4", "192.0.2.5"}, Case{"0.0.0.0/0", "255.1.1.1", "::"},
        Case{"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"}, Case{"::/0", "1::", "0.0.0.0"}}) {
    auto block = Cidr::parse(c.block);
    ASSERT_TRUE(block) << c.block;
    EXPECT_EQ(block->to_string(), c.block);
    EXPECT_TRUE(block->contains(*IpAddress::parse(c.inside))) << c.block;
    EXPECT_FALSE(block->contains(*IpAddress::parse(c.outside))) << c.block;
  }
}

TEST(Cidr, RefusesHostBitsAndBadPrefixes) {
  for (const char* bad : {"10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::1/127", "::/129",
                          "10.0.0.0/08", "192.0.2.129/25", "/8"})
    EXPECT_FALSE(Cidr::parse(bad)) << bad;
}

TEST(PublicAddress, IsNoneThatIsPrivateLocalOrReserved) {
  for (const char* outside : {"8.8.8.8", "100.63.255.255", "172.32.0.1", "2600::1"})
    EXPECT_TRUE(is_public(*IpAddress::parse(outside))) << outside;
  for (const char* inside :
       {"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.168.1.1",
        "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "fd00::1", "fe80::1", "ff02::1"})
    EXPECT_FALSE(is_public(*IpAddress::parse(inside))) << inside;
}

}  // namespace
}  // namespace meridian::net
