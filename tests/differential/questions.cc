#include "questions.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "formats/dns/rdata.h"
#include "formats/dns/zone_file.h"

namespace meridian::differential {

using dns::Class;
using dns::Name;
using dns::Type;

Result<ZoneData> read_zone(const std::string& path, const std::string& origin) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::Unavailable, "cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  ZoneData zone;
  zone.origin = TRY(Name::parse(origin));
  std::string refused;
  dns::parse_zone_file(
      text.str(), {.origin = zone.origin, .default_ttl = std::nullopt},
      [&](const dns::Record& record, std::size_t) { zone.records.push_back(record); },
      [&](const dns::ZoneFileError& error) {
        refused += fmt::format("\n{}:{}: {}", path, error.line, error.message);
      });
  if (!refused.empty()) return invalid("refused entries:" + refused);
  return zone;
}

std::string to_string(const Asked& asked) {
  const auto name = Name::from_wire(asked.name);
  return fmt::format("{} {}{}{}{}{} ({})", name ? name->to_string() : "?", dns::to_string(asked.type),
                     asked.klass == Class::IN ? "" : fmt::format(" class {}", static_cast<int>(asked.klass)),
                     asked.recursion_desired ? " +rd" : "",
                     asked.udp_size ? fmt::format(" +bufsize={}", asked.udp_size) : " +noedns",
                     asked.dnssec_ok ? " +do" : "", asked.kind);
}

std::string encode_query(const Asked& asked, std::uint16_t id) {
  std::string out;
  append_u16(out, id);
  append_u16(out, asked.recursion_desired ? 0x0100 : 0);
  append_u16(out, 1);
  append_u32(out, 0);
  append_u16(out, asked.udp_size ? 1 : 0);
  out += asked.name;
  append_u16(out, static_cast<std::uint16_t>(asked.type));
  append_u16(out, static_cast<std::uint16_t>(asked.klass));
  if (asked.udp_size) {
    append_u8(out, 0);
    append_u16(out, static_cast<std::uint16_t>(Type::OPT));
    append_u16(out, asked.udp_size);
    append_u32(out, asked.dnssec_ok ? 0x8000 : 0);
    append_u16(out, 0);
  }
  return out;
}

std::vector<Asked> questions_for_every_name(const std::vector<ZoneData>& zones) {
  // Types to ask for where they do not exist; each name gets two of them in turn.
  static constexpr Type kMissing[] = {Type::A,   Type::TXT, Type::DS, Type::AAAA,  Type::MX,
                                      Type::SOA, Type::SRV, Type::NS, Type::CNAME, Type::HTTPS};
  std::vector<Asked> all;
  std::size_t turn = 0;
  for (const ZoneData& zone : zones) {
    std::map<Name, std::set<Type>> names;
    for (const dns::Record& record : zone.records) {
      names[record.owner].insert(record.type);
      for (Name above = record.owner.parent(); above.is_under(zone.origin); above = above.parent()) {
        if (!names.try_emplace(above).second || above == zone.origin) break;
      }
    }
    for (const auto& [name, types] : names) {
      const auto ask = [&](const Name& what, Type type, const char* kind) {
        all.push_back({.name = std::string(what.wire()),
                       .type = type,
                       .recursion_desired = turn % 3 == 0,
                       .kind = kind});
        all.push_back({.name = std::string(what.wire()),
                       .type = type,
                       .udp_size = 1232,
                       .dnssec_ok = turn % 2 == 0,
                       .kind = kind});
      };
      for (const Type type : types)
        ask(name, type, types.contains(Type::NS) ? "at a cut or apex" : "what is there");
      for (int n = 0; n < 2; ++n) ask(name, kMissing[turn++ % std::size(kMissing)], "what is not there");
      if (types.contains(Type::NS)) {
        if (const auto below = name.prepend("www")) ask(*below, Type::A, "below a cut or apex");
      }
    }
  }
  return all;
}

NearMisses::NearMisses(const std::vector<ZoneData>& zones, std::uint64_t seed)
    : zones_(zones), random_(seed) {
  // By square root: the large zone must not hide the small tricky ones.
  std::uint64_t sum = 0;
  for (const ZoneData& zone : zones) {
    std::uint64_t weight = 1;
    while (weight * weight < zone.records.size()) ++weight;
    chosen_up_to_.push_back(sum += weight);
  }
}

const dns::Record& NearMisses::any_record() {
  const std::uint64_t drawn = random_.below(chosen_up_to_.back());
  const auto zone = std::ranges::upper_bound(chosen_up_to_, drawn) - chosen_up_to_.begin();
  const auto& records = zones_[static_cast<std::size_t>(zone)].records;
  return records[random_.below(records.size())];
}

