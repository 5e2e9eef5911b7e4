// A handshake derives two dozen keys. Of 1.4 µs that OpenSSL 3.0 takes for each, a quarter is hashing; the
// rest looks up the hash by its name and makes and frees contexts. Here is nothing but the hashing. Rule: the
// same bytes as those of OpenSSL's own TLS13-KDF, for SHA-256 and SHA-384, which all suites of TLS 1.3 have;
// what is asked for otherwise is refused.
#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_* and SHA384_* alone need no context
#include "net/tls_key_schedule.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace meridian::net {
namespace {

constexpr char kName[] = "meridian";
constexpr std::size_t kInfoBytesMax = 2 + 1 + 255 + 1 + 255 + 1;

struct Sha256 {
  static constexpr std::size_t kBytes = SHA256_DIGEST_LENGTH, kBlock = SHA256_CBLOCK;
  void begin() { SHA256_Init(&state); }
  void add(Bytes bytes) { SHA256_Update(&state, bytes.data(), bytes.size()); }
  void end(std::uint8_t* out) { SHA256_Final(out, &state); }
  SHA256_CTX state;
};

struct Sha384 {
  static constexpr std::size_t kBytes = SHA384_DIGEST_LENGTH, kBlock = SHA512_CBLOCK;
  void begin() { SHA384_Init(&state); }
  void add(Bytes bytes) { SHA384_Update(&state, bytes.data(), bytes.size()); }
  void end(std::uint8_t* out) { SHA384_Final(out, &state); }
  SHA512_CTX state;
};

// What is secret leaves no trace.
template <typename T>
struct Wiped {
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { OPENSSL_cleanse(&value, sizeof value); }
  T value;
};

// RFC 2104; `key` is no longer than a block.
template <typename Hash>
void hmac(Bytes key, Bytes text, std::uint8_t* out) {
  Wiped<Hash> hash;
  Wiped<std::array<std::uint8_t, Hash::kBlock>> pad;
  pad.value.fill(0x36);
  for (std::size_t i = 0; i < key.size(); ++i) pad.value[i] ^= key[i];
  hash.value.begin();
  hash.value.add(pad.value);
  hash.value.add(text);
  hash.value.end(out);
  for (std::uint8_t& byte : pad.value) byte ^= 0x36 ^ 0x5c;
  hash.value.begin();
  hash.value.add(pad.value);
  hash.value.add({out, Hash::kBytes});
  hash.value.end(out);
}

struct Asked {
  int mode = -1;
  std::string_view digest;
  std::optional<Bytes> key, salt;
  Bytes prefix, label, data;
};

bool read(const OSSL_PARAM* parameters, Asked& asked) {
  for (; parameters && parameters->key != nullptr; ++parameters) {
    const std::string_view name = parameters->key;
    const Bytes bytes(static_cast<const std::uint8_t*>(parameters->data), parameters->data_size);
    if (name == OSSL_KDF_PARAM_MODE) {
      if (OSSL_PARAM_get_int(parameters, &asked.mode) != 1) return false;
    } else if (name == OSSL_KDF_PARAM_DIGEST) {
      asked.digest = as_text(bytes);
    } else if (name == OSSL_KDF_PARAM_KEY) {
      asked.key = bytes;
    } else if (name == OSSL_KDF_PARAM_SALT) {
      asked.salt = bytes;
    } else if (name == OSSL_KDF_PARAM_PREFIX) {
      asked.prefix = bytes;
    } else if (name == OSSL_KDF_PARAM_LABEL) {
      asked.label = bytes;
    } else if (name == OSSL_KDF_PARAM_DATA) {
      asked.data = bytes;
    }
  }
  return asked.prefix.size() + asked.label.size() <= 255 && asked.data.size() <= 255;
}

// HKDF-Expand-Label, of one block at most.
template <typename Hash>
bool expand(Bytes secret, const Asked& asked, Bytes data, std::uint8_t* out, std::size_t size) {
  if (size == 0 || size > Hash::kBytes || secret.size() > Hash::kBlock) return false;
  std::array<std::uint8_t, kInfoBytesMax> info;
  std::uint8_t* at = info.data();
  const auto add = [&at](Bytes bytes) { at = std::ranges::copy(bytes, at).out; };
  *at++ = 0;
  *at++ = static_cast<std::uint8_t>(size);
  *at++ = static_cast<std::uint8_t>(asked.prefix.size() + asked.label.size());
  add(asked.prefix);
  add(asked.label);
  *at++ = static_cast<std::uint8_t>(data.size());
  add(data);
  *at++ = 1;  // RFC 5869 §2.3: the number of the block
  Wiped<std::array<std::uint8_t, Hash::kBytes>> block;
  hmac<Hash>(secret, {info.data(), at}, block.value.data());
  std::copy_n(block.value.data(), size, out);
  return true;
}

// The next secret of the schedule: Derive-Secret(secret, "derived", "") of the one before, with what is new.
template <typename Hash>
bool extract(const Asked& asked, std::uint8_t* out, std::size_t size) {
  static constexpr std::array<std::uint8_t, Hash::kBytes> kZeros{};
  if (size != Hash::kBytes) return false;
  Wiped<std::array<std::uint8_t, Hash::kBytes>> derived;
  derived.value = kZeros;
  if (asked.salt) {
    std::array<std::uint8_t, Hash::kBytes> nothing;
    Hash hash;
    hash.begin();
    hash.end(nothing.data());
    if (!expand<Hash>(*asked.salt, asked, nothing, derived.value.data(), derived.value.size())) return false;
  }
  hmac<Hash>(derived.value, asked.key.value_or(Bytes(kZeros)), out);
  return true;
}

template <typename Hash>
bool derive_with(const Asked& asked, std::uint8_t* out, std::size_t size) {
  if (asked.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY) return extract<Hash>(asked, out, size);
  return asked.mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY && asked.key &&
         expand<Hash>(*asked.key, asked, asked.data, out, size);
}

int derive(void*, unsigned char* out, std::size_t size, const OSSL_PARAM parameters[]) {
  Asked asked;
  if (!read(parameters, asked)) return 0;
  // As OpenSSL names them to a provider.
  if (asked.digest == "SHA2-256" || asked.digest == "SHA256") return derive_with<Sha256>(asked, out, size);
  if (asked.digest == "SHA2-384" || asked.digest == "SHA384") return derive_with<Sha384>(asked, out, size);
  return 0;
}

// Everything comes with the call, so that there is no state.
void* new_context(void* provider) {
  return provider;
}
void free_context(void*) {}

template <typename Function>
OSSL_DISPATCH entry(int id, Function* function) {
  return {id, reinterpret_cast<void (*)()>(function)};
}

const OSSL_ALGORITHM* algorithms(void*, int operation, int* no_cache) {
  static const OSSL_DISPATCH functions[] = {entry(OSSL_FUNC_KDF_NEWCTX, new_context),
                                            entry(OSSL_FUNC_KDF_FREECTX, free_context),
                                            entry(OSSL_FUNC_KDF_DERIVE, derive),
                                            {0, nullptr}};
  static const OSSL_ALGORITHM all[] = {{OSSL_KDF_NAME_TLS1_3_KDF, "provider=meridian", functions, nullptr},
                                       {nullptr, nullptr, nullptr, nullptr}};
  *no_cache = 0;
  return operation == OSSL_OP_KDF ? all : nullptr;
}

int begin_provider(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** out, void** context) {
  static const OSSL_DISPATCH functions[] = {entry(OSSL_FUNC_PROVIDER_QUERY_OPERATION, algorithms),
                                            {0, nullptr}};
  static char nothing = 0;  // OpenSSL wants contexts that are not null
  *out = functions;
  *context = &nothing;
  return 1;
}

}  // namespace

const char* key_schedule_properties() {
  // Never unloaded: contexts of any thread may still use it.
  static const OSSL_PROVIDER* const loaded = OSSL_PROVIDER_add_builtin(nullptr, kName, begin_provider) == 1
                                                 ? OSSL_PROVIDER_try_load(nullptr, kName, 1)
                                                 : nullptr;
  return loaded ? "?provider=meridian" : nullptr;
}

}  // namespace meridian::net
