// The DNS engine's pure core: one query and one snapshot in, one reply out. No I/O, no clock, no lock; the
// same inputs give the same bytes. Rule: the reply never exceeds what the client can take, and never holds a
// part of an RRset.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "engines/dns/cookies.h"
#include "engines/dns/trace.h"
#include "net/address.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::snapshots::dns {
enum class PolicyKind : std::uint8_t;
}
namespace meridian::snapshots::location {
class Locations;
struct Place;
}  // namespace meridian::snapshots::location

namespace meridian::engines::dns {

enum class Transport : std::uint8_t { Udp, Tcp, Tls };

// What a server says about itself in every reply.
struct ServerIdentity {
  static constexpr std::size_t kNsidSizeMax = 128;

  std::string nsid;  // RFC 5001; empty: not told. What is beyond kNsidSizeMax is not sent.
  CookieSecret cookie_secret{};
  std::uint16_t udp_payload_size_max =
      1232;  // what fits any path unfragmented (DNS flag day 2020); at least 512
};

struct AnswerContext {
  const net::Address& client;
  Transport transport;
  Random& random;  // order of values, draws of policies; need not be strong
  const ServerIdentity& identity;
  SystemTime now;
  const snapshots::location::Locations* locations = nullptr;  // null: nothing is known of any client
  // Not on the wire: as if the client were there, and nothing known of its address.
  const snapshots::location::Place* place = nullptr;
};

enum class AnswerKind : std::uint8_t {
  Malformed,  // no query, or one of an opcode or EDNS version that is not served
  Refused,    // in no zone of ours
  Positive,
  NoData,
  NameError,
  Referral,
};

// What choosing by routing policies did for one query.
struct ChoiceNotes {
  std::uint8_t policies = 0;      // those that chose; a bit for each PolicyKind
  bool failed_open = false;       // a policy found nobody healthy and chose as if all were
  bool gave_up = false;           // the health below some alias was taken for granted: kEvaluationsMax
  std::uint32_t evaluations = 0;  // looks at the health of a candidate

  void add(snapshots::dns::PolicyKind kind, bool open) {
    policies = static_cast<std::uint8_t>(policies | 1u << static_cast<unsigned>(kind));
    failed_open |= open;
  }
};

struct AnswerResult {
  std::size_t size = 0;     // of the reply; 0: no reply is safe
  std::uint16_t rcode = 0;  // the extended one (RFC 6891 §6.1.3)
  bool truncated = false;
  AnswerKind kind = AnswerKind::Malformed;
  // The zone that answered, of the pinned snapshot; of a CNAME chain the last. Null: none did.
  const snapshots::dns::DnsZone* zone = nullptr;
  // Keyed hash of the name that the reply is about: the one asked for, or the closest encloser of a wildcard;
  // the delegated name of a referral; the apex in negative replies. What a flood cannot vary at will.
  std::uint64_t name_hash = 0;
  bool depends_on_client = false;  // another client may get another answer
  ChoiceNotes choices{};
};

inline constexpr std::size_t kUdpSizeMin = 512;  // of `out`, RFC 1035 §4.2.1
inline constexpr std::size_t kTcpSizeMax = 65535;

// Writes the reply to `query` into `out` (at least kUdpSizeMin bytes).
AnswerResult answer(Bytes query, const snapshots::dns::DnsSnapshot& snapshot, const AnswerContext& context,
                    MutableBytes out, Trace* trace = nullptr);

// A reply that says nothing but `rcode`, or, truncated, "ask again over TCP"; with EDNS and its options. Size
// 0 when the query is malformed.
AnswerResult answer_without_records(Bytes query, const AnswerContext& context, MutableBytes out,
                                    meridian::dns::Rcode rcode, bool truncated);

}  // namespace meridian::engines::dns
