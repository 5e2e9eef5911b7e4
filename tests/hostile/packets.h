// Datagrams that an attacker sends: broken in every way we know, or well-formed and far too many.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"

namespace meridian::hostile {

enum class Kind : std::uint8_t {
  RandomBytes,
  Malformed,         // queries with bytes changed, cut off, added, counts that lie
  CompressionLoops,  // names that point at themselves, forward, in chains, beyond the end
  Edns,  // options that lie about their length, too many of them, several OPT, bad cookies and subnets
  TypesAndOpcodes,  // any type, class, opcode and flags
  Flood,            // good queries for names that exist
  RandomNames,      // good queries for names that do not
  Responses,        // what claims to be an answer
  Oversized,        // longer than any query
};
inline constexpr std::size_t kKinds = 9;
inline constexpr std::size_t kPacketBytesMax = 9000;

struct Target {
  std::string zone;    // wire
  unsigned names = 1;  // h0 to h(names - 1) exist
};

// One datagram of `kind`; its size.
std::size_t make_packet(Kind kind, const Target& target, Random& random,
                        std::span<std::uint8_t, kPacketBytesMax> out);

// A query for `label` in the zone.
std::string query_for(std::uint16_t id, std::string_view label, std::string_view zone_wire,
                      std::uint16_t type);

}  // namespace meridian::hostile
