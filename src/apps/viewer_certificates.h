// Which certificates the CDN's TLS listeners show: each distribution's for its aliases, the deployment's own
// for the names of CloudFront's domain and for viewers that name none. Whoever names a stranger is refused in
// the handshake, as at CloudFront. No control-plane code: an edge links it.
//
// Rule: a table is shown before the snapshot that it is of is served, so that no name is served without its
// certificate.
#pragma once

#include <memory>
#include <unordered_map>

#include "base/log.h"
#include "net/certificate_table.h"
#include "snapshots/cdn/delta.h"

namespace meridian::apps {

class ViewerCertificates {
 public:
  explicit ViewerCertificates(Logger& logger);

  const std::shared_ptr<net::PublishedCertificates>& published() const { return published_; }
  // `next` is `before` after `delta`. One thread at a time.
  void show(const snapshots::cdn::CdnSnapshot& before, const snapshots::cdn::Delta& delta,
            const snapshots::cdn::CdnSnapshot& next);

 private:
  using Parsed =
      std::unordered_map<const snapshots::cdn::ViewerCertificate*, net::CertificateTable::Certificate>;
  net::CertificateTable::Certificate parse(const snapshots::cdn::SharedCertificate& certificate,
                                           Parsed& parsed);

  Logger& logger_;
  net::CertificatePool pool_;
  std::shared_ptr<net::PublishedCertificates> published_;
};

// Names of the own certificate: what viewers call distributions that have no alias, and this machine.
inline constexpr const char* kOwnViewerNames[] = {"*.cloudfront.net", "*.cloudfront.localhost", "localhost",
                                                  "127.0.0.1", "::1"};

}  // namespace meridian::apps
