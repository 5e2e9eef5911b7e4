#include "apps/zone_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "formats/dns/rdata.h"
#include "formats/dns/zone_file.h"

namespace meridian::apps {
namespace {

using dns::Type;

// The types that Route 53 takes (API reference, ResourceRecordSet: Type).
constexpr Type kTypes[] = {Type::SOA,   Type::A,    Type::TXT,   Type::NS,   Type::CNAME, Type::MX,
                           Type::NAPTR, Type::PTR,  Type::SRV,   Type::SPF,  Type::AAAA,  Type::CAA,
                           Type::DS,    Type::TLSA, Type::SSHFP, Type::SVCB, Type::HTTPS};

class Collector {
 public:
  Collector(const dns::Name& origin, ImportedZone& zone) : origin_(origin), zone_(zone) {}

  void add(const dns::Record& record, std::size_t line) {
    if (!record.owner.is_under(origin_))
      return refuse(line, fmt::format("{} is not in {}", record.owner.to_string(), origin_.to_string()));
    if (record.klass != dns::Class::IN) return refuse(line, "only class IN can be served");
    if (std::find(std::begin(kTypes), std::end(kTypes), record.type) == std::end(kTypes))
      return refuse(line, fmt::format("Route 53 has no records of type {}", to_string(record.type)));
    if (record.owner == origin_ && (record.type == Type::SOA || record.type == Type::NS)) {
      ++zone_.ignored;
      return;
    }
    auto value = dns::print_rdata(record.type, record.rdata, dns::Escapes::Octal);
    if (!value) return refuse(line, value.error().message);
    std::string key(record.owner.lower().wire());
    key += to_string(record.type);
    auto [found, fresh] = positions_.try_emplace(std::move(key), zone_.sets.size());
    if (fresh)
      zone_.sets.push_back({record.owner.to_string(dns::Escapes::Octal), record.type, record.ttl, {}, line});
    ImportedSet& set = zone_.sets[found->second];
    if (set.ttl != record.ttl)
      return refuse(line, fmt::format("TTL {} differs from {} of the same record set at line {}", record.ttl,
                                      set.ttl, set.line));
    if (std::find(set.values.begin(), set.values.end(), *value) != set.values.end())
      return refuse(line, fmt::format("the same record stands already in the set at line {}", set.line));
    set.values.push_back(*std::move(value));
    ++zone_.records;
  }

  void refuse(std::size_t line, std::string reason) { zone_.refused.push_back({line, std::move(reason)}); }

 private:
  const dns::Name& origin_;
  ImportedZone& zone_;
  std::unordered_map<std::string, std::size_t> positions_;
};

}  // namespace

ImportedZone read_zone(std::string_view text, const dns::Name& origin) {
  ImportedZone zone;
  Collector collector(origin, zone);
  dns::ZoneFileOptions options;
  options.origin = origin;
  dns::parse_zone_file(
      text, options, [&](const dns::Record& record, std::size_t line) { collector.add(record, line); },
      [&](const dns::ZoneFileError& error) { collector.refuse(error.line, error.message); });
  return zone;
}

ImportedZone read_records(std::span<const dns::Record> records, const dns::Name& origin) {
  ImportedZone zone;
  Collector collector(origin, zone);
  for (std::size_t i = 0; i < records.size(); ++i) collector.add(records[i], i + 1);
  return zone;
}

}  // namespace meridian::apps
