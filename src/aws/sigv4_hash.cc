// SHA-256 over OpenSSL: the only file of aws/ that knows it.
#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init() and its like
#include "aws/sigv4_hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>

#include "base/bytes.h"
#include "base/check.h"

namespace meridian::aws::sigv4 {
namespace {

constexpr std::size_t kBlockBytes = 64;

// Looking an algorithm up costs OpenSSL more than hashing a signature's few hundred bytes.
const EVP_MD* algorithm() {
  static const EVP_MD* const kFetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(kFetched != nullptr);
  return kFetched;
}

class Context {
 public:
  Context() : context_(EVP_MD_CTX_new()) { CHECK(context_ != nullptr); }
  ~Context() { EVP_MD_CTX_free(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void begin() { CHECK(EVP_DigestInit_ex2(context_, algorithm(), nullptr) == 1); }
  void add(const void* bytes, std::size_t size) { CHECK(EVP_DigestUpdate(context_, bytes, size) == 1); }
  void end(unsigned char* digest) { CHECK(EVP_DigestFinal_ex(context_, digest, nullptr) == 1); }
  std::string end() {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    end(reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
  }

 private:
  EVP_MD_CTX* context_;
};

// What is hashed at once: a signature's few hundred bytes take OpenSSL less time than its own way to them
// through EVP.
void begin(SHA256_CTX& state) {
  CHECK(SHA256_Init(&state) == 1);
}
void add(SHA256_CTX& state, const void* bytes, std::size_t size) {
  CHECK(SHA256_Update(&state, bytes, size) == 1);
}
Digest end(SHA256_CTX& state) {
  Digest digest;
  CHECK(SHA256_Final(digest.data(), &state) == 1);
  return digest;
}

}  // namespace

Digest sha256_digest(std::string_view bytes) {
  SHA256_CTX state;
  begin(state);
  add(state, bytes.data(), bytes.size());
  return end(state);
}

std::string sha256(std::string_view bytes) {
  const Digest digest = sha256_digest(bytes);
  return {digest.begin(), digest.end()};
}

struct Sha256::State : Context {};

Sha256::Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

// Most bodies are not hashed: a context is made when one is.
Sha256::State& Sha256::state() {
  if (!state_) {
    state_ = std::make_unique<State>();
    state_->begin();
  }
  return *state_;
}

void Sha256::add(std::string_view bytes) {
  state().add(bytes.data(), bytes.size());
}

std::string Sha256::take() {
  std::string digest = state().end();
  state_->begin();
  return digest;
}

HmacKey::HmacKey(std::string_view key) {
  Digest hashed;
  if (key.size() > kBlockBytes) key = as_text(hashed = sha256_digest(key));
  const auto keep = [key](State& state, unsigned char filling) {
    std::array<unsigned char, kBlockBytes> block;
    block.fill(filling);
    for (std::size_t i = 0; i < key.size(); ++i) block[i] ^= static_cast<unsigned char>(key[i]);
    SHA256_CTX context;
    static_assert(sizeof context == kStateBytes);
    begin(context);
    add(context, block.data(), block.size());
    std::memcpy(state.data(), &context, kStateBytes);
  };
  keep(inner_, 0x36);
  keep(outer_, 0x5c);
}

Digest HmacKey::sign(std::string_view bytes) const {
  SHA256_CTX context;
  std::memcpy(&context, inner_.data(), kStateBytes);
  add(context, bytes.data(), bytes.size());
  const Digest digest = end(context);
  std::memcpy(&context, outer_.data(), kStateBytes);
  add(context, digest.data(), digest.size());
  return end(context);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  const Digest digest = HmacKey(key).sign(bytes);
  return {digest.begin(), digest.end()};
}

}  // namespace meridian::aws::sigv4
