// Figures of the embedded store, one a line: durable commits a second, opening, reading, and how soon a
// watcher hears. usage: store_bench [DIRECTORY]   (a new directory is made under it; default: the system's
// temporary one)
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/check.h"
#include "base/disk.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/scratch_directory.h"

namespace meridian::store {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kValueBytes = 200;  // about a record set
constexpr Duration kRun = 3s;

RealClock clock;

double seconds_since(MonotonicTime start) {
  return std::chrono::duration<double>(clock.monotonic() - start).count();
}

std::unique_ptr<EmbeddedStore> open(const std::string& directory) {
  auto store = EmbeddedStore::open({.directory = directory, .clock = clock});
  CHECK(store);
  return *std::move(store);
}

std::string key_of(std::size_t number) {
  return fmt::format("zone/{:012}", number);
}

// What the disk itself takes for the smallest commit, to read the other figures by.
void disk_sync(const std::string& directory) {
  RealDisk disk;
  auto file = *disk.append_to(directory + "/sync");
  constexpr int kSyncs = 1000;
  std::string bytes(4 * kValueBytes, 'x');
  MonotonicTime start = clock.monotonic();
  for (int i = 0; i < kSyncs; ++i) {
    CHECK(file->append(as_bytes(bytes)));
    CHECK(file->sync());
  }
  fmt::print("disk_append_and_sync_microseconds: {:.0f}\n", seconds_since(start) * 1e6 / kSyncs);
}

void commits(const std::string& directory, std::size_t writers, std::size_t puts) {
  auto store = open(directory);
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::size_t> next_key{0};
  MonotonicTime start = clock.monotonic();
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < writers; ++i)
    threads.emplace_back([&] {
      while (clock.monotonic() - start < kRun) {
        Transaction transaction;
        for (std::size_t put = 0; put < puts; ++put)
          transaction.puts.push_back({key_of(next_key++ % 1'000'000), std::string(kValueBytes, 'v'), 0});
        CHECK(store->commit(std::move(transaction)));
        ++count;
      }
    });
  for (std::thread& thread : threads) thread.join();
  double rate = static_cast<double>(count) / seconds_since(start);
  fmt::print("commits_per_second writers={} puts={} value_bytes={}: {:.0f}\n", writers, puts, kValueBytes,
             rate);
}

void watch_delay(const std::string& directory) {
  auto store = open(directory);
  constexpr int kCommits = 2000;
  std::vector<double> micros;
  std::atomic<std::int64_t> heard{0};
  std::atomic<Revision> last{0};
  auto watch = *store->watch(
      "", 0,
      [&](const EventBatch& batch) {
        heard = clock.monotonic().time_since_epoch().count();
        last = batch.revision;
        last.notify_all();
      },
      [](const Error&) { CHECK(!"lost"); });
  for (int i = 0; i < kCommits; ++i) {
    Revision revision = *store->commit({{}, {{"k", "v", 0}}, {}});
    std::int64_t durable = clock.monotonic().time_since_epoch().count();
    for (Revision seen = last; seen < revision; seen = last) last.wait(seen);
    micros.push_back(static_cast<double>(heard - durable) / 1000);
  }
  std::sort(micros.begin(), micros.end());
  fmt::print("watch_after_commit_returned_microseconds: median {:.0f}, 99th {:.0f}\n", micros[kCommits / 2],
             micros[kCommits * 99 / 100]);
}

void opening(const std::string& directory) {
  std::vector<double> millis;
  for (int i = 0; i < 15; ++i) {
    MonotonicTime start = clock.monotonic();
    auto store = open(directory + "/empty" + std::to_string(i));
    millis.push_back(seconds_since(start) * 1000);
  }
  std::sort(millis.begin(), millis.end());
  fmt::print("open_empty_milliseconds: median {:.1f}, worst {:.1f}\n", millis[7], millis[14]);
}

void fill(EmbeddedStore& store, std::size_t keys) {
  for (std::size_t first = 0; first < keys; first += 1000) {
    Transaction transaction;
    for (std::size_t i = first; i < first + 1000; ++i)
      transaction.puts.push_back({key_of(i), std::string(kValueBytes, 'v'), 0});
    CHECK(store.commit(std::move(transaction)));
  }
}

void many_keys(const std::string& directory) {
  constexpr std::size_t kKeys = 100'000;
  auto store = open(directory);
  MonotonicTime start = clock.monotonic();
  fill(*store, kKeys);
  fmt::print("fill_100000_keys_in_1000s_seconds: {:.2f}\n", seconds_since(start));
  start = clock.monotonic();
  store.reset();
  fmt::print("close_100000_keys_milliseconds: {:.1f}\n", seconds_since(start) * 1000);
  start = clock.monotonic();
  store = open(directory);
  fmt::print("reopen_100000_keys_milliseconds: {:.1f}\n", seconds_since(start) * 1000);
  start = clock.monotonic();
  CHECK(store->range("zone/")->items.size() == kKeys);
  fmt::print("range_100000_keys_milliseconds: {:.1f}\n", seconds_since(start) * 1000);
  start = clock.monotonic();
  for (std::size_t i = 0; i < kKeys; ++i) CHECK(store->get(key_of(i * 7919 % kKeys))->has_value());
  fmt::print("get_microseconds: {:.2f}\n", seconds_since(start) * 1e6 / kKeys);
}

// What a restart after a kill has to do: the files as they are under a store that is not closed.
void reopen_after_kill(const std::string& directory) {
  auto store = open(directory);
  fill(*store, 100'000);
  for (int i = 0; i < 2000; ++i) CHECK(store->commit({{}, {{key_of(i), "changed", 0}}, {}}));
  std::filesystem::copy(directory, directory + "-killed", std::filesystem::copy_options::recursive);
  store.reset();
  MonotonicTime start = clock.monotonic();
  store = open(directory + "-killed");
  fmt::print("reopen_100000_keys_after_kill_milliseconds: {:.1f}\n", seconds_since(start) * 1000);
  CHECK(store->range("zone/")->items.size() == 100'000);
}

}  // namespace
}  // namespace meridian::store

int main(int argc, char** argv) {
  using namespace meridian::store;
  if (argc > 1) setenv("TMPDIR", argv[1], 1);
  ScratchDirectory scratch;
  const std::string& path = scratch.path();
  disk_sync(path);
  commits(path + "/one", 1, 1);
  commits(path + "/sixteen", 16, 1);
  commits(path + "/large", 16, 20);
  watch_delay(path + "/watch");
  opening(path);
  many_keys(path + "/many");
  reopen_after_kill(path + "/kill");
}
