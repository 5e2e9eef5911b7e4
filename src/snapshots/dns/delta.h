// What changes in the DNS data: the unit that the compiler makes, the feed carries, the disk keeps and an
// engine applies. A full image is a delta from revision 0: Replace changes only, zones of one apex in the
// order they were made. Shapes: names are uncompressed lower-case wire names; RDATA is uncompressed wire
// form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/dns/types.h"

namespace meridian::snapshots::dns {

using meridian::dns::Type;

inline constexpr std::size_t kZoneIdSizeMax = 64;
inline constexpr std::size_t kSetIdentifierSizeMax = 128;
inline constexpr std::size_t kValuesMax = 1024;       // of one record set; Route 53 allows 400
inline constexpr std::size_t kSetBytesMax = 65535;    // what a message could ever carry of one record set
inline constexpr std::uint32_t kTtlMax = 0x7fffffff;  // RFC 2181 §8

// A record set answers with its own values, or with those of another name of the same zone.
struct RecordSet {
  std::string owner;
  Type type = Type::A;
  std::string set_identifier;      // empty: the only set of its name and type (routing policies come later)
  std::uint32_t ttl = 0;           // seconds
  std::vector<std::string> rdata;  // empty for an alias
  std::string alias_target;        // owner name of the target in the same zone; empty: not an alias
};

struct RecordSetKey {
  std::string owner;
  Type type = Type::A;
  std::string set_identifier;
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
};

// Whether everything in the delta is well-formed and in range: names, TTLs, RDATA that fits its type, owners
// and alias targets inside their zone. What a sender in the same process calls before apply().
Result<void> check(const Delta& delta);

// Writes the encoded form one zone at a time, for what is too large to stand in memory twice.
class DeltaEncoder {
 public:
  DeltaEncoder(std::uint64_t from, std::uint64_t to);
  void add(const ZoneChange& change);
  std::string finish() &&;

 private:
  std::string out_;
  std::uint32_t zones_ = 0;
};
std::string encode(const Delta& delta);
// Refuses whole what is malformed or fails check(): nothing of it can then be applied.
Result<Delta> decode(std::string_view bytes);

}  // namespace meridian::snapshots::dns
