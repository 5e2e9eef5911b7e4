#include "net/public_address.h"

#include <algorithm>
#include <vector>

namespace meridian::net {
namespace {

constexpr std::string_view kNotPublic[] = {
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",  "240.0.0.0/4",    "::/8",           "2001::/32",      "2001:10::/28",
    "2001:db8::/32",  "2002::/16",    "fc00::/7",       "fe80::/10",      "ff00::/8"};

std::vector<Cidr> parsed() {
  std::vector<Cidr> blocks;
  for (const std::string_view block : kNotPublic) blocks.push_back(Cidr::parse(block).value());
  return blocks;
}

}  // namespace

bool is_public(const IpAddress& address) {
  static const std::vector<Cidr> blocks = parsed();
  return std::ranges::none_of(blocks, [&](const Cidr& block) { return block.contains(address); });
}

}  // namespace meridian::net
