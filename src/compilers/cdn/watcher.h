// Follows what CloudFront stores, compiles what changed and publishes it. The only impure file of the
// compiler.
//
// Rules: what is published is the compilation of a store revision that existed, but for distributions that
// could not be compiled, which stay as they were; an invalidation is handed over once, with or after the
// distribution that it is about.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "compilers/cdn/certificates.h"
#include "compilers/cdn/compile.h"
#include "compilers/cdn/library.h"
#include "compilers/cdn/origin_keys.h"
#include "compilers/cdn/tier_map.h"
#include "snapshots/cdn/delta.h"
#include "store/follower.h"

namespace meridian::compilers::cdn {

// Where deltas go; the engine's own type stays out of the control plane. Called on one thread at a time.
class CdnSink {
 public:
  virtual ~CdnSink() = default;
  virtual void publish(const snapshots::cdn::Delta& delta) = 0;
  // Every worker of every edge that is waited for serves this revision or a later one, and has forgotten what
  // was invalidated up to it. Thread-safe.
  virtual std::uint64_t served_revision() const = 0;
};

class CdnWatcher final : public store::FollowerReader {
 public:
  // Without `secrets` (null) no distribution has a certificate. They outlive this.
  CdnWatcher(store::Store& store, CdnSink& sink, StandIns stand_ins, const store::objects::Secrets* secrets,
             Logger& logger, Metrics& metrics);

  // Returns when the newest state of this moment is published.
  Result<void> start() { return follower_.start(); }

  // Whether all engines serve this change of the distribution, or a later one. Thread-safe.
  bool serves(std::string_view distribution_id, store::Revision revision) const;

 private:
  struct Row {
    std::string key;
    store::Revision revision = 0;
    std::vector<std::string> references;
  };
  struct Refused {
    store::Revision revision = 0;
    std::string why;
  };

  void all(store::Range range) override;
  void changed(const store::EventBatch& batch) override;

  // Takes note of one row; what has to be compiled again is in dirty_ then. An error says why the row cannot
  // be read, and leaves what was there before.
  Result<void> read(const store::KeyValue& item);
  void read_at_first(const store::KeyValue& item, snapshots::cdn::Delta& delta);
  void forget(std::string_view key);
  void note_distribution(const store::KeyValue& item,
                         const services::cloudfront::DistributionResource& entity);
  Result<snapshots::cdn::SharedDistribution> compile_row(
      const Row& row, const services::cloudfront::DistributionResource& entity);
  Result<void> read_certificate_row(const store::KeyValue& item);
  void take_certificate(const api::DistributionConfig& config);
  void touch(const std::string& referred_to);
  void compile_dirty(snapshots::cdn::Delta& delta);
  void publish(snapshots::cdn::Delta delta);
  void note_failure(std::string_view key, const Error& error);

  store::Store& store_;
  CdnSink& sink_;
  const StandIns stand_ins_;
  const store::objects::Secrets* const secrets_;
  Logger& logger_;
  Gauge& distributions_;
  Gauge& refused_count_;

  Library library_;
  std::map<std::string, Row, std::less<>> rows_;                         // by the distribution's id
  std::map<std::string, std::set<std::string>, std::less<>> referrers_;  // of an id: distributions
  std::set<std::string> dirty_;
  std::set<std::string> certificates_read_;  // of ACM, since something was published last
  std::vector<std::string> gone_;
  std::vector<snapshots::cdn::Invalidation> invalidations_;
  snapshots::cdn::SharedCertificate own_certificate_;  // when it is new
  snapshots::cdn::SharedOriginKeys origin_keys_;       // the same
  snapshots::cdn::SharedTierMap tier_map_;             // the same

  mutable std::mutex mutex_;
  std::map<std::string, Refused, std::less<>> refused_;

  store::Follower follower_;  // the last: it calls until it is gone
};

}  // namespace meridian::compilers::cdn
