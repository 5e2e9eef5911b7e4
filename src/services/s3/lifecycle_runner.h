// Carries out the lifecycles of all buckets, once a day for what was due at 00:00 UTC.
//
// Rules: what is due follows from the records, the rules and the day alone; nothing is removed that changed
// since it was looked at; how far a day's run has come is in the store, so that a restart goes on there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "services/s3/lifecycle_rules.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {

class LifecycleRunner {
 public:
  static constexpr std::size_t kTogetherMax = 100;          // removed in one transaction
  static constexpr std::size_t kPartsTogetherMax = 10'000;  // whose blobs are freed in one

  LifecycleRunner(store::Store& store, S3& s3, Logger& logger, Metrics& metrics);

  // Looks at a thousand records at most. True: there is more to do at once; else nothing is before the next
  // midnight.
  aws::Outcome<bool> advance(SystemTime now);

 private:
  enum class Phase : std::uint8_t { Versions, Uploads };
  struct Removed {
    std::uint64_t objects = 0, versions = 0, markers = 0, uploads = 0;
  };
  // A day's run, as it is stored.
  struct Run {
    SystemTime day{};
    bool finished = false;
    std::string bucket;  // being looked through; "": none yet
    Phase phase = Phase::Versions;
    std::string after;  // what is done with, of keys or of uploads
    std::uint64_t buckets = 0;
    Removed removed;
  };
  // A key whose versions are being looked through, newest first.
  struct Scan {
    std::string bucket, after;  // the names that the next page comes behind
    std::string key;
    bool has_key = false;
    SystemTime since{};     // when the version that was looked at last came
    std::size_t newer = 0;  // versions seen that are not current
    std::optional<PlacedVersion> lone_marker;
  };

  static std::string encode(const Run& run);
  static Result<Run> decode(std::string_view bytes);
  aws::Outcome<void> save(const Run& run);
  aws::Outcome<bool> next_bucket(Run& run);
  aws::Outcome<void> step(Run& run, SystemTime now);
  aws::Outcome<bool> look_at_versions(const BucketResource& bucket, const LifecycleRules& rules, Run& run,
                                      SystemTime now);
  aws::Outcome<bool> look_at_uploads(const BucketResource& bucket, const LifecycleRules& rules, Run& run,
                                     SystemTime now);
  void look_at(const store::KeyValue& item, PlacedVersion version, const LifecycleRules& rules,
               const Run& run);
  void end_key(const LifecycleRules& rules, const Run& run);
  aws::Outcome<void> remove_found(const BucketResource& bucket, Run& run, SystemTime now);
  void count(const Expiry& expiry, Run& run);
  void finish(Run& run, SystemTime now);

  store::Store& store_;
  S3& s3_;
  Logger& logger_;
  Counter &objects_, &versions_, &markers_, &uploads_;
  Gauge& finished_at_;
  Scan scan_;
  std::vector<Expiry> found_;
};

}  // namespace meridian::services::s3
