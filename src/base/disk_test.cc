#include "base/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/direct_file.h"

namespace meridian {
namespace {

class DiskTest : public testing::Test {
 protected:
  DiskTest()
      : directory_(std::filesystem::temp_directory_path() / ("meridian-disk-" + std::to_string(getpid()))) {
    EXPECT_TRUE(disk_.make_directories(directory_ / "a/b"));
  }
  ~DiskTest() override { std::filesystem::remove_all(directory_); }
  std::string path(const char* name) { return directory_ / name; }
  RealDisk disk_;
  std::filesystem::path directory_;
};

TEST_F(DiskTest, ReplacesWholeFilesPrivately) {
  ASSERT_TRUE(disk_.replace(path("x"), as_bytes("one")));
  ASSERT_TRUE(disk_.replace(path("x"), as_bytes("two")));
  EXPECT_EQ(disk_.read(path("x")).value(), "two");
  struct stat status;
  ASSERT_EQ(stat(path("x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(disk_.list(directory_).value(), (std::vector<std::string>{"a", "x"}));
}

TEST_F(DiskTest, ReadsPartsOfAFileEvenWhenItIsGone) {
  ASSERT_TRUE(disk_.replace(path("x"), as_bytes("0123456789")));
  auto file = disk_.open(path("x"));
  ASSERT_TRUE(file);
  ASSERT_TRUE(disk_.remove(path("x")));
  EXPECT_EQ((*file)->read_at(3, 4).value(), "3456");
  EXPECT_EQ((*file)->read_at(8, 4).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(disk_.open(path("x")).error().code, ErrorCode::NotFound);
}

TEST_F(DiskTest, AppendsAcrossReopening) {
  for (const char* part : {"ab", "cd"}) {
    auto file = disk_.append_to(path("log"));
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append(as_bytes(part)));
    ASSERT_TRUE((*file)->sync());
  }
  EXPECT_EQ(disk_.read(path("log")).value(), "abcd");
  ASSERT_TRUE(disk_.truncate(path("log"), 3));
  EXPECT_EQ(disk_.append_to(path("log")).value()->size(), 3u);
}

TEST_F(DiskTest, WhatIsWrittenOnceIsTheWholeFileAfterItsSync) {
  for (const std::size_t size : {1u, 4096u, 5000u, 1024u * 1024, 3u * 1024 * 1024 + 77}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 4096);
    const std::string name = path(std::to_string(size).c_str());
    auto file = write_once(disk_, name);
    ASSERT_TRUE(file) << file.error().message;
    for (std::size_t at = 0; at < size; at += 65552)
      ASSERT_TRUE((*file)->append(as_bytes(text).subspan(at, std::min<std::size_t>(65552, size - at))));
    EXPECT_EQ((*file)->size(), size);
    ASSERT_TRUE((*file)->sync());
    EXPECT_EQ((*file)->size(), size);
    EXPECT_TRUE(disk_.read(name).value() == text) << size;
    struct stat status;
    ASSERT_EQ(stat(name.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
  }
  EXPECT_EQ(write_once(disk_, path("no/such")).error().code, ErrorCode::NotFound);
}

TEST_F(DiskTest, ReadsAPartAndNoMoreThanThereIs) {
  ASSERT_TRUE(disk_.replace(path("x"), as_bytes("0123456789")));
  EXPECT_EQ(disk_.read_part(path("x"), 3, 4).value(), "3456");
  EXPECT_EQ(disk_.read_part(path("x"), 8, 4).value(), "89");
  EXPECT_EQ(disk_.read_part(path("x"), 20, 4).value(), "");
  EXPECT_EQ(disk_.read_part(path("y"), 0, 4).error().code, ErrorCode::NotFound);
}

TEST_F(DiskTest, SaysWhichFileIsMissing) {
  auto missing = disk_.read(path("nothing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_NE(missing.error().message.find("nothing"), std::string::npos);
  EXPECT_TRUE(disk_.remove(path("nothing")));
}

TEST_F(DiskTest, AVersionChangesWithTheFile) {
  EXPECT_EQ(disk_.version(path("x")).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(disk_.replace(path("x"), as_bytes("one")));
  const auto one = disk_.version(path("x")).value();
  EXPECT_EQ(disk_.version(path("x")).value(), one);
  ASSERT_TRUE(disk_.replace(path("y"), as_bytes("two")));
  ASSERT_TRUE(disk_.rename(path("y"), path("x")));
  EXPECT_NE(disk_.version(path("x")).value(), one) << "of the same size, perhaps of the same time";
}

TEST_F(DiskTest, AFileIsNoDirectory) {
  ASSERT_TRUE(disk_.replace(path("x"), as_bytes("one")));
  auto made = disk_.make_directories(path("x"));
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("x: File exists"), std::string::npos) << made.error().message;
}

}  // namespace
}  // namespace meridian
