// SHA-256 over OpenSSL: the only file of aws/ that knows it.
#include "aws/sigv4_hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

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

// One a thread: what is hashed at once needs no memory of its own.
Context& scratch() {
  thread_local Context context;
  return context;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Context& context = scratch();
  context.begin();
  context.add(bytes.data(), bytes.size());
  return context.end();
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

// RFC 2104.
std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string hashed_key;
  if (key.size() > kBlockBytes) key = hashed_key = sha256(key);
  std::array<unsigned char, kBlockBytes> inner, outer;
  inner.fill(0x36);
  outer.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= static_cast<unsigned char>(key[i]);
    outer[i] ^= static_cast<unsigned char>(key[i]);
  }
  Context& context = scratch();
  context.begin();
  context.add(inner.data(), inner.size());
  context.add(bytes.data(), bytes.size());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  context.end(digest.data());
  context.begin();
  context.add(outer.data(), outer.size());
  context.add(digest.data(), digest.size());
  return context.end();
}

}  // namespace meridian::aws::sigv4
