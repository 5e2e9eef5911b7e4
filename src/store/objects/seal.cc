// AES-256-GCM by OpenSSL. A failing cipher (out of memory, no such algorithm) is a bug or the end: CHECK.
#include "store/objects/seal.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"

namespace meridian::store::objects {
namespace {

constexpr std::size_t kNonceBytes = 12;

std::unexpected<Error> corrupt() {
  return fail(ErrorCode::Corrupt, "a stored block is not what was written", ErrorSource::Storage);
}

const unsigned char* data(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

struct BlockCipher::State {
  explicit State(std::string_view key) : key_(key) { CHECK(key.size() == kKeyBytes); }
  ~State() {
    EVP_CIPHER_CTX_free(sealing_);
    EVP_CIPHER_CTX_free(opening_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void seal(std::string_view nonce, std::string_view beside, Bytes plain, std::string& out) {
    if (sealing_ == nullptr) {
      sealing_ = EVP_CIPHER_CTX_new();
      CHECK(sealing_ != nullptr && EVP_EncryptInit_ex(sealing_, EVP_aes_256_gcm(), nullptr,
                                                      data(std::string_view(key_)), nullptr) == 1);
    }
    const std::size_t at = out.size(), size_after = at + plain.size() + kTagBytes;
    // What is written over anyway need not be zeros first. (g++-12 passes the capacity for the size.)
    out.resize_and_overwrite(size_after, [size_after](char*, std::size_t) { return size_after; });
    auto* to = reinterpret_cast<unsigned char*>(out.data() + at);
    int size = 0;
    CHECK(EVP_EncryptInit_ex(sealing_, nullptr, nullptr, nullptr, data(nonce)) == 1);
    CHECK(EVP_EncryptUpdate(sealing_, nullptr, &size, data(beside), static_cast<int>(beside.size())) == 1);
    CHECK(EVP_EncryptUpdate(sealing_, to, &size, plain.data(), static_cast<int>(plain.size())) == 1);
    CHECK(EVP_EncryptFinal_ex(sealing_, to + plain.size(), &size) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(sealing_, EVP_CTRL_GCM_GET_TAG, kTagBytes, to + plain.size()) == 1);
  }

  Result<void> open(std::string_view nonce, std::string_view beside, Bytes sealed, MutableBytes room) {
    if (sealed.size() < kTagBytes) return corrupt();
    if (opening_ == nullptr) {
      opening_ = EVP_CIPHER_CTX_new();
      CHECK(opening_ != nullptr && EVP_DecryptInit_ex(opening_, EVP_aes_256_gcm(), nullptr,
                                                      data(std::string_view(key_)), nullptr) == 1);
    }
    const Bytes body = sealed.first(sealed.size() - kTagBytes);
    CHECK(room.size() == body.size());
    unsigned char tag[kTagBytes];
    std::copy_n(sealed.data() + body.size(), kTagBytes, tag);
    int size = 0;
    CHECK(EVP_DecryptInit_ex(opening_, nullptr, nullptr, nullptr, data(nonce)) == 1);
    CHECK(EVP_DecryptUpdate(opening_, nullptr, &size, data(beside), static_cast<int>(beside.size())) == 1);
    CHECK(EVP_DecryptUpdate(opening_, room.data(), &size, body.data(), static_cast<int>(body.size())) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(opening_, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag) == 1);
    if (EVP_DecryptFinal_ex(opening_, room.data() + body.size(), &size) == 1) return {};
    std::ranges::fill(room, 0);
    return corrupt();
  }

  Result<void> open(std::string_view nonce, std::string_view beside, Bytes sealed, std::string& out) {
    if (sealed.size() < kTagBytes) return corrupt();
    const std::size_t at = out.size();
    out.resize(at + sealed.size() - kTagBytes);
    auto opened = open(nonce, beside, sealed,
                       MutableBytes(reinterpret_cast<std::uint8_t*>(out.data()), out.size()).subspan(at));
    if (!opened) out.resize(at);
    return opened;
  }

 private:
  const std::string key_;
  EVP_CIPHER_CTX* sealing_ = nullptr;  // made when they are needed
  EVP_CIPHER_CTX* opening_ = nullptr;
};

namespace {

std::string nonce_of(std::uint64_t number) {
  std::string nonce(kNonceBytes - sizeof number, '\0');
  append_u64(nonce, number);
  return nonce;
}

}  // namespace

BlockCipher::BlockCipher(std::string_view key) : state_(std::make_unique<State>(key)) {}
BlockCipher::~BlockCipher() = default;

void BlockCipher::seal(std::uint64_t number, bool last, Bytes plain, std::string& out) {
  state_->seal(nonce_of(number), last ? "last" : "more", plain, out);
}

Result<void> BlockCipher::open(std::uint64_t number, bool last, Bytes sealed, std::string& out) {
  return state_->open(nonce_of(number), last ? "last" : "more", sealed, out);
}

Result<void> BlockCipher::open_into(std::uint64_t number, bool last, Bytes sealed, MutableBytes room) {
  return state_->open(nonce_of(number), last ? "last" : "more", sealed, room);
}

std::uint64_t sealed_size(std::uint64_t plain_size) {
  return plain_size + (plain_size + kBlockBytes - 1) / kBlockBytes * kTagBytes;
}

std::string wrap_key(std::string_view master_key, std::string_view key, std::string_view id, Random& random) {
  // The master key seals many keys: its nonces are random.
  std::string out(kNonceBytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  const std::string nonce = out;
  BlockCipher::State(master_key).seal(nonce, id, as_bytes(key), out);
  return out;
}

Result<std::string> unwrap_key(std::string_view master_key, std::string_view wrapped, std::string_view id) {
  if (wrapped.size() != kNonceBytes + kKeyBytes + kTagBytes) return corrupt();
  std::string key;
  TRY(BlockCipher::State(master_key)
          .open(wrapped.substr(0, kNonceBytes), id, as_bytes(wrapped.substr(kNonceBytes)), key));
  return key;
}

std::string new_key(Random& random) {
  std::string key(kKeyBytes, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  return key;
}

}  // namespace meridian::store::objects
