// ZoneQueries: how many queries each zone answered, counted by one worker and read by whoever asks.
// Rule: a query costs a look into memory of the worker's own, at a place that its zone's name alone decides.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::engines::dns {

class ZoneQueries {
 public:
  static constexpr std::size_t kZonesMax = 49'152;  // apexes ever answered for; further ones are not counted

  ZoneQueries() : cells_(static_cast<Cell*>(std::calloc(kCells, sizeof(Cell)))) {  // pages come when touched
    CHECK(cells_ != nullptr);
  }

  // `zone`: the one that answered, or null.
  void saw(const snapshots::dns::DnsZone* zone) {
    if (zone == nullptr) return;
    const std::uint64_t hash = zone->apex_node().hash();
    for (std::size_t at = hash & kMask;; at = (at + 1) & kMask) {
      Cell& cell = cells_.get()[at];
      if (cell.hash.load(std::memory_order_relaxed) == hash) [[likely]] {
        cell.count.store(cell.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return;
      }
      if (cell.hash.load(std::memory_order_relaxed) != 0) continue;
      if (used_ == kZonesMax) return;
      ++used_;
      cell.count.store(1, std::memory_order_relaxed);
      cell.hash.store(hash, std::memory_order_release);
      return;
    }
  }

  // Of all since the start: the hash of an apex, and how many. From any thread.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t at = 0; at < kCells; ++at)
      if (const std::uint64_t hash = cells_.get()[at].hash.load(std::memory_order_acquire))
        visit(hash, cells_.get()[at].count.load(std::memory_order_relaxed));
  }

 private:
  static constexpr std::size_t kCells = 65'536, kMask = kCells - 1;
  struct Cell {
    std::atomic<std::uint64_t> hash, count;
  };
  struct Free {
    void operator()(Cell* cells) const { std::free(cells); }
  };
  std::unique_ptr<Cell, Free> cells_;
  std::size_t used_ = 0;
};

}  // namespace meridian::engines::dns
