// Encryption at rest: AES-256-GCM over blocks, and keys wrapped by a key. OpenSSL stays behind seal.cc.
// Rule: a key seals one blob only, so a block's number is nonce enough; number and last-ness are
// authenticated, so that no block can stand for another and no blob end early.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"

namespace meridian::store::objects {

inline constexpr std::size_t kBlockBytes = 64 * 1024;  // of plain text
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kSealedBlockBytes = kBlockBytes + kTagBytes;
inline constexpr std::size_t kKeyBytes = 32;

class BlockCipher {
 public:
  explicit BlockCipher(std::string_view key);
  ~BlockCipher();
  BlockCipher(const BlockCipher&) = delete;
  BlockCipher& operator=(const BlockCipher&) = delete;

  // Appends the block and its tag.
  void seal(std::uint64_t number, bool last, Bytes plain, std::string& out);
  // Appends the plain text; Corrupt when anything of it is not as it was sealed.
  Result<void> open(std::uint64_t number, bool last, Bytes sealed, std::string& out);
  // The same into room for sealed.size() - kTagBytes bytes; after a failure they are zeros.
  Result<void> open_into(std::uint64_t number, bool last, Bytes sealed, MutableBytes room);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

std::uint64_t sealed_size(std::uint64_t plain_size);

// A blob's key under the master key; `id` is authenticated with it.
std::string wrap_key(std::string_view master_key, std::string_view key, std::string_view id, Random& random);
Result<std::string> unwrap_key(std::string_view master_key, std::string_view wrapped, std::string_view id);

std::string new_key(Random& random);

}  // namespace meridian::store::objects
