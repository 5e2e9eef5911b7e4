// Where the newest record of each key is: 20 bytes a place of a table that is half to four fifths full. Keys
// are told apart by 64 bits; a record says its whole key.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/siphash.h"

namespace meridian::engines::cdn::disk {

class Index {
 public:
  struct Place {
    std::uint32_t segment = 0;  // never 0
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    bool operator==(const Place&) const = default;
  };

  void put(const Hash128& key, const Place& place);
  std::optional<Place> find(const Hash128& key) const;
  // Whether it was asked for since it was put, or since this was last asked.
  void ask(const Hash128& key);
  bool take_asked(const Hash128& key);
  // If that is still its place.
  bool erase(const Hash128& key, const Place& place);
  void clear();

  std::size_t size() const { return count_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t mark_high = 0, mark_low = 0;
    std::uint32_t segment = 0;  // 0: free
    std::uint32_t offset = 0;
    std::uint32_t size : 31 = 0;
    std::uint32_t asked : 1 = 0;
  };
  static_assert(sizeof(Slot) == 20);
  static std::uint64_t mark_of(const Hash128& key) { return key.high + std::rotl(key.low, 29); }
  static std::uint64_t mark_of(const Slot& slot) {
    return std::uint64_t{slot.mark_high} << 32 | slot.mark_low;
  }
  std::size_t home(std::uint64_t mark) const { return mark & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  // Of the key, or the free one where it would be.
  std::size_t place_of(std::uint64_t mark) const;
  void grow();

  std::vector<Slot> slots_;  // a power of two
  std::size_t count_ = 0;
};

}  // namespace meridian::engines::cdn::disk
