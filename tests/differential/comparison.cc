#include "comparison.h"

#include <algorithm>

#include <fmt/format.h>

#include "formats/dns/rdata.h"

namespace meridian::differential {

using dns::Class;
using dns::Name;
using dns::Record;
using dns::Type;

const char* to_string(Facet facet) {
  static constexpr std::array kNames = {"reply",  "question", "rcode",    "flags", "truncated", "edns",
                                        "answer", "soa",      "referral", "ds",    "glue",      "unfounded"};
  static_assert(kNames.size() == kFacets);
  return kNames[static_cast<std::size_t>(facet)];
}

namespace {

std::string lower_rdata(const Record& record) {
  std::string rdata = record.rdata;
  for (const dns::RdataName& name : dns::names_in(record.type, rdata)) {
    const std::string lower = to_lower(std::string_view(rdata).substr(name.offset, name.size));
    rdata.replace(name.offset, name.size, lower);
  }
  return rdata;
}

// Unique for a record, and sorts.
std::string key_of(const Record& record, bool with_ttl) {
  std::string key(record.owner.lower().wire());
  append_u16(key, static_cast<std::uint16_t>(record.type));
  append_u16(key, static_cast<std::uint16_t>(record.klass));
  append_u32(key, with_ttl ? record.ttl : 0);
  return key + lower_rdata(record);
}

std::string as_set(const std::vector<const Record*>& records) {
  std::vector<std::string> keys;
  for (const Record* record : records) keys.push_back(key_of(*record, true));
  std::ranges::sort(keys);  // duplicates stay: a record sent twice is a difference
  std::string out;
  for (const std::string& key : keys) append_sized(out, key);
  return out;
}

template <typename Predicate>
std::vector<const Record*> those(const std::vector<Record>& records, Predicate&& wanted) {
  std::vector<const Record*> out;
  for (const Record& record : records)
    if (wanted(record)) out.push_back(&record);
  return out;
}

}  // namespace

Truth::Truth(const std::vector<ZoneData>& zones) {
  for (const ZoneData& zone : zones) apexes_.insert(zone.origin);
  for (const ZoneData& zone : zones) {
    for (const Record& record : zone.records) {
      records_.insert(key_of(record, true));
      for (Name name = record.owner; *zone_of(name) != zone.origin; name = name.parent())
        hidden_.insert(name);
    }
  }
}

bool Truth::has(const Record& record) const {
  return records_.contains(key_of(record, true));
}

const Name* Truth::zone_of(const Name& name) const {
  for (std::size_t labels = name.label_count(); labels > 0; --labels) {
    const auto found = apexes_.find(name.suffix(labels));
    if (found != apexes_.end()) return &*found;
  }
  return nullptr;
}

Answer read_answer(std::string raw, const Truth& truth) {
  Answer answer;
  const auto facet = [&](Facet which) -> std::string& {
    return answer.facets[static_cast<std::size_t>(which)];
  };
  answer.raw = std::move(raw);
  if (answer.raw.empty()) {
    facet(Facet::Reply) = "none";
    return answer;
  }
  auto message = dns::parse_message(as_bytes(answer.raw));
  if (!message) {
    facet(Facet::Reply) = "malformed: " + message.error().message;
    return answer;
  }
  answer.message = *std::move(message);
  const dns::Message& m = answer.message;
  answer.tc = m.header.tc;
  for (const dns::Question& q : m.questions) {
    facet(Facet::Question) += q.name.wire();
    append_u16(facet(Facet::Question), static_cast<std::uint16_t>(q.type));
    append_u16(facet(Facet::Question), static_cast<std::uint16_t>(q.klass));
  }
  unsigned rcode = m.header.rcode;
  for (const Record* opt : those(m.additionals, [](const Record& r) { return r.type == Type::OPT; })) {
    rcode |= opt->ttl >> 24 << 4;
    facet(Facet::Edns) += fmt::format("version {} do {};", opt->ttl >> 16 & 255, opt->ttl >> 15 & 1);
  }
  facet(Facet::Rcode) = dns::to_string(static_cast<dns::Rcode>(rcode));
  facet(Facet::Flags) = fmt::format("{}{}{}{}", m.header.aa ? "aa " : "", m.header.rd ? "rd " : "",
                                    m.header.ra ? "ra " : "", m.header.ad ? "ad " : "");
  facet(Facet::Truncated) = m.header.tc ? "tc" : "";

  facet(Facet::Answer) = as_set(those(m.answers, [](const Record&) { return true; }));
  facet(Facet::Soa) = as_set(those(m.authorities, [](const Record& r) { return r.type == Type::SOA; }));
  facet(Facet::Ds) = as_set(those(m.authorities, [](const Record& r) { return r.type == Type::DS; }));
  // A positive answer may carry the NS of its zone's apex; that is no referral.
  const auto cut =
      those(m.authorities, [&](const Record& r) { return r.type == Type::NS && !truth.is_apex(r.owner); });
  facet(Facet::Referral) = as_set(cut);
  const auto glue = those(m.additionals, [&](const Record& r) {
    return (r.type == Type::A || r.type == Type::AAAA) && std::ranges::any_of(cut, [&](const Record* ns) {
             return r.owner.is_under(ns->owner) && dns::same_name(ns->rdata, r.owner.wire());
           });
  });
  facet(Facet::Glue) = as_set(glue);
  answer.glue = glue.size();
  return answer;
}

namespace {

bool is_of_sections(Facet facet) {
  return facet >= Facet::Answer;
}

std::string unfounded(const Comparison& comparison) {
  const auto invented = [&](const Record& r) {
    // A negative answer's SOA has a TTL of its own and is compared as a facet.
    return r.type != Type::OPT && r.type != Type::SOA && !comparison.truth->has(r);
  };
  return as_set(those(comparison.ours().message.authorities, invented)) +
         as_set(those(comparison.ours().message.additionals, invented));
}

}  // namespace

bool same(const Comparison& comparison, Facet facet, Server peer) {
  const Answer &a = comparison.ours(), &b = comparison.answers[peer];
  if (facet != Facet::Reply && !(a[Facet::Reply].empty() && b[Facet::Reply].empty())) return true;
  if (is_of_sections(facet) && (a.tc || b.tc)) return true;
  // RFC 8482 leaves open which records a reply to ANY holds, and so whether they fit.
  const bool is_any =
      comparison.asked->type == Type::ANY && !a.message.answers.empty() && !b.message.answers.empty();
  if (is_any && (facet == Facet::Answer || facet == Facet::Truncated)) return true;
  return a[facet] == b[facet];
}

std::vector<Difference> differences(const Comparison& comparison) {
  std::vector<Difference> out;
  if (!comparison.ours()[Facet::Reply].empty()) out.push_back({Facet::Reply, kOurs});
  for (std::size_t n = 0; n < kFacets; ++n)
    for (const Server peer : {kKnot, kNsd})
      if (!same(comparison, static_cast<Facet>(n), peer)) out.push_back({static_cast<Facet>(n), peer});
  if (!unfounded(comparison).empty()) out.push_back({Facet::Unfounded, kOurs});
  return out;
}

}  // namespace meridian::differential
