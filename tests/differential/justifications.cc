// The differences that are meant to be. Each rule names one, as narrowly as it can be told from the question
// and the replies; README.md has the same list.
#include <algorithm>

#include "comparison.h"

namespace meridian::differential {
namespace {

using dns::Class;
using dns::Name;
using dns::Record;
using dns::Type;

constexpr std::size_t kOurChainMax = 16, kKnotChainMax = 5;

// The CNAMEs an answer begins with, in the order in which they were followed.
std::vector<const Record*> chain(const Answer& answer) {
  std::vector<const Record*> links;
  for (const Record& record : answer.message.answers) {
    if (record.type != Type::CNAME) break;
    links.push_back(&record);
  }
  return links;
}

Name target(const Record& cname) {
  return *Name::from_wire(cname.rdata);
}

bool same_link(const Record* a, const Record* b) {
  return a->owner == b->owner && target(*a) == target(*b);
}

// Whether `shorter` stopped following where `longer` went on: all of its answer is that many links of the
// same chain.
bool stopped_earlier(const Answer& shorter, const Answer& longer) {
  const auto a = chain(shorter), b = chain(longer);
  return !a.empty() && a.size() == shorter.message.answers.size() && a.size() <= b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), same_link);
}

bool is_about_the_end_of_a_chain(Facet facet) {
  return facet == Facet::Rcode || facet == Facet::Truncated || facet >= Facet::Answer;
}

bool is_longer_than_knot_follows(const Comparison& c, Facet facet, Server peer) {
  return peer == kKnot && is_about_the_end_of_a_chain(facet) &&
         chain(c.answers[kKnot]).size() == kKnotChainMax && stopped_earlier(c.answers[kKnot], c.ours());
}

bool is_longer_than_we_follow(const Comparison& c, Facet facet, Server peer) {
  return peer == kNsd && is_about_the_end_of_a_chain(facet) && chain(c.ours()).size() == kOurChainMax &&
         (c.answers[kNsd].tc || stopped_earlier(c.ours(), c.answers[kNsd]));
}

bool leads_into_another_zone(const Comparison& c, Facet facet, Server peer) {
  if (peer != kKnot || !is_about_the_end_of_a_chain(facet) || !stopped_earlier(c.answers[kKnot], c.ours()))
    return false;
  const Record& last = *chain(c.answers[kKnot]).back();
  const Name* to = c.truth->zone_of(target(last));
  return to && *to != *c.truth->zone_of(last.owner);
}

bool is_class_any(const Comparison& c, Facet, Server peer) {
  return peer != kOurs && c.asked->klass == Class::ANY && c.ours()[Facet::Rcode] == "REFUSED";
}

bool is_type_zero(const Comparison& c, Facet, Server peer) {
  return peer == kKnot && c.asked->type == Type{0} && c.answers[kKnot][Facet::Rcode] == "NOTIMP";
}

bool has_no_question(const Comparison& c, Facet facet, Server peer) {
  return peer == kNsd && facet == Facet::Question && c.answers[kNsd].message.questions.empty() &&
         c.answers[kNsd][Facet::Rcode] == "REFUSED";
}

bool is_hidden_by_child_zone(const Comparison& c, Facet facet, Server peer) {
  const auto name = Name::from_wire(c.asked->name);
  return peer == kNsd && facet == Facet::Rcode && c.ours()[Facet::Rcode] == "NXDOMAIN" &&
         c.answers[kNsd][Facet::Rcode] == "NOERROR" && name && c.truth->is_hidden_by_child_zone(*name);
}

bool is_dnssec_beside_cname(const Comparison& c, Facet facet, Server peer) {
  return peer != kOurs && is_about_the_end_of_a_chain(facet) &&
         (c.asked->type == Type::NSEC || c.asked->type == Type::NSEC3 || c.asked->type == Type::RRSIG) &&
         !chain(c.ours()).empty() && c.answers[peer].message.answers.empty() &&
         !c.answers[peer][Facet::Soa].empty();
}

bool repeats_a_link(const Comparison& c, Facet facet, Server peer) {
  if (peer == kOurs || facet != Facet::Answer) return false;
  const auto a = chain(c.ours()), b = chain(c.answers[peer]);
  return a.size() == c.ours().message.answers.size() && b.size() == a.size() + 1 &&
         b.size() == c.answers[peer].message.answers.size() &&
         std::equal(a.begin(), a.end(), b.begin(), same_link) &&
         std::ranges::any_of(a, [&](const Record* link) { return same_link(link, b.back()); });
}

bool lacks_glue_without_saying(const Comparison& c, Facet facet, Server peer) {
  const Answer& nsd = c.answers[kNsd];
  return peer == kNsd && facet == Facet::Truncated && c.ours().tc && !c.tcp &&
         !nsd[Facet::Referral].empty() && nsd.message.answers.size() == c.ours().message.answers.size();
}

}  // namespace

const std::vector<Justification>& justifications() {
  static const std::vector<Justification> kAll = {
      {"class-any", "no zone is of class ANY, and the peers differ from one another", is_class_any},
      {"type-zero", "Knot answers NOTIMP to TYPE0; NSD and we take it for a type nobody has (RFC 3597)",
       is_type_zero},
      {"question-left-out", "NSD's REFUSED lacks the question", has_no_question},
      {"hidden-by-child-zone",
       "NSD has one tree for all zones, so the parent's hidden names exist in the child",
       is_hidden_by_child_zone},
      {"other-zone", "Knot follows CNAMEs within one zone, we through all zones served",
       leads_into_another_zone},
      {"chain-knot", "Knot stops after 5 CNAMEs", is_longer_than_knot_follows},
      {"chain-ours", "we stop after 16 CNAMEs, NSD does not", is_longer_than_we_follow},
      {"dnssec-beside-cname",
       "RRSIG and NSEC may stand beside a CNAME: asked for them, Knot does not follow it, nor NSD for"
       " NSEC3, in unsigned zones either",
       is_dnssec_beside_cname},
      {"loop-link-twice",
       "peers repeat the wildcard's CNAME that leads to itself; an RRset has no duplicates (RFC 2181 §5)",
       repeats_a_link},
      {"glue-without-tc",
       "NSD leaves out in-domain glue that does not fit without setting TC (RFC 9471 §3.1 asks for it)",
       lacks_glue_without_saying},
  };
  return kAll;
}

}  // namespace meridian::differential
