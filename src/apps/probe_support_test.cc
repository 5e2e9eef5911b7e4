#include "apps/probe_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_disk.h"

namespace meridian::apps {
namespace {

std::string first(std::string_view text) {
  const auto found = first_nameserver(text);
  return found ? found->to_string() : "none";
}

TEST(FirstNameserver, IsTheOneThatCanBeAsked) {
  EXPECT_EQ(first("# made by hand\nsearch example.com\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n"),
            "192.0.2.53:53");
  EXPECT_EQ(first("nameserver fe80::1%eth0\n  nameserver\t2001:db8::53"), "[2001:db8::53]:53");
  EXPECT_EQ(first("nameserver\noptions ndots:1\n#nameserver 192.0.2.53"), "none");
  EXPECT_EQ(first(""), "none");
}

TEST(HealthResolvers, AreThoseOfTheOptionOrTheMachines) {
  FakeDisk disk;
  const auto of = [&](const std::vector<std::string>& words) {
    std::vector<std::string> texts;
    const auto resolvers = health_resolvers(words, disk).value();
    for (const net::Address& address : resolvers) texts.push_back(address.to_string());
    return texts;
  };
  EXPECT_THAT(of({}), testing::ElementsAre("127.0.0.1:53"));
  ASSERT_TRUE(disk.replace("/etc/resolv.conf", as_bytes(std::string_view("nameserver 192.0.2.53\n"))));
  EXPECT_THAT(of({}), testing::ElementsAre("192.0.2.53:53"));
  EXPECT_THAT(of({"127.0.0.1:5353", "192.0.2.1", "2001:db8::1"}),
              testing::ElementsAre("127.0.0.1:5353", "192.0.2.1:53", "[2001:db8::1]:53"));
  EXPECT_FALSE(health_resolvers({"resolver.example.com"}, disk));
  EXPECT_FALSE(health_resolvers(std::vector<std::string>(5, "192.0.2.1"), disk));
}

}  // namespace
}  // namespace meridian::apps
