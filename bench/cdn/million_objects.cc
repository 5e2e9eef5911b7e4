// What a cache of a million objects of 1 KB costs: memory beside the bodies, a look, and purges of a path, a
// wildcard and a tag while it is looked at.
// usage: cdn_million_objects [objects] [threads that look]
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "engines/cdn/cache.h"

namespace {

using namespace meridian;
using namespace meridian::engines::cdn;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kBodyBytes = 1024;
constexpr SipKey kSecret{1, 2};

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Of this thread: other work on the machine does not count.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::string uri_of(std::size_t number) {
  return fmt::format("/shop/{}/item-{}.html", number % 1000, number);
}

Key key_of(std::size_t number) {
  return siphash128<1, 3>(kSecret, uri_of(number));
}

// As an origin's response comes: its head, its body, its end.
void fill(Cache& cache, const std::shared_ptr<PurgeLog>& log, std::size_t count) {
  const std::string body(kBodyBytes, 'x');
  const std::string via = "1.1 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)";
  for (std::size_t i = 0; i < count; ++i) {
    auto object = std::make_shared<Object>();
    const std::string tag = fmt::format("\"{:x}-400\"", i * 2654435761);
    const rules::Field fields[] = {{"Content-Type", "text/html; charset=utf-8"},
                                   {"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                                   {"Last-Modified", "Mon, 13 Nov 2023 20:00:00 GMT"},
                                   {"ETag", tag},
                                   {"Cache-Control", "public, max-age=86400"},
                                   {"Accept-Ranges", "bytes"},
                                   {"Server", "nginx/1.22.1"},
                                   {"Via", via}};
    object->fields = StoredFields(fields);
    object->kept = true;
    object->length = kBodyBytes;
    object->uri = uri_of(i);
    if (i % 10 == 0) object->tags = {fmt::format("tag-{}", i % 1000)};
    object->life.answered = rules::Time(rules::Seconds(1'700'000'000));
    object->life.fresh_s = 86400;
    object->purges = log;
    object->purges_seen = log->newest();
    object->body = std::make_shared<Body>(Body::Kind::Kept, kBodyBytes);
    const Key key = key_of(i);
    cache.with(key, [&](Cache::Slot& slot) { slot.object = object; });
    object->body->append(body);
    object->body->finish(Body::State::Whole);
    cache.with(key, [](Cache::Slot&) {});
  }
}

struct Looked {
  std::uint64_t looks = 0, found = 0;
  double cpu_seconds = 0;
};

// Zipf-like: half of the looks are for one in a hundred.
Looked look(Cache& cache, const std::vector<Key>& keys, std::uint64_t seed, const std::atomic<bool>& over) {
  SeededRandom random(seed);
  Looked looked;
  const double began = cpu_seconds();
  while (!over.load(std::memory_order_relaxed)) {
    const std::uint64_t drawn = random.next();
    const std::size_t at = random.below(drawn & 1 ? keys.size() : keys.size() / 100);
    ++looked.looks;
    looked.found += cache.with(keys[at], [](Cache::Slot& slot) {
      if (slot.object && slot.object->gone()) slot.object.reset();
      slot.visited = slot.object != nullptr;
      return slot.object != nullptr;
    });
  }
  looked.cpu_seconds = cpu_seconds() - began;
  return looked;
}

// `meanwhile` goes on as long as the looks do.
void measure(const char* what, Cache& cache, const std::vector<Key>& keys, unsigned threads,
             const std::function<std::string()>& meanwhile) {
  std::atomic<bool> over{false};
  std::vector<Looked> found(threads);
  std::vector<std::thread> looking;
  for (unsigned i = 0; i < threads; ++i)
    looking.emplace_back([&, i] { found[i] = look(cache, keys, i + 7, over); });
  const std::string said = meanwhile();
  over = true;
  for (std::thread& thread : looking) thread.join();
  Looked sum;
  for (const Looked& each : found)
    sum = {sum.looks + each.looks, sum.found + each.found, sum.cpu_seconds + each.cpu_seconds};
  fmt::print("{:<36} {:>6.2f} million looks a CPU-second, {:>5.1f} % found{}\n", what,
             static_cast<double>(sum.looks) / sum.cpu_seconds / 1e6,
             100.0 * static_cast<double>(sum.found) / static_cast<double>(sum.looks), said);
}

std::string sleep_a_second() {
  std::this_thread::sleep_for(std::chrono::seconds(1));
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 1;
  std::vector<Key> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back(key_of(i));
  const auto log = std::make_shared<PurgeLog>("E1");
  Cache cache(count * 2048);
  const std::uint64_t before = resident_bytes();
  const double began = cpu_seconds();
  fill(cache, log, count);
  const double took = cpu_seconds() - began;
  malloc_trim(0);
  const std::uint64_t resident = resident_bytes() - before, objects = cache.objects();
  fmt::print(
      "{} objects of {} bytes, {:.0f} ns each to keep; resident {:.1f} bytes an object beside its body, by "
      "our own books {:.1f}\n",
      objects, kBodyBytes, took * 1e9 / static_cast<double>(count),
      static_cast<double>(resident) / static_cast<double>(objects) - static_cast<double>(kBodyBytes),
      static_cast<double>(cache.bytes()) / static_cast<double>(objects) - static_cast<double>(kBodyBytes));

  measure("nothing else", cache, keys, threads, sleep_a_second);
  const auto purging = [&](const char* what, const std::vector<std::string>& items, std::size_t hit) {
    measure(what, cache, keys, threads, [&] {
      const auto asked = Steady::now();
      for (const std::string& item : items) log->purge(item);
      const std::chrono::duration<double, std::micro> purged = Steady::now() - asked;
      const bool gone =
          cache.with(keys[hit], [](Cache::Slot& slot) { return !slot.object || slot.object->gone(); });
      const std::chrono::duration<double, std::micro> seen = Steady::now() - asked;
      sleep_a_second();
      return fmt::format("; taken in {:.1f} us, {} after {:.1f} us", purged.count(),
                         gone ? "gone" : "STILL THERE", seen.count());
    });
  };
  purging("a path is purged", {uri_of(5)}, 5);
  purging("a wildcard of a thousand objects", {"/shop/7/*"}, 7);
  purging("a tag of a thousand objects", {"#tag-10"}, 10);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 3000; ++i) paths.push_back(uri_of(i * 7 + 1));
  purging("3,000 paths at once", paths, 8);
  measure("a path every millisecond", cache, keys, threads, [&] {
    for (std::size_t i = 0; i < 1000; ++i) {
      log->purge(uri_of(500'000 + i));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::string();
  });
  measure("nothing else, again", cache, keys, threads, sleep_a_second);
  return 0;
}
