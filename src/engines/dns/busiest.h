// Busiest: which client prefixes and zones ask most, from a sample of one worker's queries (Space-Saving,
// Metwally et al. 2005) over windows of ten seconds. Rule: a query that is not sampled costs one decrement;
// what is reported is a lower bound, so that nobody is accused who did not ask that much.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "engines/dns/client_prefix.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::engines::dns {

struct BusyReport {
  struct Line {
    std::string name;
    double queries_per_second = 0;  // at least
  };
  static constexpr std::size_t kLinesMax = 20;
  double queries_per_second = 0;      // of all
  std::vector<Line> prefixes, zones;  // the busiest first
};

class Busiest {
 public:
  static constexpr std::size_t kKept = 64;  // prefixes, and zones, of a worker
  static constexpr Duration kWindow = std::chrono::seconds(10);
  static constexpr std::uint32_t kSampled = 64;  // one of so many queries

  struct Apex {
    std::uint8_t size = 0;
    std::array<char, 255> wire;
  };

  // The most frequent of many keys, in fixed room.
  class Frequent {
   public:
    struct Added {
      std::size_t at;
      bool is_new;
    };
    Added add(std::uint64_t key);
    std::uint64_t key(std::size_t at) const { return keys_[at]; }
    std::uint32_t at_least(std::size_t at) const { return counts_[at] - errors_[at]; }

   private:
    std::array<std::uint64_t, kKept> keys_{};
    std::array<std::uint32_t, kKept> counts_{}, errors_{};
  };

  struct Window {
    std::uint32_t samples = 0;
    Frequent prefixes, zones;
    std::array<Apex, kKept> apexes;
  };

  // `zone`: the one that answered, or null.
  void saw(const net::IpAddress& client, const snapshots::dns::DnsZone* zone, SystemTime now,
           Random& random) {
    if (--until_sample_ != 0) [[likely]]
      return;
    sample(client, zone, now);
    until_sample_ = 1 + static_cast<std::uint32_t>(random.below(2 * kSampled - 1));
  }

  // The last whole window; empty when that is long ago. On the worker's thread.
  Window last(SystemTime now) const;
  static BusyReport report(const std::vector<Window>& of_workers);

 private:
  void sample(const net::IpAddress& client, const snapshots::dns::DnsZone* zone, SystemTime now);

  std::uint32_t until_sample_ = kSampled;
  SystemTime started_{};
  Window window_, last_;
};

}  // namespace meridian::engines::dns
