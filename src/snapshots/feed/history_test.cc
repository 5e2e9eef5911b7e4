#include "snapshots/feed/history.h"

#include <gtest/gtest.h>

namespace meridian::snapshots::feed {
namespace {

SharedPackage package(std::uint64_t from, std::uint64_t to, std::size_t size = 10) {
  auto made = std::make_shared<Package>();
  made->from = from;
  made->to = to;
  made->bytes.assign(size, 'x');
  return made;
}

TEST(History, LeadsFromEveryRevisionItHasToTheNewest) {
  History history(5);
  EXPECT_TRUE(history.reaches(5));
  EXPECT_FALSE(history.reaches(4));
  history.add(package(5, 6));
  history.add(package(6, 9));  // commits that change nothing are no packages
  for (std::uint64_t revision : {5, 6, 9}) EXPECT_TRUE(history.reaches(revision)) << revision;
  for (std::uint64_t revision : {0, 4, 7, 8, 10}) EXPECT_FALSE(history.reaches(revision)) << revision;
  EXPECT_EQ(history.after(5)->to, 6u);
  EXPECT_EQ(history.after(6)->to, 9u);
  EXPECT_EQ(history.after(9), nullptr);
}

TEST(History, ForgetsTheOldestFirstWithinItsLimit) {
  const std::size_t each = sizeof(Package) + 100;
  History history(1, 3 * each);
  for (std::uint64_t revision = 1; revision < 10; ++revision) {
    history.add(package(revision, revision + 1, 100));
    EXPECT_LE(history.bytes(), 3 * each);
  }
  EXPECT_EQ(history.size(), 3u);
  EXPECT_FALSE(history.reaches(6));
  EXPECT_TRUE(history.reaches(7));
  history.add(package(10, 11, 10 * each));  // larger than all it may keep
  EXPECT_EQ(history.size(), 0u);
  EXPECT_EQ(history.newest(), 11u);
  EXPECT_EQ(history.bytes(), 0u);
}

TEST(History, WhatIsForgottenLeadsNobodyOn) {
  History history(1);
  for (std::uint64_t revision = 1; revision < 5; ++revision) history.add(package(revision, revision + 1));
  history.forget_before(4);
  EXPECT_FALSE(history.reaches(3));
  EXPECT_TRUE(history.reaches(4));
  history.forget_before(5);
  EXPECT_EQ(history.bytes(), 0u);
  EXPECT_TRUE(history.reaches(5));
  history.add(package(5, 6));
  EXPECT_TRUE(history.reaches(5));
}

TEST(History, AnImageOrAGapBeginsANewChain) {
  History history(1);
  history.add(package(1, 2));
  history.add(package(0, 7));
  EXPECT_FALSE(history.reaches(1));
  EXPECT_FALSE(history.reaches(2));
  EXPECT_TRUE(history.reaches(7));
  history.add(package(7, 8));
  history.add(package(9, 10));
  EXPECT_FALSE(history.reaches(7));
  EXPECT_TRUE(history.reaches(9));
}

}  // namespace
}  // namespace meridian::snapshots::feed
