// Certificates of our own making: the self-signed one that the API starts with, and a small authority (P-256)
// that signs what servers and clients of a deployment show each other.
// Rule: a signer takes nothing but the public key from a request; names, uses and dates are the signer's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::net {

inline constexpr std::size_t kCertificateTextBytesMax = 64 * 1024;  // of PEM that comes from outside

struct CertificateAndKey {
  std::string certificate_pem, key_pem;
};
// Valid from an hour before `now` for ten years, for the given DNS names and IP addresses.
Result<CertificateAndKey> make_self_signed_certificate(std::span<const std::string> names, SystemTime now);

// May sign certificates of servers and clients, but no further authority.
Result<CertificateAndKey> make_certificate_authority(std::string_view common_name, SystemTime now,
                                                     Duration lifetime);

struct KeyAndRequest {
  std::string key_pem, request_pem;
};
Result<KeyAndRequest> make_certificate_request();  // a fresh key, and a request (PKCS #10) without any name
// The request alone, with `names` in it for an authority that is not ours.
Result<std::string> make_certificate_request(std::string_view key_pem,
                                             std::span<const std::string> names = {});

struct CertificateTerms {
  std::string common_name;
  std::vector<std::string> names;  // DNS names and IP addresses; none for a client
  bool for_server = false, for_client = false;
  SystemTime now;
  Duration lifetime{};  // ends with the authority's own at the latest
};
// Refuses a request whose signature does not prove that the asker has the key.
Result<std::string> sign_certificate_request(std::string_view request_pem, const CertificateAndKey& authority,
                                             const CertificateTerms& terms);

struct CertificateSummary {
  std::string common_name;
  std::string sha256;  // of the DER form, 64 lower-case hexadecimal digits
  SystemTime expires;
  bool for_sni = false;     // of a server: it is for the name that was sent as SNI
  bool for_server = false;  // a server may show it, as its uses say
};
Result<CertificateSummary> read_certificate(std::string_view certificate_pem);  // the first of a chain

}  // namespace meridian::net
