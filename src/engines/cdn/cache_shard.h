// One part of a cache: its table, and what of it goes when room is needed, by S3-FIFO (s3_fifo.h).
//
// Objects at rest are packed (packed_object.h); what was asked for lately is not. Rule: everything here is
// under the shard's lock, and what it returns is good until the next call.
#pragma once

#include <memory>
#include <vector>

#include "engines/cdn/cache.h"
#include "engines/cdn/packed_object.h"
#include "engines/cdn/s3_fifo.h"

namespace meridian::engines::cdn {

class CacheShard {
 public:
  explicit CacheShard(std::size_t bytes_max);
  ~CacheShard();
  CacheShard(const CacheShard&) = delete;
  CacheShard& operator=(const CacheShard&) = delete;

  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  // The slot of a key that has one, unpacked.
  Cache::Slot* open(const Key& key, Index& index);
  void fetch_ahead(const Key& key, int place);  // see Cache
  // After a look at it: the books are put in order.
  void settle(Index index);
  // After a look at a slot that was not here.
  void insert(const Key& key, Cache::Slot slot);

  std::size_t bytes() const { return queues_[0].bytes + queues_[1].bytes; }
  std::size_t objects() const { return queues_[0].count + queues_[1].count; }
  std::uint64_t evictions() const { return evictions_; }

 private:
  enum Which : std::uint8_t { kSmall, kMain, kNowhere };
  // A slot that is not packed.
  struct Live {
    Cache::Slot slot;
    const Object* counted = nullptr;  // whose charge is counted and grows no more
    std::size_t charge = 0;
    // What it was made of, to be at rest again without work: it costs less than to write it anew.
    PackedObject::Owner packed;
    const Object* unpacked = nullptr;
    Index index = kNone;
    bool used = false;  // since it was last thought of packing it
    bool listed = false;
    Live* newer = nullptr;  // among those that may be packed
    Live* older = nullptr;
  };
  struct Entry {
    Key key;
    union {
      Live* live = nullptr;
      PackedObject* packed;  // at_rest
    };
    Index next = kNone;   // in its bucket, or of what is free
    Index newer = kNone;  // in its queue
    Index older = kNone;
    bool at_rest = false;
    std::uint8_t uses = 0;
    Which queue = kNowhere;
  };
  static_assert(sizeof(Entry) == 40);
  struct Queue {
    Index newest = kNone, oldest = kNone;
    std::size_t bytes = 0, count = 0;
  };
  static constexpr std::size_t kEntriesAtOnce = 256;

  Entry& entry(Index index) { return chunks_[index / kEntriesAtOnce][index % kEntriesAtOnce]; }
  Index& bucket_of(const Key& key) { return buckets_[key.low & (buckets_.size() - 1)]; }
  Index find(const Key& key);
  Index new_entry(const Key& key);
  void erase(Index index);
  void grow();
  static std::size_t charge_of(const Live& live);
  static std::size_t charge_of(const Entry& entry);
  void link(Index index, Which which);
  void unlink(Index index);
  std::size_t others(Which which, Index spare);
  void free_content(Entry& entry);
  void evict(Index spare);
  static bool has_slices(const Entry& entry);
  void evict_small(Index index, const Purged& purged, bool spares_heads);
  void evict_main(Index index, const Purged& purged, bool spares_heads);
  void drop(Index index, const Purged& purged);
  Purged purged(Entry& entry);
  void unpack(Index index);
  void list(Live& live);
  void unlist(Live& live);
  void pack_some();
  bool pack(Live& live);

  const std::size_t bytes_max_, small_max_, live_max_;
  std::vector<std::unique_ptr<Entry[]>> chunks_;
  std::vector<Index> buckets_;
  Index free_ = kNone;
  std::size_t entries_ = 0;
  std::array<Queue, 2> queues_;
  GhostKeys ghosts_;
  PackingShelf shelf_;
  Live* newest_live_ = nullptr;
  Live* oldest_live_ = nullptr;
  std::size_t live_bytes_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace meridian::engines::cdn
