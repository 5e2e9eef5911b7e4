#include "apps/control/cdn_publisher.h"

namespace meridian::apps {

using snapshots::cdn::Delta;

void CdnPublisher::publish(const Delta& delta) {
  // Edges are told first: they are farther away.
  if (feed_) publish_to_edges(delta);
  if (here_) here_->publish(delta);
}

// A whole one at the start tells of every invalidation that the store has; one after a lost watch does again.
void CdnPublisher::remember(const Delta& delta) {
  if (delta.whole) {
    invalidations_.clear();
    invalidations_after_ = 0;
  }
  invalidations_.insert(invalidations_.end(), delta.invalidations.begin(), delta.invalidations.end());
  if (delta.whole) std::ranges::stable_sort(invalidations_, {}, &snapshots::cdn::Invalidation::revision);
  while (invalidations_.size() > kInvalidationsTold) {
    invalidations_after_ = invalidations_.front().revision;
    invalidations_.pop_front();
  }
}

void CdnPublisher::publish_to_edges(Delta delta) {
  std::lock_guard lock(mutex_);
  const bool is_first = latest_->revision() == 0;
  delta.from = latest_->revision();
  remember(delta);
  latest_ = snapshots::cdn::apply(*latest_, delta);
  if (delta.origin_keys) origin_keys_ = delta.origin_keys;
  if (delta.tier_map) tier_map_ = delta.tier_map;
  if (is_first) return feed_->publish(0, delta.to, "");  // images are made when somebody needs one
  // The same revision anew, after a watch was lost and nothing had happened.
  if (delta.to == delta.from) return;
  if (delta.whole) {
    delta.invalidations.assign(invalidations_.begin(), invalidations_.end());
    delta.invalidations_after = invalidations_after_;
  }
  feed_->publish(delta.from, delta.to, encode(delta));
}

snapshots::cdn::SharedDistribution CdnPublisher::find(std::string_view distribution_id) {
  std::lock_guard lock(mutex_);
  const auto* const found = latest_->find_id(distribution_id);
  return found ? *found : nullptr;
}

std::uint64_t CdnPublisher::served_revision() const {
  const std::uint64_t here = here_ ? here_->served_revision() : ~std::uint64_t{0};
  return feed_ ? std::min(here, feed_->served_revision()) : here;
}

snapshots::feed::ImageSource::Image CdnPublisher::image() {
  std::lock_guard lock(mutex_);
  Delta image = image_of(*latest_, origin_keys_, tier_map_);
  image.invalidations.assign(invalidations_.begin(), invalidations_.end());
  image.invalidations_after = invalidations_after_;
  return {latest_->revision(), encode(image)};
}

}  // namespace meridian::apps
