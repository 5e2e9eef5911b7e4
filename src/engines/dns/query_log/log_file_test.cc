#include "engines/dns/query_log/log_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/fake_disk.h"

namespace meridian::engines::dns::query_log {
namespace {

using testing::HasSubstr;

class LogFileTest : public testing::Test {
 protected:
  void open(LogFileOptions options) {
    options.path = "log";
    auto opened = LogFile::open(disk, logger, options);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
  }
  bool write(std::string_view text) {
    const auto done = log->write(text, 0, {});
    return done == text.size();
  }
  std::string file(const std::string& path) { return disk.has(path) ? disk.file(path) : "absent"; }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  FakeDisk disk;
  std::unique_ptr<LogFile> log;
};

TEST_F(LogFileTest, AFullFileIsNumberedAndTheOldestGoes) {
  open({.bytes_max = 8, .keep = 2});
  for (const char* line : {"one\n", "two\n", "three\n", "four\n", "five\n"}) EXPECT_TRUE(write(line));
  EXPECT_EQ(file("log"), "five\n");
  EXPECT_EQ(file("log.1"), "four\n");
  EXPECT_EQ(file("log.2"), "three\n");
  EXPECT_EQ(file("log.3"), "absent");
}

TEST_F(LogFileTest, WithoutOldFilesItStartsAnew) {
  open({.bytes_max = 8, .keep = 0});
  for (const char* line : {"one\n", "two\n", "three\n"}) EXPECT_TRUE(write(line));
  EXPECT_EQ(file("log"), "three\n");
  EXPECT_EQ(disk.file_count(), 1u);
}

TEST_F(LogFileTest, AnOlderFileIsContinued) {
  open({});
  write("one\n");
  open({});
  write("two\n");
  EXPECT_EQ(file("log"), "one\ntwo\n");
}

TEST_F(LogFileTest, AFileThatWasMovedAwayIsMadeAnew) {
  open({});
  write("one\n");
  ASSERT_TRUE(disk.rename("log", "elsewhere"));
  write("two\n");
  log->reopen();
  write("three\n");
  EXPECT_EQ(file("elsewhere"), "one\ntwo\n");
  EXPECT_EQ(file("log"), "three\n");
}

TEST_F(LogFileTest, EveryFileHasItsHeaderAndFooter) {
  open({.bytes_max = 11, .header = "<", .footer = ">"});
  write("first");
  write("second");
  log->end();
  EXPECT_EQ(file("log.1"), "<first>");
  EXPECT_EQ(file("log"), "<second>");
}

TEST_F(LogFileTest, AFileWithAHeaderIsNeverContinued) {
  open({.header = "<", .footer = ">"});
  write("killed");
  open({.header = "<", .footer = ">"});
  write("anew");
  log->end();
  EXPECT_EQ(file("log.1"), "<killed");
  EXPECT_EQ(file("log"), "<anew>");
}

TEST_F(LogFileTest, AFullDiskLeavesNoHalfRecords) {
  open({});
  write("one\n");
  disk.full = true;
  EXPECT_FALSE(write("lost\n"));
  EXPECT_FALSE(write("lost\n"));
  disk.full = false;
  EXPECT_TRUE(write("two\n"));
  EXPECT_EQ(file("log"), "one\ntwo\n");
}

TEST_F(LogFileTest, WhatIsNoFileIsRefused) {
  char directory[] = "/tmp/meridian-log-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string fifo = std::string(directory) + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  RealDisk real;
  for (const std::string& path : {fifo, std::string(directory)}) {
    const auto refused = LogFile::open(real, logger, {.path = path});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("not a regular file"));
  }
  EXPECT_FALSE(LogFile::open(real, logger, {.path = std::string(directory) + "/absent/log"}));
  std::filesystem::remove_all(directory);
}

TEST_F(LogFileTest, OnARealDisk) {
  char directory[] = "/tmp/meridian-log-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/log";
  RealDisk real;
  auto opened = LogFile::open(real, logger, {.path = path, .bytes_max = 8, .keep = 1});
  ASSERT_TRUE(opened) << opened.error().message;
  for (const char* line : {"one\n", "two\n", "three\n", "four\n"}) EXPECT_TRUE((*opened)->write(line, 0, {}));
  EXPECT_EQ(real.read(path).value_or("?"), "four\n");
  EXPECT_EQ(real.read(path + ".1").value_or("?"), "three\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".2"));
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace meridian::engines::dns::query_log
