#include "snapshots/dns/delta.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace meridian::snapshots::dns {
namespace {

// The format and its version. The first knew neither policies nor hidden record sets nor collections.
constexpr std::string_view kMagic = "MDD2", kMagicOfSimpleSets = "MDD1";
constexpr std::size_t kZoneCountOffset = 4 + 8 + 8;
// The fewest bytes that an entry of a list can take: bounds what a count from outside may reserve.
constexpr std::size_t kChangeBytesMin = 11, kSetBytesMin = 11, kKeyBytesMin = 4, kValueBytesMin = 2;
constexpr std::size_t kCollectionBytesMin = 3, kLocationBytesMin = 3, kBlockBytesMin = 6;

enum Flag : std::uint8_t {
  kHasHealthCheck = 1,
  kEvaluateTargetHealth = 2,
  kHidden = 4,
  kTargetIsHidden = 8,
  kFlags = 15,
};

void append_short(std::string& out, std::string_view bytes) {
  append_u8(out, static_cast<std::uint8_t>(bytes.size()));
  out += bytes;
}

void append_policy(std::string& out, const Policy& policy) {
  append_u8(out, static_cast<std::uint8_t>(policy.index()));
  if (const auto* weighted = std::get_if<Weighted>(&policy)) {
    append_u8(out, weighted->weight);
  } else if (const auto* failover = std::get_if<Failover>(&policy)) {
    append_u8(out, failover->primary);
  } else if (const auto* latency = std::get_if<Latency>(&policy)) {
    append_short(out, latency->region);
  } else if (const auto* geo = std::get_if<Geolocation>(&policy)) {
    append_short(out, geo->continent);
    append_short(out, geo->country);
    append_short(out, geo->subdivision);
  } else if (const auto* near = std::get_if<Geoproximity>(&policy)) {
    append_short(out, near->region);
    append_u32(out, static_cast<std::uint32_t>(near->latitude));
    append_u32(out, static_cast<std::uint32_t>(near->longitude));
    append_u8(out, static_cast<std::uint8_t>(near->bias));
  } else if (const auto* block = std::get_if<IpBased>(&policy)) {
    append_short(out, block->collection_id);
    append_short(out, block->location);
  }
}

void append_set(std::string& out, const RecordSet& set) {
  append_short(out, set.owner);
  append_u16(out, static_cast<std::uint16_t>(set.type));
  const bool has_check = !set.health_check_id.empty();
  append_u8(out, static_cast<std::uint8_t>((has_check ? kHasHealthCheck : 0) |
                                           (set.evaluate_target_health ? kEvaluateTargetHealth : 0) |
                                           (set.hidden ? kHidden : 0) |
                                           (set.target_is_hidden ? kTargetIsHidden : 0)));
  append_policy(out, set.policy);
  if (has_check) append_short(out, set.health_check_id);
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

template <std::size_t size>
std::array<std::uint8_t, size> bytes_of(std::string_view text) {
  std::array<std::uint8_t, size> out;
  std::ranges::copy(as_bytes(text), out.begin());
  return out;
}

std::size_t bounded(std::size_t count, std::size_t bytes_min, const ByteReader& in) {
  return std::min(count, in.remaining() / bytes_min);
}

Result<Policy> read_policy(ByteReader& in) {
  const auto text = [&in] { return std::string(take_short(in)); };
  switch (in.u8()) {  // the index in Policy
    case 0:
      return Simple{};
    case 1:
      return Weighted{in.u8()};
    case 2: {
      const std::uint8_t primary = in.u8();
      if (primary > 1) return invalid("unknown kind of failover");
      return Failover{primary == 1};
    }
    case 3:
      return Latency{text()};
    case 4: {
      Geolocation policy;
      policy.continent = text();
      policy.country = text();
      policy.subdivision = text();
      return policy;
    }
    case 5: {
      Geoproximity policy;
      policy.region = text();
      policy.latitude = static_cast<std::int32_t>(in.u32());
      policy.longitude = static_cast<std::int32_t>(in.u32());
      policy.bias = static_cast<std::int8_t>(in.u8());
      return policy;
    }
    case 6:
      return Multivalue{};
    case 7: {
      IpBased policy;
      policy.collection_id = text();
      policy.location = text();
      return policy;
    }
    default:
      return invalid("unknown routing policy");
  }
}

Result<RecordSet> read_set(ByteReader& in, bool simple_only) {
  RecordSet set;
  set.owner = take_short(in);
  set.type = static_cast<Type>(in.u16());
  if (!simple_only) {
    const std::uint8_t flags = in.u8();
    if (flags & ~kFlags) return invalid("unknown kind of record set");
    set.policy = TRY(read_policy(in));
    if (flags & kHasHealthCheck) {
      set.health_check_id = take_short(in);
      if (set.health_check_id.empty()) return invalid("a health check without an id");
    }
    set.evaluate_target_health = flags & kEvaluateTargetHealth;
    set.hidden = flags & kHidden;
    set.target_is_hidden = flags & kTargetIsHidden;
  }
  set.set_identifier = take_short(in);
  set.ttl = in.u32();
  set.alias_target = take_short(in);
  const std::size_t values = in.u16();
  set.rdata.reserve(bounded(values, kValueBytesMin, in));
  for (std::size_t i = 0; i < values && in.ok(); ++i) set.rdata.emplace_back(as_text(in.take(in.u16())));
  return set;
}

Result<RecordSetKey> read_key(ByteReader& in, bool simple_only) {
  RecordSetKey key;
  key.owner = take_short(in);
  key.type = static_cast<Type>(in.u16());
  key.set_identifier = take_short(in);
  const std::uint8_t hidden = simple_only ? 0 : in.u8();
  if (hidden > 1) return invalid("unknown kind of removed record set");
  key.hidden = hidden == 1;
  return key;
}

Result<CidrCollection> read_collection(ByteReader& in) {
  CidrCollection collection;
  collection.id = take_short(in);
  const std::size_t locations = in.u16();
  collection.locations.reserve(bounded(locations, kLocationBytesMin, in));
  for (std::size_t i = 0; i < locations && in.ok(); ++i) {
    CidrCollection::Location& location = collection.locations.emplace_back();
    location.name = take_short(in);
    const std::size_t blocks = in.u16();
    location.blocks.reserve(bounded(blocks, kBlockBytesMin, in));
    for (std::size_t j = 0; j < blocks && in.ok(); ++j) {
      net::Cidr& block = location.blocks.emplace_back();
      block.bits = in.u8();
      const std::string_view address = take_short(in);
      if (address.size() == 4)
        block.base = net::IpAddress::v4(bytes_of<4>(address));
      else if (address.size() == 16)
        block.base = net::IpAddress::v6(bytes_of<16>(address));
      else
        return invalid("a CIDR block of no address family");
    }
  }
  if (!in.ok()) return invalid("it ends inside a CIDR collection");
  return collection;
}

Result<ZoneChange> read_change(ByteReader& in, bool simple_only) {
  ZoneChange change;
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(ZoneChange::Kind::Remove))
    return invalid("unknown kind of zone change");
  change.kind = static_cast<ZoneChange::Kind>(kind);
  change.zone_id = take_short(in);
  change.apex = take_short(in);
  const std::size_t puts = in.u32();
  change.puts.reserve(bounded(puts, kSetBytesMin, in));
  for (std::size_t i = 0; i < puts && in.ok(); ++i) change.puts.push_back(TRY(read_set(in, simple_only)));
  const std::size_t removes = in.u32();
  change.removes.reserve(bounded(removes, kKeyBytesMin, in));
  for (std::size_t i = 0; i < removes && in.ok(); ++i)
    change.removes.push_back(TRY(read_key(in, simple_only)));
  if (!in.ok()) return invalid("it ends inside a zone");
  return change;
}

Result<void> read_collections(ByteReader& in, Delta& delta) {
  const std::size_t puts = in.u32();
  delta.collection_puts.reserve(bounded(puts, kCollectionBytesMin, in));
  for (std::size_t i = 0; i < puts && in.ok(); ++i) delta.collection_puts.push_back(TRY(read_collection(in)));
  const std::size_t removes = in.u32();
  for (std::size_t i = 0; i < removes && in.ok(); ++i) delta.collection_removes.emplace_back(take_short(in));
  return {};
}

Result<Delta> read_delta(std::string_view bytes) {
  const bool simple_only = bytes.starts_with(kMagicOfSimpleSets);
  if (!simple_only && !bytes.starts_with(kMagic)) return invalid("unknown format");
  ByteReader in(bytes.substr(kMagic.size()));
  Delta delta;
  delta.from = in.u64();
  delta.to = in.u64();
  const std::size_t zones = in.u32();
  delta.zones.reserve(bounded(zones, kChangeBytesMin, in));
  for (std::size_t i = 0; i < zones; ++i) delta.zones.push_back(TRY(read_change(in, simple_only)));
  if (!simple_only) TRY(read_collections(in, delta));
  if (!in.ok()) return invalid("it ends inside its head");
  if (!in.at_end()) return invalid("bytes behind its end");
  return delta;
}

}  // namespace

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
    append_u8(out_, key.hidden);
  }
}

