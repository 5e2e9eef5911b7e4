#include "snapshots/dns/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace meridian::snapshots::dns {
namespace {

// AddressSanitizer sees the misuse of a block only when it is one of its own.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kEachFromMalloc = true;
#elif defined(__has_feature)
constexpr bool kEachFromMalloc = __has_feature(address_sanitizer);
#else
constexpr bool kEachFromMalloc = false;
#endif

constexpr std::size_t rounded(std::size_t size, std::size_t grain) {
  return (size + grain - 1) / grain * grain;
}

}  // namespace

Arena::~Arena() {
  for (void* chunk : chunks_) munmap(chunk, kChunkBytes);
}

void* Arena::allocate(std::size_t size) {
  size = rounded(size, kGrain);
  bytes_in_use_ += size;
  if (kEachFromMalloc || size > kBlockBytesMax) return ::operator new(size);
  Free*& free = free_[size / kGrain];
  if (free) {
    Free* block = free;
    free = block->next;
    return block;
  }
  if (unused_bytes_ < size) {
    if (unused_bytes_ > 0) keep(unused_, unused_bytes_);
    add_chunk();
  }
  void* block = unused_;
  unused_ += size;
  unused_bytes_ -= size;
  return block;
}

void Arena::release(void* block, std::size_t size) {
  size = rounded(size, kGrain);
  bytes_in_use_ -= size;
  if (kEachFromMalloc || size > kBlockBytesMax) return ::operator delete(block);
  keep(block, size);
}

void Arena::keep(void* block, std::size_t size) {
  Free*& free = free_[size / kGrain];
  free = new (block) Free{free};
}

void Arena::add_chunk() {
  // Twice the size, so that an aligned chunk lies somewhere inside; the rest goes back.
  void* area = mmap(nullptr, 2 * kChunkBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) throw std::bad_alloc();
  char* begin = static_cast<char*>(area);
  char* chunk = reinterpret_cast<char*>(rounded(reinterpret_cast<std::uintptr_t>(begin), kChunkBytes));
  if (chunk > begin) munmap(begin, static_cast<std::size_t>(chunk - begin));
  if (char* end = begin + 2 * kChunkBytes; chunk + kChunkBytes < end)
    munmap(chunk + kChunkBytes, static_cast<std::size_t>(end - chunk) - kChunkBytes);
  madvise(chunk, kChunkBytes, MADV_HUGEPAGE);  // best effort: a kernel without huge pages is only slower
  chunks_.push_back(chunk);
  unused_ = chunk;
  unused_bytes_ = kChunkBytes;
}

}  // namespace meridian::snapshots::dns
