// Which certificates a TLS server shows, by the name that a client asks for (SNI): that very name, then a
// wildcard in place of its first label, then the default.
// Rules: a table is built, published and never changed, and its readers take no lock; the next one is a copy,
// which shares with it what stays; a certificate is parsed once, however many names and tables it stands in.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/published.h"
#include "base/result.h"
#include "base/shared_map.h"

namespace meridian::net {

class ServedCertificate;  // its chain and its key with it, parsed; openssl_handles.h

class CertificateTable {
 public:
  using Certificate = std::shared_ptr<const ServedCertificate>;
  // One a kind of key; a client is shown the one that it can verify. Null: none of that kind.
  struct Choice {
    Certificate rsa, ecdsa;
    bool only_tls13 = false;  // clients of TLS 1.2 are refused
  };

  // Of several with one kind of key the one added last counts. `name` may be a wildcard, "*.example.com", or
  // "": for clients that name none, where those that name a stranger are not to have the default.
  void add(std::string_view name, const Certificate& certificate, bool only_tls13 = false);
  void add_default(const Certificate& certificate);
  void remove(std::string_view name);

  // For a name as a client sends it; "": it sent none.
  const Choice& find(std::string_view server_name) const;
  std::size_t size() const { return names_.size(); }

 private:
  SharedMap<Choice> names_;  // lower-case
  Choice default_;
};

// What a server's context reads at each handshake (TlsServerOptions::certificates).
using PublishedCertificates = Published<CertificateTable>;

// Parses what tables are made of, for one publisher. What is still in use is not parsed again, and
// certificates of authorities are shared between chains.
class CertificatePool {
 public:
  CertificatePool();
  ~CertificatePool();

  // A chain in PEM form, the server's own certificate first, and its key (RSA or EC). Invalid when they are
  // not that, or do not belong to each other.
  Result<CertificateTable::Certificate> take(std::string_view chain_pem, std::string_view key_pem);

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace meridian::net
