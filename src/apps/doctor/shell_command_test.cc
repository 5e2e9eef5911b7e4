#include "apps/doctor/shell_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace meridian::apps::doctor {
namespace {

using testing::Each;
using testing::HasSubstr;

// What the shell makes of it: each word on a line of its own.
std::string words_of(const std::string& command) {
  const std::string script = "aws() { printf '%s\\n' \"$@\"; }; check=abc; " + command;
  FILE* pipe = popen(("bash -c '" +
                      [&] {
                        std::string out;
                        for (const char c : script)
                          out += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
                        return out;
                      }() +
                      "'")
                         .c_str(),
                     "r");
  std::string out;
  std::array<char, 4096> bytes;
  while (const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), pipe))
    out.append(bytes.data(), size);
  EXPECT_EQ(pclose(pipe), 0);
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string without_blanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

TEST(ShellCommand, QuotesWhatTheShellWouldRead) {
  const auto command =
      ShellCommand("aws route53 x").option("name", "it's $HOME & *").option("plain", "a-1/b_2.c");
  EXPECT_EQ(command.line(), R"(aws route53 x --name 'it'\''s $HOME & *' --plain a-1/b_2.c)");
  EXPECT_EQ(words_of(command.line()), "route53\nx\n--name\nit's $HOME & *\n--plain\na-1/b_2.c\n");
}

TEST(ShellCommand, AVariableIsReadThroughItsQuotes) {
  const auto command = ShellCommand("aws").option("json", R"({"Id":")" + shell_variable("check") + R"("})");
  EXPECT_EQ(command.line(), R"(aws --json '{"Id":"'"$check"'"}')");
  EXPECT_EQ(words_of(command.line()), "--json\n{\"Id\":\"abc\"}\n");
}

TEST(ShellCommand, WhatIsKeptIsForTheNextOnes) {
  const auto command = ShellCommand("aws make").expanded("reference", "r-$((1+1))").keep_as("id");
  EXPECT_EQ(command.line(), R"-(id=$(aws make --reference "r-$((1+1))"))-");
  EXPECT_EQ(words_of(command.line() + "; printf '%s' \"$id\""), "make\n--reference\nr-2");
}

TEST(ShellCommand, NamesItsServer) {
  ShellCommand aws("aws route53 x"), meridian("meridian health clear");
  aws.address_to("http://127.0.0.1:4566", "http://127.0.0.1:9153");
  meridian.address_to("http://127.0.0.1:4566", "http://127.0.0.1:9153");
  EXPECT_EQ(aws.line(), "aws --endpoint-url http://127.0.0.1:4566 route53 x");
  EXPECT_EQ(meridian.line(), "meridian health clear --admin http://127.0.0.1:9153");
}

TEST(ShellCommand, FoldsToTheTerminalAndStillRuns) {
  const std::string json =
      R"({"Changes":[{"Action":"UPSERT","Set":{"Name":"a, {b} \" c","TTL":60,"Values":[{"Value":"1.2.3.4"},)"
      R"({"Value":"1.2.3.5"}],"Check":")" +
      shell_variable("check") + R"("}},{"Action":"DELETE","Set":{"Name":"d"}}]})";
  const auto command =
      ShellCommand("aws route53 change-record-sets").option("zone-id", "Z123").option("batch", json);
  for (const std::size_t columns : {50u, 60u, 80u, 200u}) {
    const std::string folded = command.folded(columns, 6);
    for (const std::string& line : lines_of(folded)) {
      EXPECT_LE(line.size(), columns) << folded;
      EXPECT_TRUE(line.starts_with("      ")) << folded;
    }
    EXPECT_EQ(without_blanks(words_of(folded)), without_blanks(words_of(command.line()))) << folded;
    EXPECT_THAT(words_of(folded), HasSubstr(R"("a, {b} \" c")")) << "no line ends inside a string";
  }
}

TEST(ShellCommand, AWordTooLongForTheTerminalStaysWhole) {
  const std::string word(100, 'x');
  EXPECT_EQ(words_of(ShellCommand("aws").option("a", word).option("b", "c").folded(40, 2)),
            "--a\n" + word + "\n--b\nc\n");
}

}  // namespace
}  // namespace meridian::apps::doctor
