// Figures of the log store, one a line: lines kept a second and what they cost of a core, searching, opening.
// usage: log_store_bench [DIRECTORY]   (a new directory is made under it; default: the system's temporary
// one)
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/disk.h"
#include "store/embedded/scratch_directory.h"
#include "store/log_store/log_store.h"

namespace meridian::store {
namespace {

constexpr std::size_t kLines = 3'000'000, kBatch = 500;
constexpr std::string_view kLine =
    "1.0 2026-11-21T14:00:00Z Z0123456789ABCDEFGHIJ www.example.com A NOERROR UDP FRA50-C1 192.0.2.1 "
    "198.51.100.0/24";
constexpr std::uint64_t kBytesMax = 256 * 1024 * 1024;

RealClock clock;

double seconds_since(MonotonicTime start) {
  return std::chrono::duration<double>(clock.monotonic() - start).count();
}
double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + time.tv_usec * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::unique_ptr<LogStore> open(Disk& disk, const std::string& directory, Logger& logger, Metrics& metrics) {
  auto store = LogStore::open(disk, directory, clock, logger, metrics, {.bytes_max = kBytesMax});
  CHECK(store);
  return *std::move(store);
}

void append(LogStore& store) {
  const MonotonicTime start = clock.monotonic();
  const double cpu = cpu_seconds();
  for (std::size_t line = 0; line < kLines; line += kBatch) {
    const std::vector<LogEvent> events(kBatch, LogEvent{static_cast<std::int64_t>(line / 100), kLine});
    CHECK(store.append({1, line / kBatch % 8}, events));
  }
  fmt::print("lines_kept_a_second: {:.0f}\n", kLines / seconds_since(start));
  fmt::print("core_share_at_100000_lines_a_second: {:.3f}\n", (cpu_seconds() - cpu) / kLines * 100'000);
  fmt::print("bytes_on_disk_of_{}: {}\n", kBytesMax, store.disk_bytes());
}

void search(const LogStore& store) {
  const std::uint64_t streams[] = {0, 1, 2, 3, 4, 5, 6, 7};
  LogRead read{.group = 1, .streams = streams, .events_max = 2000};
  const MonotonicTime start = clock.monotonic();
  std::size_t lines = 0, found = 0;
  for (bool more = true; more;) {
    const auto page = store.read(read);
    CHECK(page);
    for (const StoredLogEvent& event : page->events)
      found += event.message.find("SERVFAIL") != std::string::npos;
    lines += page->events.size();
    more = page->more;
    if (!page->events.empty())
      read.from = {page->events.back().at.time_ms, page->events.back().at.sequence + 1};
  }
  CHECK(found == 0);
  fmt::print("lines_searched_a_second: {:.0f}\n", static_cast<double>(lines) / seconds_since(start));
}

void run(const std::string& parent) {
  const ScratchDirectory directory(parent);
  Logger logger(clock, STDERR_FILENO, LogFormat::Text, LogLevel::Warn);
  Metrics metrics;
  RealDisk disk;
  auto store = open(disk, directory.path(), logger, metrics);
  append(*store);
  search(*store);
  store.reset();
  const MonotonicTime start = clock.monotonic();
  store = open(disk, directory.path(), logger, metrics);
  fmt::print("milliseconds_to_open: {:.1f}\n", seconds_since(start) * 1e3);
}

}  // namespace
}  // namespace meridian::store

int main(int argc, char** argv) {
  meridian::store::run(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string());
}
