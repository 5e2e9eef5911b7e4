// The caches of this process as edges in other processes ask them: the regional ones, and those that shield
// an origin. By our own rules: the key, the lifetime and the origin's request are made here, of what the
// viewer said and of the distribution as we have it. Rule: only edges that the control names are answered,
// and never with what an invalidation that the asker knows may have taken.
#pragma once

#include "engines/cdn/purge_clock.h"
#include "engines/cdn/site.h"
#include "engines/cdn/tier_routes.h"

namespace meridian::engines::cdn {

struct TierRequest;

class TierServer final : public ViewerHandler {
 public:
  TierServer(Worker& worker, ServedTable& served, const SipKey& key_secret)
      : worker_(worker), served_(served), key_secret_(key_secret) {}

  std::unique_ptr<Exchange> begin(const ViewerRequest& request, ViewerStream& stream) override;
  std::string refusal_page(int, std::string_view) override { return {}; }

  // For exchanges: the cache that is asked, and what; or the status of a refusal.
  struct Question {
    Tier* tier = nullptr;
    std::shared_ptr<Ask> ask;
    Key head_key{};  // of the answer to a HEAD
    // No more of it is sent; the tier itself is asked for whole slices.
    std::optional<rules::ByteRange> part;
  };
  std::expected<Question, int> read(const TierRequest& request, const ViewerConnection& connection);
  Worker& worker() { return worker_; }

 private:
  Worker& worker_;
  ServedTable& served_;
  const SipKey key_secret_;
};

}  // namespace meridian::engines::cdn
