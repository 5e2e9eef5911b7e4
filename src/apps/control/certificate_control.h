// Certificates in a control's process: what becomes of them by itself, on a thread of its own; and on
// another, which waits for it, the ACME server that issues them, where there is one.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "apps/command_line.h"
#include "apps/control/acme/hosted_zone_challenges.h"
#include "apps/control/domain_records.h"
#include "apps/control/local_authority.h"
#include "apps/loop_thread.h"
#include "apps/world.h"
#include "engines/dns/dns_engine.h"
#include "services/acm/issuance.h"

namespace meridian::apps {

class CertificateControl {
 public:
  static constexpr Duration kLookAgain = std::chrono::seconds(1);  // while something waits for DNS
  static constexpr Duration kIdle = std::chrono::minutes(1);
  static constexpr Duration kAcmePaceMin = std::chrono::milliseconds(100);
  static constexpr Duration kAcmeTimeout = std::chrono::seconds(10);  // of each of connect, write and read

  struct Parts {
    store::Store& store;
    const store::objects::Secrets& secrets;
    engines::dns::DnsEngine& engine;
    services::route53::Route53& route53;
    std::vector<net::Address> resolvers;  // asked about domains that are not served here
    World world;
  };
  // Makes the local authority when there is none.
  static Result<std::unique_ptr<CertificateControl>> open(Parts parts, const std::string& data_dir,
                                                          const CertificateOptions& options);
  ~CertificateControl() { stop(); }

  // Looks at once, at every change of a certificate, and at times.
  Result<void> start();
  void stop();

  net::Loop& loop() { return loop_.loop(); }  // for what else is done about certificates
  LocalAuthority& local_authority() { return *local_; }

 private:
  CertificateControl(Parts parts, std::unique_ptr<LocalAuthority> local);
  Result<void> use_acme(const CertificateOptions& options);
  services::acm::Authority& authority();
  void look();
  void look_in(Duration time);
  void bring_orders_forward();

  store::Store& store_;
  const store::objects::Secrets& secrets_;
  World world_;
  std::unique_ptr<LocalAuthority> local_;
  acme::HostedZoneChallenges challenges_;
  std::unique_ptr<acme::AcmeAuthority> acme_;  // null: the local authority issues
  std::atomic<bool> stopping_{false};
  LoopThread loop_, acme_loop_;
  DnsDomainRecords records_;
  std::unique_ptr<services::acm::Issuance> issuance_;
  std::string last_failure_, last_acme_failure_;  // logged once, not at every look
  std::unique_ptr<net::Timer> timer_, acme_timer_;
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace meridian::apps
