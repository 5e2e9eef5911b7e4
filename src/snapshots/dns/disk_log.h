// The last DNS snapshot on disk (snapshots/disk_log): what lets DNS answer at start-up before anything else
// is open.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/random.h"
#include "snapshots/disk_log/disk_log.h"
#include "snapshots/dns/snapshot.h"

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
  void set_store(const StoreId& store) { log_->set_store(store); }

  // `delta` made `after` of the snapshot that was appended before. On an error the disk keeps what it had;
  // the next append then writes a whole image.
  Result<void> append(const Delta& delta, const DnsSnapshot& after);

 private:
  explicit DnsDiskLog(std::unique_ptr<DiskLog> log) : log_(std::move(log)) {}

  std::unique_ptr<DiskLog> log_;
};

}  // namespace meridian::snapshots::dns