std::string NearMisses::random_label() {
  switch (random_.below(12)) {
    case 0:
      return "*";
    case 1:
      return "_tcp";
    case 2:
      return random_.text(dns::kLabelSizeMax, "abcdefghijklmnopqrstuvwxyz0123456789-");
    case 3: {
      std::string bytes(1 + random_.below(8), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random_.below(256));
      return bytes;
    }
    case 4:
      return "www";
    case 5:
      return "a";
    default:
      return random_.text(1 + random_.below(12), "abcdefghijklmnopqrstuvwxyz0123456789-");
  }
}

namespace {

std::vector<std::string> labels_of(const Name& name) {
  std::vector<std::string> labels;
  for (Name rest = name; !rest.is_root(); rest = rest.parent()) labels.emplace_back(rest.first_label());
  return labels;
}

// Longer than a name may be: the labels nearest to the root are kept.
Name join(const std::vector<std::string>& labels) {
  Name name;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    if (label->empty()) continue;
    if (auto longer = name.prepend(*label)) name = *longer;
  }
  return name;
}

}  // namespace

Name NearMisses::misspell(const Name& name, const char*& kind) {
  std::vector<std::string> labels = labels_of(name);
  if (labels.empty()) return name;
  const std::size_t at = random_.below(labels.size());
  std::string& label = labels[at];
  switch (random_.below(12)) {
    case 0:
    case 1:
      kind = "labels prepended";
      for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) labels.insert(labels.begin(), random_label());
      break;
    case 2:
      kind = "a label removed";
      labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 3:
      kind = "a byte changed";
      label[random_.below(label.size())] =
          static_cast<char>(random_.below(4) ? 'a' + random_.below(26) : random_.below(256));
      break;
    case 4:
      kind = "an ancestor";
      labels.erase(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(at + 1));
      break;
    case 5:
      kind = "other case";
      for (std::string& each : labels)
        for (char& c : each)
          if (static_cast<unsigned char>((c | 0x20) - 'a') < 26 && random_.below(2))
            c = static_cast<char>(c ^ 0x20);
      break;
    case 6:
      kind = "out of zone";
      labels.back() = random_label();
      break;
    case 7:
      kind = "an asterisk for a label";
      label = "*";
      break;
    case 8: {
      kind = "below another name";
      const std::vector<std::string> above = labels_of(any_record().owner);
      labels.resize(1);
      labels.insert(labels.end(), above.begin(), above.end());
      break;
    }
    case 9:
      kind = "a byte removed";
      label.erase(random_.below(label.size()), 1);
      break;
    case 10:
      kind = "a label inserted";
      labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(at), random_label());
      break;
    default:
      kind = "a name as it stands";
  }
  return join(labels);
}

Asked NearMisses::next() {
  static constexpr Type kUsual[] = {Type::A,     Type::AAAA, Type::MX,  Type::TXT, Type::NS,    Type::SOA,
                                    Type::CNAME, Type::DS,   Type::SRV, Type::CAA, Type::HTTPS, Type::PTR};
  static constexpr std::uint16_t kOdd[] = {0,  3,  13, 24,  25,  30,  39,  46,    47,    48,    50,   51,
                                           61, 64, 99, 128, 249, 253, 254, 32769, 65280, 65281, 65535};
  static constexpr std::uint16_t kSizes[] = {0, 0, 512, 1232, 1232, 4096, 65535, 100};
  const dns::Record& record = any_record();
  Asked asked;
  Name base = record.owner;
  if (random_.below(8) == 0) {  // a name that some record points to
    const auto targets = dns::names_in(record.type, record.rdata);
    if (!targets.empty()) {
      const auto& target = targets[random_.below(targets.size())];
      if (const auto name =
              Name::from_wire(std::string_view(record.rdata).substr(target.offset, target.size)))
        base = *name;
    }
  }
  asked.name = std::string(misspell(base, asked.kind).wire());
  const std::uint64_t kind = random_.below(100);
  asked.type = kind < 50   ? kUsual[random_.below(std::size(kUsual))]
               : kind < 90 ? record.type
               : kind < 98 ? static_cast<Type>(kOdd[random_.below(std::size(kOdd))])
               : kind < 99 ? Type::ANY
                           : static_cast<Type>(random_.below(65536));
  // Transfers and meta-types are other protocols (OPT and TSIG are not types one can ask for).
  if (asked.type == Type::AXFR || asked.type == Type::IXFR || asked.type == Type::OPT ||
      asked.type == Type::TSIG)
    asked.type = Type::A;
  const std::uint64_t klass = random_.below(200);
  if (klass < 4) asked.klass = std::array{Class::CH, Class::ANY, Class::NONE, static_cast<Class>(4)}[klass];
  asked.recursion_desired = random_.below(2);
  asked.udp_size = kSizes[random_.below(std::size(kSizes))];
  asked.dnssec_ok = asked.udp_size && random_.below(4) == 0;
  return asked;
}

}  // namespace meridian::differential
