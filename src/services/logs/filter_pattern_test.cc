// The examples of "Filter pattern syntax" in the CloudWatch Logs User Guide, with the matches that it states.
#include "services/logs/filter_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::services::logs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

bool matches(std::string_view pattern, std::string_view message) {
  const auto parsed = FilterPattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern << ": " << parsed.error().message;
  return parsed && parsed->matches(message);
}
std::string refusal(std::string_view pattern) {
  const auto parsed = FilterPattern::parse(pattern);
  return parsed ? "" : parsed.error().message;
}

// Which of the numbered messages a pattern matches.
std::vector<int> chosen(std::string_view pattern, const std::vector<std::string>& messages) {
  std::vector<int> out;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (matches(pattern, messages[i])) out.push_back(static_cast<int>(i));
  return out;
}

const std::vector<std::string> kErrors{"[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST",
                                       "[ERROR 419] MISSING ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS",
                                       "[INFO] REQUEST FAILED"};

TEST(FilterTerms, OneAllAnyAndNone) {
  EXPECT_THAT(chosen("ERROR", kErrors), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(chosen("ERROR ARGUMENTS", kErrors), ElementsAre(2, 3));
  EXPECT_THAT(chosen("?ERROR ?FAILED", kErrors), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(chosen("?BAD ?MISSING", kErrors), ElementsAre(0, 2));
  EXPECT_THAT(chosen("ERROR -ARGUMENTS", kErrors), ElementsAre(0, 1));
  EXPECT_THAT(chosen("-ERROR", kErrors), ElementsAre(4));
  EXPECT_THAT(chosen("error", kErrors), ElementsAre()) << "case counts";
  EXPECT_THAT(chosen("", kErrors), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(chosen("  ", kErrors), ElementsAre(0, 1, 2, 3, 4));
}

TEST(FilterTerms, QuestionMarksAreIgnoredBesideOtherTerms) {
  EXPECT_THAT(chosen("?ERROR ?ARGUMENTS REQUEST", kErrors), ElementsAre(0, 1, 4));
}

TEST(FilterTerms, Phrases) {
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR"));
  EXPECT_FALSE(matches("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR OF A SERVER"));
  EXPECT_TRUE(matches("\"[ERROR]\" -\"Exiting with\"", "[ERROR] A fatal exception has occurred"));
  EXPECT_FALSE(matches("ERROR -\"Exiting\"", "Exiting with ERRORCODE: -1"));
  EXPECT_TRUE(matches(R"("say \"no\"")", R"(they say "no" again)"));
  EXPECT_TRUE(matches("\" \"", "two words"));
}

TEST(FilterTerms, RefusesWhatMustBeQuoted) {
  EXPECT_EQ(refusal("10.0.0.1"), "Invalid character(s) in term '10.0.0.1'");
  EXPECT_EQ(refusal("foo-bar"), "Invalid character(s) in term 'foo-bar'");
  EXPECT_THAT(refusal("\"open"), HasSubstr("closing quote"));
  EXPECT_THAT(refusal("a -"), HasSubstr("a term"));
  EXPECT_THAT(refusal(std::string(1025, 'a')), HasSubstr("at most 1024"));
}

TEST(FilterRegexes, AsDocumented) {
  EXPECT_TRUE(matches("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST"));
  EXPECT_FALSE(matches("%AUTHORIZED%", "[SUCCESS 200] OK"));
  EXPECT_TRUE(matches("%^[hc]at%", "hat stand"));
  EXPECT_FALSE(matches("%^[hc]at%", "a hat"));
  EXPECT_TRUE(matches("%[hc]at$%", "a cat"));
  EXPECT_TRUE(matches("%colou?r%", "color"));
  EXPECT_FALSE(matches("%^a{3,5}$%", "aa"));
  EXPECT_TRUE(matches("%gra|ey%", "grey"));
  EXPECT_TRUE(matches("%^starting|^initializing|^shutting down%", "shutting down"));
  EXPECT_TRUE(matches(R"(%10\.10\.0\.1%)", "from 10.10.0.1"));
  EXPECT_FALSE(matches(R"(%10\.10\.0\.1%)", "from 10010x0x1"));
  EXPECT_TRUE(matches(R"(%\d\D\s\S\w%)", "1x 2y"));
  EXPECT_TRUE(matches(R"(%key\x3Avalue%)", "key:value"));
}

TEST(FilterRegexes, RefusesTheRestOfTheLanguage) {
  for (const char* bad : {"%something!%", "%(ab)+%", "%caf\xc3\xa9%", "%\\p%", "%\\(%", "%\\1%", "%%",
                          "%open", "%[a%", "%a% b", "%a\\%", "%[[:alpha:]]%"})
    EXPECT_NE(refusal(bad), "") << bad;
}

TEST(FilterRegexes, StepsAreBounded) {
  EXPECT_FALSE(matches("%a*a*a*a*a*a*a*a*a*a*a*a*b%", std::string(5000, 'a')));
}

const std::vector<std::string> kAccesses{
    R"(127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534)",
    R"(127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.html HTTP/1.0" 500 5324)",
    R"(127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /index.html HTTP/1.0" 404 4355)"};

TEST(FilterColumns, NamesAndConditions) {
  EXPECT_THAT(chosen("[ip, user, username, timestamp, request, status_code, bytes]", kAccesses),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen("[ip, user, username, timestamp, request, status_code, bytes > 2000]", kAccesses),
              ElementsAre(1, 2));
  EXPECT_THAT(chosen("[ip, user, username, timestamp, request, status_code = 200, bytes]", kAccesses),
              ElementsAre(0));
  EXPECT_THAT(chosen("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", kAccesses),
              ElementsAre(2));
  EXPECT_THAT(chosen("[ip, user, username, timestamp, request, status_code = 4* && bytes > 1000]", kAccesses),
              ElementsAre(2));
  EXPECT_THAT(
      chosen("[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]",
             kAccesses),
      ElementsAre(2));
  EXPECT_THAT(chosen("[ip, user, username]", kAccesses), ElementsAre()) << "as many columns as names";
}

TEST(FilterColumns, AnEllipsisIsAnyNumberOfColumns) {
  EXPECT_THAT(chosen("[..., status_code = 5*, bytes]", kAccesses), ElementsAre(1));
  EXPECT_THAT(chosen("[ip = 127.*, user, ..., status_code >= 400, bytes]", kAccesses), ElementsAre(1, 2));
  EXPECT_THAT(chosen("[ip, user = \"-\", ...]", kAccesses), ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen("[a, b, c, d, e, f, g, h, ...]", kAccesses), ElementsAre());
}

TEST(FilterColumns, OrAndRegex) {
  const std::vector<std::string> messages{"ERROR WARN message", "ERROR message", "WARN message"};
  EXPECT_THAT(chosen("[w1=ERROR, w2]", messages), ElementsAre(1));
  EXPECT_THAT(chosen("[w1=ERROR || w1=WARN, w2]", messages), ElementsAre(1, 2));
  EXPECT_THAT(chosen("[w1=ERROR || w1=%WA+RN%, w2]", messages), ElementsAre(1, 2));
  EXPECT_THAT(chosen("[w1!=%ERROR|WARN%, w2]", messages), ElementsAre());
  EXPECT_THAT(chosen("[w1!=ERROR&&w1!=WARN, w2]", messages), ElementsAre());
}

TEST(FilterColumns, ExtractedValues) {
  const std::string message =
      R"(127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /products/index.html HTTP/1.0" 404 1534)";
  const auto pattern = FilterPattern::parse("[..., request=*.html*, status_code=4*,]").value();
  const auto match = pattern.match(message);
  ASSERT_TRUE(match);
  EXPECT_THAT(match->extracted(),
              UnorderedElementsAre(Pair("$1", "127.0.0.1"), Pair("$2", "-"), Pair("$3", "frank"),
                                   Pair("$4", "10/Oct/2000:13:25:15 -0700"),
                                   Pair("$request", "GET /products/index.html HTTP/1.0"),
                                   Pair("$status_code", "404"), Pair("$7", "1534")));
  EXPECT_EQ(match->value("$status_code"), "404");
  EXPECT_EQ(match->value("$7"), "1534");
  EXPECT_EQ(match->value("$8"), std::nullopt);
  EXPECT_EQ(match->value("$other"), std::nullopt);
  EXPECT_TRUE(pattern.refers("$request"));
  EXPECT_FALSE(pattern.refers("$other"));
}

// Of Route 53's own lines.
TEST(FilterColumns, QueryLogLines) {
  const std::string line =
      "1.0 2026-11-21T14:00:00Z Z123 www.example.com A NXDOMAIN UDP FRA50-C1 192.0.2.1 198.51.100.0/24";
  EXPECT_TRUE(matches("[version, time, zone, name, type, rcode = NXDOMAIN, ...]", line));
  EXPECT_TRUE(matches("[version, time, zone, name = *.example.com, type, rcode != NOERROR, ...]", line));
  EXPECT_FALSE(matches("[version, time, zone, name, type = AAAA, ...]", line));
  EXPECT_TRUE(matches("NXDOMAIN", line));
  EXPECT_FALSE(matches("ERROR", line));
}

TEST(FilterColumns, Refuses) {
  for (const char* bad : {"[a, b", "[a b]", "[a] b", "[a, ..., b, ...]", "[a = ]", "[a = x y]", "[= x]",
                          "[a > x]", "[(a = x]", "[a=%x%, b=%y%, c=%z%]", "[a && ]", "[a <> 1]"})
    EXPECT_NE(refusal(bad), "") << bad;
}

constexpr std::string_view kEvent = R"({
  "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
  "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "ThisFlag": true,
  "cluster.name": "c", "latency": 49.5, "errorCode": 400, "large": 9007199254740993})";
