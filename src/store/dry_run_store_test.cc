#include "store/dry_run_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory/memory_store.h"

namespace meridian::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DryRunStoreTest : public testing::Test {
 protected:
  static Revision put(Store& store, std::string key, std::string value) {
    return store.commit({{}, {{std::move(key), std::move(value), 0}}, {}}).value();
  }
  static Revision remove(Store& store, std::string key) {
    return store.commit({{}, {}, {std::move(key)}}).value();
  }
  static std::vector<std::string> keys(Store& store, const RangeOptions& options = {}) {
    std::vector<std::string> out;
    const Range range = store.range("a/", options).value();
    for (const KeyValue& item : range.items) out.push_back(item.key);
    if (range.more) out.push_back("…");
    return out;
  }

  MemoryStore& filled() {
    for (const char* key : {"a/1", "a/2", "a/3", "a/4", "b/1"}) put(below, key, std::string("old ") + key);
    return below;
  }

  ManualClock clock{SystemTime{}};
  MemoryStore below{clock, Delivery::Pumped};
  DryRunStore store{filled()};
};

TEST_F(DryRunStoreTest, WhatIsCommittedIsSeenHereAndNowhereElse) {
  put(store, "a/2", "new");
  put(store, "a/25", "new");
  remove(store, "a/3");
  EXPECT_EQ(store.get("a/2").value()->value, "new");
  EXPECT_EQ(store.get("a/1").value()->value, "old a/1");
  EXPECT_FALSE(store.get("a/3").value());
  EXPECT_THAT(keys(store), ElementsAre("a/1", "a/2", "a/25", "a/4"));
  EXPECT_THAT(keys(below), ElementsAre("a/1", "a/2", "a/3", "a/4"));
  EXPECT_EQ(store.revision(), below.revision() + 3);
  ASSERT_EQ(store.changes().size(), 3u);
  EXPECT_FALSE(store.changes().at("a/3"));
}

TEST_F(DryRunStoreTest, ItStaysAtTheRevisionItBeganAt) {
  put(below, "a/1", "later");
  put(below, "a/5", "later");
  EXPECT_EQ(store.get("a/1").value()->value, "old a/1");
  EXPECT_THAT(keys(store), ElementsAre("a/1", "a/2", "a/3", "a/4"));
}

TEST_F(DryRunStoreTest, AnEmptyStoreBelowStaysEmpty) {
  MemoryStore empty{clock, Delivery::Pumped};
  DryRunStore over_nothing{empty};
  put(empty, "a/1", "later");
  EXPECT_FALSE(over_nothing.get("a/1").value());
  EXPECT_THAT(keys(over_nothing), IsEmpty());
  put(over_nothing, "a/2", "new");
  EXPECT_THAT(keys(over_nothing), ElementsAre("a/2"));
}

TEST_F(DryRunStoreTest, PreconditionsAreOfBothStores) {
  const Revision made = below.get("a/1").value()->modified;
  EXPECT_EQ(store.commit({{{"a/1", made + 1}}, {}, {}}).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(store.commit({{{"a/1", made}, {"a/9", 0}}, {{"a/1", "x", 0}, {"a/9", "x", 0}}, {}}));
  EXPECT_EQ(store.commit({{{"a/1", made}}, {}, {}}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(store.commit({{{"a/9", 0}}, {}, {}}).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(store.commit({{{"a/9", store.revision()}}, {}, {"a/9"}}));
  EXPECT_TRUE(store.commit({{{"a/9", 0}}, {}, {}}));
  EXPECT_EQ(store.get("a/1").value()->created, made);
}

TEST_F(DryRunStoreTest, ARefusedTransactionChangesNothing) {
  EXPECT_FALSE(store.commit({{{"b/1", 0}}, {{"a/1", "x", 0}}, {}}));
  EXPECT_FALSE(store.commit({{}, {{"a/1", "x", 0}, {"a/2", "x", 7}}, {}})) << "there are no leases";
  EXPECT_THAT(store.changes(), IsEmpty());
}

// Every page of every size is what the same commits would have made of the store below.
TEST_F(DryRunStoreTest, PagesAreThoseOfTheStoreAfterTheCommits) {
  MemoryStore real{clock, Delivery::Pumped};
  for (const char* key : {"a/1", "a/2", "a/3", "a/4", "b/1"}) put(real, key, "x");
  for (Store* each : {static_cast<Store*>(&store), static_cast<Store*>(&real)}) {
    put(*each, "a/0", "x");
    remove(*each, "a/1");
    remove(*each, "a/2");
    put(*each, "a/35", "x");
    put(*each, "a/9", "x");
    remove(*each, "a/9");
    put(*each, "a/4", "x");
    put(*each, "c", "x");
  }
  for (std::size_t limit = 0; limit < 6; ++limit)
    for (const char* from : {"", "a/0", "a/1", "a/2", "a/35", "a/4"}) {
      EXPECT_EQ(keys(store, {.limit = limit, .start_after = from}),
                keys(real, {.limit = limit, .start_after = from}))
          << limit << " after " << from;
      EXPECT_EQ(keys(store, {.limit = limit, .start_at = from}),
                keys(real, {.limit = limit, .start_at = from}))
          << limit << " at " << from;
    }
}

TEST_F(DryRunStoreTest, ThePastIsThatOfTheStoreBelow) {
  put(store, "a/1", "new");
  EXPECT_EQ(store.get("a/1", store.base()).value()->value, "old a/1");
  EXPECT_EQ(store.get("a/1", store.revision()).value()->value, "new");
  EXPECT_THAT(keys(store, {.revision = 2}), ElementsAre("a/1", "a/2"));
  EXPECT_FALSE(store.get("a/1", store.revision() + 1));
}

}  // namespace
}  // namespace meridian::store
