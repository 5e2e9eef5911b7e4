#include "engines/dns/policies.h"

namespace meridian::engines::dns {

CidrMatch cidr_match(const RecordGroup& group, const snapshots::dns::DnsSnapshot& snapshot,
                     ClientPlace& client) {
  const auto* blocks = snapshot.find_collection(group.collection_hash(), group.collection_id());
  if (!blocks) return {};
  const ClientBlock& block = client.block();
  return blocks->lookup(block.address, block.bits);
}

// The location of the smallest block that all of the client's network is in, then the default.
void rank_ip_based(const RecordGroup& group, const snapshots::dns::DnsSnapshot& snapshot, ClientPlace& client,
                   Ranking& ranking) {
  static constexpr std::string_view kDefault = "*";
  const CidrMatch match = cidr_match(group, snapshot, client);
  client.depend_on(match.prefix_bits);
  for (const std::string_view location : {match.location, kDefault})
    for (std::size_t i = 0; i < group.size(); ++i)
      if (group.at(i).location == location) ranking.add(i);
}

}  // namespace meridian::engines::dns
