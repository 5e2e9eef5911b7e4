// The life of a query, in the order of the message: header and question, answer, authority, additional, EDNS.
#include "engines/dns/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engines/dns/choose.h"
#include "engines/dns/client_place.h"
#include "engines/dns/find_records.h"
#include "engines/dns/reply.h"
#include "formats/dns/message.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Class;
using meridian::dns::Header;
using meridian::dns::Query;
using meridian::dns::Rcode;

constexpr std::size_t kChainMax = 16;  // CNAMEs one answer follows
constexpr std::uint8_t kEdnsVersion = 0;

std::string shown(std::string_view wire) {
  return meridian::dns::Name::from_wire(wire)->to_string();
}

class Answer {
 public:
  Answer(const Query& query, const DnsSnapshot& snapshot, const AnswerContext& context, MutableBytes out,
         Trace* trace)
      : query_(query),
        snapshot_(snapshot),
        random_(context.random),
        trace_(trace),
        reply_(query, context, out, trace),
        client_(query, context) {}

  AnswerResult run() {
    const Rcode rcode = fill();
    if (query_.edns && query_.edns->client_subnet) tell_scope();
    if (trace_)
      trace_->add("reply", fmt::format("{}{}{}", meridian::dns::to_string(rcode),
                                       reply_.authoritative() ? ", authoritative" : "",
                                       reply_.truncated() ? ", truncated" : ""));
    result_.depends_on_client = client_.depends();
    result_.size = reply_.finish(rcode);
    result_.rcode = static_cast<std::uint16_t>(rcode);
    result_.truncated = reply_.truncated();
    return result_;
  }

 private:
  Rcode fill() {
    if (query_.edns && query_.edns->version > kEdnsVersion) return Rcode::BadVers;  // RFC 6891 §6.1.3
    if (query_.question.klass != Class::IN) return refuse("only class IN is served");
    const Type type = query_.question.type;
    if (type == Type::AXFR || type == Type::IXFR) return refuse("zone transfer is not served");
    const Rcode rcode = fill_answer();
    if (!reply_.truncated()) reply_.add_additional(snapshot_);
    return rcode;
  }

  Rcode refuse(const char* why) {
    if (trace_) trace_->add("refused", why);
    result_.kind = AnswerKind::Refused;
    return Rcode::Refused;
  }

  // Follows CNAMEs through all zones we serve; the last name decides the code and the other sections (RFC
  // 6604).
  Rcode fill_answer() {
    Reply::Owner owner = reply_.question(), before;
    const DnsZone* zone = nullptr;
    for (std::size_t hops = 0;; ++hops) {
      chain_[hops] = owner.wire.data();
      LookupName name(snapshot_.hash_key(), owner.wire);
      const DnsZone* next_zone = find_zone(snapshot_, name, query_.question.type, trace_);
      if (!next_zone)
        return hops == 0 ? refuse("the name is in no zone of ours") : end_positive(*zone, before);
      zone = next_zone;
      __builtin_prefetch(&zone->apex_node());  // its NS set or SOA is in every reply but a referral
      __builtin_prefetch(reinterpret_cast<const char*>(&zone->apex_node()) + 64);
      const Found found = find_name(*zone, name, query_.question.type, trace_);
      reply_.set_authoritative(hops > 0 || found.kind != Found::Kind::Delegation);
      about(hops, *zone, name, found);
      if (found.kind == Found::Kind::Delegation)
        return end_referral(*zone, owner, name.suffix(found.labels).size(), *found.node);
      if (found.kind == Found::Kind::Nothing) return end_negative(*zone, owner, Rcode::NXDomain);

      if (const auto sets = records_asked(*zone, *found.node); !sets.empty()) {
        if (!reply_.add_answer(*zone, owner, sets)) return Rcode::NoError;
        return end_positive(*zone, owner, found.node == &zone->apex_node() && sets[0].type == Type::NS);
      }
      const auto cname = records_of(*zone, *found.node, Type::CNAME);
      if (cname.empty()) return end_negative(*zone, owner, Rcode::NoError);
      if (!reply_.add_answer(*zone, owner, cname.first(1))) return Rcode::NoError;
      before = std::exchange(owner, reply_.cname_target(cname[0]));
      if (trace_) trace_->add("cname", fmt::format("{} leads to {}", shown(before.wire), shown(owner.wire)));
      if (ends_chain(hops + 1, owner.wire)) return end_positive(*zone, before);
    }
  }

  // Of a chain, the first name stays what the reply is about.
  void about(std::size_t hops, const DnsZone& zone, LookupName& name, const Found& found) {
    result_.zone = &zone;
    if (hops > 0) return;
    result_.kind = found.kind == Found::Kind::Delegation ? AnswerKind::Referral : AnswerKind::Positive;
    result_.name_hash = name.hash(found.labels);
  }

