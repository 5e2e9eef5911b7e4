#include "formats/jws/jws.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace meridian::jws {
namespace {

constexpr int kCoordinateBytes = 32;  // of P-256; RFC 7518 §3.4

struct Free {
  void operator()(BIO* object) const { BIO_free_all(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(EVP_MD_CTX* object) const { EVP_MD_CTX_free(object); }
  void operator()(ECDSA_SIG* object) const { ECDSA_SIG_free(object); }
  void operator()(BIGNUM* object) const { BN_free(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::string fixed(const BIGNUM* number) {
  std::string bytes(kCoordinateBytes, '\0');
  CHECK(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kCoordinateBytes) ==
        kCoordinateBytes);
  return bytes;
}

std::string signing_input(std::string_view header, std::string_view payload) {
  return base64url(as_bytes(header)) + "." + base64url(as_bytes(payload));
}

std::string flattened(std::string_view header, std::string_view payload, std::string_view signature) {
  return fmt::format(R"({{"protected":"{}","payload":"{}","signature":"{}"}})", base64url(as_bytes(header)),
                     base64url(as_bytes(payload)), base64url(as_bytes(signature)));
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

}  // namespace

struct SigningKey::Handle {
  Owned<EVP_PKEY> key;
  std::string coordinate(const char* name) const {
    BIGNUM* number = nullptr;
    CHECK(EVP_PKEY_get_bn_param(key.get(), name, &number) == 1);
    const Owned<BIGNUM> owned(number);
    return fixed(number);
  }
};

std::string base64url(Bytes bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != text.npos) return std::nullopt;
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  CHECK(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                   EVP_sha256(), nullptr) == 1);
  return digest;
}

SigningKey SigningKey::generate() {
  auto handle = std::make_shared<Handle>();
  handle->key.reset(EVP_EC_gen("P-256"));
  CHECK(handle->key);
  return SigningKey(std::move(handle));
}

Result<SigningKey> SigningKey::parse(std::string_view pem) {
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto handle = std::make_shared<Handle>();
  handle->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!handle->key || !is_p256(handle->key.get())) return invalid("not a P-256 key in PEM form");
  return SigningKey(std::move(handle));
}

std::string SigningKey::pem() const {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(bio.get(), handle_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string SigningKey::jwk() const {
  return fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})",
                     base64url(as_bytes(handle_->coordinate(OSSL_PKEY_PARAM_EC_PUB_X))),
                     base64url(as_bytes(handle_->coordinate(OSSL_PKEY_PARAM_EC_PUB_Y))));
}

std::string SigningKey::thumbprint() const {
  return base64url(as_bytes(sha256(jwk())));
}

std::string SigningKey::sign(std::string_view header, std::string_view payload) const {
  const std::string input = signing_input(header, payload);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> der;  // a signature of P-256 has at most 72 bytes
  std::size_t size = der.size();
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_->key.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), der.data(), &size, reinterpret_cast<const unsigned char*>(input.data()),
                       input.size()) == 1);
  const unsigned char* at = der.data();
  const Owned<ECDSA_SIG> both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  CHECK(both);
  return flattened(header, payload,
                   fixed(ECDSA_SIG_get0_r(both.get())) + fixed(ECDSA_SIG_get0_s(both.get())));
}

std::string sign_with_secret(std::string_view secret, std::string_view header, std::string_view payload) {
  const std::string input = signing_input(header, payload);
  std::string signature(32, '\0');
  CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(input.data()), input.size(),
             reinterpret_cast<unsigned char*>(signature.data()), nullptr) != nullptr);
  return flattened(header, payload, signature);
}

}  // namespace meridian::jws
