#include "net/certificate_table.h"

#include <openssl/err.h>

#include "base/bytes.h"
#include "base/living.h"
#include "net/openssl_handles.h"

namespace meridian::net {
namespace {

std::string sha256_of(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(digest), size);
}

void place(const CertificateTable::Certificate& certificate, CertificateTable::Choice& into) {
  (certificate->is_rsa ? into.rsa : into.ecdsa) = certificate;
}

}  // namespace

void CertificateTable::add(std::string_view name, const Certificate& certificate, bool only_tls13) {
  Choice& choice = names_[to_lower(name)];
  place(certificate, choice);
  choice.only_tls13 = only_tls13;
}

void CertificateTable::add_default(const Certificate& certificate) {
  place(certificate, default_);
}

void CertificateTable::remove(std::string_view name) {
  names_.erase(to_lower(name));
}

const CertificateTable::Choice& CertificateTable::find(std::string_view server_name) const {
  std::string name = to_lower(server_name);
  if (name.ends_with('.')) name.pop_back();  // RFC 6066 §3 has none, but some clients send it
  const auto* found = names_.find(name);
  if (const std::size_t dot = name.find('.'); !found && dot != name.npos && dot > 0)
    found = names_.find(name.replace(0, dot, "*"));
  return found ? found->second : default_;
}

struct CertificatePool::Parsed {
  Living<std::string, ServedCertificate> whole;  // by the digest of both texts
  Living<std::string, X509> authorities;         // by fingerprint
};

CertificatePool::CertificatePool() : parsed_(std::make_unique<Parsed>()) {}
CertificatePool::~CertificatePool() = default;

Result<CertificateTable::Certificate> CertificatePool::take(std::string_view chain_pem,
                                                            std::string_view key_pem) {
  const std::string digest = sha256_of(chain_pem) + sha256_of(key_pem);
  if (auto known = parsed_->whole.find(digest)) return known;
  auto chain = TRY(parse_certificates(chain_pem));
  auto served = std::make_shared<ServedCertificate>();
  served->key = TRY(parse_key(key_pem));
  served->certificate = std::move(chain.front());
  served->is_rsa = EVP_PKEY_is_a(served->key.get(), "RSA") == 1;
  if (!served->is_rsa && EVP_PKEY_is_a(served->key.get(), "EC") != 1)
    return invalid("TLS key: neither RSA nor EC");
  const bool fits = X509_check_private_key(served->certificate.get(), served->key.get()) == 1;
  ERR_clear_error();
  if (!fits) return invalid("TLS key: not that of the certificate");
  served->chain.reset(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    const std::string fingerprint = net::sha256_of(*chain[i]);
    auto authority = parsed_->authorities.find(fingerprint);
    if (!authority) {
      authority = std::shared_ptr<const X509>(chain[i].release(), OpensslFree());
      parsed_->authorities.put(fingerprint, authority);
    }
    sk_X509_push(served->chain.get(), const_cast<X509*>(authority.get()));
    served->authorities.push_back(std::move(authority));
  }
  parsed_->whole.put(digest, served);
  return served;
}

}  // namespace meridian::net