  // Whether `next` must not be looked up: it was among the `hops` names so far, or they are too many.
  bool ends_chain(std::size_t hops, std::string_view next) {
    const bool is_loop = std::ranges::any_of(std::span(chain_).first(hops), [next](const char* name) {
      return meridian::dns::same_name({name, meridian::dns::wire_name_size({name, next.size()})}, next);
    });
    const bool is_long = hops == kChainMax;
    if (trace_ && is_loop) trace_->add("cname", "the chain is a loop: it ends here");
    if (trace_ && is_long) trace_->add("cname", fmt::format("the chain ends after {} names", kChainMax));
    return is_loop || is_long;
  }

  using RecordSets = std::span<const RecordsView>;  // that answer together as one RRset; valid until the next

  RecordSets records_asked(const DnsZone& zone, const NameNode& node) {
    if (query_.question.type != Type::ANY) return records_of(zone, node, query_.question.type);
    // RFC 8482 §4.1: one RRset of those there are, which is also what Knot does.
    RecordSets first;
    node.for_each([&](const RecordsView& records) {
      if (first.empty()) first = records_of(zone, node, records.type);
    });
    return first;
  }

  RecordSets records_of(const DnsZone& zone, const NameNode& node, Type type) {
    const auto records = node.find(type);
    if (!records) return {};
    if (records->is_alias || records->is_group) [[unlikely]]
      return choose(zone, *records);
    plain_ = *records;
    return {&plain_, 1};
  }

  [[gnu::noinline]] RecordSets choose(const DnsZone& zone, const RecordsView& records) {
    chosen_.emplace();
    Chooser(snapshot_, zone, client_, random_, result_.choices, trace_).choose(records, *chosen_);
    if (trace_) trace_->set_depth(0);
    return chosen_->sets();
  }

  // How many bits of the client's address the answer holds for (RFC 7871 §7.2.1). Referrals are the same for
  // all.
  void tell_scope() {
    const std::uint8_t bits = client_.scope_bits();
    reply_.set_client_scope(bits);
    if (trace_)
      trace_->add("scope", fmt::format("the answer may be kept for /{}", bits),
                  {{"scope", std::int64_t{bits}}});
  }

  // Route 53 adds the zone's NS set to every positive answer (DNSBehavior page).
  Rcode end_positive(const DnsZone& zone, Reply::Owner owner, bool has_ns_already = false) {
    if (!has_ns_already) reply_.add_authority_ns(zone, owner);
    return Rcode::NoError;
  }

  Rcode end_negative(const DnsZone& zone, Reply::Owner owner, Rcode rcode) {
    reply_.add_soa(zone, owner);
    result_.kind = rcode == Rcode::NXDomain ? AnswerKind::NameError : AnswerKind::NoData;
    result_.name_hash = zone.apex_node().hash();
    return rcode;
  }

  Rcode end_referral(const DnsZone& zone, Reply::Owner owner, std::size_t cut_size, const NameNode& cut) {
    reply_.add_referral(zone, owner, cut_size, cut);
    return Rcode::NoError;
  }

  const Query& query_;
  const DnsSnapshot& snapshot_;
  Random& random_;
  Trace* trace_;
  Reply reply_;
  ClientPlace client_;
  AnswerResult result_;
  RecordsView plain_;
  std::optional<Chosen> chosen_;
  std::array<const char*, kChainMax> chain_;  // the names looked up, wire form
};

// A reply to what is no query: the id, opcode and RD come back, nothing else can be trusted.
AnswerResult refuse_bytes(Bytes query, meridian::dns::BadQuery bad, MutableBytes out, Trace* trace) {
  if (trace) trace->add("message", bad.why);
  if (bad.refusal == meridian::dns::Refusal::Drop) return {};
  std::uint8_t head[meridian::dns::kHeaderSize];
  std::copy_n(query.data(), sizeof head, head);
  const Header asked = meridian::dns::read_header(head);
  Header header;
  header.id = asked.id;
  header.qr = true;
  header.opcode = asked.opcode;
  header.rd = asked.rd;
  const bool not_implemented = bad.refusal == meridian::dns::Refusal::NotImp;
  header.rcode = static_cast<std::uint8_t>(not_implemented ? Rcode::NotImp : Rcode::FormErr);
  meridian::dns::MessageWriter writer(out, meridian::dns::kHeaderSize);
  writer.set_header(header);
  return {.size = writer.finish(), .rcode = header.rcode};
}

}  // namespace

AnswerResult answer(Bytes bytes, const DnsSnapshot& snapshot, const AnswerContext& context, MutableBytes out,
                    Trace* trace) {
  const auto query = meridian::dns::parse_query(bytes);
  if (!query) return refuse_bytes(bytes, query.error(), out, trace);
  return Answer(*query, snapshot, context, out, trace).run();
}

AnswerResult answer_without_records(Bytes bytes, const AnswerContext& context, MutableBytes out, Rcode rcode,
                                    bool truncated) {
  const auto query = meridian::dns::parse_query(bytes);
  if (!query) return {};
  Reply reply(*query, context, out, nullptr);
  reply.set_truncated(truncated);
  return {.size = reply.finish(rcode), .rcode = static_cast<std::uint16_t>(rcode), .truncated = truncated};
}

}  // namespace meridian::engines::dns
