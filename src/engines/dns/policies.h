// What each routing policy makes of one group of candidates and one client. Ranked policies say in which
// order the candidates come for this client: the first healthy one answers, or the first when none is.
// Drawing policies draw among those that are healthy, or among all when none is.
//
// Rule: candidates of equal rank stand in the order of their set identifiers, so that edges agree.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>

#include "base/random.h"
#include "engines/dns/client_place.h"
#include "snapshots/dns/record_group.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::engines::dns {

using snapshots::dns::Candidate;
using snapshots::dns::PolicyKind;
using snapshots::dns::RecordGroup;

inline constexpr std::array<const char*, 8> kPolicyNames{
    // by PolicyKind
    "simple", "weighted", "failover", "latency", "geolocation", "geoproximity", "multivalue", "ip_based"};

inline constexpr std::size_t kMultivalueMax = 8;  // record sets one answer is made of

// Candidates by their index, the preferred first. Those that do not serve the client are not in it.
struct Ranking {
  std::array<std::uint8_t, snapshots::dns::kGroupSizeMax> order;
  std::size_t size = 0;

  void add(std::size_t candidate) { order[size++] = static_cast<std::uint8_t>(candidate); }
};
using CandidateSet = std::bitset<snapshots::dns::kGroupSizeMax>;

void rank_failover(const RecordGroup& group, Ranking& ranking);
void rank_latency(const RecordGroup& group, ClientPlace& client, Ranking& ranking);
void rank_geolocation(const RecordGroup& group, ClientPlace& client, Ranking& ranking);
void rank_geoproximity(const RecordGroup& group, ClientPlace& client, Ranking& ranking);
void rank_ip_based(const RecordGroup& group, const snapshots::dns::DnsSnapshot& snapshot, ClientPlace& client,
                   Ranking& ranking);

struct Draw {
  std::size_t candidate = 0;
  std::uint64_t number = 0, total = 0;  // drawn in [0, total)
};
Draw draw_weighted(const RecordGroup& group, const CandidateSet& among, Random& random);
// Up to kMultivalueMax of them, every selection with the same odds.
void draw_multivalue(const RecordGroup& group, const CandidateSet& among, Random& random, Ranking& chosen);

using CidrMatch = snapshots::dns::CidrBlocks::Match;
CidrMatch cidr_match(const RecordGroup& group, const snapshots::dns::DnsSnapshot& snapshot,
                     ClientPlace& client);

// By what candidates are ranked; for them and for explain.
std::uint32_t latency_us(regions::RegionIndex region, ClientPlace& client);
struct Distance {
  float km = 0, biased_km = 0;
};
Distance distance(const Candidate& candidate, ClientPlace& client);

}  // namespace meridian::engines::dns
