// The last snapshot on disk: an image, and the log of the deltas since. What lets DNS answer at start-up
// before anything else is open. It is a copy of what the store says, so it is not synced at each delta: after
// a power cut it may be some deltas behind, never wrong.
//
// Layout of the directory: `image` (magic, CRC-32C, the store's identity and an encoded full delta) and
// `log-<revision of the image>` (size, CRC-32C and bytes of each delta). Rule: a snapshot is read only from
// bytes whose checksums hold; a torn tail of the log is cut off, a damaged image is set aside for inspection
// and everything starts empty.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"
#include "snapshots/dns/snapshot.h"
#include "snapshots/store_id.h"

namespace meridian::snapshots::dns {

class DnsDiskLog {
 public:
  // A new image is written when the log is larger than the image and than this.
  static constexpr std::uint64_t kLogBytesMin = 16 * 1024 * 1024;

  struct Opened {
    std::unique_ptr<DnsDiskLog> log;
    std::unique_ptr<const DnsSnapshot> snapshot;  // of revision 0 when the disk has none
    StoreId store;                                // whose revisions these are; unknown when nothing says so
    std::vector<std::string> warnings;            // what was set aside or cut off
  };
  // `health_table`: of the snapshot, see DnsSnapshot::empty().
  static Result<Opened> open(Disk& disk, std::string directory, Random& random,
                             std::shared_ptr<health::HealthTable> health_table,
                             std::uint64_t log_bytes_min = kLogBytesMin);
  // The same without what happened to one zone from a revision on: the zone is as it was before, or absent
  // when the image holds it no longer. The disk then holds that too.
  struct LeftOut {
    std::string zone_id;
    std::uint64_t since = 0;
  };
  static Result<Opened> open_without(const LeftOut& left_out, Disk& disk, std::string directory,
                                     Random& random, std::shared_ptr<health::HealthTable> health_table,
                                     std::uint64_t log_bytes_min = kLogBytesMin);

  // The snapshots appended from now on are of this store; a change of it makes the next append write an
  // image.
  void set_store(const StoreId& store);

  // `delta` made `after` of the snapshot that was appended before. On an error the disk keeps what it had;
  // the next append then writes a whole image.
  Result<void> append(const Delta& delta, const DnsSnapshot& after);

 private:
  DnsDiskLog(Disk& disk, std::string directory, std::uint64_t log_bytes_min)
      : disk_(disk), directory_(std::move(directory)), log_bytes_min_(log_bytes_min) {}
  std::string image_path() const { return directory_ + "/image"; }
  std::string log_path(std::uint64_t revision) const;
  Result<std::unique_ptr<const DnsSnapshot>> read_image(std::unique_ptr<const DnsSnapshot> nothing,
                                                        std::vector<std::string>& warnings);
  Result<std::unique_ptr<const DnsSnapshot>> read_log(std::unique_ptr<const DnsSnapshot> snapshot,
                                                      const LeftOut& left_out,
                                                      std::vector<std::string>& warnings);
  Result<void> write_image(const DnsSnapshot& snapshot);
  Result<void> append_to_log(const Delta& delta);
  void remove_other_logs();

  Disk& disk_;
  std::string directory_;
  std::uint64_t log_bytes_min_;
  StoreId store_;
  std::unique_ptr<AppendFile> log_;  // null: the next append writes an image
  std::uint64_t image_revision_ = 0;
  std::uint64_t image_bytes_ = 0;
  std::uint64_t revision_ = 0;  // of the last append
};

}  // namespace meridian::snapshots::dns
