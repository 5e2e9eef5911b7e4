// A name prepared for lookups: lower case, split into labels, with the keyed hash of each of its suffixes.
// Hashes are chained from the root down, so one walk from a zone's apex to a name hashes each label once, and
// no further than the walk goes: a question of 127 labels costs no more than the data makes it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/siphash.h"
#include "formats/dns/name.h"

namespace meridian::snapshots::dns {

class LookupName {
 public:
  // `wire` is a valid uncompressed name in any case.
  LookupName(const SipKey& key, std::string_view wire);
  LookupName(const LookupName&) = delete;
  LookupName& operator=(const LookupName&) = delete;

  std::size_t labels() const { return labels_; }  // without the root
  std::string_view wire() const { return suffix(labels_); }
  std::string_view suffix(std::size_t labels) const {
    const std::size_t start = starts_[labels_ - labels];
    return {reinterpret_cast<const char*>(wire_.data()) + start, size_ - start};
  }
  std::uint64_t hash(std::size_t labels);
  // The hash of `label` (length byte included) prepended to suffix(labels).
  std::uint64_t hash_of_child(std::size_t labels, std::string_view label);

 private:
  const SipKey& key_;
  std::size_t size_, labels_ = 0, hashed_ = 0;
  std::array<std::uint8_t, meridian::dns::kNameSizeMax> wire_;
  std::array<std::uint8_t, meridian::dns::kLabelsMax + 1>
      starts_;  // of each label, from the left; the root last
  std::array<std::uint64_t, meridian::dns::kLabelsMax + 1> hashes_;  // of the suffix of so many labels
};

}  // namespace meridian::snapshots::dns
