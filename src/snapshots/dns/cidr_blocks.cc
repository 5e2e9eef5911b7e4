#include "snapshots/dns/cidr_blocks.h"

#include <algorithm>
#include <bit>
#include <new>

#include "base/bytes.h"

namespace meridian::snapshots::dns {
namespace {

std::uint64_t first_bits(const net::IpAddress& address) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(address.bytes().data());
  return std::uint64_t{load_u32(bytes)} << 32 | (address.is_v4() ? 0 : load_u32(bytes + 4));
}

std::uint64_t last_of(std::uint64_t begin, unsigned bits) {
  return bits == 0 ? ~std::uint64_t{0} : begin | ((std::uint64_t{1} << (64 - bits)) - 1);
}

unsigned bits_in_common(std::uint64_t a, std::uint64_t b) {
  return static_cast<unsigned>(std::countl_zero(a ^ b));
}

}  // namespace

CidrBlocks* CidrBlocks::make(Arena& arena, std::uint64_t hash, const CidrCollection& collection) {
  return new (arena.allocate(sizeof(CidrBlocks))) CidrBlocks(hash, collection);
}

void CidrBlocks::destroy(CidrBlocks* blocks, Arena& arena) {
  blocks->~CidrBlocks();
  arena.release(blocks, sizeof(CidrBlocks));
}

CidrBlocks* CidrBlocks::clone(Arena& arena) const {
  CidrBlocks* copy = new (arena.allocate(sizeof(CidrBlocks))) CidrBlocks(*this);
  copy->refs = 1;
  return copy;
}

CidrBlocks::CidrBlocks(std::uint64_t hash, const CidrCollection& collection)
    : hash_(hash), id_(collection.id) {
  for (const CidrCollection::Location& location : collection.locations) {
    for (const net::Cidr& cidr : location.blocks)
      blocks_.push_back({cidr, static_cast<std::uint16_t>(locations_.size())});
    locations_.push_back(location.name);
  }
  v4_ = cut(true);
  v6_ = cut(false);
}

// Walks the blocks by where they begin, the wider first, with those open at each point on a stack.
CidrBlocks::Ranges CidrBlocks::cut(bool v4) {
  std::vector<std::uint16_t> order;
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    if (blocks_[i].cidr.base.is_v4() == v4) order.push_back(static_cast<std::uint16_t>(i));
  // Of a block given twice, the one given first is found.
  std::ranges::sort(order, [this](std::uint16_t a, std::uint16_t b) {
    const net::Cidr &left = blocks_[a].cidr, &right = blocks_[b].cidr;
    return left != right ? left < right : a > b;
  });
  Ranges out{{0}, {kNone}};
  std::vector<std::uint16_t> open;
  const auto begin = [&out](Prefix at, std::uint16_t block) {
    if (out.begins.back() != at) {
      out.begins.push_back(at);
      out.blocks.push_back(block);
    } else {
      out.blocks.back() = block;
    }
  };
  const auto end_of = [this](std::uint16_t block) {
    return last_of(first_bits(blocks_[block].cidr.base), blocks_[block].cidr.bits);
  };
  const auto close = [&] {
    const Prefix end = end_of(open.back());
    open.pop_back();
    if (end != ~Prefix{0}) begin(end + 1, open.empty() ? kNone : open.back());
  };
  for (const std::uint16_t block : order) {
    const Prefix at = first_bits(blocks_[block].cidr.base);
    while (!open.empty() && end_of(open.back()) < at) close();
    blocks_[block].around = open.empty() ? kNone : open.back();
    open.push_back(block);
    begin(at, block);
  }
  while (!open.empty()) close();
  return out;
}

CidrBlocks::Match CidrBlocks::lookup(const net::IpAddress& address, unsigned bits) const {
  const Ranges& ranges = address.is_v4() ? v4_ : v6_;
  const Prefix at = first_bits(address);
  const std::size_t range =
      static_cast<std::size_t>(std::ranges::upper_bound(ranges.begins, at) - ranges.begins.begin()) - 1;
  // The shortest prefix of the address that lies in this range alone.
  unsigned alone = 0;
  if (range > 0) alone = bits_in_common(at, ranges.begins[range] - 1) + 1;
  if (range + 1 < ranges.begins.size())
    alone = std::max(alone, bits_in_common(at, ranges.begins[range + 1]) + 1);
  Match match;
  match.prefix_bits = static_cast<std::uint8_t>(alone);
  std::uint16_t block = ranges.blocks[range];
  while (block != kNone && blocks_[block].cidr.bits > bits) block = blocks_[block].around;
  if (block == kNone) return match;
  match.location = locations_[blocks_[block].location];
  match.block = blocks_[block].cidr;
  return match;
}

CidrCollection CidrBlocks::collection() const {
  CidrCollection out{id_, {}};
  for (const std::string& name : locations_) out.locations.push_back({name, {}});
  for (const Block& block : blocks_) out.locations[block.location].blocks.push_back(block.cidr);
  return out;
}

}  // namespace meridian::snapshots::dns
