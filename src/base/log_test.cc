#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace meridian {
namespace {

std::string logged(LogFormat format, auto write) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  {
    ManualClock clock{SystemTime{}};
    Logger logger(clock, pipe_ends[1], format, LogLevel::Info);
    write(logger);
  }
  close(pipe_ends[1]);
  char text[4096];
  ssize_t size = read(pipe_ends[0], text, sizeof text);
  close(pipe_ends[0]);
  return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

TEST(Logger, WritesOneJsonObjectALine) {
  std::string line = logged(LogFormat::Json, [](Logger& log) {
    log.info("api", "served", {{"name", "a\"b\n"}, {"status", 200}});
    log.debug("api", "not at this level");
  });
  EXPECT_EQ(line,
            "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"component\":\"api\",\"msg\":\"served\","
            "\"name\":\"a\\\"b\\u000a\",\"status\":200}\n");
}

TEST(Logger, WritesTextForPeople) {
  std::string line = logged(LogFormat::Text, [](Logger& log) { log.warn("dns", "slow", {{"why", "a b"}}); });
  EXPECT_EQ(line, "1970-01-01T00:00:00.000Z warn  dns      slow why=\"a b\"\n");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  std::string out;
  append_json_string(out, "\xc3\xa9\xff\xed\xa0\x80");
  EXPECT_EQ(out, "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace meridian
