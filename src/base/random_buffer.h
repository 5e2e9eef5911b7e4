// Random bytes fetched many at a time: a call of the system for each request id costs as much as a small read
// of a socket. Rule: each byte is given out once and is gone from here then. For one thread.
#pragma once

#include <algorithm>
#include <array>

#include "base/random.h"

namespace meridian {

class RandomBuffer final : public Random {
 public:
  explicit RandomBuffer(Random& source) : source_(source) {}

  std::uint64_t next() override {
    std::uint64_t value;
    fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    return value;
  }
  void fill(MutableBytes out) override {
    while (!out.empty()) {
      if (left_.empty()) {
        source_.fill(bytes_);
        left_ = bytes_;
      }
      const std::size_t size = std::min(out.size(), left_.size());
      std::ranges::copy(left_.first(size), out.begin());
      std::ranges::fill(left_.first(size), std::uint8_t{0});
      out = out.subspan(size);
      left_ = left_.subspan(size);
    }
  }

 private:
  Random& source_;
  std::array<std::uint8_t, 1024> bytes_;
  MutableBytes left_{};
};

}  // namespace meridian
