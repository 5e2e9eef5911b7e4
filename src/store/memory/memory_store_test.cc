// What only the store in memory promises: pumped delivery that repeats exactly, and a bounded history. The
// contract itself is held by store/conformance.
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include "store/conformance.h"

namespace meridian::store {

INSTANTIATE_TEST_SUITE_P(Memory, Conformance, ::testing::Values(StoreFactory([](const Clock& clock) {
                           return std::make_unique<MemoryStore>(clock);
                         })));

namespace {

using namespace std::chrono_literals;

struct PumpedStore : ::testing::Test {
  ManualClock clock{SystemTime(1h)};
  MemoryStore store{clock, Delivery::Pumped};
  std::vector<Revision> seen;

  std::unique_ptr<Watch> watch(const std::string& prefix, Revision from = 0) {
    auto made = store.watch(
        prefix, from, [this](const EventBatch& batch) { seen.push_back(batch.revision); },
        [](Error) { FAIL(); });
    EXPECT_TRUE(made);
    return *std::move(made);
  }
  void put(const std::string& key) { ASSERT_TRUE(store.commit({{}, {{key, "v", 0}}, {}})); }
};

TEST_F(PumpedStore, CallsBackOnlyInsideDeliver) {
  auto watching = watch("a");
  put("a1");
  put("b1");
  put("a2");
  EXPECT_TRUE(seen.empty());
  EXPECT_EQ(store.deliver(), 2u);
  EXPECT_EQ(seen, (std::vector<Revision>{1, 3}));
  EXPECT_EQ(store.deliver(), 0u);
}

TEST_F(PumpedStore, WhatACallbackCommitsWaitsForTheNextDeliver) {
  auto watching = store.watch(
      "", 0,
      [this](const EventBatch& batch) {
        seen.push_back(batch.revision);
        if (batch.revision < 3) put("again");
      },
      [](Error) { FAIL(); });
  put("first");
  EXPECT_EQ(store.deliver(), 1u);
  EXPECT_EQ(store.deliver(), 1u);
  EXPECT_EQ(store.deliver(), 1u);
  EXPECT_EQ(store.deliver(), 0u);
  EXPECT_EQ(seen, (std::vector<Revision>{1, 2, 3}));
}

TEST_F(PumpedStore, AWatchMayEndItselfOrAnotherInsideItsCallback) {
  std::unique_ptr<Watch> other = watch("");
  std::unique_ptr<Watch> self;
  int calls = 0;
  self = *store.watch(
      "", 0,
      [&](const EventBatch&) {
        ++calls;
        self.reset();
      },
      [](Error) { FAIL(); });
  put("a");
  put("b");
  store.deliver();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(PumpedStore, DeliverEndsLeasesThatRanOut) {
  auto watching = watch("");
  LeaseId lease = *store.grant_lease(5s);
  ASSERT_TRUE(store.commit({{}, {{"k", "v", lease}}, {}}));
  clock.advance(5s);
  EXPECT_EQ(store.deliver(), 2u);
  EXPECT_FALSE(store.get("k")->has_value());
}

TEST_F(PumpedStore, HistoryIsBoundedAndALateWatcherIsTold) {
  ErrorCode told = ErrorCode::Internal;
  auto late = store.watch(
      "", 0, [](const EventBatch&) {}, [&](const Error& error) { told = error.code; });
  for (std::size_t i = 0; i <= MemoryStore::kHistoryRevisionsMax; ++i) put("k");
  EXPECT_EQ(store.get("k", 1)->value().modified, 1u);
  put("k");
  EXPECT_EQ(store.get("k", 1).error().code, ErrorCode::Compacted);
  store.deliver();
  EXPECT_EQ(told, ErrorCode::Compacted);
}

}  // namespace
}  // namespace meridian::store
