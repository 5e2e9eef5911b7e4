// A zone file as Route 53 record sets: what `zone import` sends. Pure: text in, record sets and refusals out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/dns/message.h"
#include "formats/dns/name.h"
#include "formats/dns/types.h"

namespace meridian::apps {

struct ImportedSet {
  std::string name;  // absolute, with Route 53's octal escapes
  dns::Type type = dns::Type::A;
  std::uint32_t ttl = 0;
  std::vector<std::string> values;  // with Route 53's octal escapes
  std::size_t line = 0;             // where its first record stands; of records sent, its number
};

struct RefusedLine {
  std::size_t line = 0;
  std::string reason;
};

struct ImportedZone {
  std::vector<ImportedSet> sets;     // in the order of their first records
  std::vector<RefusedLine> refused;  // in line order
  std::size_t records = 0;           // accepted records
  std::size_t ignored = 0;           // SOA and NS of the apex: the hosted zone has its own
};

// A record whose TTL differs from its set's (RFC 2181 §5.2 forbids that) is refused.
ImportedZone read_zone(std::string_view text, const dns::Name& origin);
// The same of records that another server sent; the first is number 1.
ImportedZone read_records(std::span<const dns::Record> records, const dns::Name& origin);

}  // namespace meridian::apps
