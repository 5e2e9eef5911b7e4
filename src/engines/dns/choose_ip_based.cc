#include "engines/dns/policies.h"

namespace meridian::engines::dns {
namespace {
constexpr std::string_view kDefault = "*";
}

// The location of the longest block that holds the client, then the default.
void rank_ip_based(const RecordGroup& group, const snapshots::dns::DnsSnapshot& snapshot, ClientPlace& client,
                   Ranking& ranking) {
  (void)snapshot;
  (void)client;
  for (const std::string_view location : {kDefault})
    for (std::size_t i = 0; i < group.size(); ++i)
      if (group.at(i).location == location) ranking.add(i);
}

}  // namespace meridian::engines::dns
