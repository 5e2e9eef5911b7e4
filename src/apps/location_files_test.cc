#include "apps/location_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "base/fake_disk.h"
#include "http/fake_loop.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
using snapshots::location::Locations;
using ::testing::HasSubstr;

std::string database_bytes(const std::string& name) {
  std::ifstream file(MERIDIAN_DATABASES + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string network(const std::string& country) {
  return "[[client]]\ncidr = \"10.0.0.0/8\"\ncountry = \"" + country + "\"\n";
}

class Places : public testing::Test {
 protected:
  Places() {
    disk.file("topology") = network("DE");
    disk.file("a.mmdb") = database_bytes("nested-24-6.mmdb");
    disk.file("latencies") = "10.0.0.0/8,eu-west-1,5\n";
  }
  void open() {
    auto opened = LocationFiles::open({"topology", {"a.mmdb"}, "latencies"}, disk);
    ASSERT_TRUE(opened) << opened.error().message;
    files = std::move(*opened);
    watch = std::make_unique<LocationWatch>(loop, *files, logger, metrics, [this](auto locations) {
      published = std::move(locations);
      ++times;
    });
  }
  static std::string country(const Locations& locations, std::string_view address) {
    return std::string(locations.locate(*net::IpAddress::parse(address), 128).place->country.text());
  }
  std::string metric(const std::string& name) {
    const std::string text = metrics.prometheus_text();
    const auto at = text.find("\n" + name);
    return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  }

  FakeDisk disk;
  http::FakeLoop loop;
  RealClock clock;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  std::unique_ptr<LocationFiles> files;
  std::unique_ptr<LocationWatch> watch;
  std::unique_ptr<const Locations> published;
  int times = 0;
};

TEST_F(Places, AllFilesCount) {
  open();
  const auto locations = files->locations();
  EXPECT_EQ(country(*locations, "10.1.1.1"), "DE");
  EXPECT_EQ(country(*locations, "192.0.2.200"), "US");
  const auto found = locations->locate(*net::IpAddress::parse("10.0.0.1"), 32);
  EXPECT_EQ(locations->latency_us(found, regions::find("eu-west-1")), 5'000u);
  EXPECT_EQ(metric("meridian_location_networks"), "meridian_location_networks 1");
  EXPECT_EQ(metric("meridian_location_latency_rows"), "meridian_location_latency_rows 1");
  EXPECT_THAT(metric("meridian_location_database_built_seconds"),
              HasSubstr("{database=\"a.mmdb\"} 1767225600"));
}

TEST_F(Places, AtTheStartEveryFileMustBeWhole) {
  for (const auto* path : {"topology", "a.mmdb", "latencies"}) {
    const std::string good = std::exchange(disk.file(path), "broken");
    const auto opened = LocationFiles::open({"topology", {"a.mmdb"}, "latencies"}, disk);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr(path));
    disk.file(path) = good;
  }
  EXPECT_FALSE(LocationFiles::open({"nothing", {}, ""}, disk));
  EXPECT_TRUE(LocationFiles::open({}, disk)) << "none is asked for";
}

TEST_F(Places, AChangedFileIsTakenOnceItSettled) {
  open();
  loop.advance(60s);
  EXPECT_EQ(times, 0) << "nothing changed";
  disk.file("topology") = network("FR");
  loop.advance(LocationWatch::kPeriod);
  EXPECT_EQ(times, 0) << "it may still be written";
  loop.advance(LocationWatch::kSettleTime);
  ASSERT_EQ(times, 1);
  EXPECT_EQ(country(*published, "10.1.1.1"), "FR");
  EXPECT_EQ(country(*published, "192.0.2.200"), "US") << "the database stays";
  disk.file("a.mmdb") = database_bytes("flat-32-6.mmdb");
  loop.advance(LocationWatch::kPeriod + LocationWatch::kSettleTime);
  ASSERT_EQ(times, 2);
  EXPECT_EQ(country(*published, "192.0.3.1"), "DE");
  EXPECT_EQ(metric("meridian_location_reloads_total"), "meridian_location_reloads_total 2");
}

TEST_F(Places, ABrokenFileLeavesWhatWasAndIsCountedOnce) {
  open();
  disk.file("topology") = "[[client]]\nnonsense";
  disk.file("latencies") = "10.0.0.0/8,eu-west-1,6\n";
  loop.advance(60s);
  ASSERT_EQ(times, 1) << "the other file counts";
  EXPECT_EQ(country(*published, "10.1.1.1"), "DE");
  EXPECT_EQ(metric("meridian_location_reload_failures_total"), "meridian_location_reload_failures_total 1");
  disk.file("topology") = network("DE");
  loop.advance(60s);
  EXPECT_EQ(times, 2) << "as it was before, but read again";
  EXPECT_TRUE(disk.remove("a.mmdb"));
  loop.advance(60s);
  EXPECT_EQ(times, 2);
  EXPECT_EQ(metric("meridian_location_reload_failures_total"), "meridian_location_reload_failures_total 2");
  EXPECT_EQ(country(*files->locations(), "192.0.2.200"), "US");
}

TEST_F(Places, WhoAsksGetsChangesAtOnce) {
  open();
  disk.file("topology") = network("FR");
  watch->look(true);
  ASSERT_EQ(times, 1);
  EXPECT_EQ(country(*published, "10.1.1.1"), "FR");
  watch->look(true);
  EXPECT_EQ(times, 1) << "a database is not read again for nothing";
}

TEST_F(Places, AServerIsOfTheEdgeLocationThatHasItsAddress) {
  disk.file("topology") =
      "[[edge-location]]\ncode = \"FRA50-C1\"\nlatitude = 50\nlongitude = 8\naddresses = [\"192.0.2.1\", "
      "\"2001:db8::1\"]\n";
  open();
  const auto at = [](const char* text) { return *net::Address::parse(text); };
  const auto* here = files->edge_location({at("127.0.0.1:53"), at("[2001:db8::1]:53")});
  ASSERT_NE(here, nullptr);
  EXPECT_EQ(here->code, "FRA50-C1");
  EXPECT_EQ(files->edge_location({at("192.0.2.2:53")}), nullptr);
}

}  // namespace
}  // namespace meridian::apps
