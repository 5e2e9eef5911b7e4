#include "engines/dns/transfer/difference.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"

namespace meridian::engines::dns::transfer {
namespace {

struct Values {
  std::uint32_t ttl = 0;
  std::vector<std::string_view> rdata;
};

Values values_of(const DnsSnapshot& snapshot, const DnsZone& zone, const AliasLinks::Key& key) {
  Values values;
  LookupName name(snapshot.hash_key(), key.owner);
  const NameNode* node = zone.find(name, name.labels());
  const auto records = node ? find_records(snapshot, zone, *node, key.type) : std::nullopt;
  if (!records) return values;
  values.ttl = records->ttl();
  for (std::size_t at = 0; at < records->data.size();) values.rdata.push_back(records->next(at));
  return values;
}

// Those of `these` that `others` has not; all when the TTLs differ, for a record set has one TTL (RFC 2181
// §5.2).
void add_missing(RecordList& list, const AliasLinks::Key& key, const Values& these, const Values& others) {
  for (const std::string_view rdata : these.rdata)
    if (these.ttl != others.ttl || std::ranges::find(others.rdata, rdata) == others.rdata.end())
      list.add({key.owner, key.type, these.ttl, rdata});
}

}  // namespace

void RecordList::add(const RecordView& record) {
  append_u8(bytes_, static_cast<std::uint8_t>(record.owner.size()));
  bytes_ += record.owner;
  append_u16(bytes_, static_cast<std::uint16_t>(record.type));
  append_u32(bytes_, record.ttl);
  append_u16(bytes_, static_cast<std::uint16_t>(record.rdata.size()));
  bytes_ += record.rdata;
}

RecordView RecordList::next(std::size_t& position) const {
  ByteReader reader(std::string_view(bytes_).substr(position));
  RecordView record;
  record.owner = as_text(reader.take(reader.u8()));
  record.type = static_cast<Type>(reader.u16());
  record.ttl = reader.u32();
  record.rdata = as_text(reader.take(reader.u16()));
  position += reader.position();
  return record;
}

RecordView soa_of(const DnsZone& zone) {
  const RecordsView soa = *zone.apex_node().find(Type::SOA);
  return {zone.apex(), Type::SOA, soa.ttl(), soa.first()};
}

bool is_newer(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < 0x80000000u;
}

std::uint32_t serial_in(std::string_view soa_rdata) {
  // The serial is the first of the five numbers that end the RDATA.
  return ByteReader(soa_rdata.substr(soa_rdata.size() - 20)).u32();
}

std::uint32_t serial_of(const DnsZone& zone) {
  return serial_in(zone.apex_node().find(Type::SOA)->first());
}

const DnsZone* zone_at(const DnsSnapshot& snapshot, std::string_view apex) {
  LookupName name(snapshot.hash_key(), apex);
  const DnsZone* zone = snapshot.find_zone(name, name.labels());
  return zone && zone->apex_labels() == name.labels() ? zone : nullptr;
}

Difference difference(const DnsSnapshot& before, const DnsZone& old, const DnsSnapshot& after,
                      const DnsZone& now, const AliasLinks::Keys& keys) {
  Difference out;
  out.from = serial_of(old);
  out.to = serial_of(now);
  out.removed.add(soa_of(old));
  out.added.add(soa_of(now));
  for (const AliasLinks::Key& key : keys) {
    if (key.type == Type::SOA || key.hidden) continue;
    const Values then = values_of(before, old, key), here = values_of(after, now, key);
    add_missing(out.removed, key, then, here);
    add_missing(out.added, key, here, then);
  }
  return out;
}

}  // namespace meridian::engines::dns::transfer
