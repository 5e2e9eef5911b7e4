// A bounded queue of byte records between one writing and one reading thread, in memory made once. Rule: the
// writer never waits and never allocates; where there is no room it is told so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace meridian::engines::dns::query_log {

class Ring {
 public:
  static constexpr std::size_t kBytesMin = 512 * 1024;  // holds the largest record, wherever it starts
  static constexpr std::size_t kBytesMax = 1024 * 1024 * 1024;

  explicit Ring(std::size_t bytes);  // rounded up to a power of two

  std::size_t bytes() const { return mask_ + 1; }

  // Writer: room for a record of `size` bytes, to be filled before commit(); null when there is none.
  std::uint8_t* reserve(std::size_t size) {
    const std::size_t needed = kHeadSize + (size + kAlign - 1) / kAlign * kAlign;
    const std::size_t to_end = bytes() - (written_ & mask_);
    const std::size_t skipped = needed > to_end ? to_end : 0;  // a record is never in two pieces
    if (written_ + skipped + needed - read_seen_ > bytes()) [[unlikely]] {
      read_seen_ = read_.load(std::memory_order_acquire);
      if (written_ + skipped + needed - read_seen_ > bytes()) return nullptr;
    }
    if (skipped) head(written_) = kSkip;
    const std::uint64_t start = written_ + skipped;
    head(start) = size;
    reserved_ = start + needed;
    return memory_.get() + (start & mask_) + kHeadSize;
  }
  void commit() {
    written_ = reserved_;
    committed_.store(written_, std::memory_order_release);
  }

  // Reader: refresh() looks what has been written so far; front() is the oldest record of that, without a
  // data pointer when there is none.
  void refresh() { committed_seen_ = committed_.load(std::memory_order_acquire); }
  Bytes front();
  void pop();

 private:
  static constexpr std::size_t kAlign = 8, kHeadSize = 8;
  static constexpr std::uint64_t kSkip = ~std::uint64_t{0};  // nothing more before the end of the memory

  std::uint64_t& head(std::uint64_t position) {
    return *reinterpret_cast<std::uint64_t*>(memory_.get() + (position & mask_));
  }

  const std::size_t mask_;
  const std::unique_ptr<std::uint8_t[]> memory_;
  // Positions only grow; what they point at is their remainder by bytes(). One cache line a side.
  alignas(64) std::uint64_t written_ = 0;
  std::uint64_t reserved_ = 0, read_seen_ = 0;
  std::atomic<std::uint64_t> committed_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
  std::uint64_t committed_seen_ = 0;
};

}  // namespace meridian::engines::dns::query_log
