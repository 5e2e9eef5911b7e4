#include "engines/dns/query_log/log_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace meridian::engines::dns::query_log {
namespace {

using testing::HasSubstr;

// Files in memory; a full disk takes a part of a write.
class FakeDisk final : public Disk {
 public:
  Result<std::string> read(const std::string& path) override {
    if (!files.contains(path)) return fail(ErrorCode::NotFound, "no " + path);
    return *files[path];
  }
  Result<std::unique_ptr<AppendFile>> append_to(const std::string& path) override {
    if (full) return fail(ErrorCode::Unavailable, "no space left");
    auto& bytes = files[path];
    if (!bytes) bytes = std::make_shared<std::string>();
    return std::make_unique<File>(*this, bytes);
  }
  Result<void> replace(const std::string&, Bytes) override { return fail(ErrorCode::Internal, "unused"); }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    files.at(path)->resize(size);
    return {};
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    auto moved = files.extract(from);
    if (moved.empty()) return fail(ErrorCode::NotFound, "no " + from);
    files[to] = std::move(moved.mapped());
    return {};
  }
  Result<void> remove(const std::string& path) override {
    files.erase(path);
    return {};
  }
  Result<void> make_directories(const std::string&) override { return {}; }
  Result<std::vector<std::string>> list(const std::string&) override { return {}; }

  std::map<std::string, std::shared_ptr<std::string>> files;
  bool full = false;

 private:
  class File final : public AppendFile {
   public:
    File(FakeDisk& disk, std::shared_ptr<std::string> bytes)
        : disk_(disk), bytes_(std::move(bytes)), size_(bytes_->size()) {}
    Result<void> append(Bytes bytes) override {
      *bytes_ += as_text(disk_.full ? bytes.first(bytes.size() / 2) : bytes);
      if (disk_.full) return fail(ErrorCode::Unavailable, "no space left");
      size_ += bytes.size();
      return {};
    }
    Result<void> sync() override { return {}; }
    std::uint64_t size() const override { return size_; }

   private:
    FakeDisk& disk_;
    std::shared_ptr<std::string> bytes_;
    std::uint64_t size_;
  };
};

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
  std::string file(const std::string& path) {
    return disk.files.contains(path) ? *disk.files[path] : "absent";
  }

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
  EXPECT_EQ(disk.files.size(), 1u);
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
