#include "snapshots/dns/delta.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "formats/dns/name.h"
#include "formats/dns/rdata.h"

namespace meridian::snapshots::dns {
namespace {

using meridian::dns::check_rdata;
using meridian::dns::Name;

constexpr std::string_view kMagic = "MDD1";  // the format and its version
constexpr std::size_t kZoneCountOffset = 4 + 8 + 8;
// The fewest bytes that an entry of a list can take: bounds what a count from outside may reserve.
constexpr std::size_t kChangeBytesMin = 11, kSetBytesMin = 11, kKeyBytesMin = 4, kValueBytesMin = 2;

std::string shown(std::string_view wire) {
  const Result<Name> name = Name::from_wire(wire);
  return name ? name->to_string() : "(no name)";
}

Result<Name> check_name(std::string_view wire, const char* what) {
  Result<Name> name = Name::from_wire(wire);
  if (!name) return invalid(fmt::format("{} is not a wire name: {}", what, name.error().message));
  if (name->lower().wire() != wire)
    return invalid(fmt::format("{} {} is not in lower case", what, name->to_string()));
  return name;
}

Result<void> check_owner(std::string_view wire, const Name& apex, const char* what) {
  const Name name = TRY(check_name(wire, what));
  if (!name.is_under(apex))
    return invalid(fmt::format("{} {} is outside the zone {}", what, name.to_string(), apex.to_string()));
  return {};
}

// RFC 6895 §3.1: zero and 128 to 255 are for questions and transport; OPT is neither data. DNAME asks for a
// redirection that the engine does not make.
bool can_be_stored(Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  return number != 0 && (number < 128 || number > 255) && type != Type::OPT && type != Type::DNAME;
}

Result<void> check_values(const RecordSet& set) {
  std::size_t total = 0;
  for (const std::string& value : set.rdata) {
    total += value.size() + kValueBytesMin;
    TRY(check_rdata(set.type, value));
  }
  if (total > kSetBytesMax) return invalid(fmt::format("its values take more than {} bytes", kSetBytesMax));
  // Route 53 and RFC 2181 §10.1 know one value only.
  const bool single = set.type == Type::CNAME || set.type == Type::SOA;
  if (single && set.rdata.size() > 1) return invalid("it has more than one value");
  return {};
}

Result<void> check_contents(const RecordSet& set, const Name& apex) {
  if (!can_be_stored(set.type)) return invalid("this type is not served");
  if (set.set_identifier.size() > kSetIdentifierSizeMax) return invalid("its identifier is too long");
  if (set.ttl > kTtlMax) return invalid(fmt::format("its TTL is above {}", kTtlMax));
  if (set.type == Type::SOA && set.owner != apex.wire()) return invalid("SOA belongs at the apex");
  if (set.rdata.size() > kValuesMax) return invalid(fmt::format("it has more than {} values", kValuesMax));
  if (set.alias_target.empty()) {
    if (set.rdata.empty()) return invalid("it has neither values nor an alias target");
    return check_values(set);
  }
  if (!set.rdata.empty()) return invalid("it has both values and an alias target");
  if (set.type == Type::NS || set.type == Type::SOA) return invalid("NS and SOA cannot be aliases");
  return check_owner(set.alias_target, apex, "alias target");
}

Result<void> check_change(const ZoneChange& change) {
  if (change.zone_id.empty() || change.zone_id.size() > kZoneIdSizeMax) return invalid("bad zone id");
  const Name apex = TRY(check_name(change.apex, "apex"));
  if (change.kind != ZoneChange::Kind::Edit && !change.removes.empty())
    return invalid("removes in a whole zone");
  if (change.kind == ZoneChange::Kind::Remove && !change.puts.empty())
    return invalid("puts in a removed zone");
  for (const RecordSetKey& key : change.removes) TRY(check_owner(key.owner, apex, "owner"));
  for (const RecordSet& set : change.puts) {
    TRY(check_owner(set.owner, apex, "owner"));
    if (const Result<void> good = check_contents(set, apex); !good)
      return invalid(fmt::format("{} {}: {}", shown(set.owner), meridian::dns::to_string(set.type),
                                 good.error().message));
  }
  return {};
}

void append_short(std::string& out, std::string_view bytes) {
  append_u8(out, static_cast<std::uint8_t>(bytes.size()));
  out += bytes;
}

void append_set(std::string& out, const RecordSet& set) {
  append_short(out, set.owner);
  append_u16(out, static_cast<std::uint16_t>(set.type));
  append_short(out, set.set_identifier);
  append_u32(out, set.ttl);
  append_short(out, set.alias_target);
  append_u16(out, static_cast<std::uint16_t>(set.rdata.size()));
  for (const std::string& value : set.rdata) {
    append_u16(out, static_cast<std::uint16_t>(value.size()));
    out += value;
  }
}

std::string_view take_short(ByteReader& in) {
  return as_text(in.take(in.u8()));
}

std::size_t bounded(std::size_t count, std::size_t bytes_min, const ByteReader& in) {
  return std::min(count, in.remaining() / bytes_min);
}

RecordSet read_set(ByteReader& in) {
  RecordSet set;
  set.owner = take_short(in);
  set.type = static_cast<Type>(in.u16());
  set.set_identifier = take_short(in);
  set.ttl = in.u32();
  set.alias_target = take_short(in);
  const std::size_t values = in.u16();
  set.rdata.reserve(bounded(values, kValueBytesMin, in));
  for (std::size_t i = 0; i < values && in.ok(); ++i) set.rdata.emplace_back(as_text(in.take(in.u16())));
  return set;
}

RecordSetKey read_key(ByteReader& in) {
  RecordSetKey key;
  key.owner = take_short(in);
  key.type = static_cast<Type>(in.u16());
  key.set_identifier = take_short(in);
  return key;
}

Result<ZoneChange> read_change(ByteReader& in) {
  ZoneChange change;
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(ZoneChange::Kind::Remove))
    return invalid("unknown kind of zone change");
  change.kind = static_cast<ZoneChange::Kind>(kind);
  change.zone_id = take_short(in);
  change.apex = take_short(in);
  const std::size_t puts = in.u32();
  change.puts.reserve(bounded(puts, kSetBytesMin, in));
  for (std::size_t i = 0; i < puts && in.ok(); ++i) change.puts.push_back(read_set(in));
  const std::size_t removes = in.u32();
  change.removes.reserve(bounded(removes, kKeyBytesMin, in));
  for (std::size_t i = 0; i < removes && in.ok(); ++i) change.removes.push_back(read_key(in));
  if (!in.ok()) return invalid("it ends inside a zone");
  return change;
}

Result<Delta> read_delta(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return invalid("unknown format");
  ByteReader in(bytes.substr(kMagic.size()));
  Delta delta;
  delta.from = in.u64();
  delta.to = in.u64();
  const std::size_t zones = in.u32();
  delta.zones.reserve(bounded(zones, kChangeBytesMin, in));
  for (std::size_t i = 0; i < zones; ++i) delta.zones.push_back(TRY(read_change(in)));
  if (!in.ok()) return invalid("it ends inside its head");
  if (!in.at_end()) return invalid("bytes behind its end");
  return delta;
}

}  // namespace

