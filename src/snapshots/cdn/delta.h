// What changes in the CDN's data between two revisions: what the compiler makes and an engine applies.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "base/living.h"
#include "base/result.h"
#include "snapshots/cdn/origin_keys.h"
#include "snapshots/cdn/snapshot.h"
#include "snapshots/cdn/tier_map.h"

namespace meridian::snapshots::cdn {

// Objects that are to be fetched again. An engine forgets them before it serves the revision.
struct Invalidation {
  std::string id, distribution_id;
  std::uint64_t revision = 0;      // of the store, when it was asked for
  std::vector<std::string> paths;  // "/images/*", "/index.html", "#tag"
  bool soft = false;               // what it hits has expired, and is not gone
};

struct Delta {
  std::uint64_t from = 0;  // the revision that it follows; 0: an image, or not said yet
  std::uint64_t to = 0;
  bool whole = false;  // everything that is not in `puts` is gone
  std::vector<SharedDistribution> puts{};
  std::vector<std::string> removes{};         // ids
  std::vector<Invalidation> invalidations{};  // in the order they were asked for
  // Of a whole one: these are all invalidations after this revision. Who was last told before it may keep
  // nothing.
  std::uint64_t invalidations_after = 0;
  // For the names under the deployment's own domain suffix; null: as before.
  SharedCertificate own_certificate{};
  SharedOriginKeys origin_keys{};  // null: as before
  SharedTierMap tier_map{};        // the same
};

// The snapshot after it. Invalidations are for who has a cache, keys for who signs.
std::unique_ptr<const CdnSnapshot> apply(const CdnSnapshot& before, const Delta& delta);
// What makes the snapshot out of nothing, but for invalidations.
Delta image_of(const CdnSnapshot& snapshot, SharedOriginKeys origin_keys = nullptr,
               SharedTierMap tier_map = nullptr);

// Limits of what is encoded: far above CloudFront's quotas, so that only bytes gone wrong meet them.
inline constexpr std::size_t kTextBytesMax = 16 * 1024;  // of a name, a path, a header's value
inline constexpr std::size_t kPemBytesMax = 128 * 1024;
inline constexpr std::size_t kDistributionsMax = 1'000'000;
inline constexpr std::size_t kInvalidationsMax = 1'000'000;
inline constexpr std::size_t kListMax = 10'000;  // of anything in a distribution or in an invalidation
inline constexpr std::chrono::seconds kTimeMax = std::chrono::years(100);

// What deltas that are decoded one after another have in common: a certificate, a policy or a key that comes
// again, equal, is the one that somebody still has.
class SharedParts {
 public:
  template <typename T>
  void unify(std::string_view bytes, std::shared_ptr<const T>& part) {
    auto& living = std::get<Living<std::size_t, T>>(living_);
    const std::size_t hash = std::hash<std::string_view>()(bytes);
    if (const auto known = living.find(hash); known && *known == *part)
      part = known;
    else
      living.put(hash, part);
  }

 private:
  std::tuple<Living<std::size_t, ResponseHeadersPolicy>, Living<std::size_t, TrustedKey>,
             Living<std::size_t, ViewerCertificate>, Living<std::size_t, OriginKeys>,
             Living<std::size_t, TierMap>>
      living_;
};

std::string encode(const Delta& delta);
// Refuses whole what is malformed, or of which an engine could not serve every request: an index that leads
// nowhere, a distribution without a default behavior, a header that would end the line.
Result<Delta> decode(std::string_view bytes, SharedParts& parts);
Result<Delta> decode(std::string_view bytes);

}  // namespace meridian::snapshots::cdn
