#include "aws/decoded.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "store/memory/memory_store.h"

namespace meridian::aws {
namespace {

int decoded = 0;

Result<std::string> decode(std::string_view bytes) {
  ++decoded;
  if (bytes == "spoilt") return invalid("spoilt");
  return "<" + std::string(bytes) + ">";
}

class DecodedTest : public testing::Test {
 protected:
  DecodedTest() { decoded = 0; }
  void put(const std::string& key, const std::string& value) {
    EXPECT_TRUE(store.commit({{}, {{key, value}}, {}}));
  }
  std::string read(const std::string& key) {
    const auto record = records.read(store, key);
    if (!record) return record.error().code;
    return *record ? (*record)->value : "nothing";
  }

  ManualClock clock{SystemTime{}};
  store::MemoryStore store{clock};
  Decoded<std::string> records{decode};
};

TEST_F(DecodedTest, DecodesARevisionOnce) {
  EXPECT_EQ(read("a"), "nothing");
  put("a", "1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read("a"), "<1>");
  EXPECT_EQ(decoded, 1);
  put("a", "2");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read("a"), "<2>");
  EXPECT_EQ(decoded, 2);
  ASSERT_TRUE(store.commit({{}, {}, {"a"}}));
  EXPECT_EQ(read("a"), "nothing");
  put("a", "2");
  EXPECT_EQ(read("a"), "<2>");
}

TEST_F(DecodedTest, WhatOneHoldsStaysAsItWas) {
  put("a", "1");
  const auto held = records.read(store, "a").value();
  put("a", "2");
  EXPECT_EQ(read("a"), "<2>");
  EXPECT_EQ(held->value, "<1>");
}

TEST_F(DecodedTest, ManyKeysDoNotMixThoughTheyShareAPlace) {
  const std::size_t count = 2 * Decoded<std::string>::kRecordsMax;
  for (std::size_t i = 0; i < count; ++i) put("key" + std::to_string(i), std::to_string(i));
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(read("key" + std::to_string(i)), "<" + std::to_string(i) + ">");
}

TEST_F(DecodedTest, SaysWhatTheStoreAndTheDecoderRefuse) {
  put("a", "spoilt");
  EXPECT_EQ(read("a"), "InternalFailure");
  put("a", "1");
  EXPECT_EQ(read("a"), "<1>");
}

}  // namespace
}  // namespace meridian::aws
