// JSON Web Signatures (RFC 7515), flattened, and the P-256 keys that make them.
// Rule: a key leaves by pem() only; what is signed are the bytes given, never JSON written anew.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian::jws {

std::string base64url(Bytes bytes);                                // RFC 7515 §2: without padding
std::optional<std::string> from_base64url(std::string_view text);  // padding is refused
std::string sha256(std::string_view bytes);

class SigningKey {
 public:
  static SigningKey generate();
  static Result<SigningKey> parse(std::string_view pem);
  std::string pem() const;

  std::string jwk() const;         // the public key, its members in the order of RFC 7638 §3.2
  std::string thumbprint() const;  // RFC 7638, base64url
  // `header` is the protected header, a JSON object that says "alg":"ES256".
  std::string sign(std::string_view header, std::string_view payload) const;

 private:
  struct Handle;
  explicit SigningKey(std::shared_ptr<const Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<const Handle> handle_;
};

// The same with "alg":"HS256" and a shared secret.
std::string sign_with_secret(std::string_view secret, std::string_view header, std::string_view payload);

}  // namespace meridian::jws
