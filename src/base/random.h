// Randomness reaches all code through Random, passed from main; a seed replays a whole deployment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace meridian {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  virtual void fill(MutableBytes out) = 0;

  // Uniform in [0, bound); bound > 0. Multiply-shift: the bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
  std::string text(std::size_t size, std::string_view alphabet);
};

// Cryptographically strong: getrandom(2). Thread-safe.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
  void fill(MutableBytes out) override;
};

// xoshiro256**: fast, repeatable, not for secrets; one per thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  std::uint64_t next() override;
  void fill(MutableBytes out) override;

 private:
  std::uint64_t state_[4];
};

}  // namespace meridian
