// X.509 certificates and their keys in PEM form: read strictly, described, held against one another, written.
// Rules: a key never leaves but by pem() and encrypted_pem(); a key with a passphrase is not read; what is
// malformed is refused, never half-read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::x509 {

inline constexpr std::size_t kPemBytesMax = 2 * 1024 * 1024;
inline constexpr std::size_t kCertificatesMax = 100;  // in one text

struct ExtendedKeyUsage {
  std::string name;  // "TLS_WEB_SERVER_AUTHENTICATION"; "CUSTOM" when it has none
  std::string oid;
  bool operator==(const ExtendedKeyUsage&) const = default;
};

struct NamePart {
  std::string type;  // "CN"; the OID when it has no such name
  std::string oid;
  std::string value;
};

struct AlternativeName {
  enum class Kind : std::uint8_t { Dns, Address, Email, Uri, RegisteredId };  // others are left out
  Kind kind;
  std::string value;
};

struct Facts {
  std::string subject;      // "CN=example.com, O=Example"
  std::string common_name;  // of the subject
  std::string issuer;       // its organization; without one its common name
  std::string serial;       // "0a:1b:…"
  std::vector<NamePart> subject_parts, issuer_parts;
  std::vector<AlternativeName> alternative_names;
  std::vector<std::string> dns_names;  // those of them that are
  SystemTime not_before, not_after;
  std::string key_algorithm;        // "RSA_2048", "EC_prime256v1"
  std::string signature_algorithm;  // "SHA256WITHRSA"
  std::vector<std::string> key_usages;
  std::vector<ExtendedKeyUsage> extended_key_usages;
};

class Certificate {
 public:
  // Exactly one, and nothing else but white space around it.
  static Result<Certificate> parse(std::string_view pem);
  // One or more.
  static Result<std::vector<Certificate>> parse_all(std::string_view pem);

  Facts facts() const;
  bool is_version_3() const;
  // By name and by signature; `issuer` must be an authority that may sign.
  bool is_issued_by(const Certificate& issuer) const;
  bool operator==(const Certificate& other) const;
  std::string pem() const;

 private:
  friend class PrivateKey;
  struct Handle;
  explicit Certificate(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> parse(std::string_view pem);
  static bool is_encrypted(std::string_view pem);
  static Result<PrivateKey> generate(std::string_view algorithm);  // "RSA_2048", "EC_prime256v1", …

  std::string algorithm() const;  // as in Facts
  bool is_rsa() const;
  int bits() const;
  bool belongs_to(const Certificate& certificate) const;
  std::string pem() const;                                       // PKCS #8
  std::string encrypted_pem(std::string_view passphrase) const;  // PKCS #8, PBES2, AES-256

 private:
  struct Handle;
  explicit PrivateKey(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

// Of a public key alone, "-----BEGIN PUBLIC KEY-----": "RSA_2048", "EC_prime256v1".
Result<std::string> public_key_algorithm(std::string_view pem);

}  // namespace meridian::x509
