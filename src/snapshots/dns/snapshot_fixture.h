// A snapshot that tests change zone by zone.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "snapshots/dns/snapshot.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::snapshots::dns {

class SnapshotFixture : public ::testing::Test {
 protected:
  using Kind = ZoneChange::Kind;

  SeededRandom random{1};
  std::shared_ptr<health::HealthTable> health_table = std::make_shared<health::HealthTable>();
  std::unique_ptr<const DnsSnapshot> current = DnsSnapshot::empty(random, health_table);

  Result<void> change(std::vector<ZoneChange> zones) {
    const Delta delta{current->revision(), current->revision() + 1, std::move(zones)};
    TRY(check(delta));
    current = TRY(apply(*current, delta));
    return {};
  }
  Result<void> replace(std::string_view apex, std::vector<RecordSet> sets, std::string id = "Z1") {
    sets.push_back(soa(apex));
    return change({{Kind::Replace, std::move(id), wire(apex), std::move(sets), {}}});
  }
  Result<void> put(std::string_view apex, RecordSet set, std::string id = "Z1") {
    return change({{Kind::Edit, std::move(id), wire(apex), {std::move(set)}, {}}});
  }
  Result<void> remove(std::string_view apex, std::string_view owner, Type type,
                      std::string set_identifier = "", std::string id = "Z1") {
    return change(
        {{Kind::Edit, std::move(id), wire(apex), {}, {{wire(owner), type, std::move(set_identifier)}}}});
  }
  const DnsZone* zone_of(std::string_view name) {
    LookupName lookup(current->hash_key(), wire(name));
    return current->find_zone(lookup, lookup.labels());
  }
  const NameNode* hidden_node(std::string_view name) {
    LookupName lookup(current->hash_key(), wire(name));
    return zone_of(name)->find_hidden(lookup);
  }
  const NameNode* node(std::string_view name) {
    const DnsZone* zone = zone_of(name);
    if (!zone) return nullptr;
    LookupName lookup(current->hash_key(), wire(name));
    return zone->find(lookup, lookup.labels());
  }
};

}  // namespace meridian::snapshots::dns
