// The keys of signed URLs and cookies: RSA and ECDSA on P-256, with SHA-1 or SHA-256 (CF: "Specify signers").
// OpenSSL stays behind this file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::engines::cdn::signing {

enum class HashAlgorithm : std::uint8_t { Sha1, Sha256 };

class VerifyingKey {
 public:
  // "-----BEGIN PUBLIC KEY-----"; RSA of at least 1024 bits, or EC on P-256.
  static Result<VerifyingKey> parse(std::string_view pem);

  // Safe from several threads.
  bool verifies(std::string_view text, std::string_view signature, HashAlgorithm hash) const;

 private:
  struct Handle;
  explicit VerifyingKey(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<const Handle> handle_;
};

class SigningKey {
 public:
  static Result<SigningKey> parse(std::string_view pem);  // without a passphrase
  static Result<SigningKey> generate_rsa();               // 2048 bits
  static Result<SigningKey> generate_ec();                // P-256

  Result<std::string> sign(std::string_view text, HashAlgorithm hash) const;  // RSA: PKCS #1; EC: DER
  std::string public_pem() const;
  std::string private_pem() const;

 private:
  struct Handle;
  explicit SigningKey(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<const Handle> handle_;
};

}  // namespace meridian::engines::cdn::signing
