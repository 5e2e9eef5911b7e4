#include "compilers/dns/secondaries.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"

namespace meridian::compilers::dns {
namespace {

using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::DnsZone;
using snapshots::dns::RecordSet;
using snapshots::dns::Type;
using snapshots::dns::ZoneChange;

constexpr std::size_t kSoaNumbersSize = 20;  // serial, refresh, retry, expire, minimum

const std::string kInvalidName("\7invalid\0", 9);

void set_serial(RecordSet& soa, std::uint64_t revision) {
  for (std::string& rdata : soa.rdata)
    if (rdata.size() > kSoaNumbersSize)
      store_u32(reinterpret_cast<std::uint8_t*>(rdata.data()) + rdata.size() - kSoaNumbersSize,
                static_cast<std::uint32_t>(revision));
}

RecordSet record(std::string owner, Type type, std::string rdata) {
  RecordSet set;
  set.owner = std::move(owner);
  set.type = type;
  set.rdata.push_back(std::move(rdata));
  return set;
}

// RFC 9432 §4.1: nobody resolves names in a catalog, so its SOA and NS say "invalid.".
RecordSet catalog_soa(const std::string& apex, std::uint64_t revision) {
  std::string rdata = kInvalidName + kInvalidName;
  for (const std::uint32_t number : {0u, 3600u, 600u, 2147483646u, 0u}) append_u32(rdata, number);
  RecordSet soa = record(apex, Type::SOA, std::move(rdata));
  set_serial(soa, revision);
  return soa;
}

RecordSet soa_of(const DnsZone& zone) {
  const auto soa = *zone.apex_node().find(Type::SOA);
  RecordSet set = record(std::string(zone.apex()), Type::SOA, std::string(soa.first()));
  set.ttl = soa.ttl();
  return set;
}

class Amendment {
 public:
  Amendment(Delta delta, const DnsSnapshot& latest, const SecondaryOptions& options)
      : delta_(std::move(delta)), latest_(latest), options_(options), image_(delta_.from == 0) {}

  Delta run(std::span<const ZoneRevision> written, const ZoneIndex& zones) {
    stamp(written, zones);
    if (!options_.catalog_apex.empty()) list_members();
    return std::move(delta_);
  }

 private:
  // Whoever changed a zone, its serial rises: with the commit that wrote it, or else with this delta.
  void stamp(std::span<const ZoneRevision> written, const ZoneIndex& zones) {
    std::unordered_map<std::string_view, std::uint64_t> revisions;
    for (const ZoneRevision& one : written) revisions[one.zone_id] = one.revision;
    for (ZoneChange& change : delta_.zones) {
      const auto found = revisions.find(change.zone_id);
      stamp(change, found == revisions.end() ? delta_.to : found->second);
      if (found != revisions.end()) revisions.erase(found);
    }
    if (image_) return;
    // Commits that wrote nothing but a zone's own values, such as its comment: an image would tell their
    // revision too.
    for (const auto& [zone_id, revision] : revisions) {
      const auto known = zones.find(std::string(zone_id));
      if (known == zones.end()) continue;
      ZoneChange change;
      change.zone_id = zone_id;
      change.apex = known->second;
      if (stamp(change, revision)) delta_.zones.push_back(std::move(change));
    }
  }

  bool stamp(ZoneChange& change, std::uint64_t revision) {
    if (change.kind == ZoneChange::Kind::Remove) return false;
    auto soa = std::ranges::find(change.puts, Type::SOA, &RecordSet::type);
    if (soa == change.puts.end()) {
      const DnsZone* zone = change.kind == ZoneChange::Kind::Edit ? served(change) : nullptr;
      if (!zone) return false;
      soa = change.puts.insert(change.puts.end(), soa_of(*zone));
    }
    set_serial(*soa, revision);
    return true;
  }

  const DnsZone* served(const ZoneChange& change) const {
    for (const auto& zone : latest_.zones_of(change.apex))
      if (zone->id() == change.zone_id) return zone.get();
    return nullptr;
  }

  // The catalog's own change, for what comes to answer and what no longer does.
  void list_members() {
    ZoneChange catalog;
    catalog.zone_id = kCatalogZoneId;
    catalog.apex = options_.catalog_apex;
    for (auto& [apex, ids] : ids_by_apex()) {
      const auto& [before, after] = ids;
      const std::string was = before.empty() ? "" : before.front(), is = after.empty() ? "" : after.front();
      if (was == is) continue;
      if (!was.empty()) {
        const RecordSet gone = member(was, apex);
        catalog.removes.push_back({gone.owner, gone.type, ""});
      }
      if (!is.empty()) catalog.puts.push_back(member(is, apex));
    }
    if (!image_ && catalog.puts.empty() && catalog.removes.empty()) return;
    catalog.puts.push_back(catalog_soa(options_.catalog_apex, delta_.to));
    if (image_) {
      catalog.kind = ZoneChange::Kind::Replace;
      catalog.puts.push_back(record(options_.catalog_apex, Type::NS, kInvalidName));
      catalog.puts.push_back(record(std::string("\7version", 8) + options_.catalog_apex, Type::TXT,
                                    std::string("\1"
                                                "2")));
    }
    // First: of zones that share an apex the first answers.
    delta_.zones.insert(delta_.zones.begin(), std::move(catalog));
  }

  // The zones of every apex where one comes or goes, before and after: the first answers.
  using Ids = std::vector<std::string>;
  std::map<std::string, std::pair<Ids, Ids>> ids_by_apex() const {
    std::map<std::string, std::pair<Ids, Ids>> out;
    for (const ZoneChange& change : delta_.zones) {
      if (change.kind == ZoneChange::Kind::Edit) continue;
      const auto [found, fresh] = out.try_emplace(change.apex);
      auto& [before, after] = found->second;
      if (fresh && !image_)
        for (const auto& zone : latest_.zones_of(change.apex)) before.push_back(zone->id());
      if (fresh) after = before;
      if (change.kind == ZoneChange::Kind::Remove)
        std::erase(after, change.zone_id);
      else if (std::ranges::find(after, change.zone_id) == after.end())
        after.push_back(change.zone_id);
    }
    return out;
  }

  // A member's node is named after the zone's id, so that a zone made anew under an old name is a new member
  // (RFC 9432 §5.2).
  RecordSet member(const std::string& zone_id, const std::string& apex) const {
    const std::string label = to_lower(zone_id).substr(0, meridian::dns::kLabelSizeMax);
    std::string owner;
    append_u8(owner, static_cast<std::uint8_t>(label.size()));
    owner += label + std::string("\5zones", 6) + options_.catalog_apex;
    return record(std::move(owner), Type::PTR, apex);
  }

  Delta delta_;
  const DnsSnapshot& latest_;
  const SecondaryOptions& options_;
  const bool image_;
};

}  // namespace

Delta amend_for_secondaries(Delta delta, std::span<const ZoneRevision> written, const ZoneIndex& zones,
                            const DnsSnapshot& latest, const SecondaryOptions& options) {
  return Amendment(std::move(delta), latest, options).run(written, zones);
}

}  // namespace meridian::compilers::dns
