// Policy statements.
#include "engines/cdn/signing/policy.h"

#include <gtest/gtest.h>

namespace meridian::engines::cdn::signing {
namespace {

TEST(Policy, TheCannedOneIsExactlyAwss) {
  EXPECT_EQ(canned_policy_text("http://d1.cloudfront.net/a.jpg?x=1&y=2", Time(Seconds(1357034400))),
            "{\"Statement\":[{\"Resource\":\"http://d1.cloudfront.net/a.jpg?x=1&y=2\",\"Condition\":"
            "{\"DateLessThan\":{\"AWS:EpochTime\":1357034400}}}]}");
}

TEST(Policy, IsReadWithWhiteSpaceAndInAnyOrder) {
  const auto policy = parse_policy(R"({ "Statement": [ { "Condition": {
      "IpAddress": {"AWS:SourceIp": "192.0.2.129/24"}, "DateGreaterThan": {"AWS:EpochTime": 10},
      "DateLessThan": {"AWS:EpochTime": 20} }, "Resource": "http*://x/*" } ] })");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->resource, "http*://x/*");
  EXPECT_EQ(policy->before, Time(Seconds(20)));
  EXPECT_EQ(policy->after, Time(Seconds(10)));
  EXPECT_EQ(policy->source->to_string(), "192.0.2.0/24");
  EXPECT_EQ(parse_policy(policy_text(*policy)), policy);
}

TEST(Policy, AddressesAreRangesOfIpv4) {
  const auto source = [](const std::string& text) -> std::string {
    const auto policy = parse_policy(
        "{\"Statement\":[{\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":1},\"IpAddress\":{\"AWS:"
        "SourceIp\":\"" +
        text + "\"}}}]}");
    return policy ? policy->source->to_string() : "none";
  };
  EXPECT_EQ(source("192.0.2.7"), "192.0.2.7/32");
  EXPECT_EQ(source("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(source("10.255.3.4/12"), "10.240.0.0/12");
  for (const char* none :
       {"", "192.0.2.7/", "192.0.2.7/33", "192.0.2.7/2x", "2001:db8::/32", "192.0.2/24", "192.0.2.7/-1"})
    EXPECT_EQ(source(none), "none") << none;
}

TEST(Policy, IsRefusedWhenItSaysAnythingElse) {
  for (
      const char* text :
      {"", "{}", "[]", R"({"Statement":[]})", R"({"Statement":{}})", R"({"Statement":[{"Resource":"*"}]})",
       R"({"Statement":[{"Resource":"*","Condition":{}}]})",
       R"({"Statement":[{"Resource":"","Condition":{"DateLessThan":{"AWS:EpochTime":1}}}]})",
       R"({"Statement":[{"Resource":["*"],"Condition":{"DateLessThan":{"AWS:EpochTime":1}}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":"1"}}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1.5}}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":-1}}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":9223372036854775807}}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":1}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1},"Other":{}}}]})",
       R"({"Statement":[{"Resource":"*","Effect":"Allow","Condition":{"DateLessThan":{"AWS:EpochTime":1}}}]})",
       R"({"Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1}}},{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1}}}]})",
       R"({"Version":"1","Statement":[{"Resource":"*","Condition":{"DateLessThan":{"AWS:EpochTime":1}}}]})"})
    EXPECT_EQ(parse_policy(text), std::nullopt) << text;
  EXPECT_EQ(parse_policy(std::string(kPolicyBytesMax + 1, ' ')), std::nullopt);
}

TEST(Resource, WildcardsStayWithinTheirPart) {
  EXPECT_TRUE(matches_resource("", "https://a/b"));
  EXPECT_TRUE(matches_resource("*", "https://a/b"));
  EXPECT_TRUE(matches_resource("http*://a/b", "https://a/b"));
  EXPECT_TRUE(matches_resource("*://a/*", "http://a/b/c"));
  EXPECT_TRUE(matches_resource("https://*.a/b", "https://x.y.a/b"));
  EXPECT_FALSE(matches_resource("https://*.a/b", "https://x/.a/b"));
  EXPECT_FALSE(matches_resource("https://*/b", "https://x/c/b"));
  EXPECT_FALSE(matches_resource("https://a/b", "http://a/b"));
  EXPECT_FALSE(matches_resource("a/b", "https://a/b"));
  EXPECT_TRUE(matches_resource("https://a/?.jpg", "https://a/b.jpg"));
  EXPECT_FALSE(matches_resource("https://a/b", "https://a/B"));
}

// The example of CF:private-content-setting-signed-cookie-custom-policy.
TEST(Resource, AWildcardAtTheEndReachesIntoTheQuery) {
  const char* pattern = "https://d1.cloudfront.net/*game_download.zip*";
  EXPECT_TRUE(matches_resource(pattern, "https://d1.cloudfront.net/game_download.zip"));
  EXPECT_TRUE(matches_resource(pattern, "https://d1.cloudfront.net/example_game_download.zip?license=yes"));
  EXPECT_TRUE(matches_resource(pattern, "https://d1.cloudfront.net/test_game_download.zip?license=temp"));
  EXPECT_FALSE(matches_resource("https://a/*.zip", "https://a/b?c.zip"));
  EXPECT_FALSE(matches_resource("https://a/b", "https://a/b?c=1"));
}

TEST(Resource, AQuestionMarkMayBeginTheQuery) {
  EXPECT_TRUE(matches_resource("https://a/b?c=1", "https://a/b?c=1"));
  EXPECT_TRUE(matches_resource("https://a/b?c=*", "https://a/b?c=1&d=2"));
  EXPECT_TRUE(matches_resource("https://a/b?c?c=*", "https://a/bxc?c=1"));
  EXPECT_FALSE(matches_resource("https://a/b?c=1", "https://a/b?c=2"));
  EXPECT_TRUE(matches_resource("https://a/b?c", "https://a/bxc"));  // the wildcard
}

TEST(Base64ForUrls, HasItsOwnLetters) {
  const std::string bytes = "\xfb\xff\xfe\xf0";
  EXPECT_EQ(encode_for_url(bytes), "-~~-8A__");
  EXPECT_EQ(decode_from_url("-~~-8A__"), bytes);
  for (const char* text : {"+//+8A==", "-~~-8A", "-~~-8A_", "!", "-~~-8A==", "a b_"})
    EXPECT_EQ(decode_from_url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace meridian::engines::cdn::signing