constexpr std::string_view kUsers = R"({
  "user": {"id": 1, "email": "John.Stiles@example.com"},
  "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
  "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]]})";

TEST(FilterJson, Strings) {
  EXPECT_TRUE(matches(R"({ $.eventType = "UpdateTrail" })", kEvent));
  EXPECT_TRUE(matches(R"({ $.eventType = UpdateTrail })", kEvent));
  EXPECT_TRUE(matches(R"({ $.eventType = *Trail })", kEvent));
  EXPECT_TRUE(matches(R"({ $.eventType = "Update*" })", kEvent));
  EXPECT_FALSE(matches(R"({ $.eventType = Up*Trail })", kEvent)) << "an asterisk within is one";
  EXPECT_TRUE(matches(R"({ $.eventType = * })", kEvent));
  EXPECT_TRUE(matches(R"({ $.sourceIPAddress != 123.123.* })", kEvent));
  EXPECT_FALSE(matches(R"({ $.sourceIPAddress != 111.111.* })", kEvent));
  EXPECT_TRUE(matches(R"({ $.arrayKey[0] = "value" })", kEvent));
  EXPECT_FALSE(matches(R"({ $.eventType[0] = "value" })", kEvent));
  EXPECT_TRUE(matches(R"({ $.objectList[1].id = 2 })", kEvent));
  EXPECT_TRUE(matches(R"({ $.['cluster.name'] = "c" })", kEvent));
  EXPECT_TRUE(matches(R"({ $['cluster.name'] = "c" })", kEvent));
}

