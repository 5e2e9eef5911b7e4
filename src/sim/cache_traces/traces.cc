#include "sim/cache_traces/traces.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/random.h"

namespace meridian::sim {
namespace {

constexpr std::uint64_t kOnce = std::uint64_t{1} << 40;     // from here on keys are asked for once
constexpr std::uint64_t kScanned = std::uint64_t{1} << 41;  // those that scans walk through
constexpr std::size_t kDriftEvery = 100;                    // requests, until what is popular moves by one

// Ranks by their popularity.
class Zipf {
 public:
  Zipf(std::size_t count, double alpha) : sums_(count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sums_[i] = sum += std::pow(static_cast<double>(i + 1), -alpha);
  }
  std::size_t draw(Random& random) const {
    const double at = static_cast<double>(random.below(std::uint64_t{1} << 53)) /
                      static_cast<double>(std::uint64_t{1} << 53) * sums_.back();
    const auto found = std::ranges::lower_bound(sums_, at);
    return std::min(static_cast<std::size_t>(found - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

std::uint64_t mix(std::uint64_t key) {
  key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9ULL;
  key = (key ^ key >> 27) * 0x94d049bb133111ebULL;
  return key ^ key >> 31;
}

// An object has one size, whoever asks: 2 to 30 KB, or, where some are large, one in twenty of 1 to 15 MB.
std::uint32_t size_of(std::uint64_t key, bool some_large) {
  const std::uint64_t drawn = mix(key);
  const auto small =
      static_cast<std::uint32_t>(2048 << (drawn % 4)) + static_cast<std::uint32_t>(drawn >> 8 & 0x3fff);
  return some_large && (drawn >> 32) % 20 == 0 ? small * 512 : small;
}

struct Parts {
  double alpha = 0.9;
  unsigned once_percent = 0, scan_percent = 0;
  bool drifts = false, some_large = false;
};

Parts parts_of(TraceShape shape) {
  switch (shape) {
    case TraceShape::ZipfFlat:
      return {.alpha = 0.7};
    case TraceShape::Zipf:
      return {};
    case TraceShape::ZipfSteep:
      return {.alpha = 1.1};
    case TraceShape::Drift:
      return {.drifts = true};
    case TraceShape::Scans:
      return {.scan_percent = 25};
    case TraceShape::OneHitWonders:
      return {.once_percent = 50};
    case TraceShape::Mixed:
      return {.some_large = true};
    case TraceShape::Cdn:
      return {.once_percent = 25, .scan_percent = 5, .drifts = true, .some_large = true};
  }
  return {};
}

}  // namespace

std::string_view to_string(TraceShape shape) {
  constexpr std::string_view kNames[] = {"zipf-0.7", "zipf-0.9", "zipf-1.1", "drift",
                                         "scans",    "one-hit",  "mixed",    "cdn"};
  return kNames[static_cast<std::size_t>(shape)];
}

std::vector<CacheRequest> make_trace(TraceShape shape, TraceCounts counts, std::uint64_t seed) {
  const Parts parts = parts_of(shape);
  SeededRandom random(seed);
  const Zipf zipf(counts.objects, parts.alpha);
  std::vector<CacheRequest> trace;
  trace.reserve(counts.requests);
  std::uint64_t once = 0, scanned = 0;
  for (std::size_t i = 0; i < counts.requests; ++i) {
    const std::uint64_t kind = random.below(100);
    std::uint64_t key;
    if (kind < parts.once_percent)
      key = kOnce + once++;
    else if (kind < parts.once_percent + parts.scan_percent)
      key = kScanned + scanned++ % counts.objects;
    else
      key = zipf.draw(random) + (parts.drifts ? i / kDriftEvery : 0);
    key = mix(key ^ seed << 48);
    trace.push_back({key, size_of(key, parts.some_large)});
  }
  return trace;
}

std::uint64_t footprint(const std::vector<CacheRequest>& trace) {
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t bytes = 0;
  for (const CacheRequest& request : trace)
    if (seen.insert(request.key).second) bytes += request.size;
  return bytes;
}

}  // namespace meridian::sim
