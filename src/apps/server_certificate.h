// The certificate and key of a TLS server as two files: made by us where an operator brought none, and taken
// anew when they change.
// Rule: what is shown to clients stays until both files were read and fit each other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/certificate.h"
#include "net/loop.h"
#include "net/tls.h"

namespace meridian::apps {

struct CertificateFiles {
  std::string certificate, key;  // paths of PEM files
  // Names and addresses of the certificate that is made when the files are absent; none: they must be there.
  std::vector<std::string> make_for;
};

class ServerCertificate {
 public:
  static Result<std::unique_ptr<ServerCertificate>> open(Disk& disk, const Clock& clock,
                                                         CertificateFiles files,
                                                         std::vector<std::string> protocols);

  const std::shared_ptr<net::TlsServerContext>& context() const { return context_; }
  const net::CertificateAndKey& now_served() const { return now_served_; }
  const net::CertificateSummary& summary() const { return summary_; }
  // Reads the files again. True: there is a new context. On an error the old one stays.
  Result<bool> refresh();

 private:
  ServerCertificate(Disk& disk, CertificateFiles files, std::vector<std::string> protocols)
      : disk_(disk), files_(std::move(files)), protocols_(std::move(protocols)) {}

  Disk& disk_;
  CertificateFiles files_;
  std::vector<std::string> protocols_;
  net::CertificateAndKey now_served_;
  net::CertificateSummary summary_;
  std::shared_ptr<net::TlsServerContext> context_;
};

// The certificate of DNS over TLS: the operator's, or one made in the data directory.
Result<std::unique_ptr<ServerCertificate>> open_dns_certificate(const DnsTlsOptions& options,
                                                                const std::string& data_dir, Disk& disk,
                                                                const Clock& clock);

// Looks every minute whether the files have changed: renewal tools need not tell us. Lives on the loop's
// thread.
class CertificateWatch {
 public:
  static constexpr Duration kPeriod = std::chrono::minutes(1);
  using Replace = std::function<void(std::shared_ptr<net::TlsServerContext>)>;

  CertificateWatch(net::Loop& loop, ServerCertificate& certificate, Logger& logger, Metrics& metrics,
                   Replace replace);

 private:
  void look();
  void tell_expiry();

  net::Loop& loop_;
  ServerCertificate& certificate_;
  Logger& logger_;
  Gauge& expires_;
  Replace replace_;
  std::string last_failure_;  // logged once, not every minute
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
