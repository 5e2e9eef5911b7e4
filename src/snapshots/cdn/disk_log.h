// The distributions that an edge served last, on its disk (snapshots/disk_log). What lets it serve after a
// restart when the control is gone. Rule: private keys of viewers' certificates are in it, so its files are
// the owner's alone (Disk makes them so).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "snapshots/cdn/delta.h"
#include "snapshots/disk_log/disk_log.h"

namespace meridian::snapshots::cdn {

class CdnDiskLog {
 public:
  // A new image is written when the log is larger than the image and than this.
  static constexpr std::uint64_t kLogBytesMin = 4 * 1024 * 1024;

  struct Opened {
    std::unique_ptr<CdnDiskLog> log;
    std::unique_ptr<const CdnSnapshot> snapshot;  // of revision 0 when the disk has none
    SharedOriginKeys origin_keys;                 // of the same; null: none
    SharedTierMap tier_map;                       // the same
    SharedParts parts;                            // what more deltas may have in common with these
    StoreId store;                                // whose revisions these are
    std::vector<std::string> warnings;            // what was set aside or cut off
  };
  static Result<Opened> open(Disk& disk, std::string directory, std::uint64_t log_bytes_min = kLogBytesMin);

  // `delta` made `after` of what was appended before. On an error the disk keeps what it had; the next append
  // then writes a whole image.
  Result<void> append(const StoreId& store, const Delta& delta, const CdnSnapshot& after);

 private:
  explicit CdnDiskLog(std::unique_ptr<DiskLog> log) : log_(std::move(log)) {}

  std::unique_ptr<DiskLog> log_;
  SharedOriginKeys origin_keys_;
  SharedTierMap tier_map_;
};

}  // namespace meridian::snapshots::cdn
