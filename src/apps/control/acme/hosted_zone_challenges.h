// The TXT records of dns-01 (RFC 8555 §8.4) in the hosted zones of this server, put there as their owner
// would. Rule: what else stands at the name stays.
#pragma once

#include <map>
#include <string>

#include "apps/control/acme/acme_authority.h"
#include "services/route53/service.h"

namespace meridian::apps::acme {

class HostedZoneChallenges final : public ChallengeRecords {
 public:
  static constexpr std::int64_t kTtl = 5;  // seconds; of what is gone soon, and asked for by nobody else
  static constexpr std::size_t kPendingMax = 10'000;

  HostedZoneChallenges(store::Store& store, services::route53::Route53& route53, const Clock& clock)
      : store_(store), route53_(route53), clock_(clock) {}

  Result<bool> put(const TxtRecord& record) override;
  Result<void> remove(const TxtRecord& record) override;

 private:
  using Zone = services::route53::HostedZoneResource;
  Result<Zone> zone_of(const dns::Name& name);
  // What the name has now, as Route 53 shows it.
  struct TxtSet {
    std::int64_t ttl = kTtl;
    std::vector<std::string> values{};
  };
  Result<TxtSet> set_at(const Zone& zone, const dns::Name& name);
  // The change's id.
  Result<std::string> change(const Zone& zone, const std::string& name, const char* action, TxtSet set);
  aws::Call call_for(const Zone& zone) const;

  store::Store& store_;
  services::route53::Route53& route53_;
  const Clock& clock_;
  std::map<std::string, std::pair<Zone, std::string>> pending_;  // by value: the change that brings it
};

}  // namespace meridian::apps::acme
