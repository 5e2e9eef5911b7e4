#include "services/route53/validate.h"

#include <gtest/gtest.h>

namespace meridian::services::route53 {
namespace {

std::string read(std::string_view text) {
  auto name = parse_domain_name(text);
  return name ? name->to_string(dns::Escapes::Octal) : name.error();
}

TEST(DomainNames, AreStoredLowerCaseWithADotAndOctalEscapes) {
  EXPECT_EQ(read("WWW.Example.COM"), "www.example.com.");
  EXPECT_EQ(read("www.example.com."), "www.example.com.");
  EXPECT_EQ(read("*.example.com"), "\\052.example.com.");
  EXPECT_EQ(read("\\052.example.com"), "\\052.example.com.");
  EXPECT_EQ(read("ex\\344mple.com"), "ex\\344mple.com.");
  EXPECT_EQ(read("\\101.example.com"), "a.example.com.");
  EXPECT_EQ(read("_dmarc.a-b.example.com"), "_dmarc.a-b.example.com.");
  EXPECT_EQ(read("a\\056b.example.com"), "a\\056b.example.com.");
}

TEST(DomainNames, AreRefusedInAwsWords) {
  EXPECT_EQ(read(""), "FATAL problem: DomainNameEmpty (Domain name is empty) encountered with ''");
  EXPECT_EQ(read(".x"), "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '.x'");
  EXPECT_EQ(read("a..b"), "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'");
  std::string label(64, 'a');
  EXPECT_EQ(read("b." + label + ".c"),
            "FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '" + label + "'");
  std::string whole;
  for (int i = 0; i < 130; ++i) whole += "a.";
  EXPECT_EQ(read(whole),
            "FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '" + whole + "'");
  EXPECT_EQ(
      read("a b.c"),
      "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with ' '");
  EXPECT_EQ(
      read("a\\999.c"),
      "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '\\'");
  EXPECT_EQ(read("b\u00fccher.de"),
            "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with "
            "'\u00fc'");
}

TEST(DomainNames, TheLongestLabelAndNameAreAccepted) {
  std::string label(63, 'a');
  std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_TRUE(parse_domain_name(longest));
  EXPECT_FALSE(parse_domain_name(longest + "a"));
}

TEST(ZoneNames, AreNeitherTheRootNorATopLevelDomain) {
  EXPECT_TRUE(parse_zone_name("example.com"));
  EXPECT_EQ(parse_zone_name("com").error(), "com is reserved by AWS!");
  EXPECT_FALSE(parse_zone_name("."));
  EXPECT_FALSE(parse_zone_name("*.example.com"));
}

TEST(Ids, MayCarryTheirPath) {
  EXPECT_EQ(bare_id("/hostedzone/Z1"), "Z1");
  EXPECT_EQ(bare_id("hostedzone/Z1"), "Z1");
  EXPECT_EQ(bare_id("Z1"), "Z1");
  EXPECT_EQ(bare_id("/change/C2"), "C2");
}

TEST(MaxItems, IsANumberCutToThePage) {
  EXPECT_EQ(parse_max_items(std::nullopt, 300), 300u);
  EXPECT_EQ(parse_max_items("7", 300), 7u);
  EXPECT_EQ(parse_max_items("1000", 300), 300u);
  EXPECT_EQ(parse_max_items("99999999999999999999999", 300), 300u);
  for (const char* bad : {"", "0", "-1", "7x", "x"}) EXPECT_FALSE(parse_max_items(bad, 300)) << bad;
}

TEST(Types, AreTheSeventeen) {
  int count = 0;
  for (unsigned type = 0; type < 65536; ++type) count += is_record_type(static_cast<dns::Type>(type));
  EXPECT_EQ(count, 17);
}

}  // namespace
}  // namespace meridian::services::route53
