// Certificates in a control's process: what becomes of them by itself, on a thread of its own.
#pragma once

#include <memory>
#include <string>

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

  // Makes the authority when there is none. `resolvers` are asked about domains that are not served here.
  static Result<std::unique_ptr<CertificateControl>> open(
      store::Store& store, const store::objects::Secrets& secrets, const std::string& data_dir,
      engines::dns::DnsEngine& engine, std::vector<net::Address> resolvers, const World& world);
  ~CertificateControl() { stop(); }

  // Looks at once, at every change of a certificate, and at times.
  Result<void> start();
  void stop();

 private:
  CertificateControl(store::Store& store, const store::objects::Secrets& secrets,
                     std::unique_ptr<LocalAuthority> authority, engines::dns::DnsEngine& engine,
                     std::vector<net::Address> resolvers, const World& world);
  void look();
  void look_in(Duration time);

  store::Store& store_;
  World world_;
  std::unique_ptr<LocalAuthority> authority_;
  LoopThread loop_;
  DnsDomainRecords records_;
  services::acm::Issuance issuance_;
  std::string last_failure_;  // logged once, not at every look
  std::unique_ptr<net::Timer> timer_;
  std::unique_ptr<store::Watch> watch_;
};

}  // namespace meridian::apps
