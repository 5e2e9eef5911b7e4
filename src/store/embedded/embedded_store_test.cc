// What only the durable store promises: it comes back as it was left, alone in its directory, and forgets the
// past by itself. The contract itself is held by store/conformance, broken disks by faulty_disk_test.
#include "store/embedded/embedded_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/random.h"
#include "store/conformance.h"
#include "store/embedded/scratch_directory.h"
#include "store/memory/memory_store.h"
#include "store/no_waiting.h"

namespace meridian::store {

INSTANTIATE_TEST_SUITE_P(Embedded, Conformance, ::testing::Values(StoreFactory([](const Clock& clock) {
                           static ScratchDirectory scratch;
                           static int opened = 0;
                           std::string directory = scratch.path() + "/" + std::to_string(++opened);
                           return std::unique_ptr<Store>(
                               *EmbeddedStore::open({.directory = directory, .clock = clock}));
                         })));

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct EmbeddedStoreTest : ::testing::Test {
  ScratchDirectory scratch;
  ManualClock clock{SystemTime(1h)};
  EmbeddedOptions options{.directory = scratch.path() + "/store", .clock = clock};
  std::unique_ptr<EmbeddedStore> store;

  EmbeddedStoreTest() { reopen(); }
  void reopen() {
    store.reset();
    auto opened = EmbeddedStore::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    store = *std::move(opened);
  }
  Revision put(const std::string& key, const std::string& value = "v", LeaseId lease = 0) {
    return store->commit({{}, {{key, value, lease}}, {}}).value_or(0);
  }
};

mode_t mode_of(const std::string& path) {
  struct stat status;
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST_F(EmbeddedStoreTest, TheDirectoryIsPrivate) {
  EXPECT_EQ(mode_of(options.directory), 0700u);
  ASSERT_EQ(chmod(options.directory.c_str(), 0755), 0);
  reopen();
  EXPECT_EQ(mode_of(options.directory), 0700u);
}

TEST_F(EmbeddedStoreTest, AReaderNeverFindsLessThanWhatWasAcknowledged) {
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      int before = 0;
      while (!over) {
        const int least = acknowledged;
        const auto found = store->get("n").value();
        const int number = found ? std::stoi(found->value) : 0;
        EXPECT_GE(number, std::max(least, before));
        before = number;
      }
    });
  for (int n = 1; n <= 500; ++n) {
    put("n", std::to_string(n));
    acknowledged = n;
  }
  over = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(EmbeddedStoreTest, WhoMustNotWaitIsAnsweredFromMemoryOrRefused) {
  put("a", "1");
  {
    const NoWaiting memory_only;
    EXPECT_FALSE(store->get("a"));
    EXPECT_FALSE(store->range("a"));
    EXPECT_FALSE(store->commit({{}, {{"a", "2"}}, {}}));
    EXPECT_TRUE(memory_only.refused());
  }
  EXPECT_EQ(store->get("a").value()->value, "1");
  EXPECT_FALSE(store->get("absent").value());
  const NoWaiting memory_only;
  EXPECT_EQ(store->get("a").value()->value, "1");
  EXPECT_FALSE(store->get("absent").value());
  EXPECT_FALSE(memory_only.refused());
}

TEST_F(EmbeddedStoreTest, ASecondOpenerIsToldWhoHasIt) {
  auto second = EmbeddedStore::open(options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("in use by process " + std::to_string(getpid())));
}

TEST_F(EmbeddedStoreTest, ADirectoryThatCannotBeMadeIsAnError) {
  EmbeddedOptions nowhere{.directory = scratch.path() + "/absent/store", .clock = clock};
  EXPECT_EQ(EmbeddedStore::open(nowhere).error().code, ErrorCode::Unavailable);
}

TEST_F(EmbeddedStoreTest, AnotherFormatOrAnotherDatabaseIsRefused) {
  store.reset();
  auto write_row = [](const std::string& directory, std::string_view key, std::string_view value) {
    auto rocks = *Rocks::open(directory, nullptr, nullptr);
    Rocks::Batch batch;
    batch.put(key, value);
    ASSERT_TRUE(rocks->write(batch, Rocks::Sync::Yes));
  };
  write_row(options.directory, format::kVersionKey, format::encode_version(format::kVersion + 1));
  auto newer = EmbeddedStore::open(options);
  EXPECT_EQ(newer.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(newer.error().message, HasSubstr("use a newer program"));

  EmbeddedOptions foreign{.directory = scratch.path() + "/foreign", .clock = clock};
  write_row(foreign.directory, "anything", "else");
  EXPECT_EQ(EmbeddedStore::open(foreign).error().code, ErrorCode::Corrupt);
}

TEST_F(EmbeddedStoreTest, EverythingIsThereAfterReopening) {
  put("a", "1");
  put("a", "2");
  ASSERT_TRUE(store->commit({{}, {{"b", "1", 0}}, {"a"}}));
  reopen();
  EXPECT_EQ(store->revision(), 3u);
  EXPECT_FALSE(store->get("a")->has_value());
  EXPECT_EQ(store->get("b")->value().modified, 3u);
  EXPECT_EQ(store->get("a", 1)->value().value, "1");
  EXPECT_EQ(put("a"), 4u);

  WatchLog log;
  auto watching = *store->watch("a", 0, log.on_batch(), log.on_lost());
  ASSERT_TRUE(log.wait_for_revision(4));
  EXPECT_EQ(log.batches().size(), 4u);
  EXPECT_EQ(log.batches()[2].events[0].kind, Event::Kind::Delete);
}

TEST_F(EmbeddedStoreTest, CompactionHoldsAfterReopening) {
  for (int i = 0; i < 10; ++i) put("k", std::to_string(i));
  ASSERT_TRUE(store->compact(6));
  reopen();
  EXPECT_EQ(store->get("k", 5).error().code, ErrorCode::Compacted);
  EXPECT_EQ(store->get("k", 6)->value().value, "5");
  EXPECT_EQ(store
                ->watch(
                    "", 5, [](const EventBatch&) {}, [](Error) {})
                .error()
                .code,
            ErrorCode::Compacted);
}

TEST_F(EmbeddedStoreTest, ALeaseLivesItsFullTimeAgainAfterReopening) {
  LeaseId lease = *store->grant_lease(10s);
  put("k", "v", lease);
  clock.advance(9s);
  reopen();
  clock.advance(9s);
  EXPECT_TRUE(store->keep_alive(lease));
  WatchLog log;
  auto watching = *store->watch("", 1, log.on_batch(), log.on_lost());
  clock.advance(10s);
  ASSERT_TRUE(log.wait_for_revision(2));
  EXPECT_FALSE(store->get("k")->has_value());
  reopen();
  EXPECT_EQ(store->keep_alive(lease).error().code, ErrorCode::NotFound);
  EXPECT_NE(*store->grant_lease(10s), lease);
}

TEST_F(EmbeddedStoreTest, HistoryStaysWithinItsLimits) {
  for (bool by_size : {false, true}) {
    options.history_revisions = by_size ? 1'000'000 : 100;
    options.history_bytes = by_size ? 100'000 : 1'000'000'000;
    reopen();
    Revision start = store->revision(), last = start + 1;
    std::string value(1000, 'x');
    // The trim runs on a thread of its own; a store that never trims would end this loop by its bound.
    while (last < start + 20'000 && (last == start + 1 || store->get("k", start + 1))) last = put("k", value);
    EXPECT_EQ(store->get("k", start + 1).error().code, ErrorCode::Compacted);
    EXPECT_TRUE(store->get("k", last - 40)) << "more was forgotten than the limit asks for";
  }
}

TEST_F(EmbeddedStoreTest, CountsWhatItDoes) {
  Metrics metrics;
  options.metrics = &metrics;
  reopen();
  put("k");
  EXPECT_FALSE(store->commit({{{"k", 0}}, {}, {}}));
  std::string text = metrics.prometheus_text();
  EXPECT_THAT(text, HasSubstr("meridian_store_commits_total 1\n"));
  EXPECT_THAT(text, HasSubstr("meridian_store_conflicts_total 1\n"));
  EXPECT_THAT(text, HasSubstr("meridian_store_sync_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("meridian_store_revision 1\n"));
}

// Both stores are given the same random calls, and must give the same answers.
class SideBySide {
 public:
  SideBySide(Store& model, Store& tested, std::uint64_t seed)
      : model_(model), tested_(tested), random_(seed) {}

  void commit() {
    Transaction transaction;
    for (int i = 0; i < 3; ++i) {
      std::string key = any_key();
      Revision modified = random_.below(4) == 0 ? random_.below(model_.revision() + 1) : modified_of(key);
      if (random_.below(3) == 0) transaction.preconditions.push_back({key, modified});
      if (random_.below(2) == 0)
        transaction.puts.push_back({any_key(), random_.text(random_.below(40), "abc"), 0});
      else
        transaction.deletes.push_back(any_key());
    }
    auto expected = model_.commit(transaction), got = tested_.commit(transaction);
    ASSERT_EQ(got.has_value(), expected.has_value());
    if (got)
      ASSERT_EQ(*got, *expected);
    else
      ASSERT_EQ(got.error().code, expected.error().code);
  }

  void read() {
    RangeOptions options;
    options.limit = random_.below(6);
    options.revision = random_.below(model_.revision() + 2);
    if (random_.below(2) == 0) options.start_after = any_key();
    std::string prefix = random_.below(2) == 0 ? "" : any_key().substr(0, 1);
    auto expected = model_.range(prefix, options), got = tested_.range(prefix, options);
    ASSERT_EQ(got.has_value(), expected.has_value());
    if (!got) {
      ASSERT_EQ(got.error().code, expected.error().code);
      return;
    }
    EXPECT_EQ(got->more, expected->more);
    EXPECT_EQ(got->revision, expected->revision);
    ASSERT_EQ(got->items.size(), expected->items.size());
    for (std::size_t i = 0; i < got->items.size(); ++i) {
      EXPECT_EQ(got->items[i].key, expected->items[i].key);
      EXPECT_EQ(got->items[i].value, expected->items[i].value);
      EXPECT_EQ(got->items[i].created, expected->items[i].created);
      EXPECT_EQ(got->items[i].modified, expected->items[i].modified);
    }
  }

  void compact() {
    Revision revision = model_.revision() * random_.below(100) / 100;
    EXPECT_TRUE(model_.compact(revision));
    EXPECT_TRUE(tested_.compact(revision));
  }

 private:
  std::string any_key() { return random_.text(1, "abc") + random_.text(random_.below(3), "xy\xff"); }
  Revision modified_of(const std::string& key) {
    auto item = *model_.get(key);
    return item ? item->modified : 0;
  }

  Store& model_;
  Store& tested_;
  SeededRandom random_;
};

TEST_F(EmbeddedStoreTest, AnswersAsTheStoreInMemoryDoes) {
  MemoryStore model(clock);
  SeededRandom random(7);
  for (int session = 0; session < 5; ++session) {
    SideBySide both(model, *store, random.next());
    for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
      random.below(3) == 0 ? both.commit() : both.read();
      if (random.below(150) == 0) both.compact();
    }
    reopen();
  }
}

}  // namespace
}  // namespace meridian::store
