#include "base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace meridian {

std::string Random::text(std::size_t size, std::string_view alphabet) {
  std::string out(size, '\0');
  for (char& c : out) c = alphabet[below(alphabet.size())];
  return out;
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value;
  fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  return value;
}

void SystemRandom::fill(MutableBytes out) {
  while (!out.empty()) {
    ssize_t got = getrandom(out.data(), out.size(), 0);
    CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  // splitmix64 spreads a small seed over the whole state.
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15u;
    std::uint64_t z = seed;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    word = z ^ z >> 31;
  }
}

std::uint64_t SeededRandom::next() {
  std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(MutableBytes out) {
  for (std::size_t i = 0; i < out.size(); i += 8) {
    std::uint64_t value = next();
    std::memcpy(out.data() + i, &value, std::min<std::size_t>(8, out.size() - i));
  }
}

}  // namespace meridian
