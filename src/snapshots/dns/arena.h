// Where the snapshots of one lineage keep names and branches: blocks from 2 MiB chunks on huge pages, one
// free list a size. Against malloc it saves the header and the rounding of each block, and most TLB misses of
// a lookup; what is freed is kept for the next change.
//
// Rule: one thread at a time, the publisher's (see trie.h), and it outlives everything in it.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace meridian::snapshots::dns {

class Arena {
 public:
  static constexpr std::size_t kChunkBytes = std::size_t{2} << 20;
  static constexpr std::size_t kBlockBytesMax = 1024;  // larger ones are malloc's

  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size);
  void release(void* block, std::size_t size);  // the size it was asked for with

  std::size_t bytes_in_use() const { return bytes_in_use_; }
  // Of all chunks: what was in use at most, by size, and never goes back. Larger blocks do not count.
  std::size_t bytes_reserved() const { return chunks_.size() * kChunkBytes; }

 private:
  static constexpr std::size_t kGrain = 8;
  struct Free {
    Free* next;
  };

  void add_chunk();
  void keep(void* block, std::size_t size);

  std::vector<void*> chunks_;
  char* unused_ = nullptr;  // of the newest chunk
  std::size_t unused_bytes_ = 0;
  std::size_t bytes_in_use_ = 0;
  std::array<Free*, kBlockBytesMax / kGrain + 1> free_{};
};

// For what the standard library allocates.
template <typename T>
class ArenaAllocator {
 public:
  using value_type = T;
  explicit ArenaAllocator(Arena& arena) : arena_(&arena) {}
  template <typename Other>
  ArenaAllocator(const ArenaAllocator<Other>& other) : arena_(&other.arena()) {}

  T* allocate(std::size_t count) { return static_cast<T*>(arena_->allocate(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) { arena_->release(block, count * sizeof(T)); }
  Arena& arena() const { return *arena_; }
  template <typename Other>
  bool operator==(const ArenaAllocator<Other>& other) const {
    return arena_ == &other.arena();
  }

 private:
  Arena* arena_;
};

}  // namespace meridian::snapshots::dns
