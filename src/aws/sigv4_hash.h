// SHA-256, whole and piece by piece, and HMAC-SHA-256, for signatures.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace meridian::aws::sigv4 {

std::string sha256(std::string_view bytes);  // 32 bytes
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
