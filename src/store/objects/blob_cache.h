// The plain text of blobs that are read often, so that they are neither read from the disk nor decrypted
// again: short ones on the heap, those with a file of their own in pieces that lie in a file in memory, from
// where the kernel sends them without a copy.
// Rules: what is here was authenticated when it was decrypted. A blob never changes and no other ever has its
// id, so nothing here can be out of date; what is freed is dropped.
#pragma once

#include <array>
#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/slot_memory.h"
#include "store/objects/short_blobs.h"

namespace meridian::store::objects {

struct BlobCacheLimits {
  std::size_t short_bytes_max = 32 * 1024 * 1024;   // short blobs, with what it takes to find them
  std::size_t piece_bytes_max = 128 * 1024 * 1024;  // pieces of long ones; 0: none
};

class BlobCache {
 public:
  static constexpr std::size_t kPieceBytes = 256 * 1024;

  explicit BlobCache(const BlobCacheLimits& limits = {});
  BlobCache(const BlobCache&) = delete;
  BlobCache& operator=(const BlobCache&) = delete;

  using Text = ShortBlobs::Text;
  Text find_short(std::string_view id);
  void keep_short(std::string_view id, Text text);

  // A piece of a long blob: memory to decrypt into, and then the bytes in it.
  using Slot = SlotMemory::Slot;
  std::optional<SharedBytes> find_piece(std::string_view id, std::uint64_t number);
  // Memory for a piece that was asked for before and is not here; null when this is the first time, or when
  // there is no room that nobody uses.
  std::shared_ptr<Slot> room_for(std::string_view id, std::uint64_t number, std::size_t size);
  SharedBytes keep_piece(std::string_view id, std::uint64_t number, std::shared_ptr<Slot> slot,
                         std::size_t size);

  void drop_short(std::string_view id);
  void drop_pieces(std::string_view id);  // of a long blob

  struct Totals {
    std::size_t short_bytes = 0, piece_bytes = 0;
    std::uint64_t hits = 0, misses = 0;
  };
  Totals totals() const;

 private:
  struct PieceEntry {
    std::string id;
    std::uint64_t number = 0;
    std::shared_ptr<Slot> slot;
    std::size_t size = 0;
  };
  using Pieces = std::list<PieceEntry>;

  static std::string piece_key(std::string_view id, std::uint64_t number);
  static SharedBytes shown(const PieceEntry& entry);
  bool asked_before(std::string_view key);
  void drop_piece(Pieces::iterator entry);

  SlotMemory memory_;
  mutable std::mutex mutex_;
  ShortBlobs shorts_;
  Pieces pieces_;  // the latest used first
  std::unordered_map<std::string, Pieces::iterator> piece_places_;
  std::array<std::size_t, 4096> asked_{};  // hashes of pieces that were asked for and not kept
  std::uint64_t hits_ = 0, misses_ = 0;
};

}  // namespace meridian::store::objects
