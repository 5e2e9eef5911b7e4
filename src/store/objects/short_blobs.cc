#include "store/objects/short_blobs.h"

#include <functional>
#include <iterator>
#include <utility>

namespace meridian::store::objects {
namespace {

constexpr std::size_t kOverhead = 256;  // of the list, the places and the id
constexpr std::size_t kPlacesFirst = 64;

}  // namespace

std::size_t ShortBlobs::hash_of(std::string_view id) {
  return std::hash<std::string_view>()(id) | 1;
}

std::size_t ShortBlobs::place_of(std::size_t hash, std::string_view id) const {
  std::size_t place = (hash >> 1) & (places_.size() - 1);
  while (places_[place].hash != 0 && (places_[place].hash != hash || places_[place].entry->id != id))
    place = step(place);
  return place;
}

ShortBlobs::Text ShortBlobs::find(std::string_view id) {
  if (places_.empty()) return nullptr;
  const std::size_t hash = hash_of(id);
  const Place& found = places_[place_of(hash, id)];
  if (found.hash == 0) return nullptr;
  found.entry->used = true;
  return found.entry->text;
}

void ShortBlobs::keep(std::string_view id, Text text) {
  const std::size_t size = kOverhead + text->size();
  if (size > bytes_max_) return;
  if (2 * (entries_.size() + 1) > places_.size()) grow();
  const std::size_t hash = hash_of(id);
  Place& place = places_[place_of(hash, id)];
  if (place.hash != 0) return;
  entries_.push_front({hash, false, std::move(text), std::string(id)});
  place = {hash, entries_.begin()};
  bytes_ += size;
  make_room();
}

// One that was used since its turn came last gets another turn.
void ShortBlobs::make_room() {
  while (bytes_ > bytes_max_) {
    const auto last = std::prev(entries_.end());
    if (std::exchange(last->used, false))
      entries_.splice(entries_.begin(), entries_, last);
    else
      erase(place_of(last->hash, last->id));
  }
}

void ShortBlobs::drop(std::string_view id) {
  if (places_.empty()) return;
  const std::size_t place = place_of(hash_of(id), id);
  if (places_[place].hash != 0) erase(place);
}

void ShortBlobs::grow() {
  const std::size_t size = places_.empty() ? kPlacesFirst : 2 * places_.size();
  places_.assign(size, {});
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
    places_[place_of(entry->hash, entry->id)] = {entry->hash, entry};
}

void ShortBlobs::erase(std::size_t place) {
  const auto entry = places_[place].entry;
  bytes_ -= kOverhead + entry->text->size();
  places_[place] = {};
  // Those behind it, up to the next empty place, come as near to their own as they can.
  for (std::size_t next = step(place); places_[next].hash != 0; next = step(next)) {
    const Place moved = std::exchange(places_[next], {});
    places_[place_of(moved.hash, moved.entry->id)] = moved;
  }
  entries_.erase(entry);
}

}  // namespace meridian::store::objects