Result<void> check(const Delta& delta) {
  if (delta.from != 0 && delta.to <= delta.from)
    return invalid(fmt::format("DNS delta goes from revision {} to {}", delta.from, delta.to));
  for (const ZoneChange& change : delta.zones) {
    Result<void> good = delta.from == 0 && change.kind != ZoneChange::Kind::Replace
                            ? invalid("a full image only replaces zones")
                            : check_change(change);
    if (!good) return invalid(fmt::format("DNS delta, zone {}: {}", change.zone_id, good.error().message));
  }
  return {};
}

DeltaEncoder::DeltaEncoder(std::uint64_t from, std::uint64_t to) : out_(kMagic) {
  append_u64(out_, from);
  append_u64(out_, to);
  append_u32(out_, 0);
}

void DeltaEncoder::add(const ZoneChange& change) {
  ++zones_;
  append_u8(out_, static_cast<std::uint8_t>(change.kind));
  append_short(out_, change.zone_id);
  append_short(out_, change.apex);
  append_u32(out_, static_cast<std::uint32_t>(change.puts.size()));
  for (const RecordSet& set : change.puts) append_set(out_, set);
  append_u32(out_, static_cast<std::uint32_t>(change.removes.size()));
  for (const RecordSetKey& key : change.removes) {
    append_short(out_, key.owner);
    append_u16(out_, static_cast<std::uint16_t>(key.type));
    append_short(out_, key.set_identifier);
  }
}

std::string DeltaEncoder::finish() && {
  store_u32(reinterpret_cast<std::uint8_t*>(out_.data()) + kZoneCountOffset, zones_);
  return std::move(out_);
}

std::string encode(const Delta& delta) {
  DeltaEncoder encoder(delta.from, delta.to);
  for (const ZoneChange& change : delta.zones) encoder.add(change);
  return std::move(encoder).finish();
}

Result<Delta> decode(std::string_view bytes) {
  Result<Delta> delta = read_delta(bytes);
  if (!delta) return invalid(fmt::format("DNS delta: {}", delta.error().message));
  TRY(check(*delta));
  return delta;
}

}  // namespace meridian::snapshots::dns
