#include "apps/zone_text.h"

#include <gtest/gtest.h>

#include "apps/zone_sets.h"

namespace meridian::apps {
namespace {

gen::route53::ResourceRecordSet set(std::string type, std::vector<std::string> values) {
  gen::route53::ResourceRecordSet out;
  out.Name = "\\052.example.com.";
  out.Type = std::move(type);
  out.TTL = 60;
  auto& records = out.ResourceRecords.emplace();
  for (std::string& value : values) records.emplace_back().Value = std::move(value);
  return out;
}

TEST(ZoneText, WritesALineARecordInTheSpellingOfZoneFiles) {
  EXPECT_EQ(zone_text(set("A", {"192.0.2.1", "192.0.2.2"})),
            "*.example.com.\t60\tIN\tA\t192.0.2.1\n*.example.com.\t60\tIN\tA\t192.0.2.2\n");
  EXPECT_EQ(zone_text(set("TXT", {"\"\\303\\251\""})), "*.example.com.\t60\tIN\tTXT\t\"\\195\\169\"\n");
}

TEST(ZoneText, AliasesAndPoliciesAreComments) {
  auto weighted = set("A", {"192.0.2.1"});
  weighted.SetIdentifier = "blue\n* IN A 192.0.2.66";
  weighted.Weight = 80;
  weighted.HealthCheckId = "h1";
  EXPECT_EQ(zone_text(weighted),
            "; *.example.com.\t60\tIN\tA\t192.0.2.1 (SetIdentifier=\"blue\\u000a* IN A 192.0.2.66\", "
            "Weight=\"80\", "
            "HealthCheckId=\"h1\")\n");
  auto alias = set("A", {});
  alias.ResourceRecords.reset();
  alias.AliasTarget = {.HostedZoneId = "Z1", .DNSName = "www.example.com.", .EvaluateTargetHealth = true};
  EXPECT_EQ(zone_text(alias), "; *.example.com. ALIAS A www.example.com.\n");
  alias.SetIdentifier = "s";
  alias.GeoLocation = gen::route53::GeoLocation{.CountryCode = "US", .SubdivisionCode = "CA"};
  EXPECT_EQ(zone_text(alias),
            "; *.example.com. ALIAS A www.example.com. (SetIdentifier=\"s\", CountryCode=\"US\", "
            "SubdivisionCode=\"CA\")\n");
}

TEST(ZoneText, NothingOfAPolicyIsReadBackAsARecord) {
  auto one = set("A", {"192.0.2.1"});
  one.SetIdentifier = "one";
  one.MultiValueAnswer = true;
  auto checked = set("AAAA", {"2001:db8::1"});
  checked.HealthCheckId = "h1";
  auto zone = read_zone(zone_text(one) + zone_text(checked), *dns::Name::parse("example.com"));
  EXPECT_TRUE(zone.refused.empty());
  ASSERT_EQ(zone.sets.size(), 1u);
  EXPECT_EQ(zone.sets[0].values[0], "2001:db8::1");
}

}  // namespace
}  // namespace meridian::apps
