// STS: who is calling, and session credentials that end by themselves.
// Rule: a session's key is stored as IAM stores keys, under a lease, so that it disappears without a sweeper.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "gen/sts/api.h"
#include "store/store.h"

namespace meridian::services::sts {

namespace api = gen::sts;

class Sts final : public api::Api {
 public:
  Sts(store::Store& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  aws::Outcome<api::GetCallerIdentityResponse> GetCallerIdentity(
      aws::Call&, const api::GetCallerIdentityRequest&) override;
  aws::Outcome<api::GetAccessKeyInfoResponse> GetAccessKeyInfo(aws::Call&,
                                                               const api::GetAccessKeyInfoRequest&) override;
  aws::Outcome<api::GetSessionTokenResponse> GetSessionToken(aws::Call&,
                                                             const api::GetSessionTokenRequest&) override;

 private:
  store::Store& store_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace meridian::services::sts