TEST(FilterJson, RegexesAndWildcards) {
  EXPECT_TRUE(matches("{ $.eventType = %Trail% }", kEvent));
  EXPECT_TRUE(matches("{ $.arrayKey[*] = %val.{2}% }", kEvent));
  EXPECT_TRUE(matches(R"({ $.* = %111\.111\.111\.1[0-9]{1,2}% })", kEvent));
  EXPECT_TRUE(matches("{ $.objectList[*].id = 2 }", kEvent));
  EXPECT_FALSE(matches("{ $.objectList[*].id = 3 }", kEvent));
  EXPECT_NE(refusal("{ $.*[*] = 1 }"), "");
  EXPECT_NE(refusal("{ $.a[*]=1 && $.b[*]=1 && $.c[*]=1 && $.d[*]=1 }"), "");
}

TEST(FilterJson, Numbers) {
  EXPECT_TRUE(matches("{ $.latency < 50 }", kEvent));
  EXPECT_TRUE(matches("{ $.latency >= 49.5 }", kEvent));
  EXPECT_FALSE(matches("{ $.latency > +1000 }", kEvent));
  EXPECT_TRUE(matches("{ $.errorCode = 400 }", kEvent));
  EXPECT_TRUE(matches("{ $.errorCode = 4e2 }", kEvent));
  EXPECT_TRUE(matches("{ $.errorCode = 4* }", kEvent));
  EXPECT_TRUE(matches("{ $.errorCode != 500 }", kEvent));
  EXPECT_TRUE(matches("{ $.errorCode < 10e3 }", kEvent));
  EXPECT_FALSE(matches("{ $.errorCode <= 10e-3 }", kEvent));
  EXPECT_FALSE(matches("{ $.large = 9007199254740992 }", kEvent));
  EXPECT_FALSE(matches("{ $.eventType > 1 }", kEvent));
  EXPECT_TRUE(matches("{ $.n > 2 }", R"({"n": "3"})")) << "a number in a string";
}

