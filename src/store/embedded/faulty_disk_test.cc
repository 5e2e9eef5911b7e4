// The embedded store on a disk that is cut off, torn and full: what was acknowledged is there, nothing is
// there in part, and a store that could not write says so for good.
#include "store/embedded/faulty_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "store/conformance.h"
#include "store/crash_workload.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/scratch_directory.h"

namespace meridian::store {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Operation = FaultyDisk::Operation;
using Kind = FaultyDisk::Kind;

// The faults are ours, so the real disk would only make hundreds of openings slow.
fs::path memory_or_disk() {
  return access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
}

struct FaultyDiskTest : ::testing::Test {
  ScratchDirectory scratch{memory_or_disk()}, attic{memory_or_disk()};
  ManualClock clock{SystemTime(1h)};
  FaultyDisk disk{attic.path()};
  std::string directory = scratch.path() + "/store";

  std::unique_ptr<EmbeddedStore> open(const std::string& at) {
    auto store = EmbeddedStore::open({.directory = at, .clock = clock, .env = disk.env()});
    EXPECT_TRUE(store) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }
  // The log that is being written: its name and its length.
  std::pair<std::string, std::uint64_t> log() {
    std::pair<std::string, std::uint64_t> newest;
    for (const auto& [path, file] : disk.files())
      if (path.ends_with(".log")) newest = {path, file.synced};
    return newest;
  }
};

// Revision n puts n under two keys and deletes what n - 1 put under a third.
TEST_F(FaultyDiskTest, ACutAtAnyByteOfTheLogLeavesWholeCommits) {
  std::vector<std::uint64_t> ends;  // of the log, after each commit
  auto store = open(directory);
  for (int n = 1; n <= 6; ++n) {
    std::string value = std::to_string(n);
    auto revision = store->commit(
        {{}, {{"a", value, 0}, {"b", value, 0}, {"c" + value, "", 0}}, {"c" + std::to_string(n - 1)}});
    ASSERT_EQ(revision.value_or(0), static_cast<Revision>(n));
    ends.push_back(log().second);
  }
  std::string log_name = fs::path(log().first).filename();
  disk.freeze();  // closing the store may not tidy up what a crash would leave
  store.reset();

  ASSERT_LT(ends[3], ends[5]);
  for (std::uint64_t cut = ends[3]; cut <= ends[5]; ++cut) {
    std::string copy = scratch.path() + "/copy";
    fs::remove_all(copy);
    fs::copy(directory, copy, fs::copy_options::recursive);
    fs::resize_file(copy + "/" + log_name, cut);
    FaultyDisk fresh(attic.path());
    auto opened = EmbeddedStore::open({.directory = copy, .clock = clock, .env = fresh.env()});
    ASSERT_TRUE(opened) << opened.error().message << ", cut at " << cut;
    Revision survived = static_cast<Revision>(std::upper_bound(ends.begin(), ends.end(), cut) - ends.begin());
    ASSERT_EQ((*opened)->revision(), survived) << "cut at " << cut;
    Range range = *(*opened)->range("");
    ASSERT_EQ(range.items.size(), 3u) << "cut at " << cut;
    EXPECT_EQ(range.items[0].value, std::to_string(survived));
    EXPECT_EQ(range.items[1].value, std::to_string(survived));
    EXPECT_EQ(range.items[2].key, "c" + std::to_string(survived));
    ASSERT_TRUE((*opened)->commit({{}, {{"a", "", 0}}, {}})) << "cut at " << cut;
    fresh.freeze();
  }
}

// Many writers, large values (so that tables are flushed and merged too), and the power goes at a random
// moment.
TEST_F(FaultyDiskTest, PowerCutsUnderLoadLoseNothingAcknowledged) {
  SeededRandom random(11);
  CrashWorkload load(4, 6'000);
  std::vector<std::uint64_t> done(load.writers());
  for (int round = 0; round < 8; ++round) {
    auto store = open(directory);
    ASSERT_TRUE(store) << "round " << round;
    auto found = load.check(*store, done);
    ASSERT_TRUE(found) << found.error().message << ", round " << round;
    done = *found;
    std::uint64_t cut_after = random.below(300);
    std::atomic<std::uint64_t> commits{0};
    std::vector<std::thread> writers;
    for (std::size_t writer = 0; writer < load.writers(); ++writer)
      writers.emplace_back([&, writer] {
        while (auto next = load.commit_next(*store, writer, done[writer])) {
          done[writer] = *next;
          if (++commits == cut_after) disk.freeze();
          if (commits > cut_after + 10'000) return;
        }
      });
    if (cut_after == 0) disk.freeze();
    for (std::thread& writer : writers) writer.join();
    store.reset();
    disk.lose_power(random);
  }
  EXPECT_GT(done[0] + done[1] + done[2] + done[3], 500u);
}

TEST_F(FaultyDiskTest, PowerCutsWhileOpeningLoseNothing) {
  SeededRandom random(12);
  CrashWorkload load(1, 100);
  std::vector<std::uint64_t> done{0};
  for (int round = 0; round < 20; ++round) {
    // Each opening is cut at another of its syncs; the next one has to cope with what that left.
    disk.fail(Operation::Sync, "", random.below(8), Kind::InputOutput);
    auto opened = EmbeddedStore::open({.directory = directory, .clock = clock, .env = disk.env()});
    if (opened) {
      auto found = load.check(**opened, done);
      ASSERT_TRUE(found) << found.error().message << ", round " << round;
      done = *found;
      if (auto next = load.commit_next(**opened, 0, done[0])) done[0] = *next;
    }
    disk.freeze();
    if (opened) opened->reset();
    disk.lose_power(random);
  }
  EXPECT_GT(done[0], 2u);
}

class WriteFaults : public FaultyDiskTest,
                    public ::testing::WithParamInterface<std::pair<Operation, Kind>> {};

TEST_P(WriteFaults, StopTheStoreForGood) {
  CrashWorkload load(1, 100);
  auto store = open(directory);
  std::uint64_t done = 0;
  while (done < 5) done = load.commit_next(*store, 0, done).value_or(99);
  WatchLog seen;
  auto watching = *store->watch("", 0, seen.on_batch(), seen.on_lost());

  disk.fail(GetParam().first, ".log", 0, GetParam().second);
  EXPECT_EQ(load.commit_next(*store, 0, done).error().code, ErrorCode::Unavailable);
  ASSERT_TRUE(disk.has_failed());
  // The disk works again, but what it holds is not known any more.
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(load.commit_next(*store, 0, done).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(store->grant_lease(1s).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(store->revision(), 5u);
  EXPECT_EQ(store->range("")->revision, 5u);
  ASSERT_TRUE(seen.wait_for_revision(5));
  watching.reset();
  EXPECT_EQ(seen.batches().size(), 5u);

  disk.freeze();
  store.reset();
  SeededRandom random(13);
  disk.lose_power(random);
  store = open(directory);
  auto found = load.check(*store, {done});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(load.commit_next(*store, 0, (*found)[0]));
}

INSTANTIATE_TEST_SUITE_P(All, WriteFaults,
                         ::testing::Values(std::pair(Operation::Append, Kind::InputOutput),
                                           std::pair(Operation::Append, Kind::NoSpace),
                                           std::pair(Operation::Sync, Kind::InputOutput),
                                           std::pair(Operation::Sync, Kind::NoSpace)));

TEST_F(FaultyDiskTest, EveryCommitOfAFailedGroupIsRefused) {
  CrashWorkload load(8, 100);
  auto store = open(directory);
  disk.fail(Operation::Sync, ".log", 30, Kind::InputOutput);
  std::vector<std::uint64_t> done(load.writers());
  std::vector<std::thread> writers;
  for (std::size_t writer = 0; writer < load.writers(); ++writer)
    writers.emplace_back([&, writer] {
      for (;;) {
        auto next = load.commit_next(*store, writer, done[writer]);
        if (!next) {
          EXPECT_EQ(next.error().code, ErrorCode::Unavailable) << next.error().message;
          return;
        }
        done[writer] = *next;
      }
    });
  for (std::thread& writer : writers) writer.join();
  disk.freeze();
  store.reset();
  SeededRandom random(14);
  disk.lose_power(random);
  store = open(directory);
  auto found = load.check(*store, done);
  EXPECT_TRUE(found) << found.error().message;
}

}  // namespace
}  // namespace meridian::store
