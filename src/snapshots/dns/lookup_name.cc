#include "snapshots/dns/lookup_name.h"

#include <algorithm>

namespace meridian::snapshots::dns {

LookupName::LookupName(const SipKey& key, std::string_view wire) : key_(key), size_(wire.size()) {
  hashes_[0] = 0;
  std::size_t at = 0;
  // Length bytes are below 64, outside the range of letters, so the whole name can be folded in one pass.
  std::transform(wire.begin(), wire.end(), wire_.begin(), [](char c) {
    return static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  for (; wire_[at] != 0; at += wire_[at] + 1u) starts_[labels_++] = static_cast<std::uint8_t>(at);
  starts_[labels_] = static_cast<std::uint8_t>(at);
}

std::uint64_t LookupName::hash(std::size_t labels) {
  for (; hashed_ < labels; ++hashed_) {
    const std::string_view longer = suffix(hashed_ + 1);
    hashes_[hashed_ + 1] =
        hash_of_child(hashed_, longer.substr(0, static_cast<std::uint8_t>(longer[0]) + 1u));
  }
  return hashes_[labels];
}

std::uint64_t LookupName::hash_of_child(std::size_t labels, std::string_view label) {
  const std::uint64_t parent = hash(labels);
  std::array<char, sizeof parent + meridian::dns::kLabelSizeMax + 1> input;
  std::memcpy(input.data(), &parent, sizeof parent);
  std::memcpy(input.data() + sizeof parent, label.data(), label.size());
  return siphash<1, 3>(key_, {input.data(), sizeof parent + label.size()});
}

}  // namespace meridian::snapshots::dns
