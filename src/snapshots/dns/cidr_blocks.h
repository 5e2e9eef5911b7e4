// CidrBlocks: a CIDR collection as the engine asks it, which location the client's network is in. The blocks
// are cut into ranges that do not overlap, each belonging to its most specific block: one binary search finds
// the answer, whatever lies inside what.
//
// Rule: what lookup() says holds for every address that shares its first `prefix_bits` bits (RFC 7871
// §7.2.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "snapshots/dns/arena.h"
#include "snapshots/dns/delta.h"

namespace meridian::snapshots::dns {

class CidrBlocks {
 public:
  // Blocks of no location, or beyond what check() lets through, are none of its.
  static CidrBlocks* make(Arena& arena, std::uint64_t hash, const CidrCollection& collection);
  static void destroy(CidrBlocks* blocks, Arena& arena);
  CidrBlocks* clone(Arena& arena) const;

  std::uint64_t hash() const { return hash_; }
  const std::string& id() const { return id_; }

  struct Match {
    std::string_view location;  // empty: the network is in no block
    net::Cidr block;            // of which it is a part
    std::uint8_t prefix_bits = 0;
  };
  // Of the network that the first `bits` bits of the address say: the most specific block that contains all
  // of it. prefix_bits is greater than `bits` when there are blocks inside the network.
  Match lookup(const net::IpAddress& address, unsigned bits) const;

  CidrCollection collection() const;  // as it was given

  std::uint32_t refs = 1;

 private:
  static constexpr std::uint16_t kNone = 0xffff;
  using Prefix = std::uint64_t;  // the first 64 bits of an address; no block is longer than 48

  struct Block {
    net::Cidr cidr;
    std::uint16_t location;
    std::uint16_t around = kNone;  // the most specific block that contains it
  };
  // From here to the next range: the most specific block. The first begins at zero.
  struct Ranges {
    std::vector<Prefix> begins;
    std::vector<std::uint16_t> blocks;
  };

  CidrBlocks(std::uint64_t hash, const CidrCollection& collection);
  CidrBlocks(const CidrBlocks&) = default;
  Ranges cut(bool v4);

  std::uint64_t hash_;
  Ranges v4_, v6_;
  std::vector<Block> blocks_;
  std::vector<std::string> locations_;
  std::string id_;
};

}  // namespace meridian::snapshots::dns
