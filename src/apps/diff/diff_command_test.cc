#include "apps/diff/diff_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json/json.h"

namespace meridian::apps {
namespace {

using testing::HasSubstr;

constexpr std::string_view kLog =
    "1.0 2026-11-21T08:46:16.042Z Z1 www.example.com A NOERROR UDP FRA50-C1 192.0.2.7 198.51.100.0/24\n"
    "1.0 2026-11-21T08:46:17.042Z Z1 www.example.com A NOERROR TCP FRA50-C1 192.0.2.7 198.51.100.0/24\n"
    "1.0 2026-11-21T08:46:18.042Z Z1 www.example.com AAAA NOERROR UDP FRA50-C1 192.0.2.7 -\n"
    "1.0 2026-11-21T08:46:18.042Z Z2 www.example.org A NOERROR UDP FRA50-C1 192.0.2.7 -\n"
    "not a line\n";

json::Array summarised(std::string_view log, std::string_view zone, std::size_t most) {
  return *json::parse(summarise_query_log(log, zone, most).value()).value().get<json::Array>();
}

TEST(QueryLogSummary, LinesThatAreAlikeAreCounted) {
  const json::Array lines = summarised(kLog, "Z1", 100);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(*lines[0].find("name")->get<std::string>(), "www.example.com");
  EXPECT_EQ(*lines[0].find("subnet")->get<std::string>(), "198.51.100.0/24");
  EXPECT_EQ(*lines[0].find("count")->get<std::int64_t>(), 2);
  EXPECT_EQ(*lines[1].find("type")->get<std::string>(), "AAAA");
  EXPECT_EQ(lines[1].find("subnet"), nullptr);
}

TEST(QueryLogSummary, WithoutAZoneEachLineSaysItsOwn) {
  const json::Array lines = summarised(kLog, "", 100);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(*lines[2].find("zone")->get<std::string>(), "Z2");
}

TEST(QueryLogSummary, OfManyLinesSomeAreChosenEvenly) {
  std::string log;
  for (int i = 100; i < 200; ++i)
    log += fmt::format("1.0 T Z1 n{}.example.com A NOERROR UDP E 192.0.2.7 -\n", i);
  const json::Array lines = summarised(log, "Z1", 10);
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_EQ(*lines[0].find("name")->get<std::string>(), "n100.example.com");
  EXPECT_EQ(*lines[9].find("name")->get<std::string>(), "n190.example.com");
}

TEST(QueryLogSummary, NothingOfTheZoneIsAnError) {
  EXPECT_THAT(summarise_query_log(kLog, "Z3", 10).error().message, HasSubstr("no line of this hosted zone"));
}

}  // namespace
}  // namespace meridian::apps
