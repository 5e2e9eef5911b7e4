// Owners of OpenSSL objects, for the few .cc files that use OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "net/certificate.h"

namespace meridian::net {

struct OpensslFree {
  void operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
  void operator()(SSL* object) const { SSL_free(object); }
  void operator()(BIO* object) const { BIO_free_all(object); }
  void operator()(const X509* object) const { X509_free(const_cast<X509*>(object)); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(X509_REQ* object) const { X509_REQ_free(object); }
  void operator()(X509_EXTENSION* object) const { X509_EXTENSION_free(object); }
  void operator()(STACK_OF(X509_EXTENSION) * object) const { sk_X509_EXTENSION_free(object); }
  void operator()(STACK_OF(X509) * object) const { sk_X509_free(object); }  // the list, not what it lists
};
template <typename T>
using OpensslHandle = std::unique_ptr<T, OpensslFree>;

// Of a CertificateTable.
class ServedCertificate {
 public:
  OpensslHandle<X509> certificate;
  OpensslHandle<EVP_PKEY> key;
  OpensslHandle<STACK_OF(X509)> chain;  // without the certificate; lists `authorities`
  std::vector<std::shared_ptr<const X509>> authorities;
  bool is_rsa = false;  // else ECDSA
};

// certificate.cc
CertificateSummary summarize(const X509& certificate);
std::string sha256_of(const X509& certificate);
struct CertificateLimits {
  std::size_t bytes, count;  // of one text
};
inline constexpr CertificateLimits kChainLimits{64 * 1024, 16};
// An operator's list of whom to trust: a system's has 150 of them in 220 kB.
inline constexpr CertificateLimits kAuthoritiesLimits{4 * 1024 * 1024, 1000};
Result<std::vector<OpensslHandle<X509>>> parse_certificates(
    std::string_view pem, CertificateLimits limits = kChainLimits);  // at least one
Result<OpensslHandle<EVP_PKEY>> parse_key(std::string_view pem);

}  // namespace meridian::net
