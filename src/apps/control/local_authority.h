// The certificate authority that stands behind ACM here, in two files of the data directory: who is to
// believe its certificates has to trust DATA_DIR/authority/root.pem. Rule: its key never leaves root-key.pem.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"
#include "net/certificate.h"
#include "services/acm/issuance.h"

namespace meridian::apps {

inline constexpr std::string_view kRootFile = "/authority/root.pem";  // below the data directory

class LocalAuthority final : public services::acm::Authority {
 public:
  // Makes what is missing. Corrupt: one of its two files is gone.
  static Result<std::unique_ptr<LocalAuthority>> open(Disk& disk, const std::string& data_dir, Random& random,
                                                      SystemTime now);

  Result<services::acm::Answer> issue(const services::acm::Wanted& wanted) override;
  bool judges_caa() const override { return false; }
  const std::string& root_pem() const { return root_.certificate_pem; }

 private:
  explicit LocalAuthority(net::CertificateAndKey root) : root_(std::move(root)) {}

  const net::CertificateAndKey root_;
};

}  // namespace meridian::apps
