#include "engines/dns/query_log/ring.h"

#include <algorithm>
#include <bit>

namespace meridian::engines::dns::query_log {

// Zeroed, so that its pages are there before the first query needs them.
Ring::Ring(std::size_t bytes)
    : mask_(std::bit_ceil(std::clamp(bytes, kBytesMin, kBytesMax)) - 1),
      memory_(new std::uint8_t[mask_ + 1]) {}

Bytes Ring::front() {
  std::uint64_t at = read_.load(std::memory_order_relaxed);
  if (at == committed_seen_) return {};
  if (head(at) == kSkip) {
    at += bytes() - (at & mask_);
    read_.store(at, std::memory_order_release);
  }
  return {memory_.get() + (at & mask_) + kHeadSize, static_cast<std::size_t>(head(at))};
}

void Ring::pop() {
  const std::uint64_t at = read_.load(std::memory_order_relaxed);
  const std::size_t size = static_cast<std::size_t>(head(at));
  read_.store(at + kHeadSize + (size + kAlign - 1) / kAlign * kAlign, std::memory_order_release);
}

}  // namespace meridian::engines::dns::query_log
