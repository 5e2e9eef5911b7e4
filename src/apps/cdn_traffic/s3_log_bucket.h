// Buckets of our own S3 as places for logs. Rule: a bucket has to be the account's; it is written to as by
// its owner, whatever its policy says.
#pragma once

#include "apps/cdn_traffic/log_bucket.h"
#include "base/clock.h"
#include "services/s3/service.h"

namespace meridian::apps {

class S3LogBucket final : public LogBucket {
 public:
  S3LogBucket(services::s3::S3& s3, const Clock& clock) : s3_(s3), clock_(clock) {}
  Result<void> put(const LogObject& object, std::string_view bytes) override;

 private:
  services::s3::S3& s3_;
  const Clock& clock_;
};

}  // namespace meridian::apps
