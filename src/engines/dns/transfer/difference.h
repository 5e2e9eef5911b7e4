// One change of a zone as IXFR tells it (RFC 1995 §4): the records that went and those that came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engines/dns/find_records.h"
#include "engines/dns/transfer/alias_links.h"

namespace meridian::engines::dns::transfer {

// One record: a view of the zone or of a difference.
struct RecordView {
  std::string_view owner;  // uncompressed wire name
  Type type = Type::A;
  std::uint32_t ttl = 0;
  std::string_view rdata;
};

// Records one after another in few bytes.
class RecordList {
 public:
  void add(const RecordView& record);
  // The record that begins at `position`, which moves behind it.
  RecordView next(std::size_t& position) const;
  bool is_end(std::size_t position) const { return position == bytes_.size(); }
  std::size_t bytes() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

struct Difference {
  std::uint32_t from = 0, to = 0;  // serials
  RecordList removed, added;       // the SOA of the old and of the new version first
};

RecordView soa_of(const DnsZone& zone);

// Serial arithmetic (RFC 1982): whether `a` comes after `b`. Serials half the circle apart have no order.
bool is_newer(std::uint32_t a, std::uint32_t b);
std::uint32_t serial_in(std::string_view soa_rdata);  // well-formed
std::uint32_t serial_of(const DnsZone& zone);

// The zone that answers for exactly this apex; null when there is none.
const DnsZone* zone_at(const DnsSnapshot& snapshot, std::string_view apex);

// What a secondary sees change between two versions of a zone, when only the record sets of `keys` may
// differ.
Difference difference(const DnsSnapshot& before, const DnsZone& old, const DnsSnapshot& after,
                      const DnsZone& now, const AliasLinks::Keys& keys);

}  // namespace meridian::engines::dns::transfer