TEST(FilterJson, NullsFlagsAndWhatIsNotThere) {
  EXPECT_TRUE(matches("{ $.SomeObject IS NULL }", kEvent));
  EXPECT_FALSE(matches("{ $.eventType IS NULL }", kEvent));
  EXPECT_FALSE(matches("{ $.missing IS NULL }", kEvent));
  EXPECT_TRUE(matches("{ $.SomeOtherObject NOT EXISTS }", kEvent));
  EXPECT_FALSE(matches("{ $.SomeObject NOT EXISTS }", kEvent));
  EXPECT_TRUE(matches("{ $.ThisFlag IS TRUE }", kEvent));
  EXPECT_FALSE(matches("{ $.ThisFlag IS FALSE }", kEvent));
  EXPECT_FALSE(matches("{ $.eventType IS TRUE }", kEvent));
  EXPECT_FALSE(matches("{ $.missing != x }", kEvent));
  for (const char* either : {"{ $.users = 1 }", "{ $.users != 1 }"})
    EXPECT_FALSE(matches(either, R"({"users": [1, 2, 3]})")) << "a list is no value";
}

TEST(FilterJson, Compound) {
  EXPECT_TRUE(matches(R"({ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") })", kUsers));
  EXPECT_FALSE(
      matches(R"({ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" })", kUsers));
  EXPECT_TRUE(matches(R"({ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && )"
                      R"($.actions[2] = nomatch })",
                      kUsers));
  EXPECT_FALSE(matches(R"({ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) )"
                       R"(&& $.actions[2] = nomatch })",
                       kUsers));
  EXPECT_TRUE(matches(R"({ $.user.email = "John*" && ($.user.id > 3 || $.x NOT EXISTS) })", kUsers));
}

TEST(FilterJson, WhatIsNotJsonDoesNotMatch) {
  for (const char* message : {"", "text", "prefix {\"a\": 1}", "{\"a\": 1", "1"})
    EXPECT_FALSE(matches("{ $.b NOT EXISTS }", message)) << message;
}

TEST(FilterJson, Values) {
  const auto pattern = FilterPattern::parse("{ $.latency = * }").value();
  const auto match = pattern.match(kEvent);
  ASSERT_TRUE(match);
  EXPECT_EQ(match->value("$.latency"), "49.5");
  EXPECT_EQ(match->value("$.objectList[1].name"), "b");
  EXPECT_EQ(match->value("$.ThisFlag"), "true");
  EXPECT_EQ(match->value("$.objectList"), std::nullopt);
  EXPECT_EQ(match->value("$.missing"), std::nullopt);
  EXPECT_TRUE(match->extracted().empty());
  EXPECT_TRUE(pattern.refers("$.anything.at[0].all"));
  EXPECT_FALSE(pattern.refers("latency"));
}

TEST(FilterJson, Refuses) {
  for (const char* bad :
       {"{ $.a = }", "{ $.a }", "{ $.a = 1", "{ $.a = 1 } x", "{ a = 1 }", "{ $.a == 1 }", "{ $.a = 1 && }",
        "{ ($.a = 1 }", "{ $.a IS MAYBE }", "{ $.a EXISTS }", "{ $.a[x] = 1 }", "{ $.a = \"open }",
        "{ $ = 1 }", "{ $.x[99999999999999999999999] = 1 }", "{ $.a > word }", "{ $..a = 1 }", "{}"})
    EXPECT_NE(refusal(bad), "") << bad;
  std::string deep = "{ ";
  for (int i = 0; i < 100; ++i) deep += '(';
  EXPECT_THAT(refusal(deep), HasSubstr("parentheses"));
}

}  // namespace
}  // namespace meridian::services::logs
