// GoodClient: asks at a fixed rate from a network of its own, as a resolver does: again after a while without
// an answer, over TCP after a truncated one; and knows what every answer must be.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "packets.h"

namespace meridian::hostile {

struct GoodReport {
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;        // rightly, at the first, a later try or over TCP
  std::uint64_t answered_first = 0;  // at the first try, over UDP
  std::uint64_t over_tcp = 0;        // after a truncated answer
  std::uint64_t lost = 0;            // no answer to any try
  std::uint64_t wrong = 0;
  std::string first_wrong;  // what was wrong
  double p50_ms = 0, p99_ms = 0, max_ms = 0;
};

struct GoodOptions {
  std::string server;  // IPv4
  std::uint16_t port = 0;
  Target target;
  unsigned queries_per_second = 1000;
  double seconds = 1;
};

// Over UDP. Blocks until all queries are answered or lost.
GoodReport ask_over_udp(const GoodOptions& options);
// A connection for each query, for as long as `options.seconds`.
GoodReport ask_over_tcp(const GoodOptions& options);

}  // namespace meridian::hostile
