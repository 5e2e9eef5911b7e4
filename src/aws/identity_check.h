// Who is calling: the signature and the access key of a request, checked, and the refusals in each protocol's
// words.
#pragma once

#include <vector>

#include "aws/identity.h"
#include "aws/protocol.h"
#include "aws/sigv4.h"
#include "aws/signing_keys.h"

namespace meridian::aws {

class IdentityCheck {
 public:
  // `development` accepts any credentials, and none. The sources are asked in order and must outlive this.
  IdentityCheck(std::vector<const Credentials*> sources, bool development)
      : sources_(std::move(sources)), development_(development) {}

  // `claim` is what sigv4::read_claim found on the request.
  Outcome<AccessKey> check(const HttpRequest& request,
                           const sigv4::Verdict<std::optional<sigv4::Claim>>& claim,
                           const ServiceModel& model, Protocol protocol, SystemTime now) const;

 private:
  std::optional<AccessKey> find(std::string_view access_key_id) const;
  AccessKey developer(const sigv4::Claim* claim) const;

  std::vector<const Credentials*> sources_;
  bool development_;
  mutable sigv4::SigningKeys keys_;
};

ServiceError identity_error(const sigv4::Refusal& refusal, Protocol protocol, bool s3 = false);

}  // namespace meridian::aws
