#include "apps/dns_limits.h"

#include <gtest/gtest.h>

namespace meridian::apps {
namespace {

TEST(DnsLimits, WordsBecomeTheEnginesOptions) {
  DnsServiceOptions options;
  ASSERT_TRUE(set_limits(options, {.rate_limit = 200,
                                   .rate_limit_slip = 1,
                                   .rate_limit_exempt = {"192.0.2.0/24", "2001:db8::/32"},
                                   .prefix_limit = 5000,
                                   .zone_limit = 9000,
                                   .tcp_connections = 10}));
  EXPECT_EQ(options.limits.responses_per_second, 200u);
  EXPECT_EQ(options.limits.slip, 1u);
  EXPECT_EQ(options.limits.queries_per_second_of_prefix, 5000u);
  EXPECT_EQ(options.limits.queries_per_second_of_zone, 9000u);
  ASSERT_EQ(options.limits.exempt.size(), 2u);
  EXPECT_EQ(options.limits.exempt[1].to_string(), "2001:db8::/32");
  EXPECT_EQ(options.tcp.connections_max, 10u);
  EXPECT_EQ(options.tcp.connections_per_prefix_max, engines::dns::TcpLimits{}.connections_per_prefix_max);
}

TEST(DnsLimits, NothingIsLimitedUnlessAsked) {
  DnsServiceOptions options;
  ASSERT_TRUE(set_limits(options, {}));
  EXPECT_FALSE(options.limits.any());
}

TEST(DnsLimits, WhatIsNoPrefixIsRefused) {
  for (const char* wrong : {"192.0.2.1/24", "localhost", "::/129"}) {
    DnsServiceOptions options;
    EXPECT_FALSE(set_limits(options, {.rate_limit_exempt = {wrong}})) << wrong;
  }
  DnsServiceOptions options;
  EXPECT_FALSE(set_limits(options, {.rate_limit_exempt = std::vector<std::string>(65, "192.0.2.0/24")}));
}

TEST(DnsLimits, TheBusiestReadAsATableAndAsJson) {
  const engines::dns::BusyReport report{1234.4, {{"192.0.2.0/24", 1000}}, {{"a\"b.test.", 900}}};
  EXPECT_EQ(
      describe(report, Output::Json),
      "{\"queries_per_second\":1234,\"prefixes\":[{\"name\":\"192.0.2.0/24\",\"queries_per_second\":1000}],"
      "\"zones\":[{\"name\":\"a\\\"b.test.\",\"queries_per_second\":900}]}\n");
  const std::string table = describe(report, Output::Table);
  EXPECT_NE(table.find("192.0.2.0/24"), std::string::npos);
  EXPECT_NE(table.find("1000\n"), std::string::npos);
}

}  // namespace
}  // namespace meridian::apps
