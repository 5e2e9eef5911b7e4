#include "formats/geo_db/geo_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace meridian::geo_db {
namespace {
using ::testing::ElementsAre;

std::string bytes_of(const std::string& name) {
  std::ifstream file(MERIDIAN_DATABASES + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string describe(const Record& record) {
  std::string text = record.continent + "/" + record.country + "/" + record.subdivision;
  if (record.has_point)
    text += " " + std::to_string(std::lround(record.latitude)) + "," +
            std::to_string(std::lround(record.longitude));
  return text;
}

// "c0000200/24 EU/DE/HE 50,9" for each block.
std::vector<std::string> blocks(const GeoDatabase& database, Family family) {
  std::vector<std::string> all;
  EXPECT_TRUE(database.each_block(family, [&](const Block& block) {
    std::array<char, 40> text;
    std::snprintf(text.data(), text.size(), "%llx/%u ", static_cast<unsigned long long>(block.first),
                  block.bits);
    all.push_back(text.data() + describe(database.record(block.record)));
  }));
  return all;
}

TEST(GeoDatabase, MaxMindsSchemaWithBothFamilies) {
  const auto database = open_geo_database(bytes_of("nested-24-6.mmdb"));
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ((*database)->metadata().type, "Test-City-nested");
  EXPECT_EQ((*database)->metadata().build_epoch, 1'767'225'600u);
  EXPECT_THAT(blocks(**database, Family::V4),
              ElementsAre("c0000200/25 EU/DE/HE 50,9", "c0000280/25 NA/US/CA 38,-122", "c6336400/24 EU/AZ/",
                          "cb007107/32 OC//"));
}

TEST(GeoDatabase, BlocksLongerThan64BitsAreThe64OfTheirFirstAddress) {
  const auto database = open_geo_database(bytes_of("nested-24-6.mmdb"));
  ASSERT_TRUE(database);
  const auto v6 = blocks(**database, Family::V6);
  ASSERT_FALSE(v6.empty());
  std::uint64_t next = 0x20010db8'00000000;
  EXPECT_TRUE((*database)->each_block(Family::V6, [&](const Block& block) {
    EXPECT_EQ(block.first, next) << "without gap or overlap inside 2001:db8::/32";
    EXPECT_EQ((*database)->record(block.record).country, "JP");
    next = block.first + (std::uint64_t{1} << (64 - block.bits));
  }));
  EXPECT_EQ(next, 0x20010db9'00000000);
}

TEST(GeoDatabase, OneFamilyOnly) {
  const auto database = open_geo_database(bytes_of("nested-28-4.mmdb"));
  ASSERT_TRUE(database);
  const auto v4 = blocks(**database, Family::V4);
  ASSERT_FALSE(v4.empty());
  EXPECT_EQ(v4.back(), "e0000000/3 NA/US/CA 38,-122");
  EXPECT_THAT(v4, testing::Contains("c0000200/24 EU/DE/HE 50,9"));
  EXPECT_THAT(blocks(**database, Family::V6), ElementsAre());
}

TEST(GeoDatabase, FlatSchemaWithNamesOfStates) {
  const auto database = open_geo_database(bytes_of("flat-32-6.mmdb"));
  ASSERT_TRUE(database);
  EXPECT_THAT(blocks(**database, Family::V4),
              ElementsAre("c0000200/24 /US/CA 38,-122", "c0000300/24 /DE/ 50,9", "c0000400/24 /US/",
                          "c0000500/24 // 1,1"));
}

TEST(GeoDatabase, TellsDetailsOfAnAddressInBothSchemas) {
  const auto told = [](const GeoDatabase& database, const char* address) -> std::string {
    const auto record = database.find(net::IpAddress::parse(address).value());
    if (!record) return "nothing";
    const Details details = database.details(*record);
    return details.city + "|" + details.metro_code + "|" + details.postal_code + "|" + details.time_zone +
           "|" + std::to_string(details.network);
  };
  const auto nested = open_geo_database(bytes_of("nested-24-6.mmdb"));
  ASSERT_TRUE(nested);
  EXPECT_EQ(told(**nested, "192.0.2.200"), "San Francisco|807|94110|America/Los_Angeles|64496");
  EXPECT_EQ(told(**nested, "192.0.2.1"), "||||0");
  EXPECT_EQ(told(**nested, "2001:db8::1"), "||||0");
  EXPECT_EQ(told(**nested, "10.0.0.1"), "nothing");
  const auto flat = open_geo_database(bytes_of("flat-32-6.mmdb"));
  ASSERT_TRUE(flat);
  EXPECT_EQ(told(**flat, "192.0.3.7"), "Frankfurt||60311|Europe/Berlin|0");
  const auto v4 = open_geo_database(bytes_of("nested-28-4.mmdb"));
  ASSERT_TRUE(v4);
  EXPECT_EQ(told(**v4, "2001:db8::1"), "nothing") << "of a family that it does not have";
}

TEST(GeoDatabase, WhatIsNoDatabaseIsRefused) {
  for (const std::string& bytes : {std::string(), std::string("nonsense"), std::string(100'000, '\0')}) {
    const auto database = open_geo_database(bytes);
    ASSERT_FALSE(database);
    EXPECT_NE(database.error().message.find(".mmdb"), std::string::npos) << database.error().message;
  }
}

TEST(GeoDatabase, ATreeThatLeadsBackIntoItselfEnds) {
  std::string bytes = bytes_of("nested-24-6.mmdb");
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = 0;  // both sides of the root lead to the root
  const auto database = open_geo_database(bytes);
  if (!database) return;  // the library may see it first
  EXPECT_FALSE((*database)->each_block(Family::V6, [](const Block&) {}));
}

TEST(GeoDatabase, EveryCutOfAFileIsRefusedOrRead) {
  const std::string whole = bytes_of("flat-32-6.mmdb");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto database = open_geo_database(std::string_view(whole).substr(0, size));
    if (database)
      (void)(*database)->each_block(Family::V4,
                                    [&](const Block& block) { (*database)->record(block.record); });
  }
}

}  // namespace
}  // namespace meridian::geo_db
