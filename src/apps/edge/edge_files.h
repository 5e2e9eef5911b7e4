// What a joined edge keeps in its data directory: where its control is, whom it believes, who it is.
//
// Layout of DATA_DIR/feed: `identity` (the control's address and the edge's name, then the authority's, the
// edge's certificate and its key, PEM, mode 0600), in one file, so that they always fit one another.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "net/tls.h"
#include "snapshots/feed/client.h"

namespace meridian::apps {

struct EdgeIdentity {
  std::string control;  // HOST:PORT of the feed
  std::string name;
  std::string authority_pem, certificate_pem, key_pem;
};

Result<EdgeIdentity> read_identity(Disk& disk, const std::string& data_dir);  // NotFound: not joined yet
Result<void> write_identity(Disk& disk, const std::string& data_dir, const EdgeIdentity& identity);

// The identity while the edge runs: renewed over the feed before its certificate ends.
class EdgeFiles final : public snapshots::feed::EdgeCertificate {
 public:
  static Result<std::unique_ptr<EdgeFiles>> open(Disk& disk, const Clock& clock, Metrics& metrics,
                                                 std::string data_dir);
  // Other threads than the loop's may read its `control` and `name`, which stay as they are.
  const EdgeIdentity& identity() const { return identity_; }
  // For the next connection.
  Result<std::shared_ptr<net::TlsClientContext>> context() const { return context(identity_); }

  // Called with each new one, on the loop's thread.
  void on_renewed(std::function<void(const EdgeIdentity&)> told) { on_renewed_ = std::move(told); }

  std::optional<std::string> renewal_request() override;
  Result<void> renew(const snapshots::feed::Certificate& certificate) override;

 private:
  EdgeFiles(Disk& disk, const Clock& clock, Metrics& metrics, std::string data_dir);
  Result<void> take(EdgeIdentity identity);
  static Result<std::shared_ptr<net::TlsClientContext>> context(const EdgeIdentity& identity);

  Disk& disk_;
  const Clock& clock_;
  std::string data_dir_;
  EdgeIdentity identity_;
  SystemTime expires_{};
  bool for_server_ = false;  // other edges may be shown it
  std::function<void(const EdgeIdentity&)> on_renewed_;
  std::string asked_key_pem_;  // of the renewal under way
  Gauge& expiry_;
};

}  // namespace meridian::apps
