// Whom a TLS connection believes and who it says it is. A context is built once and used by many connections
// and threads; certificates are judged by the clock of the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/certificate_table.h"

namespace meridian::net {

enum class TlsVersion : std::uint8_t { Tls10, Tls12, Tls13 };

enum class ClientCertificates : std::uint8_t {
  None,      // not asked for
  Optional,  // a client may show none; one that is shown must be good
  Required,
};

struct TlsServerOptions {
  std::string certificate_pem{}, key_pem{};  // a chain: the server's own first
  // In place of both: chosen at each handshake by the name that the client asks for, from what is published.
  std::shared_ptr<PublishedCertificates> certificates = nullptr;
  // ALPN, best first. A client that offers only others is refused (RFC 7301 §3.2), one that offers none is
  // not; empty: what clients offer is ignored.
  std::vector<std::string> protocols{};
  TlsVersion oldest = TlsVersion::Tls12;
  ClientCertificates clients = ClientCertificates::None;
  std::string client_ca_pem{};  // who signs clients' certificates; needed unless `clients` is None
};

class TlsServerContext {
 public:
  virtual ~TlsServerContext() = default;
};
Result<std::shared_ptr<TlsServerContext>> make_tls_server_context(const TlsServerOptions& options);

struct TlsClientOptions {
  // Exactly one of these says whom to trust: the authorities, or the SHA-256 (64 hexadecimal digits) of the
  // DER form of the server's certificate or of an authority that the server sends along with it.
  std::string ca_pem{};
  std::string pinned_sha256{};
  // False: anyone is believed, however weak his keys, and neither of them is given. Only then may `oldest` be
  // Tls10 (RFC 8996).
  bool verify = true;
  // Sent as SNI, and the certificate must be for it; an IP address is only compared (RFC 6066 §3). Empty:
  // any name of a trusted server certificate will do.
  std::string server_name{};
  std::string certificate_pem{}, key_pem{};  // shown when the server asks; both empty: none
  std::vector<std::string> protocols{};      // ALPN
  TlsVersion oldest = TlsVersion::Tls13;
};

class TlsClientContext {
 public:
  virtual ~TlsClientContext() = default;
};
Result<std::shared_ptr<TlsClientContext>> make_tls_client_context(const TlsClientOptions& options);

}  // namespace meridian::net
