// The last snapshot of something on disk: an image, and the log of the deltas since, all of them bytes that
// are opaque here. It is a copy of what a store or a control says, so it is not synced at each delta: after a
// power cut it may be some deltas behind, never wrong.
//
// Layout of the directory: `image` (magic, CRC-32C, the store's identity, an image) and `log-<revision of the
// image>` (size, CRC-32C and bytes of each delta). Rule: nothing is read but bytes whose checksums hold; a
// torn tail of the log is cut off, a damaged image is set aside for inspection and everything starts empty.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "snapshots/store_id.h"

namespace meridian::snapshots {

class DiskLog {
 public:
  struct Form {
    std::string_view magic;
    std::string_view magic_without_store = {};  // of images from before stores had identities; "": none
    std::uint64_t log_bytes_min = 0;  // a new image is written when the log is larger than the image and this
  };
  // Who knows what the bytes say. Each gives the revision that there is then; what fails is taken for damage
  // and changes nothing.
  struct Reader {
    std::function<Result<std::uint64_t>(std::string_view bytes)> image, delta;
  };
  struct Opened {
    std::unique_ptr<DiskLog> log;
    std::vector<std::string> warnings;  // what was set aside or cut off
  };
  static Result<Opened> open(Disk& disk, std::string directory, const Form& form, const Reader& reader);

  // Whose revisions these are; unknown when nothing says so. Another one makes the next append write an
  // image.
  const StoreId& store() const { return store_; }
  void set_store(const StoreId& store);

  // The change from what was appended before, or the whole, whichever is to be written. On an error the disk
  // keeps what it had; the next append then writes an image.
  using Encode = std::function<std::string()>;
  Result<void> append(std::uint64_t from, std::uint64_t to, const Encode& delta, const Encode& image);
  Result<void> write_image(std::uint64_t revision, std::string_view bytes);

 private:
  DiskLog(Disk& disk, std::string directory, const Form& form)
      : disk_(disk), directory_(std::move(directory)), form_(form) {}
  std::string image_path() const { return directory_ + "/image"; }
  std::string log_path(std::uint64_t revision) const;
  Result<void> read_image(const Reader& reader, std::vector<std::string>& warnings);
  Result<std::uint64_t> load_image(std::string_view bytes, const Reader& reader);
  Result<void> read_log(const Reader& reader, std::vector<std::string>& warnings);
  Result<void> append_to_log(std::string_view bytes);
  void remove_other_logs();

  Disk& disk_;
  const std::string directory_;
  const Form form_;
  StoreId store_;
  std::unique_ptr<AppendFile> log_;  // null: the next append writes an image
  std::uint64_t image_revision_ = 0, image_bytes_ = 0;
  std::uint64_t revision_ = 0;  // of what the disk has
};

}  // namespace meridian::snapshots
