#include "formats/topology/latency_table.h"

#include <gtest/gtest.h>

namespace meridian::topology {
namespace {

TEST(LatencyTable, HasARowForEachNetwork) {
  const auto rows = parse_latency_table(
      "cidr,region,milliseconds\r\n"
      "# of June\n"
      "10.0.0.0/8,eu-west-1,12.5\n"
      "\n"
      " fd00::/8 , us-east-1 , 80 \n"
      "10.0.0.0/8,us-east-1,0.0001");
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].block.to_string(), "10.0.0.0/8");
  EXPECT_EQ((*rows)[0].us[regions::find("eu-west-1")], 12'500u);
  EXPECT_EQ((*rows)[0].us[regions::find("us-east-1")], 1u) << "measured, if hardly";
  EXPECT_EQ((*rows)[0].us[regions::find("us-east-2")], 0u);
  EXPECT_EQ((*rows)[1].us[regions::find("us-east-1")], 80'000u);
}

TEST(LatencyTable, WhatIsWrongIsRefusedWithItsLine) {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"10.0.0.0/8,eu-west-1", "line 1: a line is cidr,region,milliseconds"},
           {"10.0.0.0/8,eu-west-1,1,2", "line 1: a line is"},
           {"\n10.0.0.0,eu-west-1,1", "line 2: '10.0.0.0' is not an address block"},
           {"10.0.0.0/8,eu-west-9,1", "line 1: 'eu-west-9' is no AWS Region"},
           {"10.0.0.0/8,eu-west-1,", "'' is no number of milliseconds"},
           {"10.0.0.0/8,eu-west-1,0", "'0' is no number of milliseconds"},
           {"10.0.0.0/8,eu-west-1,-1", "'-1' is no number"},
           {"10.0.0.0/8,eu-west-1,nan", "'nan' is no number"},
           {"10.0.0.0/8,eu-west-1,1e3", "'1e3' is no number"},
           {"10.0.0.0/8,eu-west-1,60001", "'60001' is no number"},
           {"10.0.0.0/8,eu-west-1,1\n10.0.0.0/8,eu-west-1,2",
            "line 2: this network and Region are there twice"},
           {"10.0.0.0/8,eu-west-1,1\ncidr,region,milliseconds", "line 2: 'cidr' is not an address block"},
       }) {
    const auto rows = parse_latency_table(text);
    ASSERT_FALSE(rows) << text;
    EXPECT_NE(rows.error().message.find(why), std::string::npos) << rows.error().message;
  }
}

}  // namespace
}  // namespace meridian::topology
