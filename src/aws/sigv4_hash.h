// SHA-256, whole and piece by piece, and HMAC-SHA-256, for signatures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace meridian::aws::sigv4 {

std::string sha256(std::string_view bytes);  // 32 bytes

// The same without memory of its own, for what every request needs.
using Digest = std::array<std::uint8_t, 32>;
Digest sha256_digest(std::string_view bytes);

// A key that texts are signed with again and again: of a short text, the key is half of the work. RFC 2104.
class HmacKey {
 public:
  explicit HmacKey(std::string_view key);
  Digest sign(std::string_view bytes) const;

 private:
  static constexpr std::size_t kStateBytes = 112;
  using State = std::array<std::byte, kStateBytes>;
  alignas(std::uint64_t) State inner_, outer_;  // SHA-256 after the key's block
};

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void add(std::string_view bytes);
  std::string take();  // 32 bytes; begins anew

 private:
  struct State;
  State& state();

  std::unique_ptr<State> state_;
};

std::string hmac_sha256(std::string_view key, std::string_view bytes);

}  // namespace meridian::aws::sigv4
