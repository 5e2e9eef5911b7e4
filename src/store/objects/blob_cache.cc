#include "store/objects/blob_cache.h"

#include <functional>

namespace meridian::store::objects {

BlobCache::BlobCache(const BlobCacheLimits& limits)
    : memory_("meridian-blobs", kPieceBytes, limits.piece_bytes_max), shorts_(limits.short_bytes_max) {}

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
  return Slot::part(entry.slot, 0, entry.size);
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

std::shared_ptr<BlobCache::Slot> BlobCache::room_for(std::string_view id, std::uint64_t number,
                                                     std::size_t size) {
  std::lock_guard lock(mutex_);
  ++misses_;
  // What is read once, such as a backup, must not drive out what is read again and again.
  if (!asked_before(piece_key(id, number))) return nullptr;
  auto slot = memory_.take(size);
  for (auto oldest = pieces_.end(); !slot && oldest != pieces_.begin();) {
    --oldest;
    if (oldest->slot.use_count() > 1) continue;  // being sent
    const auto unused = oldest++;
    drop_piece(unused);
    slot = memory_.take(size);
  }
  return slot;
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
  return {shorts_.bytes(), memory_.bytes(), hits_, misses_};
}

}  // namespace meridian::store::objects
