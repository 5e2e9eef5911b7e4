// What a location keeps on disk, bounded by bytes. Finding out whether something is there is quick and of any
// thread; reading and writing are errands. Rule: what it gives was compared with its checksums, and is held
// against every invalidation by who asked.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "engines/cdn/disk/disk_pool.h"
#include "engines/cdn/disk/index.h"
#include "engines/cdn/disk/segments.h"
#include "engines/cdn/purge_log.h"

namespace meridian::engines::cdn::disk {

struct DiskCacheParts {
  Disk& disk;
  Errands& errands;
  PurgeLogs& purges;
  Metrics& metrics;
  std::string location;  // in metrics
};

class DiskCache {
 public:
  static constexpr std::uint64_t kBytesMin = 8 * 1024 * 1024;
  static constexpr std::uint64_t kSegmentBytesMax = 64 * 1024 * 1024;
  static constexpr std::uint64_t kObjectBytesMax = 32 * 1024 * 1024;
  static constexpr std::uint64_t kWaitingBytesMax = 64 * 1024 * 1024;  // to be written

  // With what is there from before.
  static Result<std::unique_ptr<DiskCache>> open(const DiskCacheParts& parts, std::string directory,
                                                 std::uint64_t bytes_max);

  bool has(const Key& key) const;
  // `done` is called on a thread of the errands, once: null, when it cannot be had. False: it is not called.
  bool read(const Key& key, std::function<void(std::shared_ptr<Object>)> done);
  // In its turn, unless too much waits.
  void write(const Key& key, std::shared_ptr<const Object> object);

  std::uint64_t object_bytes_max() const { return object_bytes_max_; }
  std::uint64_t bytes() const;
  std::size_t objects() const;
  std::size_t index_bytes() const;

 private:
  DiskCache(const DiskCacheParts& parts, std::string directory, std::uint64_t bytes_max);
  std::shared_ptr<Object> read_now(const Key& key);
  void write_now(const Key& key, const Object& object);
  Result<void> make_room();
  Result<void> reclaim(std::vector<std::pair<Key, std::string>>& again);
  Result<void> put(const Key& key, std::string_view record);
  void count();

  const std::uint64_t bytes_max_, segment_bytes_, object_bytes_max_;
  Errands& errands_;
  PurgeLogs& purges_;
  std::mutex writing_;
  Segments segments_;
  mutable std::mutex index_mutex_;
  Index index_;
  std::atomic<std::uint64_t> waiting_bytes_{0}, bytes_{0};
  Counter &hits_, &bad_records_, &written_bytes_, &dropped_, &kept_again_, &errors_;
  Gauge &bytes_gauge_, &objects_gauge_;
};

}  // namespace meridian::engines::cdn::disk
