// What changes in the DNS data: the unit that the compiler makes, the feed carries, the disk keeps and an
// engine applies. A full image is a delta from revision 0: Replace changes only, zones of one apex in the
// order they were made. Shapes: names are uncompressed lower-case wire names; RDATA is uncompressed wire
// form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "formats/dns/types.h"
#include "net/address.h"

namespace meridian::snapshots::dns {

using meridian::dns::Type;

inline constexpr std::size_t kZoneIdSizeMax = 64;
inline constexpr std::size_t kSetIdentifierSizeMax = 128;
inline constexpr std::size_t kGroupSizeMax = 100;  // record sets of one name and type (DNSLimitations page)
inline constexpr std::size_t kHealthCheckIdSizeMax = 64;
inline constexpr std::size_t kRegionSizeMax = 32;  // of a Region, known here or not
inline constexpr std::size_t kCidrCollectionIdSizeMax = 64;
inline constexpr std::size_t kCidrLocationSizeMax = 16;
inline constexpr std::size_t kCidrBlocksMax = 1000;   // of one collection
inline constexpr std::size_t kValuesMax = 1024;       // of one record set; Route 53 allows 400
inline constexpr std::size_t kSetBytesMax = 65535;    // what a message could ever carry of one record set
inline constexpr std::uint32_t kTtlMax = 0x7fffffff;  // RFC 2181 §8

// How one record set of several with the same name and type is chosen. All of a name and type are of one
// kind. Codes are as Route 53 spells them.
struct Weighted {
  std::uint8_t weight = 0;
  bool operator==(const Weighted&) const = default;
};
struct Failover {
  bool primary = false;
  bool operator==(const Failover&) const = default;
};
struct Latency {
  std::string region;  // "eu-west-1"
  bool operator==(const Latency&) const = default;
};
struct Geolocation {
  std::string continent, country, subdivision;  // country "*": for clients that no other one fits
  bool operator==(const Geolocation&) const = default;
};
// Where the endpoint is: a Region's place, or coordinates when `region` is empty.
struct Geoproximity {
  std::string region;
  std::int32_t latitude = 0, longitude = 0;  // hundredths of a degree, -9000..9000 and -18000..18000
  std::int8_t bias = 0;                      // -99..99
  bool operator==(const Geoproximity&) const = default;
};
struct Multivalue {
  bool operator==(const Multivalue&) const = default;
};
struct IpBased {
  std::string collection_id, location;  // location "*": for clients in no block of the collection
  bool operator==(const IpBased&) const = default;
};
using Simple = std::monostate;  // the only record set of its name and type
using Policy =
    std::variant<Simple, Weighted, Failover, Latency, Geolocation, Geoproximity, Multivalue, IpBased>;

// A record set answers with its own values, or with those of another name of the same zone.
struct RecordSet {
  std::string owner;
  Type type = Type::A;
  std::string set_identifier;      // empty exactly for Simple
  std::uint32_t ttl = 0;           // seconds
  std::vector<std::string> rdata;  // empty for an alias
  // Owner name of the target, in the same zone if that is at or below its apex, else in another one: a name
  // of AWS's own; empty: not an alias.
  std::string alias_target;
  Policy policy{};
  std::string health_check_id{};        // empty: always healthy by itself
  bool evaluate_target_health = false;  // of an alias
  // Hidden record sets (of traffic policy instances) are found by aliases only: no question reaches them, and
  // their names neither exist nor block wildcards. An alias leads to hidden or to visible ones, never both.
  bool hidden = false;
  bool target_is_hidden = false;
};

struct RecordSetKey {
  std::string owner;
  Type type = Type::A;
  std::string set_identifier;
  bool hidden = false;
};

// Named lists of address blocks, for IP-based routing. A change carries the whole collection.
struct CidrCollection {
  struct Location {
    std::string name;  // 1 to 16 characters
    std::vector<net::Cidr> blocks;
  };
  std::string id;
  std::vector<Location> locations;
};

struct ZoneChange {
  enum class Kind : std::uint8_t {
    Replace,  // the zone is exactly `puts`; `removes` is empty
    Edit,     // `removes`, then `puts`; the zone is there already
    Remove,   // the zone is gone; both lists are empty
  } kind = Kind::Edit;
  std::string zone_id;  // "Z…", unique; several zones may share an apex
  std::string apex;
  std::vector<RecordSet> puts;
  std::vector<RecordSetKey> removes;
};

struct Delta {
  std::uint64_t from = 0;  // the revision it applies to; 0: a full image
  std::uint64_t to = 0;
  std::vector<ZoneChange> zones;
  std::vector<CidrCollection> collection_puts{};
  std::vector<std::string> collection_removes{};  // ids; of what is not there is no error

  bool changes_nothing() const {
    return zones.empty() && collection_puts.empty() && collection_removes.empty();
  }
};

// Whether everything in the delta is well-formed and in range: names, TTLs, RDATA that fits its type, owners
// inside their zone. What a sender in the same process calls before apply().
Result<void> check(const Delta& delta);

// Writes the encoded form one zone at a time, for what is too large to stand in memory twice.
class DeltaEncoder {
 public:
  DeltaEncoder(std::uint64_t from, std::uint64_t to);
  void add(const ZoneChange& change);
  void add(const CidrCollection& collection);
  void remove_collection(std::string_view id);
  std::string finish() &&;

 private:
  std::string out_, collections_out_, removed_collections_out_;
  std::uint32_t zones_ = 0, collections_ = 0, removed_collections_ = 0;
};
std::string encode(const Delta& delta);
// Refuses whole what is malformed or fails check(): nothing of it can then be applied.
Result<Delta> decode(std::string_view bytes);

}  // namespace meridian::snapshots::dns
