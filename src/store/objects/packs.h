// Files that hold many small blobs. Rules: append() returns when its bytes are durable, and appends that wait
// at the same time share one sync; a pack is never written to again after a restart; its file goes when
// nothing in it lives.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/disk.h"

namespace meridian::store::objects {

class Packs {
 public:
  static constexpr std::uint64_t kPackBytesMax = 64 * 1024 * 1024;

  Packs(Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}

  // Before anything else: `live` bytes of each pack that anything lives in. Files without life are removed.
  Result<void> open(const std::map<std::uint64_t, std::uint64_t>& live);

  struct Slot {
    std::uint64_t pack = 0, offset = 0;
  };
  Result<Slot> append(Bytes bytes);
  // Bytes that an append made live are dead.
  void release(std::uint64_t pack, std::uint64_t bytes);

  // A full pack of which less than half lives, if there is one: its blobs should move.
  std::optional<std::uint64_t> mostly_dead() const;
  std::string path(std::uint64_t pack) const;

  struct Totals {
    std::uint64_t packs = 0, bytes = 0, live_bytes = 0;
  };
  Totals totals() const;

 private:
  struct Writing {
    std::uint64_t number = 0;
    std::unique_ptr<AppendFile> file;
    std::uint64_t synced = 0;
    bool syncing = false, broken = false;
  };
  struct Pack {
    std::uint64_t bytes = 0, live = 0;
    bool full = false;  // takes nothing more
  };

  Result<void> begin_pack();
  void retire(Writing& writing);
  void remove_if_dead(std::uint64_t pack);

  Disk& disk_;
  const std::string directory_;
  mutable std::mutex mutex_;
  std::condition_variable synced_;
  std::shared_ptr<Writing> writing_;  // null: the next append begins a pack
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Pack> packs_;
};

}  // namespace meridian::store::objects
