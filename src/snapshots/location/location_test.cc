#include "snapshots/location/location.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace meridian::snapshots::location {
namespace {

std::shared_ptr<const Database> database(const std::string& name) {
  std::ifstream file(MERIDIAN_DATABASES + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto compiled = Database::compile(name, bytes);
  EXPECT_TRUE(compiled) << compiled.error().message;
  return compiled ? *compiled : nullptr;
}

net::IpAddress ip(std::string_view text) {
  return *net::IpAddress::parse(text);
}
net::Cidr block(std::string_view text) {
  return *net::Cidr::parse(text);
}

Place place(std::string_view continent, std::string_view country, double latitude, double longitude) {
  Place made;
  made.continent = Code::of(continent);
  made.country = Code::of(country);
  made.set_point(latitude, longitude);
  return made;
}

// "NA/US/CA /25"
std::string text(const Located& found) {
  return std::string(found.place->continent.text()) + "/" + std::string(found.place->country.text()) + "/" +
         std::string(found.place->subdivision.text()) + " /" + std::to_string(found.prefix_bits);
}

TEST(Distance, IsTheGreatCircle) {
  const auto km = [](double a, double b, double c, double d) {
    return great_circle_km(Point::of(a, b), Point::of(c, d));
  };
  EXPECT_NEAR(km(51.51, -0.13, 48.86, 2.35), 343.6, 1);
  EXPECT_NEAR(km(50.11, 8.68, -33.87, 151.21), 16'480, 30);
  EXPECT_NEAR(km(10, 180, 10, -180), 0, 0.01) << "the date line is no border";
  EXPECT_NEAR(km(90, 0, -90, 77), 3.14159265 * kEarthRadiusKm, 5) << "the farthest there is";
  EXPECT_NEAR(km(50, 8, 50.0001, 8), 0.0111, 0.002) << "short ones keep their digits";
  EXPECT_EQ(km(1, 2, 1, 2), 0);
}

TEST(Locations, OfNothingKnowNothing) {
  const Locations locations;
  const Located found = locations.locate(ip("192.0.2.1"), 32);
  EXPECT_EQ(found.source, Source::Nothing);
  EXPECT_EQ(text(found), "// /0") << "one answer for the whole Internet";
  EXPECT_EQ(locations.latency_us(found, 0), kUnknownLatencyUs);
  EXPECT_EQ(locations.describe(found), "nothing is known of this client");
}

TEST(Locations, ADatabaseTellsPlaceAndPrefix) {
  const Locations locations({.databases = {database("nested-24-6.mmdb")}});
  EXPECT_EQ(text(locations.locate(ip("192.0.2.1"), 32)), "EU/DE/HE /25");
  EXPECT_EQ(text(locations.locate(ip("192.0.2.200"), 32)), "NA/US/CA /25");
  EXPECT_EQ(text(locations.locate(ip("198.51.100.1"), 32)), "AS/AZ/ /24")
      << "Route 53's continent, not the database's";
  EXPECT_EQ(text(locations.locate(ip("2001:db8:7::1"), 128)), "AS/JP/13 /32");
  const Located found = locations.locate(ip("192.0.2.1"), 32);
  EXPECT_EQ(found.source, Source::Database);
  EXPECT_NEAR(found.place->latitude, 50.11, 0.001);
  EXPECT_EQ(locations.describe(found), "database nested-24-6.mmdb of 2026-01-01");
}

TEST(Locations, APrefixOfSeveralPlacesIsToldSo) {
  const Locations locations({.databases = {database("nested-24-6.mmdb")}});
  EXPECT_EQ(text(locations.locate(ip("192.0.2.0"), 24)), "EU/DE/HE /25");
  EXPECT_EQ(text(locations.locate(ip("192.0.2.255"), 24)), "EU/DE/HE /25") << "host bits do not count";
  EXPECT_EQ(text(locations.locate(ip("0.0.0.0"), 0)), "// /1");
}

TEST(Locations, AnOperatorKnowsBetterThanAnyDatabase) {
  const Locations locations({.networks = {{block("192.0.2.0/24"), place("AS", "JP", 35, 139)},
                                          {block("192.0.2.240/28"), place("OC", "NZ", -36, 174)},
                                          {block("fd00::/8"), place("EU", "FR", 48, 2)},
                                          {block("fd00::7/128"), place("EU", "ES", 40, -3)}},
                             .databases = {database("nested-24-6.mmdb")}});
  EXPECT_EQ(text(locations.locate(ip("192.0.2.1"), 32)), "AS/JP/ /25")
      << "/24 would hold clients of New Zealand";
  EXPECT_EQ(text(locations.locate(ip("192.0.2.241"), 32)), "OC/NZ/ /28");
  EXPECT_EQ(text(locations.locate(ip("198.51.100.1"), 32)), "AS/AZ/ /24");
  EXPECT_EQ(text(locations.locate(ip("fd00::7"), 128)), "EU/ES/ /128");
  EXPECT_EQ(text(locations.locate(ip("fd12::"), 128)), "EU/FR/ /12");
  const Located found = locations.locate(ip("192.0.2.241"), 32);
  EXPECT_EQ(found.source, Source::Operator);
  EXPECT_EQ(locations.describe(found), "network 192.0.2.240/28 of the topology");
}

TEST(Locations, TheFirstDatabaseThatKnowsIsAsked) {
  const Locations locations({.databases = {database("flat-32-6.mmdb"), database("nested-24-6.mmdb")}});
  EXPECT_EQ(text(locations.locate(ip("192.0.2.1"), 32)), "NA/US/CA /24");
  EXPECT_EQ(text(locations.locate(ip("198.51.100.1"), 32)), "AS/AZ/ /24");
  EXPECT_EQ(locations.describe(locations.locate(ip("198.51.100.1"), 32)),
            "database nested-24-6.mmdb of 2026-01-01");
}

Locations::LatencyRow row(std::string_view cidr,
                          std::initializer_list<std::pair<std::string_view, std::uint32_t>> measured) {
  Locations::LatencyRow made{block(cidr), {}};
  for (const auto& [code, us] : measured) made.us[regions::find(code)] = us;
  return made;
}

TEST(Locations, ClientsAreSpreadOverWhatIsKnown) {
  EXPECT_TRUE(Locations().spread_clients(5).empty());
  const Locations locations({.networks = {{block("10.1.0.0/16"), place("EU", "DE", 52, 13)},
                                          {block("10.2.0.0/16"), place("EU", "FR", 48, 2)},
                                          {block("10.9.0.0/16"), place("AS", "JP", 35, 139)},
                                          {block("2001:db8::/32"), place("AS", "JP", 35, 139)}}});
  const auto all = locations.spread_clients(100);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2], ip("10.9.0.0"));
  EXPECT_EQ(locations.spread_clients(2), (std::vector{ip("10.1.0.0"), ip("10.2.0.0")}));
}

TEST(Locations, ARegionIsAPlaceLikeAnyOther) {
  const Place dublin = Locations().region_place(regions::find("eu-west-1"));
  EXPECT_EQ(dublin.country.text(), "IE");
  EXPECT_EQ(dublin.continent.text(), "EU");
  EXPECT_NEAR(dublin.latitude, 53.35, 0.01);
  EXPECT_NEAR(dublin.longitude, -6.26, 0.01);
  const Place ohio = Locations().region_place(regions::find("us-east-2"));
  EXPECT_EQ(ohio.subdivision.text(), "OH");
}

TEST(Latency, IsMeasuredElseModelled) {
  const auto dublin = regions::find("eu-west-1"), tokyo = regions::find("ap-northeast-1"),
             paris = regions::find("eu-west-3");
  const Locations locations(
      {.networks = {{block("10.0.0.0/8"), place("EU", "FR", 48.86, 2.35)}},
       .latency = {row("10.1.1.0/24", {{"eu-west-1", 7'000}}),
                   row("10.1.0.0/16", {{"eu-west-1", 9'000}, {"ap-northeast-1", 90'000}})}});
  const Located in_24 = locations.locate(ip("10.1.1.9"), 32), in_16 = locations.locate(ip("10.1.2.9"), 32),
                outside = locations.locate(ip("10.2.0.1"), 32);
  EXPECT_EQ(in_24.prefix_bits, 24);
  EXPECT_EQ(in_16.prefix_bits, 23) << "another row holds for 10.1.0.0/23";
  EXPECT_EQ(outside.prefix_bits, 15);
  EXPECT_EQ(locations.latency_us(in_24, dublin), 7'000u);
  EXPECT_EQ(locations.latency_us(in_24, tokyo), 90'000u) << "of the block around it";
  EXPECT_EQ(locations.latency_us(in_16, dublin), 9'000u);
  EXPECT_TRUE(locations.measured(in_16, dublin));
  EXPECT_FALSE(locations.measured(in_16, paris));
  EXPECT_EQ(locations.latency_us(in_16, paris), kModelBaseUs) << "the model: the client is in Paris";
  EXPECT_NEAR(locations.latency_us(outside, tokyo), 2'000 + 9'712 * 13, 300);
  EXPECT_EQ(locations.describe(in_24),
            "network 10.0.0.0/8 of the topology; latencies measured for 10.1.1.0/24");
}

TEST(Latency, OfARegionThatTheOperatorHasElsewhere) {
  const auto dublin = regions::find("eu-west-1");
  const Locations locations({.networks = {{block("10.0.0.0/8"), place("EU", "PL", 52.23, 21.01)}},
                             .regions = {{dublin, Point::of(52.23, 21.01)}}});
  EXPECT_EQ(locations.latency_us(locations.locate(ip("10.0.0.1"), 32), dublin), kModelBaseUs);
}

TEST(Latency, NothingIsNearAClientOfUnknownPlace) {
  Place country_only;
  country_only.country = Code::of("DE");
  const Locations locations({.networks = {{block("10.0.0.0/8"), country_only}}});
  EXPECT_EQ(locations.latency_us(locations.locate(ip("10.0.0.1"), 32), 0), kUnknownLatencyUs);
}

TEST(LocationDetails, AreOfTheFirstDatabaseThatTellsEach) {
  const auto opened = [](const std::string& name) -> std::shared_ptr<const geo_db::GeoDatabase> {
    std::ifstream file(MERIDIAN_DATABASES + name, std::ios::binary);
    return geo_db::open_geo_database(std::string(std::istreambuf_iterator<char>(file), {})).value();
  };
  const Locations locations({.details = {opened("flat-32-6.mmdb"), opened("nested-24-6.mmdb")}});
  const auto told = [&](const char* address) {
    const geo_db::Details details = locations.details(net::IpAddress::parse(address).value());
    return details.city + "|" + details.metro_code + "|" + std::to_string(details.network);
  };
  EXPECT_EQ(told("192.0.2.200"), "San Francisco|807|64496") << "the first knows the place but no city";
  EXPECT_EQ(told("192.0.3.1"), "Frankfurt||0");
  EXPECT_EQ(told("10.0.0.1"), "||0");
  EXPECT_EQ(Locations().details(net::IpAddress()).city, "");
}

}  // namespace
}  // namespace meridian::snapshots::location
