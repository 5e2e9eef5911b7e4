#include "engines/dns/busiest.h"

#include <gtest/gtest.h>

#include "engines/dns/test_server.h"

namespace meridian::engines::dns {
namespace {

using namespace std::chrono_literals;

constexpr SystemTime kStart{std::chrono::seconds(1'700'000'000)};

class BusiestTest : public testing::Test {
 protected:
  void ask(const net::IpAddress& client, const snapshots::dns::DnsZone* zone, SystemTime now) {
    busiest.saw(client, zone, now, random);
  }
  static net::IpAddress address(std::uint32_t n) {
    return net::IpAddress::v4({static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
                               static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
  }
  Busiest busiest;
  SeededRandom random{7};
};

TEST_F(BusiestTest, FindsTheHeavyPrefixAndZoneAmongAFloodOfOthers) {
  TestServer server;
  server.add_zone("busy.test.", "");
  server.add_zone("idle.test.", "");
  const snapshots::dns::DnsZone *busy = nullptr, *idle = nullptr;
  server.snapshot->for_each_zone([&](const auto& zone) { (zone.id() == "Z1" ? busy : idle) = &zone; });
  // 200,000 queries in ten seconds: a tenth from one prefix, the others from all over.
  for (int i = 0; i < 200'000; ++i) {
    const bool heavy = i % 10 == 0;
    ask(heavy ? address(0xc0000200u + i % 256) : address(static_cast<std::uint32_t>(random.next())),
        i % 4 == 0 ? idle : busy, kStart + i * 50us);
  }
  const BusyReport report = Busiest::report({busiest.last(kStart + 11s)});
  EXPECT_NEAR(report.queries_per_second, 20'000, 1500);
  ASSERT_FALSE(report.prefixes.empty());
  EXPECT_EQ(report.prefixes[0].name, "192.0.2.0/24");
  EXPECT_NEAR(report.prefixes[0].queries_per_second, 2000, 600);
  ASSERT_EQ(report.zones.size(), 2u);
  EXPECT_EQ(report.zones[0].name, "busy.test.");
  EXPECT_NEAR(report.zones[0].queries_per_second, 15'000, 1500);
  EXPECT_LE(report.prefixes.size(), BusyReport::kLinesMax);
}

TEST_F(BusiestTest, WhatIsLongAgoIsNotReported) {
  for (int i = 0; i < 10'000; ++i) ask(address(0xc0000201u), nullptr, kStart);
  EXPECT_EQ(Busiest::report({busiest.last(kStart + 15s)}).prefixes.size(), 1u);
  EXPECT_TRUE(Busiest::report({busiest.last(kStart + 1h)}).prefixes.empty());
}

TEST_F(BusiestTest, WorkersAddUp) {
  for (int i = 0; i < 10'000; ++i) ask(address(0xc0000201u), nullptr, kStart);
  const Busiest::Window window = busiest.last(kStart + 15s);
  const double one = Busiest::report({window}).prefixes[0].queries_per_second;
  EXPECT_NEAR(one, 1000, 200);
  EXPECT_EQ(Busiest::report({window, window}).prefixes[0].queries_per_second, 2 * one);
}

}  // namespace
}  // namespace meridian::engines::dns
