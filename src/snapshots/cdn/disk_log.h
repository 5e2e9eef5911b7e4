// The distributions that an edge served last, on its disk: an image, and the log of the deltas since. What
// lets it serve after a restart when the control is gone. Not synced at each delta: after a power cut it may
// be some deltas behind, never wrong. Private keys of viewers' certificates are in it: its files are the
// owner's alone (Disk makes them so).
//
// Layout of the directory: `image` (magic, CRC-32C, the store's identity, an encoded image) and
// `log-<revision of the image>` (size, CRC-32C and bytes of each delta). Rule: a snapshot is read only from
// bytes whose checksums hold; a torn tail is cut off, a damaged image is set aside and everything starts
// empty.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "snapshots/cdn/delta.h"
#include "snapshots/store_id.h"

namespace meridian::snapshots::cdn {

class CdnDiskLog {
 public:
  // A new image is written when the log is larger than the image and than this.
  static constexpr std::uint64_t kLogBytesMin = 4 * 1024 * 1024;

  struct Opened {
    std::unique_ptr<CdnDiskLog> log;
    std::unique_ptr<const CdnSnapshot> snapshot;  // of revision 0 when the disk has none
    SharedOriginKeys origin_keys;                 // of the same; null: none
    StoreId store;                                // whose revisions these are
    std::vector<std::string> warnings;            // what was set aside or cut off
  };
  static Result<Opened> open(Disk& disk, std::string directory, std::uint64_t log_bytes_min = kLogBytesMin);

  // `delta` made `after` of what was appended before. On an error the disk keeps what it had; the next append
  // then writes a whole image.
  Result<void> append(const StoreId& store, const Delta& delta, const CdnSnapshot& after);

 private:
  CdnDiskLog(Disk& disk, std::string directory, std::uint64_t log_bytes_min)
      : disk_(disk), directory_(std::move(directory)), log_bytes_min_(log_bytes_min) {}
  std::string image_path() const { return directory_ + "/image"; }
  std::string log_path(std::uint64_t revision) const;
  Result<std::unique_ptr<const CdnSnapshot>> read_image(std::vector<std::string>& warnings);
  Result<std::unique_ptr<const CdnSnapshot>> read_log(std::unique_ptr<const CdnSnapshot> snapshot,
                                                      std::vector<std::string>& warnings);
  Result<void> write_image(const CdnSnapshot& snapshot);
  Result<void> append_to_log(const Delta& delta);
  void remove_other_logs();

  Disk& disk_;
  const std::string directory_;
  const std::uint64_t log_bytes_min_;
  StoreId store_;
  SharedOriginKeys origin_keys_;
  std::unique_ptr<AppendFile> log_;  // null: the next append writes an image
  std::uint64_t image_revision_ = 0, image_bytes_ = 0;
  std::uint64_t revision_ = 0;  // of the last append
};

}  // namespace meridian::snapshots::cdn
