// Signatures over OpenSSL 3; it stays in this file.
#include "engines/cdn/signing/signing_keys.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>

namespace meridian::engines::cdn::signing {
namespace {

constexpr std::size_t kPemBytesMax = 16 * 1024;
constexpr int kRsaBitsMin = 1024, kRsaBitsMax = 4096;

struct Free {
  void operator()(BIO* object) const { BIO_free_all(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(EVP_MD_CTX* object) const { EVP_MD_CTX_free(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const EVP_MD* digest(HashAlgorithm hash) {
  return hash == HashAlgorithm::Sha1 ? EVP_sha1() : EVP_sha256();
}
const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Result<Owned<EVP_PKEY>> take_key(EVP_PKEY* raw) {
  Owned<EVP_PKEY> key(raw);
  if (!key) {
    ERR_clear_error();
    return invalid("the key is not in PEM form");
  }
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) return invalid("an RSA key of this size is not supported");
    return key;
  }
  std::array<char, 32> group{};
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC &&
      EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) == 1 &&
      std::string_view(group.data()) == "prime256v1")
    return key;
  ERR_clear_error();
  return invalid("the key is neither RSA nor ECDSA on P-256");
}

Result<Owned<BIO>> open_pem(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return invalid("the key is too long");
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

// Instead of asking at the terminal for a passphrase.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

struct VerifyingKey::Handle {
  Owned<EVP_PKEY> key;
};
struct SigningKey::Handle {
  Owned<EVP_PKEY> key;
};

Result<VerifyingKey> VerifyingKey::parse(std::string_view pem) {
  const Owned<BIO> bio = TRY(open_pem(pem));
  Owned<EVP_PKEY> key = TRY(take_key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr)));
  return VerifyingKey(std::make_shared<Handle>(std::move(key)));
}

bool VerifyingKey::verifies(std::string_view text, std::string_view signature, HashAlgorithm hash) const {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const bool good =
      context &&
      EVP_DigestVerifyInit(context.get(), nullptr, digest(hash), nullptr, handle_->key.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

Result<SigningKey> SigningKey::parse(std::string_view pem) {
  const Owned<BIO> bio = TRY(open_pem(pem));
  Owned<EVP_PKEY> key = TRY(take_key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)));
  return SigningKey(std::make_shared<Handle>(std::move(key)));
}

Result<SigningKey> SigningKey::generate_rsa() {
  Owned<EVP_PKEY> key = TRY(take_key(EVP_RSA_gen(2048)));
  return SigningKey(std::make_shared<Handle>(std::move(key)));
}
Result<SigningKey> SigningKey::generate_ec() {
  Owned<EVP_PKEY> key = TRY(take_key(EVP_EC_gen("P-256")));
  return SigningKey(std::make_shared<Handle>(std::move(key)));
}

Result<std::string> SigningKey::sign(std::string_view text, HashAlgorithm hash) const {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, digest(hash), nullptr, handle_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(text),
                     text.size()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::Internal, "OpenSSL did not sign");
  }
  signature.resize(size);
  return signature;
}

std::string SigningKey::public_pem() const {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), handle_->key.get());
  return contents(bio.get());
}
std::string SigningKey::private_pem() const {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), handle_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return contents(bio.get());
}

}  // namespace meridian::engines::cdn::signing
