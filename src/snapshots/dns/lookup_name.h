// A name prepared for lookups: lower case, split into labels, with the keyed hash of each of its suffixes.
// Hashes are chained from the root down, so one walk from a zone's apex to a name hashes each label once, and
// no further than the walk goes: a question of 127 labels costs no more than the data makes it.
//
// The hash multiplies 16 bytes at a time into 128 bits and folds them, under a key drawn at start and never
// shown: strangers choose the names, so they must not be able to choose the slots.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "formats/dns/name.h"

namespace meridian::snapshots::dns {

struct HashKey {
  std::uint64_t k0 = 0, k1 = 0;

  std::uint64_t fold(std::uint64_t a, std::uint64_t b) const {
    const unsigned __int128 product = static_cast<unsigned __int128>(a ^ k0) * (b ^ k1);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
};

// Of what is no name: the id of a CIDR collection.
std::uint64_t hash_of(const HashKey& key, std::string_view bytes);

class LookupName {
 public:
  // `wire` is a valid uncompressed name in any case.
  LookupName(const HashKey& key, std::string_view wire);
  LookupName(const LookupName&) = delete;
  LookupName& operator=(const LookupName&) = delete;

  std::size_t labels() const { return labels_; }  // without the root
  std::string_view wire() const { return suffix(labels_); }
  std::string_view suffix(std::size_t labels) const {
    const std::size_t start = starts_[labels_ - labels];
    return {reinterpret_cast<const char*>(wire_.data()) + start, size_ - start};
  }
  std::uint64_t hash(std::size_t labels) {
    for (; hashed_ < labels; ++hashed_)
      hashes_[hashed_ + 1] = mix(hashes_[hashed_], &wire_[starts_[labels_ - hashed_ - 1]]);
    return hashes_[labels];
  }
  // The hash of `*` prepended to suffix(labels).
  std::uint64_t hash_of_wildcard(std::size_t labels) {
    static constexpr std::array<std::uint8_t, kReadAhead + 2> kStar{1, '*'};
    return mix(hash(labels), kStar.data());
  }

 private:
  static constexpr std::size_t kReadAhead = 16;  // mix() reads so far beyond a label

  // Of the label whose length byte is at `label`, below the name hashed as `parent`.
  std::uint64_t mix(std::uint64_t parent, const std::uint8_t* label) const {
    std::size_t rest = *label + 1u;
    for (; rest > 16; rest -= 16, label += 16)
      parent = key_.fold(parent ^ load(label, 8), load(label + 8, 8));
    return key_.fold(parent ^ load(label, rest), rest > 8 ? load(label + 8, rest - 8) : 0);
  }
  static std::uint64_t load(const std::uint8_t* at, std::size_t size) {  // size > 0
    std::uint64_t bytes;
    std::memcpy(&bytes, at, 8);
    return size >= 8 ? bytes : bytes & ((std::uint64_t{1} << 8 * size) - 1);
  }

  const HashKey& key_;
  std::size_t size_, labels_ = 0, hashed_ = 0;
  std::array<std::uint8_t, meridian::dns::kNameSizeMax + 1 + kReadAhead> wire_;
  std::array<std::uint8_t, meridian::dns::kLabelsMax + 1>
      starts_;  // of each label, from the left; the root last
  std::array<std::uint64_t, meridian::dns::kLabelsMax + 1> hashes_;  // of the suffix of so many labels
};

}  // namespace meridian::snapshots::dns
