// The edges of this control: its certificate authority, the tokens it has given out, who is enrolled. What
// makes it the feed's EdgeAuthority.
//
// Layout of DATA_DIR/feed: `ca.pem`, `ca-key.pem`, `token-key` (made at the first start), `edges` (one line
// an edge or used token; only the control writes it), `removals/NAME` (left by `meridian edges remove`, taken
// by the control). Rule: a token is noted as used, durably, before its certificate leaves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "net/certificate.h"
#include "snapshots/feed/enrolment.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

inline constexpr std::size_t kEdgesMax = 1000;
inline constexpr std::size_t kUsedTokensMax = 10'000;  // that have not expired
inline constexpr std::size_t kTokenKeySize = 32;
inline constexpr Duration kAuthorityLifetime = std::chrono::hours(24) * 3650;
inline constexpr Duration kEdgeCertificateLifetime = std::chrono::hours(24) * 90;
inline constexpr Duration kTokenLifetimeMax = std::chrono::hours(24) * 30;

struct EnrolledEdge {
  std::vector<std::string> certificates;  // SHA-256; two while a renewed one has not been shown yet
  SystemTime joined{};
};

class EdgeRegistry final : public snapshots::feed::EdgeAuthority {
 public:
  static Result<std::unique_ptr<EdgeRegistry>> open(Disk& disk, const Clock& clock, Random& random,
                                                    std::string directory);

  // A certificate of this authority for the control itself; a new one at each start.
  Result<net::CertificateAndKey> control_certificate() const;
  const std::string& authority_pem() const { return authority_.certificate_pem; }
  std::vector<std::string> names() const;

  std::vector<std::string> refresh() override;
  Result<void> admit(const net::CertificateSummary& certificate) override;
  Result<snapshots::feed::Certificate> enrol(const snapshots::feed::Enrol& enrol) override;
  Result<snapshots::feed::Certificate> renew(const net::CertificateSummary& certificate,
                                             const snapshots::feed::Renew& renew) override;

 private:
  EdgeRegistry(Disk& disk, const Clock& clock, std::string directory)
      : disk_(disk), clock_(clock), directory_(std::move(directory)) {}
  Result<void> load();
  Result<void> store() const;
  Result<std::string> sign(const std::string& name, const std::string& request_pem) const;

  Disk& disk_;
  const Clock& clock_;
  std::string directory_;
  net::CertificateAndKey authority_;
  std::string token_key_;
  std::map<std::string, EnrolledEdge> edges_;
  std::map<std::string, SystemTime> used_tokens_;  // by id, in hexadecimal; until they expire
};

// The files that `meridian edges token` needs; made when absent. What it prints.
struct TokenTerms {
  std::string name;  // "": one is drawn
  std::string feed_address;
  Duration valid{};
};
Result<std::string> make_edge_token(Disk& disk, const Clock& clock, Random& random,
                                    const std::string& directory, const TokenTerms& terms);
// Leaves word for the control, which acts on it within a heartbeat, or before it next listens.
Result<void> remove_edge(Disk& disk, const std::string& directory, const std::string& name);

}  // namespace meridian::apps
