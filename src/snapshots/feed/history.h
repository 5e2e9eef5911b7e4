// The packages that the control keeps in memory for edges that are some revisions behind. Each is encoded and
// compressed once, whoever gets it.
// Rule: the packages form a chain, each beginning where the one before ended; the oldest go first.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/clock.h"

namespace meridian::snapshots::feed {

inline constexpr std::size_t kHistoryBytesMax = 64 * 1024 * 1024;  // compressed, with what each entry costs
inline constexpr std::size_t kHistoryPackagesMax = 100'000;

struct Package {
  std::uint64_t from = 0, to = 0;  // from 0: an image
  std::uint64_t plain_size = 0;
  std::string bytes;  // compressed
  MonotonicTime made{};
};
using SharedPackage = std::shared_ptr<const Package>;

class History {
 public:
  explicit History(std::uint64_t newest, std::size_t bytes_max = kHistoryBytesMax)
      : newest_(newest), bytes_max_(bytes_max) {}

  // What does not continue the chain begins a new one.
  void add(SharedPackage package);
  // Whoever is before the revision will need an image.
  void forget_before(std::uint64_t revision);
  // The package that begins at the revision; null when there is none (any more).
  SharedPackage after(std::uint64_t revision) const;
  // Whether an edge at this revision gets to the newest by deltas alone.
  bool reaches(std::uint64_t revision) const { return revision == newest_ || after(revision) != nullptr; }

  std::uint64_t newest() const { return newest_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return packages_.size(); }

 private:
  static std::size_t cost(const Package& package) { return sizeof package + package.bytes.size(); }

  std::deque<SharedPackage> packages_;  // by `from`
  std::uint64_t newest_;
  std::size_t bytes_ = 0, bytes_max_;
};

}  // namespace meridian::snapshots::feed
