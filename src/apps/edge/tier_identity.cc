#include "apps/edge/tier_identity.h"

namespace meridian::apps {

Result<std::unique_ptr<TierIdentity>> TierIdentity::of(const EdgeIdentity& identity) {
  auto made = std::make_unique<TierIdentity>();
  TRY(made->renew(identity));
  net::TlsServerOptions tls;
  tls.certificates = made->published_;
  tls.oldest = net::TlsVersion::Tls13;
  tls.clients = net::ClientCertificates::Required;
  tls.client_ca_pem = identity.authority_pem;
  made->server_ = TRY(net::make_tls_server_context(tls));
  return made;
}

Result<void> TierIdentity::renew(const EdgeIdentity& identity) {
  auto table = std::make_unique<net::CertificateTable>();
  table->add_default(TRY(pool_.take(identity.certificate_pem, identity.key_pem)));
  published_->publish(std::move(table));
  return {};
}

// Without a name of its own: each edge that is asked has to show its own.
Result<std::shared_ptr<net::TlsClientContext>> TierIdentity::client(const EdgeIdentity& identity) {
  net::TlsClientOptions tls;
  tls.ca_pem = identity.authority_pem;
  tls.certificate_pem = identity.certificate_pem;
  tls.key_pem = identity.key_pem;
  return net::make_tls_client_context(tls);
}

}  // namespace meridian::apps
