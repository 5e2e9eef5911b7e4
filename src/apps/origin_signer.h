// Signs what the CDN engine asks of origins with an access control, as cloudfront.amazonaws.com does on
// behalf of a distribution, or in the name of a legacy origin access identity.
#pragma once

#include "aws/sigv4.h"
#include "base/clock.h"
#include "engines/cdn/worker.h"

namespace meridian::apps {

class ServiceSigner final : public engines::cdn::OriginSigner {
 public:
  static constexpr const char* kPrincipal = "cloudfront.amazonaws.com";

  ServiceSigner(aws::sigv4::SigningKey key, const Clock& clock) : key_(std::move(key)), clock_(clock) {}

  void sign(const snapshots::cdn::Distribution& distribution, const snapshots::cdn::Origin& origin,
            std::string_view method, std::string_view target,
            engines::cdn::rules::FieldList& fields) const override;

 private:
  const aws::sigv4::SigningKey key_;
  const Clock& clock_;
};

}  // namespace meridian::apps
