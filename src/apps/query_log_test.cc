#include "apps/query_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "formats/dnstap/frame_streams.h"

namespace meridian::apps {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class QueryLogOptionsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(directory), nullptr); }
  void TearDown() override { std::filesystem::remove_all(directory); }
  std::string path(const char* name) const { return std::string(directory) + "/" + name; }
  auto make(const QueryLogOptions& options, const std::string& nsid = "ns-1") {
    return make_query_log(options, nsid, 1, {}, {clock, random, disk, logger, metrics});
  }
  std::string error_of(const QueryLogOptions& options, const std::string& nsid = "ns-1") {
    const auto log = make(options, nsid);
    return log ? "none" : log.error().message;
  }
  // A query for a.test that the zone Z1 answered.
  static void add_query(engines::dns::query_log::Recorder& recorder) {
    static const std::string query = *from_hex("123400000001000000000000016104746573740000010001");
    engines::dns::query_log::Record record{};
    record.reply_size = 1;
    record.zone_id = "Z1";
    record.query = as_bytes(query);
    recorder.add(record);
  }

  char directory[32] = "/tmp/meridian-qlog-XXXXXX";
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SeededRandom random{1};
  RealDisk disk;
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
};

TEST_F(QueryLogOptionsTest, NothingAskedIsNoLog) {
  const auto log = make({});
  ASSERT_TRUE(log);
  EXPECT_EQ(*log, nullptr);
}

TEST_F(QueryLogOptionsTest, LinesNameTheEdgeLocationOrTheServer) {
  for (const auto& [edge_location, nsid, wanted] :
       {std::tuple{"FRA50-C1", "ns-1", " FRA50-C1 "}, {"", "ns-1", " ns-1 "}, {"", "", " - "}}) {
    auto log =
        make({.file = path("lines"), .zones = {"/hostedzone/Z1"}, .edge_location = edge_location}, nsid);
    ASSERT_TRUE(log) << log.error().message;
    add_query((*log)->recorder(0));
    log->reset();
    EXPECT_THAT(disk.read(path("lines")).value_or(""),
                AllOf(StartsWith("1.0 1970-01-01T00:00:00.000Z Z1 a.test A NOERROR UDP"), HasSubstr(wanted)));
    std::filesystem::remove(path("lines"));
  }
}

TEST_F(QueryLogOptionsTest, ADnstapFileIsWholeAtTheEnd) {
  auto log = make({.dnstap = path("tap")});
  ASSERT_TRUE(log) << log.error().message;
  add_query((*log)->recorder(0));
  log->reset();
  dnstap::FrameReader reader;
  reader.feed(disk.read(path("tap")).value_or(""));
  for (const auto wanted :
       {std::optional(dnstap::Control::Start), {}, std::optional(dnstap::Control::Stop)}) {
    const auto frame = reader.next();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((*frame)->control, wanted);
  }
  EXPECT_TRUE(reader.at_boundary());
}

TEST_F(QueryLogOptionsTest, SaysWhatIsWrong) {
  EXPECT_THAT(error_of({.file = path("absent/log")}), HasSubstr("absent/log"));
  EXPECT_THAT(error_of({.file = directory}), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of({.file = path("log"), .edge_location = "FRA 50"}), HasSubstr("--edge-location"));
  EXPECT_THAT(error_of({.file = path("log")}, "name of spaces"), HasSubstr("--edge-location"));
  EXPECT_THAT(error_of({.file = path("log"), .zones = std::vector<std::string>(1001, "Z")}),
              HasSubstr("1000"));
}

TEST(QueryLogCommandLine, TakesItsOptions) {
  const char* words[] = {"meridian",         "serve",         "--query-log",        "-",
                         "--query-log-zone", "Z1,Z2",         "--query-log-sample", "100",
                         "--dnstap",         "unix:/run/tap", "--edge-location",    "FRA50-C1"};
  const auto log = std::get<ServeOptions>(parse_command_line(std::size(words), words)).query_log;
  EXPECT_EQ(log.file, "-");
  EXPECT_THAT(log.zones, testing::ElementsAre("Z1", "Z2"));
  EXPECT_EQ(log.sample, 100u);
  EXPECT_EQ(log.dnstap, "unix:/run/tap");
  EXPECT_EQ(log.edge_location, "FRA50-C1");
  EXPECT_EQ(log.dnstap_sample, 1u);
}

}  // namespace
}  // namespace meridian::apps
