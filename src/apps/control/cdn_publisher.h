// Where the CDN's compiler publishes: the engine of this process when there is one, and the feed to edges
// when there is one. Rule: a revision counts as served when every worker here and every edge that is waited
// for serves it, and with it what was invalidated up to it is forgotten.
#pragma once

#include <deque>
#include <mutex>

#include "apps/cdn_side.h"
#include "compilers/cdn/watcher.h"
#include "snapshots/feed/server.h"

namespace meridian::apps {

// Invalidations that an image tells. An edge that was last told before the oldest of them forgets everything.
inline constexpr std::size_t kInvalidationsTold = 10'000;

class CdnPublisher final : public compilers::cdn::CdnSink, public snapshots::feed::ImageSource {
 public:
  // Null: there is none. They outlive this.
  explicit CdnPublisher(CdnSide* here) : here_(here) {}
  // Before the compiler starts.
  void set_feed(snapshots::feed::FeedServer* feed) { feed_ = feed; }

  void publish(const snapshots::cdn::Delta& delta) override;
  std::uint64_t served_revision() const override;
  Image image() override;
  // As edges have it, or will soon; null: there is none. With a feed only.
  snapshots::cdn::SharedDistribution find(std::string_view distribution_id);

 private:
  void publish_to_edges(snapshots::cdn::Delta delta);
  void remember(const snapshots::cdn::Delta& delta);

  CdnSide* const here_;
  snapshots::feed::FeedServer* feed_ = nullptr;
  std::mutex mutex_;  // of the rest: an image is made on the feed's thread
  std::unique_ptr<const snapshots::cdn::CdnSnapshot> latest_ =
      std::make_unique<snapshots::cdn::CdnSnapshot>();
  snapshots::cdn::SharedOriginKeys origin_keys_;
  snapshots::cdn::SharedTierMap tier_map_;
  std::deque<snapshots::cdn::Invalidation> invalidations_;  // the newest, oldest first
  std::uint64_t invalidations_after_ = 0;
};

}  // namespace meridian::apps
