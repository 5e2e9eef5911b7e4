// What CloudFront's viewers are to be shown, kept up to date in the store, from where the CDN's compiler
// takes it: the deployment's own certificate, by the local authority, renewed in time; word of every change
// of a certificate of ACM that a distribution shows; and keys for the coming days, with which edges sign what
// they ask of origins. On a loop's thread and the store's.
#pragma once

#include <memory>

#include "apps/control/local_authority.h"
#include "apps/world.h"
#include "aws/sigv4.h"
#include "net/loop.h"
#include "store/follower.h"
#include "store/objects/master_key.h"

namespace meridian::apps {

class CdnSecrets final : private store::FollowerReader {
 public:
  static constexpr Duration kPeriod = std::chrono::hours(1);  // between looks at the own one
  static constexpr Duration kLifetime = std::chrono::days(198), kRenewalTime = std::chrono::days(60);
  static constexpr Duration kTryAgain = std::chrono::minutes(1);

  // An edge that has lost its control signs for so many days more.
  static constexpr int kDaysAhead = 7;

  struct Parts {
    store::Store& store;
    const store::objects::Secrets& secrets;
    LocalAuthority& authority;
    aws::sigv4::SigningKey signing;  // CloudFront's own
    net::Loop& loop;                 // it runs later, and no longer
    World world;
  };
  // All of it outlives this.
  explicit CdnSecrets(Parts parts)
      : store_(parts.store),
        secrets_(parts.secrets),
        authority_(parts.authority),
        signing_(std::move(parts.signing)),
        loop_(parts.loop),
        world_(parts.world),
        follower_(store_, std::string(services::acm::kCertificatesPrefix), *this, world_.logger, "acm") {}

  // Returns when the store has what is to be shown now.
  Result<void> start();

 private:
  void all(store::Range range) override;
  void changed(const store::EventBatch& batch) override;
  // Notes what a certificate of ACM says now, if a distribution shows it.
  Result<void> note(const store::KeyValue& row);
  Result<void> forget(std::string_view certificate_key);
  void look();
  Result<void> renew_origin_keys();
  Result<void> renew_own();

  store::Store& store_;
  const store::objects::Secrets& secrets_;
  LocalAuthority& authority_;
  const aws::sigv4::SigningKey signing_;
  net::Loop& loop_;
  World world_;
  std::unique_ptr<net::Timer> timer_;
  store::Follower follower_;  // the last: it calls until it is gone
};

}  // namespace meridian::apps
