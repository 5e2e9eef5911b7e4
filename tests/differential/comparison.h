// What must be the same in two servers' answers to one question, and what may differ (README.md says why).
#pragma once

#include <array>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "formats/dns/message.h"
#include "questions.h"

namespace meridian::differential {

inline constexpr std::array kServers = {"ours", "knot", "nsd"};
enum Server : std::uint8_t { kOurs, kKnot, kNsd, kServerCount };

// What is compared, one by one, so that each class of differences is about one thing.
enum class Facet : std::uint8_t {
  Reply,      // came, and is a message that can be read
  Question,   // echoed as it was asked
  Rcode,      // with EDNS's high bits
  Flags,      // AA, RD, RA and AD
  Truncated,  // TC
  Edns,       // OPT, if and only if asked with one
  Answer,     // the section as a set, TTLs included
  Soa,        // of the authority section, TTL included
  Referral,   // NS of a cut in the authority section
  Ds,         // in the authority section
  Glue,       // addresses below the cut for that cut's servers
  Unfounded,  // authority or additional records of ours that are not in the zones
};
inline constexpr std::size_t kFacets = 12;
const char* to_string(Facet facet);

// A server's reply, normalised: owner and RDATA names in lower case, no compression, records in order.
struct Answer {
  std::string raw;
  dns::Message message;
  std::array<std::string, kFacets> facets;
  bool tc = false;
  std::size_t glue = 0;

  const std::string& operator[](Facet facet) const { return facets[static_cast<std::size_t>(facet)]; }
};

// What the zones hold: to tell referrals from the apex NS of a positive answer, and invented records from
// real ones.
class Truth {
 public:
  explicit Truth(const std::vector<ZoneData>& zones);
  bool is_apex(const dns::Name& name) const { return apexes_.contains(name); }
  bool has(const dns::Record& record) const;
  // The origin of the zone that answers for `name`; null: out of all zones.
  const dns::Name* zone_of(const dns::Name& name) const;
  // Whether a zone has data at or below `name` that is hidden because another zone served here answers for
  // the name.
  bool is_hidden_by_child_zone(const dns::Name& name) const { return hidden_.contains(name); }

 private:
  std::set<dns::Name> apexes_, hidden_;
  std::unordered_set<std::string> records_;
};

Answer read_answer(std::string raw, const Truth& truth);

struct Comparison {
  const Asked* asked = nullptr;
  const Truth* truth = nullptr;
  bool tcp = false;
  std::array<Answer, kServerCount> answers;

  const Answer& ours() const { return answers[kOurs]; }
};

// One thing in which ours differs from one peer.
struct Difference {
  Facet facet;
  Server peer;  // kOurs where ours is wrong whatever the peers say
};
// The sections of a truncated reply are not looked at.
std::vector<Difference> differences(const Comparison& comparison);
bool same(const Comparison& comparison, Facet facet, Server peer);

// A difference that is meant to be: each is one narrow rule with its reason.
struct Justification {
  const char* name;
  const char* reason;
  bool (*applies)(const Comparison& comparison, Facet facet, Server peer);
};
const std::vector<Justification>& justifications();

}  // namespace meridian::differential
