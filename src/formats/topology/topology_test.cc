#include "formats/topology/topology.h"

#include <gtest/gtest.h>

namespace meridian::topology {
namespace {

TEST(Topology, SaysWhereThingsAre) {
  const auto topology = parse_topology(R"(
[[client]]
cidr = "10.1.0.0/16"
country = "US"
subdivision = "CA"
latitude = 37.77
longitude = -122

[[client]]
cidr = "fd00::/8"
region = "eu-central-1"
continent = "EU"

[[region]]
code = "eu-west-1"
latitude = 52.2
longitude = 21

[[edge-location]]
code = "FRA50-C1"
latitude = 50.1
longitude = 8.7
addresses = ["192.0.2.1", "2001:db8::1"]
)");
  ASSERT_TRUE(topology) << topology.error().message;
  ASSERT_EQ(topology->clients.size(), 2u);
  const ClientNetwork& california = topology->clients[0];
  EXPECT_EQ(california.block.to_string(), "10.1.0.0/16");
  EXPECT_EQ(california.continent, "NA") << "of the country";
  EXPECT_EQ(california.country, "US");
  EXPECT_EQ(california.subdivision, "CA");
  ASSERT_TRUE(california.point);
  EXPECT_EQ(california.point->latitude, 37.77);
  EXPECT_EQ(california.point->longitude, -122) << "whole numbers are numbers";
  EXPECT_EQ(topology->clients[1].region, regions::find("eu-central-1"));
  EXPECT_EQ(topology->clients[1].country, "");
  ASSERT_EQ(topology->regions.size(), 1u);
  EXPECT_EQ(topology->regions[0].region, regions::find("eu-west-1"));
  ASSERT_EQ(topology->edge_locations.size(), 1u);
  EXPECT_EQ(topology->edge_locations[0].code, "FRA50-C1");
  EXPECT_EQ(topology->edge_locations[0].addresses.size(), 2u);
}

TEST(Topology, AnEmptyFileSaysNothing) {
  const auto topology = parse_topology("# noch nichts f\xc3\xbcr S\xc3\xa3o Paulo\n");
  ASSERT_TRUE(topology);
  EXPECT_TRUE(topology->clients.empty());
}

TEST(Topology, WhatIsWrongIsRefusedWithItsLine) {
  const std::string block = "[[client]]\ncidr = \"10.0.0.0/8\"\n";
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"[[client]", "line 1"},
           {"\n[\xef\xbb\xbf[client]]", "line 2: letters outside of ASCII are for comments"},
           {"[[[c", "not TOML"},  // an assertion of toml++ 3.3
           {"clients = 7", "line 1: 'clients' is none of"},
           {"client = 7", "line 1: 'client' is a list of tables"},
           {"client = [7]", "line 1: [[client]] is a list of tables"},
           {"[[client]]\ncountry = \"DE\"", "line 1: [[client]] needs 'cidr'"},
           {"[[client]]\ncidr = 7", "line 2: 'cidr' is a text"},
           {"[[client]]\ncidr = \"10.0.0.1/8\"\ncountry = \"DE\"", "bits are set beyond the prefix"},
           {block, "line 1: [[client]] needs a place"},
           {block + "contry = \"DE\"", "line 3: [[client]] has no 'contry'"},
           {block + "country = \"de\"", "'country' is a code of two upper-case letters"},
           {block + "country = \"AZ\"\ncontinent = \"EU\"", "Route 53 has AZ in AS"},
           {block + "continent = \"XX\"", "'continent' is one of"},
           {block + "country = \"DE\"\nsubdivision = \"BE\"", "'subdivision' is a state"},
           {block + "country = \"US\"\nsubdivision = \"ZZ\"", "'subdivision' is a state"},
           {block + "latitude = 1", "latitude and longitude go together"},
           {block + "latitude = 91\nlongitude = 0",
            "line 3: 'latitude' is a number from -90 to 90"},
           {block + "latitude = nan\nlongitude = 0", "line 3: 'latitude'"},
           {block + "latitude = \"1\"\nlongitude = 0", "line 3: 'latitude'"},
           {block + "region = \"eu-west-9\"", "'eu-west-9' is no AWS Region"},
           {block + "region = \"eu-west-1\"\nlatitude = 1\nlongitude = 1", "either 'region' or coordinates"},
           {block + "country = \"DE\"\n" + block + "country = \"FR\"",
            "line 4: this [[client]] is there twice"},
           {"[[region]]\ncode = \"mars-1\"\nlatitude = 1\nlongitude = 1", "'mars-1' is no AWS Region"},
           {"[[region]]\ncode = \"eu-west-1\"", "[[region]] needs latitude and longitude"},
           {"[[edge-location]]\ncode = \"fra\"\nlatitude = 1\nlongitude = 1\naddresses = [\"192.0.2.1\"]",
            "'code' is upper-case"},
           {"[[edge-location]]\ncode = \"FRA50-C1\"\nlatitude = 1\nlongitude = 1\naddresses = []",
            "needs 'addresses'"},
           {"[[edge-location]]\ncode = \"FRA50-C1\"\nlatitude = 1\nlongitude = 1\naddresses = [\"x\"]",
            "'x' is not an IP address"},
           {"[[edge-location]]\ncode = \"A\"\nlatitude = 1\nlongitude = 1\naddresses = [\"192.0.2.1\"]\n"
            "[[edge-location]]\ncode = \"B\"\nlatitude = 1\nlongitude = 1\naddresses = [\"192.0.2.1\"]",
            "192.0.2.1 is of two [[edge-location]]"},
       }) {
    const auto topology = parse_topology(text);
    ASSERT_FALSE(topology) << text;
    EXPECT_NE(topology.error().message.find(why), std::string::npos) << topology.error().message << "\n"
                                                                     << why;
  }
}

}  // namespace
}  // namespace meridian::topology
