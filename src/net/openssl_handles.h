// Owners of OpenSSL objects, for the few .cc files that use OpenSSL.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace meridian::net {

struct OpensslFree {
  void operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
  void operator()(SSL* object) const { SSL_free(object); }
  void operator()(BIO* object) const { BIO_free_all(object); }
  void operator()(X509* object) const { X509_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(X509_EXTENSION* object) const { X509_EXTENSION_free(object); }
};
template <typename T>
using OpensslHandle = std::unique_ptr<T, OpensslFree>;

}  // namespace meridian::net
