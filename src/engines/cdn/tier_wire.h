// What edges say to each other of an object: a request and a response of HTTP/1.1, whose own method and
// status are of the conversation alone. What is asked is in fields that begin with `m-`, what the viewer said
// and what the origin answered in fields that begin with `v-`, so that nothing of theirs can frame, or pass
// for, ours. Rule: times go as ages, never as clocks show them; what is read is checked, and refused whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/cdn/ask.h"
#include "engines/cdn/purge_clock.h"

namespace meridian::engines::cdn {

inline constexpr std::string_view kTierWireVersion = "1";
// Of questions for a part of an object. Who speaks the first version alone refuses them, and is passed over.
inline constexpr std::string_view kTierRangeVersion = "2";
inline constexpr std::uint64_t kTierByteMax = std::uint64_t{1} << 62;  // of a range's places, and of lengths
// Why a peer does not answer, as the status of the conversation; who asked goes on to the next.
inline constexpr int kTierUnknown = 404;  // it has no such distribution, or no cache of that Region
inline constexpr int kTierBehind = 409;   // it has invalidations still to come
inline constexpr int kTierForeign = 403;  // the asker is not an edge that it knows

// Which cache is asked: of which Region, and whether in front of the origin; and whether only for what it has
// (tier_look.h), as explain wants to know.
struct TierRole {
  std::string_view region;
  bool shield = false;
  bool look = false;
};

struct TierRequest {
  TierRole role;
  std::string_view distribution_id, method, path, query, request_id;
  PurgePosition wanted;
  net::IpAddress viewer;
  HttpVersion version = HttpVersion::Http11;
  bool tls = false;
  std::string_view have;  // the strong ETag of the copy that the asker has; "": none
  // Of a GET: what of the object is asked for, up to kRangeEnd where that is its last byte.
  std::optional<rules::ByteRange> range;
  std::string_view if_range;  // the strong ETag that the part must be of; "": any
  std::vector<rules::Field> fields;
};
std::string write_tier_request(const Ask& ask, const TierRole& role, const PurgePosition& wanted,
                               std::string_view have);
// The views are into what is given.
Result<TierRequest> read_tier_request(std::string_view path, std::string_view query, rules::Fields fields);

struct TierReply {
  int status = 200;
  Outcome outcome = Outcome::Miss;
  bool stale = false, collapsed = false, kept = false, too_large = false;
  bool same = false;  // the asker's copy has this body
  bool from_shield = false;
  std::optional<rules::Seconds> stands_in;
  std::optional<rules::Refusal> failed;
  rules::StoredLife life;
  rules::LifetimeRule rule = rules::LifetimeRule::NotKept;
  std::optional<std::uint64_t> length;   // of the whole
  std::optional<rules::ByteRange> part;  // all that the body has of the whole, and less than that
  std::vector<rules::Field> fields;
};
// What of the answer's object goes with it.
struct TierBody {
  bool same = false;                          // nothing: the asker has it
  std::optional<rules::ByteRange> part = {};  // no more than that
};
void write_tier_reply(const Answer& answer, rules::Time now, const TierBody& body, rules::FieldList& fields);
Result<TierReply> read_tier_reply(rules::Fields fields, rules::Time now);

// Of a response, "": it has none, or a weak one.
std::string_view strong_etag(rules::Fields fields);

}  // namespace meridian::engines::cdn
