#include "store/objects/blob_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>

namespace meridian::store::objects {

// A file in memory, mapped, as slots of kPieceBytes. A slot comes back when nobody refers to it any more.
struct BlobCache::Memory {
  explicit Memory(std::size_t bytes_max) {
    const std::size_t size = bytes_max / kPieceBytes * kPieceBytes;
    if (size == 0) return;
    file = memfd_create("meridian-blobs", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0) return;
    void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) return;
    bytes = static_cast<char*>(mapped);
    bytes_size = size;
    // Plain text does not belong into a core file.
    madvise(mapped, size, MADV_DONTDUMP);
    for (std::size_t index = size / kPieceBytes; index > 0; --index) free.push_back(index - 1);
  }
  ~Memory() {
    if (bytes != nullptr) munmap(bytes, bytes_size);
    if (file >= 0) close(file);
  }

  std::optional<std::size_t> take() {
    std::lock_guard lock(mutex);
    if (free.empty()) return std::nullopt;
    const std::size_t index = free.back();
    free.pop_back();
    return index;
  }
  // The pages go back to the system; whoever is still being sent one of them keeps it, and the next user of
  // the slot gets others. Where that fails the slot is not used again.
  void give_back(std::size_t index) {
    constexpr int kHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (fallocate(file, kHole, static_cast<off_t>(index * kPieceBytes), kPieceBytes) != 0) return;
    std::lock_guard lock(mutex);
    free.push_back(index);
  }

  int file = -1;
  char* bytes = nullptr;
  std::size_t bytes_size = 0;
  std::mutex mutex;
  std::vector<std::size_t> free;
};

BlobCache::Slot::~Slot() {
  memory_->give_back(index_);
}
char* BlobCache::Slot::bytes() const {
  return memory_->bytes + offset();
}
int BlobCache::Slot::file() const {
  return memory_->file;
}

BlobCache::BlobCache(const BlobCacheLimits& limits)
    : memory_(std::make_shared<Memory>(limits.piece_bytes_max)), shorts_(limits.short_bytes_max) {}
BlobCache::~BlobCache() = default;

BlobCache::Text BlobCache::find_short(std::string_view id) {
  std::lock_guard lock(mutex_);
  Text found = shorts_.find(id);
  if (found) ++hits_;
  return found;
}

void BlobCache::keep_short(std::string_view id, Text text) {
  std::lock_guard lock(mutex_);
  ++misses_;
  shorts_.keep(id, std::move(text));
}

std::string BlobCache::piece_key(std::string_view id, std::uint64_t number) {
  std::string key(id);
  key.append(reinterpret_cast<const char*>(&number), sizeof number);
  return key;
}

SharedBytes BlobCache::shown(const PieceEntry& entry) {
  return {entry.slot, {entry.slot->bytes(), entry.size}, entry.slot->file(), entry.slot->offset()};
}

std::optional<SharedBytes> BlobCache::find_piece(std::string_view id, std::uint64_t number) {
  std::lock_guard lock(mutex_);
  const auto found = piece_places_.find(piece_key(id, number));
  if (found == piece_places_.end()) return std::nullopt;
  ++hits_;
  pieces_.splice(pieces_.begin(), pieces_, found->second);
  return shown(*found->second);
}

bool BlobCache::asked_before(std::string_view key) {
  const std::size_t hash = std::hash<std::string_view>{}(key);
  return std::exchange(asked_[hash % asked_.size()], hash) == hash;
}

std::shared_ptr<BlobCache::Slot> BlobCache::room_for(std::string_view id, std::uint64_t number) {
  std::lock_guard lock(mutex_);
  ++misses_;
  // What is read once, such as a backup, must not drive out what is read again and again.
  if (!asked_before(piece_key(id, number))) return nullptr;
  std::optional<std::size_t> index = memory_->take();
  for (auto oldest = pieces_.end(); !index && oldest != pieces_.begin();) {
    --oldest;
    if (oldest->slot.use_count() > 1) continue;  // being sent
    const auto unused = oldest++;
    drop_piece(unused);
    index = memory_->take();
  }
  return index ? std::make_shared<Slot>(memory_, *index) : nullptr;
}

SharedBytes BlobCache::keep_piece(std::string_view id, std::uint64_t number, std::shared_ptr<Slot> slot,
                                  std::size_t size) {
  std::lock_guard lock(mutex_);
  PieceEntry entry{std::string(id), number, std::move(slot), size};
  const SharedBytes out = shown(entry);
  const auto [place, fresh] = piece_places_.try_emplace(piece_key(id, number));
  if (!fresh) return out;  // another reader was faster; both have the same bytes
  pieces_.push_front(std::move(entry));
  place->second = pieces_.begin();
  return out;
}

void BlobCache::drop_piece(Pieces::iterator entry) {
  piece_places_.erase(piece_key(entry->id, entry->number));
  pieces_.erase(entry);
}

void BlobCache::drop_short(std::string_view id) {
  std::lock_guard lock(mutex_);
  shorts_.drop(id);
}

void BlobCache::drop_pieces(std::string_view id) {
  std::lock_guard lock(mutex_);
  for (auto entry = pieces_.begin(); entry != pieces_.end();)
    if (const auto here = entry++; here->id == id) drop_piece(here);
}

BlobCache::Totals BlobCache::totals() const {
  std::lock_guard lock(mutex_);
  return {shorts_.bytes(), pieces_.size() * kPieceBytes, hits_, misses_};
}

}  // namespace meridian::store::objects
