// Who this edge is for other edges, and whom of them it believes: certificates of the control's authority,
// shown in both directions, renewed while it runs.
#pragma once

#include <memory>

#include "apps/edge/edge_files.h"
#include "net/certificate_table.h"

namespace meridian::apps {

class TierIdentity {
 public:
  static Result<std::unique_ptr<TierIdentity>> of(const EdgeIdentity& identity);

  // For those who ask here; it shows what was renewed last.
  const std::shared_ptr<net::TlsServerContext>& server() const { return server_; }
  // For asking others.
  static Result<std::shared_ptr<net::TlsClientContext>> client(const EdgeIdentity& identity);
  Result<void> renew(const EdgeIdentity& identity);

 private:
  net::CertificatePool pool_;
  std::shared_ptr<net::PublishedCertificates> published_ =
      std::make_shared<net::PublishedCertificates>(std::make_unique<net::CertificateTable>());
  std::shared_ptr<net::TlsServerContext> server_;
};

}  // namespace meridian::apps
