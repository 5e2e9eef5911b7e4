#include "apps/control/own_stand_ins.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::apps {
namespace {

using testing::HasSubstr;

std::string text_of(const std::optional<snapshots::cdn::OriginStandIn>& stand_in) {
  return stand_in ? fmt::format("{} {}", stand_in->host, stand_in->port) : "none";
}

std::string found(const OwnOrigins& said, const std::vector<std::string>& api,
                  const std::vector<std::string>& website) {
  const auto parsed = [](const std::vector<std::string>& texts) {
    std::vector<net::Address> addresses;
    for (const std::string& text : texts) addresses.push_back(net::Address::parse(text).value());
    return addresses;
  };
  const auto stand_ins = own_stand_ins(said, parsed(api), parsed(website));
  if (!stand_ins) return stand_ins.error().message;
  return text_of(stand_ins->s3) + ", " + text_of(stand_ins->s3_website);
}

TEST(OwnStandIns, AreWhereThisProcessListens) {
  EXPECT_EQ(found({}, {"192.0.2.1:4566", "127.0.0.1:1"}, {"192.0.2.2:80"}), "192.0.2.1 4566, 192.0.2.2 80");
  EXPECT_EQ(found({}, {"0.0.0.0:4566"}, {}), "127.0.0.1 4566, 127.0.0.1 4566");
  EXPECT_EQ(found({}, {"[::]:4566"}, {}), "::1 4566, ::1 4566");
  EXPECT_EQ(found({}, {}, {}), "none, none");
}

TEST(OwnStandIns, AreWhatAnOperatorSays) {
  EXPECT_EQ(found({"api.example.net:443", ""}, {"0.0.0.0:4566"}, {}),
            "api.example.net 443, api.example.net 443");
  EXPECT_EQ(found({"[2001:db8::1]:4566", "192.0.2.9:80"}, {"0.0.0.0:4566"}, {"0.0.0.0:81"}),
            "2001:db8::1 4566, 192.0.2.9 80");
  for (const char* bad : {"api.example.net", ":4566", "0.0.0.0:4566", "http://a:1", "a:0", "a:65536", "a:x",
                          "2001:db8::1:80", "a b:1"})
    EXPECT_THAT(found({bad, ""}, {"127.0.0.1:1"}, {}), HasSubstr("HOST:PORT")) << bad;
}

TEST(OwnStandIns, WhereEdgesWouldAskThemselvesAnOperatorIsTold) {
  const auto at = [](const char* host) {
    return compilers::cdn::StandIns{snapshots::cdn::OriginStandIn{host, 4566, false}, std::nullopt};
  };
  EXPECT_THAT(advice_of(at("127.0.0.1"), "0.0.0.0:4567"), HasSubstr("--origin-api"));
  EXPECT_EQ(advice_of(at("127.0.0.1"), "127.0.0.1:4567"), "") << "all edges are on this machine";
  EXPECT_EQ(advice_of(at("192.0.2.1"), "0.0.0.0:4567"), "");
  EXPECT_EQ(advice_of(at("api.example.net"), "0.0.0.0:4567"), "");
  EXPECT_EQ(advice_of(at("127.0.0.1"), ""), "") << "there is no feed";
}

}  // namespace
}  // namespace meridian::apps
