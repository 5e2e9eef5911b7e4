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
  EXPECT_EQ(
      line,
      "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"component\":\"api\",\"msg\":\"served\","
      "\"name\":\"a\\\"b\\u000a\",\"status\":200}\n");
}

TEST(Logger, WritesTextForPeople) {
  std::string line = logged(LogFormat::Text, [](Logger& log) { log.warn("dns", "slow", {{"why", "a b"}}); });
  EXPECT_EQ(line, "1970-01-01T00:00:00.000Z warn  dns      slow why=\"a b\"\n");
}

TEST(Logger, ATerminalIsToldNothingByWhatIsLogged) {
  std::string line = logged(LogFormat::Text, [](Logger& log) {
    log.warn("dns", "\x1b[2J\nforged",
             {{"name", "a\x1b]0;b\x07"},
              {"c1",
               "\xc2\x9b"
               "31m"},
              {"raw", "\x9b"},
              {"del", "\x7f"}});
  });
  EXPECT_EQ(line,
            "1970-01-01T00:00:00.000Z warn  dns      \\u001b[2J\\u000aforged name=\"a\\u001b]0;b\\u0007\" "
            "c1=\"\\u009b31m\" raw=\"\xef\xbf\xbd\" del=\"\\u007f\"\n");
}

TEST(Logger, EscapesWhatMustBeWhereverItStands) {
  const std::string plain = "a text of more than eight bytes";
  for (std::size_t at = 0; at < plain.size(); ++at)
    for (const auto& [odd, written] : {std::pair("\"", "\\\""),
                                       {"\\", "\\\\"},
                                       {"\n", "\\u000a"},
                                       {"\x7f", "\\u007f"},
                                       {"\xff", "\xef\xbf\xbd"},
                                       {"\xc3\xa9", "\xc3\xa9"}}) {
      std::string out;
      append_json_string(out, plain.substr(0, at) + odd + plain.substr(at));
      EXPECT_EQ(out, '"' + plain.substr(0, at) + written + plain.substr(at) + '"') << at;
    }
}

TEST(Logger, WordsOfOtherLanguagesStay) {
  std::string line = logged(LogFormat::Text, [](Logger& log) {
    log.info("api", "caf\xc3\xa9", {{"name", "\xc3\xa9"}});
  });
  EXPECT_EQ(line, "1970-01-01T00:00:00.000Z info  api      caf\xc3\xa9 name=\"\xc3\xa9\"\n");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  std::string out;
  append_json_string(out, "\xc3\xa9\xff\xed\xa0\x80");
  EXPECT_EQ(out, "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace meridian
