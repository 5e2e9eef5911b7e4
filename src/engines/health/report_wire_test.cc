#include "engines/health/report_wire.h"

#include <gtest/gtest.h>

namespace meridian::engines::health {
namespace {

using std::chrono::seconds;

constexpr SystemTime kNow{seconds(1'700'000'000)};

CheckSettings http() {
  CheckSettings settings;
  settings.target.endpoint = net::Address::parse("[2001:db8::1]:8080").value();
  settings.target.http = HttpQuestion{"www.example.com", "/health", "h1", true, true};
  settings.target.search_string = "all is up";
  settings.target.name = "www.example.com";
  settings.target.public_only = true;
  settings.interval = seconds(30);
  settings.failure_threshold = 7;
  return settings;
}

Report report() {
  Report made{true, 2, {}, {}};
  made.last = Observation{"",
                          net::IpAddress::v4({192, 0, 2, 9}),
                          net::IpAddress::v4({192, 0, 2, 1}),
                          {true, "HTTP Status Code 200, OK"},
                          kNow - seconds(3)};
  made.last_failure =
      Observation{"", {}, net::IpAddress::v4({192, 0, 2, 1}), {false, "refused"}, kNow - seconds(50)};
  return made;
}

TEST(ReportWire, SettingsArriveAsTheyWere) {
  const CheckSettings read = read_settings(as_bytes(write_settings(http()))).value();
  EXPECT_EQ(read.target.endpoint.to_string(), "[2001:db8::1]:8080");
  ASSERT_TRUE(read.target.http);
  EXPECT_EQ(read.target.http->domain_name, "www.example.com");
  EXPECT_EQ(read.target.http->path, "/health");
  EXPECT_EQ(read.target.http->health_check_id, "h1");
  EXPECT_TRUE(read.target.http->tls && read.target.http->sni);
  EXPECT_EQ(read.target.search_string, "all is up");
  EXPECT_EQ(read.target.name, "www.example.com");
  EXPECT_TRUE(read.target.public_only);
  EXPECT_EQ(read.interval, seconds(30));
  EXPECT_EQ(read.failure_threshold, 7u);
  CheckSettings tcp = http();
  tcp.target.http.reset();
  EXPECT_FALSE(read_settings(as_bytes(write_settings(tcp))).value().target.http);
}

TEST(ReportWire, ReportsAgeByTheReadersClock) {
  const Report sent = report();
  EXPECT_EQ(read_report(as_bytes(write_report(sent, kNow)), kNow).value(), sent);
  // The reader's clock is an hour behind.
  const SystemTime there = kNow - std::chrono::hours(1);
  EXPECT_EQ(read_report(as_bytes(write_report(sent, kNow)), there).value().last->checked, there - seconds(3));
}

TEST(ReportWire, AFailureThatIsTheLastIsSaidOnce) {
  Report failing = report();
  failing.last = failing.last_failure;
  const std::string once = write_report(failing, kNow);
  EXPECT_EQ(read_report(as_bytes(once), kNow).value(), failing);
  EXPECT_LT(once.size(), write_report(report(), kNow).size());
}

TEST(ReportWire, ACheckerThatCannotProbeHasNoMind) {
  EXPECT_EQ(read_report(as_bytes(write_report({}, kNow)), kNow).value(), Report{});
}

TEST(ReportWire, WhatDoesNotFitIsRefused) {
  const std::string settings = write_settings(http()), said = write_report(report(), kNow);
  for (std::size_t size = 0; size < settings.size(); ++size)
    EXPECT_FALSE(read_settings(as_bytes(settings.substr(0, size)))) << size;
  for (std::size_t size = 0; size < said.size(); ++size)
    EXPECT_FALSE(read_report(as_bytes(said.substr(0, size)), kNow)) << size;
  EXPECT_FALSE(read_settings(as_bytes(settings + "x")));
  EXPECT_FALSE(read_settings(as_bytes("\x02" + settings.substr(1)))) << "a later form";
  CheckSettings never = http();
  never.interval = {};
  EXPECT_FALSE(read_settings(as_bytes(write_settings(never))));
  never = http();
  never.failure_threshold = 0;
  EXPECT_FALSE(read_settings(as_bytes(write_settings(never))));
}

}  // namespace
}  // namespace meridian::engines::health
