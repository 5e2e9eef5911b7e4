#include "engines/dns/rate_table.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace meridian::engines::dns {

RateTable::RateTable(std::size_t lines) : lines_(new Line[lines]), mask_(lines - 1) {
  CHECK(std::has_single_bit(lines) && lines <= kLinesMax);
}

// Two lines are candidates (power of two choices): the fuller of two random lines is rarely full.
RateTable::Entry& RateTable::entry_of(std::uint64_t hash) {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  Entry* least = nullptr;
  Line& other = lines_[hash >> 16 & 0xffff & mask_];
  __builtin_prefetch(&other, 1);  // a flood of forged senders finds neither line in a cache: one wait, not two
  for (Line* line : {&lines_[hash & 0xffff & mask_], &other}) {
    for (Entry& entry : line->entries) {
      if (entry.tag == tag) return entry;
      if (!least || entry.paid_at_ns < least->paid_at_ns) least = &entry;
    }
  }
  *least = {.tag = tag};
  return *least;
}

std::uint32_t RateTable::take(std::uint64_t hash, const Rate& rate, SystemTime now) {
  const std::int64_t now_ns = now.time_since_epoch().count();
  Entry& entry = entry_of(hash);
  // Further ahead than any rate allows: the clock was set back.
  const bool stale = entry.paid_at_ns < now_ns || entry.paid_at_ns > now_ns + rate.depth_ns();
  const std::int64_t paid_at_ns = (stale ? now_ns : entry.paid_at_ns) + rate.cost_ns();
  if (paid_at_ns > now_ns + rate.depth_ns()) {
    entry.over = std::min(entry.over, UINT32_MAX - 1) + 1;
    return entry.over;
  }
  entry.paid_at_ns = paid_at_ns;
  entry.over = 0;
  return 0;
}

}  // namespace meridian::engines::dns
