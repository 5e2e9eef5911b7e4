#include "engines/dns/transfer/difference.h"

#include "base/bytes.h"

namespace meridian::engines::dns::transfer {

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

bool is_newer(std::uint32_t a, std::uint32_t b) {
  return a != b && a - b < 0x80000000u;
}

std::uint32_t serial_of(const DnsZone& zone) {
  // The serial is the first of the five numbers that end the RDATA.
  const std::string_view rdata = zone.apex_node().find(Type::SOA)->first();
  return ByteReader(rdata.substr(rdata.size() - 20)).u32();
}

const DnsZone* zone_at(const DnsSnapshot& snapshot, std::string_view apex) {
  LookupName name(snapshot.hash_key(), apex);
  const DnsZone* zone = snapshot.find_zone(name, name.labels());
  return zone && zone->apex_labels() == name.labels() ? zone : nullptr;
}

}  // namespace meridian::engines::dns::transfer
