#include "apps/zone_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ImportedZone read(std::string_view text) {
  return read_zone(text, dns::Name::parse("example.com.").value());
}

TEST(ReadZone, GroupsRecordsIntoSetsAndLeavesTheApexAlone) {
  auto zone = read(
      "$TTL 300\n"
      "@ IN SOA ns.example.net. host.example.com. 1 2 3 4 5\n"
      "@ IN NS ns.example.net.\n"
      "@ IN MX 10 mail\n"
      "www IN A 192.0.2.1\n"
      "WWW 300 IN A 192.0.2.2\n"
      "sub IN NS ns.sub\n"
      "* IN TXT \"a;b\" \"\\195\\169\"\n");
  EXPECT_TRUE(zone.refused.empty());
  EXPECT_EQ(zone.ignored, 2u);
  EXPECT_EQ(zone.records, 5u);
  ASSERT_EQ(zone.sets.size(), 4u);
  EXPECT_EQ(zone.sets[1].name, "www.example.com.");
  EXPECT_EQ(zone.sets[1].line, 5u);
  EXPECT_THAT(zone.sets[1].values, ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(zone.sets[3].name, "\\052.example.com.") << "Route 53's spelling";
  EXPECT_THAT(zone.sets[3].values, ElementsAre("\"a;b\" \"\\303\\251\"")) << "octal escapes";
}

TEST(ReadZone, RefusesLineByLineAndGoesOn) {
  auto zone = read(
      "$TTL 60\n"
      "a IN A 300.0.0.1\n"
      "b IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m\n"
      "elsewhere.org. IN A 192.0.2.1\n"
      "c IN A 192.0.2.1\n"
      "c 30 IN A 192.0.2.2\n"
      "c IN A 192.0.2.1\n");
  ASSERT_EQ(zone.refused.size(), 5u);
  EXPECT_EQ(zone.refused[0].line, 2u);
  EXPECT_EQ(zone.refused[1].line, 3u);
  EXPECT_THAT(zone.refused[2].reason, HasSubstr("is not in example.com."));
  EXPECT_THAT(zone.refused[3].reason, HasSubstr("TTL 30 differs from 60"));
  EXPECT_THAT(zone.refused[4].reason, HasSubstr("line 5"));
  EXPECT_EQ(zone.records, 1u);
}

}  // namespace
}  // namespace meridian::apps