void DeltaEncoder::add(const CidrCollection& collection) {
  ++collections_;
  append_short(collections_out_, collection.id);
  append_u16(collections_out_, static_cast<std::uint16_t>(collection.locations.size()));
  for (const CidrCollection::Location& location : collection.locations) {
    append_short(collections_out_, location.name);
    append_u16(collections_out_, static_cast<std::uint16_t>(location.blocks.size()));
    for (const net::Cidr& block : location.blocks) {
      append_u8(collections_out_, block.bits);
      append_short(collections_out_, block.base.bytes());
    }
  }
}

void DeltaEncoder::remove_collection(std::string_view id) {
  ++removed_collections_;
  append_short(removed_collections_out_, id);
}

std::string DeltaEncoder::finish() && {
  store_u32(reinterpret_cast<std::uint8_t*>(out_.data()) + kZoneCountOffset, zones_);
  append_u32(out_, collections_);
  out_ += collections_out_;
  append_u32(out_, removed_collections_);
  out_ += removed_collections_out_;
  return std::move(out_);
}

std::string encode(const Delta& delta) {
  DeltaEncoder encoder(delta.from, delta.to);
  for (const ZoneChange& change : delta.zones) encoder.add(change);
  for (const CidrCollection& collection : delta.collection_puts) encoder.add(collection);
  for (const std::string& id : delta.collection_removes) encoder.remove_collection(id);
  return std::move(encoder).finish();
}

Result<Delta> decode(std::string_view bytes) {
  Result<Delta> delta = read_delta(bytes);
  if (!delta) return invalid(fmt::format("DNS delta: {}", delta.error().message));
  TRY(check(*delta));
  return delta;
}

}  // namespace meridian::snapshots::dns
