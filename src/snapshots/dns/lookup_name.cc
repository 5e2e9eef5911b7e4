#include "snapshots/dns/lookup_name.h"

#include <algorithm>

namespace meridian::snapshots::dns {

LookupName::LookupName(const HashKey& key, std::string_view wire) : key_(key), size_(wire.size()) {
  hashes_[0] = 0;
  meridian::dns::copy_lower(wire, wire_.data());
  std::size_t at = 0;
  for (; wire_[at] != 0; at += wire_[at] + 1u) starts_[labels_++] = static_cast<std::uint8_t>(at);
  starts_[labels_] = static_cast<std::uint8_t>(at);
}

std::uint64_t hash_of(const HashKey& key, std::string_view bytes) {
  std::uint64_t hash = bytes.size();
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(8, bytes.size()))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min<std::size_t>(8, bytes.size()));
    hash = key.fold(hash, word);
  }
  return hash;
}

}  // namespace meridian::snapshots::dns
