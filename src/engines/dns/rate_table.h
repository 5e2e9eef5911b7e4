// RateTable: how much of a rate each of very many keys has used, in memory of fixed size. A key is one
// moment: when all that it took will be paid back (the virtual scheduling of ATM's generic cell rate
// algorithm), so that there is nothing to age; a moment in the past is an empty bucket. Rule: what has used
// most is the last to be forgotten. A flood of new keys, each of which has used next to nothing, pushes out
// other such keys and never one that is over its rate.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/clock.h"

namespace meridian::engines::dns {

// `count` a second; at most `count` at once.
class Rate {
 public:
  Rate() = default;  // no limit
  // One worker's part: refilled at its share, for clients spread over all workers, while each may give a
  // whole second's worth at once, so that chance does not hold back a client whose queries came to one
  // worker.
  Rate(std::uint32_t count, unsigned workers)
      : cost_(count == 0 ? 0 : std::int64_t{1'000'000'000} * workers / count), depth_(cost_ * count) {}
  bool limited() const { return cost_ != 0; }
  std::int64_t cost_ns() const { return cost_; }
  std::int64_t depth_ns() const { return depth_; }

 private:
  std::int64_t cost_ = 0, depth_ = 0;
};

class RateTable {
 public:
  static constexpr std::size_t kLinesMax = 65536, kEntriesALine = 4;
  static constexpr std::size_t kLines = 16384;  // 1 MiB a worker

  explicit RateTable(std::size_t lines = kLines);  // a power of two, at most kLinesMax

  // Takes one for `hash`, which must be keyed with a secret. 0: within the rate; else, how many in a row were
  // over it.
  std::uint32_t take(std::uint64_t hash, const Rate& rate, SystemTime now);

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t over = 0;       // in a row
    std::int64_t paid_at_ns = 0;  // when the bucket is whole again
  };
  struct alignas(64) Line {
    std::array<Entry, kEntriesALine> entries;
  };
  static_assert(sizeof(Line) == 64);

  Entry& entry_of(std::uint64_t hash);

  std::unique_ptr<Line[]> lines_;
  std::size_t mask_;
};

}  // namespace meridian::engines::dns
