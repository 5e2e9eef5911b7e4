// Signs what the CDN engine asks of origins with an access control, as cloudfront.amazonaws.com does on
// behalf of a distribution, or in the name of a legacy origin access identity. No control-plane code: an edge
// links it.
//
// Rule: it knows keys of days, never the secret that they are derived of.
#pragma once

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "engines/cdn/worker.h"
#include "snapshots/cdn/origin_keys.h"

namespace meridian::apps {

class ServiceSigner final : public engines::cdn::OriginSigner {
 public:
  static constexpr const char* kPrincipal = "cloudfront.amazonaws.com";
  static constexpr const char* kRegion = "us-east-1";  // stand-ins answer for every Region

  explicit ServiceSigner(const Clock& clock) : clock_(clock) {}

  // From now on with these; what no key is for goes unsigned, which the origin refuses. Thread-safe.
  void use(snapshots::cdn::SharedOriginKeys keys);

  void sign(const snapshots::cdn::Distribution& distribution, const snapshots::cdn::Origin& origin,
            std::string_view method, std::string_view target,
            engines::cdn::rules::FieldList& fields) const override;

 private:
  snapshots::cdn::SharedOriginKeys keys() const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  snapshots::cdn::SharedOriginKeys keys_;
};

}  // namespace meridian::apps
