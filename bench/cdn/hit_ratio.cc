// What each policy keeps of each trace, at three sizes of the cache: hits by requests and by bytes, in
// percent. usage: cdn_hit_ratio [requests] [seed]
// usage: cdn_hit_ratio split [requests] [seed] prints what one memory keeps of traces with large objects,
// beside two memories, of objects and of slices, by the part that slices have and by what counts as large.
// usage: cdn_hit_ratio list SHAPE OBJECTS REQUESTS SEED prints a trace instead, as replay.py has it played.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "sim/cache_traces/policies.h"
#include "sim/cache_traces/traces.h"

namespace {

using namespace meridian;

constexpr unsigned kSlicesPercents[] = {50, 80, 90};

struct Ratio {
  double requests = 0, bytes = 0, nanoseconds = 0;
};

template <typename Policy>
Ratio play(Policy policy, const std::vector<sim::CacheRequest>& trace) {
  std::uint64_t hits = 0, hit_bytes = 0, bytes = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const sim::CacheRequest& request : trace) {
    bytes += request.size;
    std::uint64_t there = 0;
    if constexpr (requires { policy.ask_bytes(request.key, request.size); })
      there = policy.ask_bytes(request.key, request.size);
    else
      there = policy.ask(request.key, request.size) ? request.size : 0;
    hits += there == request.size ? 1 : 0;
    hit_bytes += there;
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  const auto count = static_cast<double>(trace.size());
  return {100.0 * static_cast<double>(hits) / count,
          100.0 * static_cast<double>(hit_bytes) / static_cast<double>(bytes), took.count() / count};
}

int list(char** words) {
  const sim::TraceCounts counts{std::strtoull(words[1], nullptr, 10), std::strtoull(words[2], nullptr, 10)};
  for (const sim::TraceShape shape : sim::kTraceShapes)
    if (to_string(shape) == words[0]) {
      for (const sim::CacheRequest& each :
           sim::make_trace(shape, counts, std::strtoull(words[3], nullptr, 10)))
        fmt::print("GET /{}/{}\n", each.key, each.size);
      return 0;
    }
  return 2;
}

int split(std::size_t requests, std::uint64_t seed) {
  fmt::print("| trace | cache, of all bytes | LRU | one |");
  for (const char* large : {"a 32nd", "1 MiB"})
    for (const unsigned percent : kSlicesPercents) fmt::print(" {} %, {} |", percent, large);
  fmt::print("\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const sim::TraceShape shape : {sim::TraceShape::Mixed, sim::TraceShape::Cdn}) {
    const auto trace = sim::make_trace(shape, {requests / 10, requests}, seed);
    const std::uint64_t all = sim::footprint(trace);
    for (const std::uint64_t share : {5, 10, 20}) {
      const std::uint64_t bytes = all * share / 100;
      fmt::print("| {} | {} % of {} MB |", to_string(shape), share, all / 1'000'000);
      for (const Ratio& one : {play(sim::Lru<std::uint64_t>(bytes), trace),
                               play(sim::S3Fifo<std::uint64_t>(bytes, 10, 1), trace)})
        fmt::print(" {:.1f} / {:.1f} |", one.requests, one.bytes);
      for (const std::uint64_t large_max : {~std::uint64_t{0}, std::uint64_t{1} << 20})
        for (const unsigned percent : kSlicesPercents) {
          const std::uint64_t objects = bytes - bytes * percent / 100;
          const Ratio two = play(sim::SplitS3Fifo(bytes, percent, std::min(objects / 32, large_max)), trace);
          fmt::print(" {:.1f} / {:.1f} |", two.requests, two.bytes);
        }
      fmt::print("\n");
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::string_view(argv[1]) == "list") return list(argv + 2);
  if (argc > 1 && std::string_view(argv[1]) == "split")
    return split(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000,
                 argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  const sim::TraceCounts counts{100'000, argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000};
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const char* const names[] = {"LRU (nginx)", "LRU 1/10k (Varnish)", "SIEVE",
                               "S3-FIFO",     "S3-FIFO again 1",     "W-TinyLFU AV"};
  fmt::print("| trace | cache, of all bytes |");
  for (const char* name : names) fmt::print(" {} |", name);
  fmt::print("\n|---|---|---|---|---|---|---|---|\n");
  std::array<Ratio, std::size(names)> sums{};
  int rows = 0;
  for (const sim::TraceShape shape : sim::kTraceShapes) {
    const auto trace = sim::make_trace(shape, counts, seed);
    const std::uint64_t all = sim::footprint(trace);
    for (const double share : {0.01, 0.05, 0.2}) {
      const auto bytes = static_cast<std::uint64_t>(static_cast<double>(all) * share);
      const Ratio ratios[] = {play(sim::Lru<std::uint64_t>(bytes), trace),
                              play(sim::Lru<std::uint64_t>(bytes, 10'000), trace),
                              play(sim::Sieve<std::uint64_t>(bytes), trace),
                              play(sim::S3Fifo<std::uint64_t>(bytes), trace),
                              play(sim::S3Fifo<std::uint64_t>(bytes, 10, 1), trace),
                              play(sim::WTinyLfu<std::uint64_t>(bytes), trace)};
      fmt::print("| {} | {:.0f} % |", to_string(shape), share * 100);
      for (std::size_t i = 0; i < std::size(ratios); ++i) {
        fmt::print(" {:.1f} / {:.1f} |", ratios[i].requests, ratios[i].bytes);
        sums[i].requests += ratios[i].requests;
        sums[i].bytes += ratios[i].bytes;
        sums[i].nanoseconds += ratios[i].nanoseconds;
      }
      fmt::print("\n");
      ++rows;
    }
  }
  fmt::print("| mean | |");
  for (const Ratio& sum : sums) fmt::print(" {:.1f} / {:.1f} |", sum.requests / rows, sum.bytes / rows);
  fmt::print("\n| ns a request, here | |");
  for (const Ratio& sum : sums) fmt::print(" {:.0f} |", sum.nanoseconds / rows);
  fmt::print("\n");
  return 0;
}
