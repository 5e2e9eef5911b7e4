#include "snapshots/dns/lookup_name.h"

namespace meridian::snapshots::dns {

LookupName::LookupName(const HashKey& key, std::string_view wire) : key_(key), size_(wire.size()) {
  hashes_[0] = 0;
  meridian::dns::copy_lower(wire, wire_.data());
  std::size_t at = 0;
  for (; wire_[at] != 0; at += wire_[at] + 1u) starts_[labels_++] = static_cast<std::uint8_t>(at);
  starts_[labels_] = static_cast<std::uint8_t>(at);
}

}  // namespace meridian::snapshots::dns
