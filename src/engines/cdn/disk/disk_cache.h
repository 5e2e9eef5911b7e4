// What a location keeps on disk, bounded by bytes. Finding out whether something is there is quick and of any
// thread; reading and writing are errands. Rule: what it gives was compared with its checksums, and held
// against the invalidations of that moment; who asked holds it against those that came meanwhile.
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

  struct Found {
    std::shared_ptr<Object> object;  // null: it cannot be had
    std::uint64_t generation = 0;    // of its slices; 0: it has its body
  };
  bool has(const Key& key) const;
  // Until it is written again, or the process ends.
  void forget(const Key& key);
  // `done` is called on a thread of the errands, once. False: it is not called.
  bool read(const Key& key, std::function<void(Found)> done);
  // The same, and it does not count as asked for.
  bool look(const Key& key, std::function<void(Found)> done);
  // In its turn, unless too much waits.
  void write(const Key& key, std::shared_ptr<const Object> object);
  // The same of slices. What `done` gets is good as long as it runs; "": it cannot be had.
  bool read_slice(const Key& key, std::function<void(std::string_view)> done);
  void write_slice(const Key& key, SharedBytes slice);

  std::uint64_t object_bytes_max() const { return object_bytes_max_; }
  std::uint64_t bytes() const;
  std::size_t objects() const;
  std::size_t index_bytes() const;

 private:
  DiskCache(const DiskCacheParts& parts, std::string directory, std::uint64_t bytes_max);
  enum class Reading : std::uint8_t { Asked, Looked };
  enum class Verdict : std::uint8_t { Good, Damaged, Purged };
  Found read_now(const Key& key, Reading how);
  // A record that `check` finds good; any other is found by nobody any more.
  std::string read_record(const Key& key, Reading how, const std::function<Verdict(std::string_view)>& check);
  // Of an object's record, which is read as one. A look takes what is purged for good, and leaves it there.
  Verdict judge(std::string_view record, const Key& key, Reading how, Found& found);
  Verdict judge_any(std::string_view record, const Key& key);
  // `record` makes it, in its turn; "": it is not wanted any more.
  void write_later(const Key& key, std::uint64_t size, std::function<std::string()> record);
  void write_now(const Key& key, std::string_view record);
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
  Counter &hits_, &bad_records_, &written_bytes_, &dropped_, &kept_again_, &purged_, &errors_;
  Gauge &bytes_gauge_, &objects_gauge_;
};

}  // namespace meridian::engines::cdn::disk
