// All distributions at one revision, and which of them a Host means.
//
// Rule: a snapshot is immutable; next() makes another, which shares every distribution that
// did not change.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/shared_map.h"
#include "snapshots/cdn/distribution.h"

namespace meridian::snapshots::cdn {

using SharedDistribution = std::shared_ptr<const Distribution>;

class CdnSnapshot {
 public:
  CdnSnapshot() = default;

  // The next revision: `removes` (ids) are gone, `puts` are new or replaced. A name that two of them claim is
  // the first one's; the API lets none come to that. Without `own_certificate` it stays the same.
  std::unique_ptr<const CdnSnapshot> next(std::uint64_t revision, std::span<const SharedDistribution> puts,
                                          std::span<const std::string> removes,
                                          SharedCertificate own_certificate = nullptr) const;

  // `host` in lower case, without port: an exact name before a wildcard, the longest wildcard first. Null:
  // nobody's, as the names of staging distributions, which viewers reach through their primary ones alone.
  // The pointer lives as long as the snapshot. With `name`, by which of its names: "*.example.com".
  const SharedDistribution* find_host(std::string_view host, std::string* name = nullptr) const;
  const SharedDistribution* find_id(std::string_view id) const;

  std::uint64_t revision() const { return revision_; }
  // Of "*.cloudfront.net"; null: not made yet.
  const SharedCertificate& own_certificate() const { return own_certificate_; }
  std::size_t size() const { return by_id_.size(); }
  const SharedMap<SharedDistribution>& by_id() const { return by_id_; }

 private:
  void name(const std::string& host, const SharedDistribution& distribution);
  void unname(const Distribution& distribution);

  std::uint64_t revision_ = 0;
  SharedCertificate own_certificate_;
  SharedMap<SharedDistribution> by_id_;
  // "example.com", and ".example.com" for "*.example.com".
  SharedMap<SharedDistribution> by_host_;
};

}  // namespace meridian::snapshots::cdn
