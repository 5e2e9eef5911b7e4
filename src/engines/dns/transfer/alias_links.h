// Which aliases stand for which record sets, per zone. An alias is transferred as the records it stands for,
// so a change of its target is a change of the alias too. Belongs to the publisher's thread.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "engines/dns/find_records.h"
#include "snapshots/dns/delta.h"

namespace meridian::engines::dns::transfer {

class AliasLinks {
 public:
  // A zone with more gets no differences: its secondaries take it whole.
  static constexpr std::size_t kLinksMax = 1'000'000;

  struct Key {  // of a record set, or of the group of one name and type
    std::string owner;
    Type type;
    bool hidden = false;
    auto operator<=>(const Key&) const = default;
  };
  using Keys = std::set<Key>;

  void read(const DnsZone& zone);
  void note(const snapshots::dns::ZoneChange& change);
  // The record sets that the change puts or removes, and all aliases that stand for them. Null: there are too
  // many links to know. Valid until the next call.
  const Keys* affected(const snapshots::dns::ZoneChange& change);

 private:
  struct OfZone {
    std::map<Key, Keys> aliases;  // by target
    std::size_t count = 0;        // links that were once there stay until the zone is read anew
  };
  void link(OfZone& zone, const Key& target, const Key& alias);

  std::unordered_map<std::string, OfZone> zones_;  // by zone id; only those with aliases
  Keys affected_;
};

}  // namespace meridian::engines::dns::transfer
