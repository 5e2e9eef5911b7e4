// Choosing: which record sets answer for a name whose records have routing policies, or are an alias.
// Policies choose among candidates whose health check is healthy; a candidate that is an alias which
// evaluates its target's health is healthy itself only when a descent into the target finds something healthy
// for this client, so that the choice backs out of a branch that is down as a whole (the page on health
// checks in complex configurations). Where nobody is healthy everybody counts as healthy: it fails open.
//
// Rule: nothing is allocated, and a tree of aliases costs at most kEvaluationsMax looks at candidates,
// whatever its shape.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/check.h"
#include "engines/dns/client_place.h"
#include "engines/dns/find_records.h"
#include "engines/dns/policies.h"

namespace meridian::engines::dns {

// Beyond these looks at the health of candidates for one query, what stands below an alias counts as healthy.
inline constexpr unsigned kEvaluationsMax = 2048;

// The record sets that answer together; none: no data.
class Chosen {
 public:
  void add(const RecordsView& records) {
    CHECK(size_ < sets_.size());
    std::construct_at(&sets_[size_++].records, records);
  }
  void forget_links() {
    for (std::size_t i = 0; i < size_; ++i) sets_[i].records.links = nullptr;
  }
  std::span<const RecordsView> sets() const { return {&sets_[0].records, size_}; }

 private:
  union Place {  // most answers are one record set: the others are not even cleared
    Place() {}
    RecordsView records;
  };
  static_assert(sizeof(Place) == sizeof(RecordsView));

  std::size_t size_ = 0;
  std::array<Place, kMultivalueMax> sets_;
};

class Chooser {
 public:
  // `notes` is of the whole query, whose names may be in several zones.
  Chooser(const DnsSnapshot& snapshot, const DnsZone& zone, ClientPlace& client, Random& random,
          ChoiceNotes& notes, Trace* trace)
      : snapshot_(snapshot), zone_(zone), client_(client), random_(random), notes_(notes), trace_(trace) {}

  // `records` is a group or an alias at a name of the zone.
  void choose(RecordsView records, Chosen& chosen);

 private:
  struct Decision {
    Ranking chosen;  // several of multivalue groups; none: no candidate serves the client
    bool failed_open = false;
    Draw draw;  // of a weighted group
  };

  Decision decide(const RecordGroup& group, const DnsZone& zone, std::size_t hops);
  void rank(const RecordGroup& group, Ranking& ranking);
  // Those that serve the client, in any order.
  void list_serving(const RecordGroup& group, Ranking& serving);
  void decide_by_draw(const RecordGroup& group, const DnsZone& zone, std::size_t hops, Decision& decision);

  // Whether the candidate is, after so many aliases. `zone` is the one that the records are in.
  bool is_healthy(const RecordGroup& group, std::size_t candidate, const DnsZone& zone, std::size_t hops);
  bool finds_healthy(const RecordsView& alias, const DnsZone* zone, std::size_t hops);
  bool holds_healthy(const RecordsView& records, const DnsZone& zone, std::size_t hops);

  [[gnu::cold]] void explain(const RecordGroup& group, const DnsZone& zone, const Decision& decision,
                             std::size_t hops);
  [[gnu::cold]] void explain_match(const RecordGroup& group, std::string& text, Trace::Fields& fields);
  [[gnu::cold]] void explain_candidate(const RecordGroup& group, const DnsZone& zone, std::size_t candidate,
                                       const Decision& decision, bool serves, std::size_t hops);

  const DnsSnapshot& snapshot_;
  const DnsZone& zone_;
  ClientPlace& client_;
  Random& random_;
  ChoiceNotes& notes_;
  Trace* trace_;

  // What was found out of alias targets, so that branches which meet again are walked once.
  struct Verdict {
    const char* target;  // where its records lie
    bool healthy;
  };
  static constexpr std::size_t kVerdictsMax = 64;
  std::array<Verdict, kVerdictsMax> verdicts_;
  std::size_t verdict_count_ = 0;
};

// What answers a client of whom nothing is known. None when there is nothing to choose from.
std::optional<RecordsView> choose_for_nobody(const DnsSnapshot& snapshot, const DnsZone& zone,
                                             const NameNode& node, Type type, Random& random);

}  // namespace meridian::engines::dns
