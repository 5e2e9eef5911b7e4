// Requests for objects with sizes, of the shapes that traces of CDNs have. Rule: a trace is its name, its
// counts and its seed; the same three make the same requests everywhere.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace meridian::sim {

struct CacheRequest {
  std::uint64_t key = 0;
  std::uint32_t size = 0;
  bool operator==(const CacheRequest&) const = default;
};

enum class TraceShape : std::uint8_t {
  ZipfFlat,       // the nth object is asked for as often as 1/n^0.7
  Zipf,           // 1/n^0.9
  ZipfSteep,      // 1/n^1.1
  Drift,          // Zipf; what is popular moves on all the time
  Scans,          // Zipf; a fourth of the requests walk through all objects in order
  OneHitWonders,  // Zipf; half of the requests are for what nobody asks for again
  Mixed,          // Zipf; one object in twenty is hundreds of times as large as the others
  Cdn,            // drift, one-hit wonders, scans and large objects together
};
inline constexpr TraceShape kTraceShapes[] = {
    TraceShape::ZipfFlat, TraceShape::Zipf,          TraceShape::ZipfSteep, TraceShape::Drift,
    TraceShape::Scans,    TraceShape::OneHitWonders, TraceShape::Mixed,     TraceShape::Cdn};
std::string_view to_string(TraceShape shape);

struct TraceCounts {
  std::size_t objects = 100'000;  // that are asked for again
  std::size_t requests = 1'000'000;
};
std::vector<CacheRequest> make_trace(TraceShape shape, TraceCounts counts, std::uint64_t seed);

// Of all objects that it asks for, each once.
std::uint64_t footprint(const std::vector<CacheRequest>& trace);

}  // namespace meridian::sim
