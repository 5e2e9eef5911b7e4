#include "engines/dns/query_log/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "base/random.h"

namespace meridian::engines::dns::query_log {
namespace {

bool put(Ring& ring, std::string_view text) {
  std::uint8_t* at = ring.reserve(text.size());
  if (!at) return false;
  std::copy(text.begin(), text.end(), at);
  ring.commit();
  return true;
}

std::string random_text(Random& random, std::size_t size_max) {
  return std::string(random.next() % size_max, static_cast<char>('a' + random.next() % 26));
}

TEST(Ring, RecordsComeOutAsTheyWentIn) {
  SeededRandom random(1);
  Ring ring(Ring::kBytesMin);
  std::deque<std::string> expected;
  std::size_t refused = 0;
  for (int round = 0; round < 2000; ++round) {
    for (std::uint64_t n = random.next() % 20; n > 0; --n) {
      const std::string text = random_text(random, 40000);
      if (put(ring, text))
        expected.push_back(text);
      else
        ++refused;
    }
    ring.refresh();
    for (std::uint64_t n = random.next() % 22; n > 0 && !expected.empty(); --n) {
      const Bytes front = ring.front();
      ASSERT_NE(front.data(), nullptr);
      ASSERT_EQ(as_text(front), expected.front());
      ring.pop();
      expected.pop_front();
    }
    ASSERT_EQ(ring.front().data() == nullptr, expected.empty());
  }
  EXPECT_GT(refused, 0u);  // it was full at times
}

TEST(Ring, WhatWasNotCommittedIsNotSeen) {
  Ring ring(Ring::kBytesMin);
  ASSERT_NE(ring.reserve(10), nullptr);
  ring.refresh();
  EXPECT_EQ(ring.front().data(), nullptr);
}

TEST(Ring, AnEmptyRecordIsARecord) {
  Ring ring(Ring::kBytesMin);
  ASSERT_TRUE(put(ring, ""));
  ring.refresh();
  EXPECT_NE(ring.front().data(), nullptr);
  ring.pop();
  EXPECT_EQ(ring.front().data(), nullptr);
}

TEST(Ring, AFullRingTakesMoreOnceItWasRead) {
  Ring ring(Ring::kBytesMin);
  const std::string text(1000, 'x');
  std::size_t kept = 0;
  while (put(ring, text)) ++kept;
  EXPECT_EQ(kept, Ring::kBytesMin / 1008);
  EXPECT_FALSE(put(ring, text));
  ring.refresh();
  (void)ring.front();
  ring.pop();
  EXPECT_FALSE(put(ring, std::string(1100, 'y')));
  (void)ring.front();
  ring.pop();
  EXPECT_TRUE(put(ring, std::string(1100, 'y')));
}

TEST(Ring, TheLargestRecordFitsAnEmptyRingWhereverItStarts) {
  Ring ring(Ring::kBytesMin);
  const std::string large(Ring::kBytesMin / 2 - 8, 'x');
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(put(ring, std::string(static_cast<std::size_t>(i) * 997, 'y')));
    ring.refresh();
    (void)ring.front();
    ring.pop();
    ASSERT_TRUE(put(ring, large)) << i;
    ring.refresh();
    ASSERT_EQ(ring.front().size(), large.size());
    ring.pop();
  }
}

TEST(Ring, TwoThreadsLoseAndMixNothing) {
  constexpr std::uint64_t kRecords = 50'000;
  Ring ring(Ring::kBytesMin);
  std::thread writer([&] {
    SeededRandom random(7);
    for (std::uint64_t i = 0; i < kRecords;) {
      const std::size_t size = 8 + random.next() % 300;
      std::uint8_t* at = ring.reserve(size);
      if (!at) {
        std::this_thread::yield();
        continue;
      }
      std::memset(at, static_cast<int>(i), size);
      std::memcpy(at, &i, sizeof i);
      ring.commit();
      ++i;
    }
  });
  for (std::uint64_t i = 0; i < kRecords;) {
    ring.refresh();
    for (Bytes front = ring.front(); front.data(); front = ring.front(), ++i) {
      std::uint64_t number;
      std::memcpy(&number, front.data(), sizeof number);
      ASSERT_EQ(number, i);
      for (const std::uint8_t byte : front.subspan(sizeof number))
        ASSERT_EQ(byte, static_cast<std::uint8_t>(i));
      ring.pop();
    }
    std::this_thread::yield();
  }
  writer.join();
}

}  // namespace
}  // namespace meridian::engines::dns::query_log
