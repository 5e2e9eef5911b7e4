#include "services/route53/cidr_blocks.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace meridian::services::route53 {
namespace {

constexpr unsigned kV4BitsMax = 24;
constexpr unsigned kV6BitsMax = 48;

}  // namespace

Checked<net::Cidr> parse_cidr_block(std::string_view text) {
  auto block = net::Cidr::parse(text);
  if (!block) return std::unexpected(fmt::format("Invalid CIDR block: {}", block.error().message));
  unsigned most = block->base.is_v4() ? kV4BitsMax : kV6BitsMax;
  if (block->bits < 1 || block->bits > most)
    return std::unexpected(
        fmt::format("Invalid CIDR block: the prefix length of '{}' is not between /1 and /{}", text, most));
  return *block;
}

CidrOutcome apply_cidr_changes(const std::vector<CidrLocation>& before,
                               const std::vector<CidrChange>& changes) {
  std::map<std::string, std::set<net::Cidr>> after;
  for (const CidrLocation& location : before)
    after[location.name].insert(location.blocks.begin(), location.blocks.end());
  for (const CidrChange& change : changes) {
    auto& blocks = after[change.location];
    for (const net::Cidr& block : change.blocks) {
      if (change.put) {
        blocks.insert(block);
      } else {
        blocks.erase(block);
      }
    }
  }

  CidrOutcome out;
  std::map<net::Cidr, std::string_view> places;
  for (const auto& [name, blocks] : after) {
    for (const net::Cidr& block : blocks) {
      auto [place, fresh] = places.try_emplace(block, name);
      if (!fresh && out.conflict.empty())
        out.conflict =
            fmt::format("The CIDR block {} is already in use: it cannot be in the locations {} and {}.",
                        block.to_string(), place->second, name);
    }
    if (!blocks.empty()) out.locations.push_back({name, {blocks.begin(), blocks.end()}});
  }
  out.block_count = places.size();
  for (const CidrLocation& location : before)
    if (after[location.name].empty()) out.emptied.push_back(location.name);
  return out;
}

}  // namespace meridian::services::route53
