#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/bill/bill_text.h"

namespace meridian::apps::bill {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

Prices prices() {
  const auto read = parse_prices(shipped_prices());
  EXPECT_TRUE(read) << read.error().message;
  return *read;
}

Statement of(const Usage& usage, const std::vector<std::string>& regions = {}, double https = 1) {
  static const Prices kPrices = prices();
  return make_statement(usage, kPrices, *parse_shares(kPrices, regions), https);
}

double amount(const Statement& statement, std::string_view what) {
  for (const Line& line : statement.lines)
    if (line.what == what) return line.amount;
  return -1;
}

Usage traffic(double requests, double gigabytes, double paths = 0) {
  Usage usage;
  usage.distributions.push_back({"E1", "shop.test", requests, gigabytes * 1e9, paths});
  return usage;
}

TEST(Bill, EachTierHasItsPrice) {
  EXPECT_DOUBLE_EQ(tiered(5, {10, 20}, {3, 2, 1}), 15);
  EXPECT_DOUBLE_EQ(tiered(15, {10, 20}, {3, 2, 1}), 40);
  EXPECT_DOUBLE_EQ(tiered(25, {10, 20}, {3, 2, 1}), 55);
  EXPECT_DOUBLE_EQ(tiered(0, {10, 20}, {3, 2, 1}), 0);
}

TEST(Bill, WhatIsFreeCostsNothing) {
  const Statement statement = of(traffic(10'000'000, 1000, 1000));
  EXPECT_DOUBLE_EQ(statement.total(), 0);
  EXPECT_THAT(statement.lines, Contains(Field(&Line::quantity, "10,000,000")));
}

TEST(Bill, BeyondThatByRegion) {
  const Statement here = of(traffic(20'000'000, 21'000, 1010));
  EXPECT_NEAR(amount(here, "Data transfer out, united-states"), 10'000 * 0.085 + 10'000 * 0.080, 1e-6);
  EXPECT_NEAR(amount(here, "HTTPS requests, united-states"), 10.0, 1e-6);
  EXPECT_NEAR(amount(here, "Invalidation paths"), 10 * 0.005, 1e-9);
  const Statement there = of(traffic(20'000'000, 2'000), {"europe=50", "india=50"}, 0.5);
  EXPECT_NEAR(amount(there, "Data transfer out, india"), 500 * 0.109, 1e-6);
  EXPECT_NEAR(amount(there, "HTTP requests, europe"), 250 * 0.0090, 1e-6);
  EXPECT_NEAR(amount(there, "HTTPS requests, india"), 250 * 0.0120, 1e-6);
}

TEST(Bill, WhatCostsByTheMonthIsTakenByItsPart) {
  Usage usage;
  usage.months = 0.5;
  usage.zones = 30;
  usage.queries = 2'000'000'000;
  usage.health_checks = 4;
  usage.health_check_features = 2;
  const Statement statement = of(usage);
  EXPECT_NEAR(amount(statement, "Hosted zones"), (25 * 0.50 + 5 * 0.10) / 2, 1e-9);
  EXPECT_NEAR(amount(statement, "DNS queries"), 500 * 0.40 + 1500 * 0.20, 1e-6);
  EXPECT_NEAR(amount(statement, "Health checks"), 4 * 0.75 / 2, 1e-9);
  EXPECT_NEAR(amount(statement, "Their options"), 2 * 2.00 / 2, 1e-9);
}

TEST(Bill, StreamsByShardsOrByWhatComes) {
  Usage usage;
  usage.streams = {
      {.name = "lines",
       .takes_realtime_lines = true,
       .shards = 2,
       .hours = 100,
       .records = 3e6,
       .bytes = 1e9},
      {.name = "large", .shards = 1, .hours = 10, .retention_hours = 48, .records = 100, .bytes = 25'600'000},
      {.name = "demand", .on_demand = true, .hours = 10, .records = 5, .bytes = 2e9}};
  const Statement statement = of(usage);
  EXPECT_NEAR(amount(statement, "Real-time log lines"), 0.03, 1e-9);
  EXPECT_NEAR(amount(statement, "Kinesis shard hours"), 210 * 0.015, 1e-9);
  EXPECT_NEAR(amount(statement, "Kinesis shard hours, longer kept"), 10 * 0.020, 1e-9);
  EXPECT_NEAR(amount(statement, "Kinesis PUT units, at least"), (3'000'000 + 1000) * 0.014e-6, 1e-9);
  EXPECT_NEAR(amount(statement, "Kinesis stream hours, on demand"), 0.4, 1e-9);
  EXPECT_NEAR(amount(statement, "Kinesis data in, on demand"), 0.16, 1e-9);
}

TEST(Bill, StorageOfAllBucketsTogetherGoesThroughTheTiers) {
  Usage usage;
  usage.months = 0.5;
  const double gigabyte = 1024.0 * 1024 * 1024;
  usage.buckets = {{"a", 50'000 * gigabyte}, {"b", 2'200 * gigabyte}};
  EXPECT_NEAR(amount(of(usage), "S3 storage"), (51'200 * 0.023 + 1'000 * 0.022) / 2, 1e-6);
  usage.buckets = {{"empty", 0}};
  EXPECT_THAT(of(usage).lines, IsEmpty());
}

TEST(Bill, RegionsAreThoseOfTheTable) {
  const Prices known = prices();
  EXPECT_THAT(parse_shares(known, {"mars"}).error().message, HasSubstr("united-states, europe"));
  EXPECT_THAT(parse_shares(known, {"europe=60", "japan=30"}).error().message, HasSubstr("90 %"));
  EXPECT_FALSE(parse_shares(known, {"europe=x"}));
  EXPECT_EQ(parse_shares(known, {"japan"})->front().region->name, "japan");
}

TEST(Bill, ATableWithAMistakeIsRefusedWithItsLine) {
  const auto refused = [](std::string_view from, std::string_view to) {
    std::string text(shipped_prices());
    text.replace(text.find(from), from.size(), to);
    const auto read = parse_prices(text);
    return read ? std::string() : read.error().message;
  };
  EXPECT_THAT(refused("per_gb = [0.085, ", "per_gb = ["), HasSubstr("a price a tier"));
  EXPECT_THAT(refused("http = 0.0075", "http = -1.0"), HasSubstr("line "));
  EXPECT_THAT(refused("zone = 0.50", "zones = 0.50"), HasSubstr("no 'zones'"));
}

TEST(Bill, TheTextSaysWhatIsNotCounted) {
  const Usage usage = traffic(1, 1);
  const Prices known = prices();
  const Period period{std::chrono::sys_days{std::chrono::days(20'000)},
                      std::chrono::sys_days{std::chrono::days(20'010)}};
  const std::string text = as_text(period, usage, known, of(usage));
  EXPECT_THAT(text, HasSubstr("for 2024-10-04 to 2024-10-13"));
  EXPECT_THAT(text, HasSubstr("Not counted:"));
  EXPECT_THAT(text, HasSubstr("https://aws.amazon.com/cloudfront/pricing/"));
  EXPECT_THAT(as_json(period, usage, known, of(usage)), HasSubstr("\"total\":0"));
}

}  // namespace
}  // namespace meridian::apps::bill
