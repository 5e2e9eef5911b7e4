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
    const auto record = records.read(key);
    if (!record) return record.error().code;
    return *record ? (*record)->value : "nothing";
  }

  ManualClock clock{SystemTime{}};
  store::MemoryStore store{clock};
  Decoded<std::string> records{store, decode};
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
  const auto held = records.read("a").value();
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

// A store that says by stamps what has not changed, and counts who asks it nevertheless.
class StampedStore final : public store::Store, public store::Stamps {
 public:
  explicit StampedStore(store::Store& store) : store_(store) {}
  Result<store::Revision> commit(store::Transaction transaction) override {
    ++stamp_;
    return store_.commit(std::move(transaction));
  }
  Result<std::optional<store::KeyValue>> get(std::string_view key, store::Revision at) override {
    ++asked;
    return store_.get(key, at);
  }
  Result<store::Range> range(std::string_view prefix, const store::RangeOptions& options) override {
    return store_.range(prefix, options);
  }
  store::Revision revision() const override { return store_.revision(); }
  Result<std::unique_ptr<store::Watch>> watch(std::string prefix, store::Revision from,
                                              std::function<void(const store::EventBatch&)> on_batch,
                                              std::function<void(Error)> on_lost) override {
    return store_.watch(std::move(prefix), from, std::move(on_batch), std::move(on_lost));
  }
  Result<void> compact(store::Revision revision) override { return store_.compact(revision); }
  Result<store::LeaseId> grant_lease(Duration ttl) override { return store_.grant_lease(ttl); }
  Result<void> keep_alive(store::LeaseId lease) override { return store_.keep_alive(lease); }
  Result<void> revoke_lease(store::LeaseId lease) override { return store_.revoke_lease(lease); }
  std::optional<std::uint64_t> stamp(std::size_t) const override {
    return changing ? std::nullopt : std::optional(stamp_);
  }

  int asked = 0;
  bool changing = false;

 private:
  store::Store& store_;
  std::uint64_t stamp_ = 0;
};

TEST_F(DecodedTest, AsksTheStoreAgainOnlyWhenItsStampIsAnother) {
  StampedStore stamped(store);
  Decoded<std::string> kept(stamped, decode);
  const auto read_kept = [&](std::string_view key) {
    const auto record = kept.read(key);
    return !record ? record.error().code : *record ? (*record)->value : "nothing";
  };
  const auto put_stamped = [&](const std::string& value) {
    ASSERT_TRUE(stamped.commit({{}, {{"a", value}}, {}}));
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_kept("a"), "nothing");
  EXPECT_EQ(stamped.asked, 1) << "also that nothing is there is remembered";
  put_stamped("1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_kept("a"), "<1>");
  EXPECT_EQ(stamped.asked, 2);
  put_stamped("spoilt");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_kept("a"), "InternalFailure");
  EXPECT_EQ(stamped.asked, 5) << "what could not be read is not taken for what was there before";
  put_stamped("2");
  stamped.changing = true;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_kept("a"), "<2>");
  EXPECT_EQ(stamped.asked, 8) << "nothing is kept of what is being changed";
  stamped.changing = false;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_kept("a"), "<2>");
  EXPECT_EQ(stamped.asked, 9);
}

TEST_F(DecodedTest, SaysWhatTheStoreAndTheDecoderRefuse) {
  put("a", "spoilt");
  EXPECT_EQ(read("a"), "InternalFailure");
  put("a", "1");
  EXPECT_EQ(read("a"), "<1>");
}

}  // namespace
}  // namespace meridian::aws
