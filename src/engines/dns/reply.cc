#include "engines/dns/reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Class;
using meridian::dns::Edns;
using meridian::dns::Query;
using meridian::dns::Rcode;

constexpr std::size_t kOptFixedSize = 11;  // root owner, type, class, TTL, RDLENGTH

// The name in RDATA whose addresses a client will want next; empty when the type has none.
std::string_view additional_target(Type type, std::string_view rdata) {
  std::size_t offset = 0;
  switch (type) {
    case Type::NS:
      break;
    case Type::MX:
    case Type::SVCB:
    case Type::HTTPS:
      offset = 2;
      break;
    case Type::SRV:
      offset = 6;
      break;
    default:
      return {};
  }
  std::size_t end = offset;
  while (rdata[end] != 0) end += static_cast<std::uint8_t>(rdata[end]) + 1u;
  return rdata.substr(offset, end + 1 - offset);
}

// In any case; or equal to it.
bool is_under(std::string_view name, std::string_view suffix) {
  while (name.size() > suffix.size()) name.remove_prefix(static_cast<std::uint8_t>(name[0]) + 1u);
  return meridian::dns::same_name(name, suffix);
}

}  // namespace

Reply::Reply(const Query& query, const AnswerContext& context, MutableBytes out, Trace* trace)
    : query_(query), context_(context), trace_(trace), writer_(out, size_limit(query, context, out)) {
  header_.id = query.header.id;
  header_.qr = true;
  header_.opcode = query.header.opcode;
  header_.rd = query.header.rd;
  header_.cd = query.header.cd;  // RFC 4035 §3.1.6
  CHECK(writer_.add_question(query.question.name.wire(), query.question.type, query.question.klass));
  if (!query.edns) return;
  build_options();
  CHECK(writer_.reserve(kOptFixedSize + options_size_));
  if (query.edns->padding && context.transport == Transport::Tls) [[unlikely]]
    padded_size_max_ = size_limit(query, context, out);
}

std::size_t Reply::size_limit(const Query& query, const AnswerContext& context, MutableBytes out) {
  if (context.transport != Transport::Udp) return std::min(out.size(), kTcpSizeMax);
  if (!query.edns) return kUdpSizeMin;
  const std::size_t wanted = std::min(query.edns->udp_payload_size, context.identity.udp_payload_size_max);
  return std::min(std::max(wanted, kUdpSizeMin), out.size());
}

void Reply::append_option(meridian::dns::OptionCode code, Bytes value) {
  std::uint8_t* at = options_.data() + options_size_;
  store_u16(at, static_cast<std::uint16_t>(code));
  store_u16(at + 2, static_cast<std::uint16_t>(value.size()));
  std::copy(value.begin(), value.end(), at + 4);
  options_size_ += 4 + value.size();
}

void Reply::build_options() {
  using meridian::dns::OptionCode;
  const Edns& edns = *query_.edns;
  if (edns.nsid && !context_.identity.nsid.empty())
    append_option(OptionCode::Nsid,
                  as_bytes(std::string_view(context_.identity.nsid).substr(0, ServerIdentity::kNsidSizeMax)));
  if (!edns.cookie.empty()) {
    std::array<std::uint8_t, kClientCookieSize + kServerCookieSize> cookie;
    std::copy_n(edns.cookie.begin(), kClientCookieSize, cookie.begin());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(context_.now).time_since_epoch().count();
    const ServerCookie ours = reply_cookie(context_.identity.cookie_secret, edns.cookie, context_.client.ip,
                                           static_cast<std::uint32_t>(seconds));
    std::ranges::copy(ours, cookie.begin() + kClientCookieSize);
    append_option(OptionCode::Cookie, cookie);
  }
  if (edns.client_subnet) {
    // RFC 7871 §7.2.1: the same prefix back; scope 0, since no answer depends on it.
    std::array<std::uint8_t, 4 + 16> subnet{};
    store_u16(subnet.data(), edns.client_subnet->family);
    subnet[2] = edns.client_subnet->source_bits;
    std::ranges::copy(edns.client_subnet->address, subnet.begin() + 4);
    append_option(OptionCode::ClientSubnet,
                  Bytes(subnet).first(4 + (edns.client_subnet->source_bits + 7u) / 8));
  }
}

// Values leave in an order drawn anew for each answer (Fisher and Yates), so that clients spread.
bool Reply::add_set(Section section, std::string_view owner, const RecordsView& records, std::uint32_t ttl) {
  const auto before = writer_.mark();
  std::array<std::uint16_t, snapshots::dns::kValuesMax> order;
  std::size_t count = 0;
  for (std::size_t at = 0; at < records.data.size(); records.next(at))
    order[count++] = static_cast<std::uint16_t>(at);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 1 < count) std::swap(order[i], order[i + context_.random.below(count - i)]);
    std::size_t at = order[i];
    if (writer_.add_record(section, owner, records.type, Class::IN, ttl, records.next(at))) continue;
    writer_.rollback(before);
    return false;
  }
  if (trace_)
    trace_->add(section == Section::Answer      ? "answer"
                : section == Section::Authority ? "authority"
                                                : "additional",
                fmt::format("{} {} {}, {} value{}", meridian::dns::Name::from_wire(owner)->to_string(), ttl,
                            meridian::dns::to_string(records.type), count, count == 1 ? "" : "s"));
  if (added_count_ < added_.size()) added_[added_count_++] = records.data.data();
  return true;
}

bool Reply::add_required(Section section, std::string_view owner, const RecordsView& records,
                         std::uint32_t ttl) {
  if (add_set(section, owner, records, ttl)) return true;
  header_.tc = true;
  if (trace_)
    trace_->add("truncated", fmt::format("{} does not fit", meridian::dns::to_string(records.type)));
  return false;
}

void Reply::remember(const DnsZone& zone, const RecordsView& records) {
  if (source_count_ == sources_.size() || additional_target(records.type, records.first()).empty()) return;
  sources_[source_count_++] = {&zone, records};
}

bool Reply::add_answer(const DnsZone& zone, std::string_view owner, const RecordsView& records) {
  if (!add_required(Section::Answer, owner, records, records.ttl)) return false;
  remember(zone, records);
  return true;
}

void Reply::add_soa(const DnsZone& zone) {
  const RecordsView soa = *zone.apex_node().find(Type::SOA);
  // RFC 2308 §3: negative answers live for the smaller of the SOA's TTL and its last field.
  const std::string_view rdata = soa.first();
  ByteReader minimum(rdata.substr(rdata.size() - 4));
  add_required(Section::Authority, zone.apex(), soa, std::min(soa.ttl, minimum.u32()));
}

void Reply::add_referral(const DnsZone& zone, std::string_view cut, const RecordsView& ns) {
  if (!add_required(Section::Authority, cut, ns, ns.ttl)) return;
  cut_ = cut;
  remember(zone, ns);
}

void Reply::add_authority_ns(const DnsZone& zone) {
  const auto ns = zone.apex_node().find(Type::NS);
  if (ns && add_set(Section::Authority, zone.apex(), *ns, ns->ttl)) remember(zone, *ns);
}

void Reply::add_addresses(const DnsSnapshot& snapshot, const DnsZone& zone, std::string_view target,
                          bool required) {
  LookupName name(snapshot.hash_key(), target);
  const NameNode* node = zone.find(name, name.labels());
  if (!node) return;
  for (const Type type : {Type::A, Type::AAAA}) {
    const auto records = find_records(snapshot, zone, *node, type, nullptr);
    if (!records || added_count_ == added_.size()) continue;
    const auto added = std::span(added_).first(added_count_);
    if (std::ranges::find(added, records->data.data()) != added.end()) continue;
    if (required)
      add_required(Section::Additional, target, *records, records->ttl);
    else
      add_set(Section::Additional, target, *records, records->ttl);
  }
}

void Reply::add_targets(const DnsSnapshot& snapshot, const Source& source, bool glue) {
  for (std::size_t at = 0; at < source.records.data.size() && !truncated();) {
    const std::string_view target = additional_target(source.records.type, source.records.next(at));
    if (!is_under(target, source.zone->apex())) continue;
    const bool is_glue = !cut_.empty() && is_under(target, cut_);
    if (is_glue == glue) add_addresses(snapshot, *source.zone, target, glue);
  }
}

void Reply::add_additional(const DnsSnapshot& snapshot) {
  for (const bool glue : {true, false})
    for (std::size_t i = 0; i < source_count_; ++i)
      if (!glue || !cut_.empty()) add_targets(snapshot, sources_[i], glue);
}

// RFC 8467 §4.1: whole blocks, so that the length tells little of what was asked. Only where nobody else can
// read the message (RFC 7830 §6), and last of the options, since the length of all others counts.
void Reply::pad(std::size_t size_before_opt) {
  static constexpr std::array<std::uint8_t, kPaddingBlock> kZeros{};
  const std::size_t size = size_before_opt + kOptFixedSize + options_size_ + 4;
  if (size > padded_size_max_) return;
  const std::size_t missing = (kPaddingBlock - size % kPaddingBlock) % kPaddingBlock;
  append_option(meridian::dns::OptionCode::Padding,
                Bytes(kZeros).first(std::min(missing, padded_size_max_ - size)));
}

std::size_t Reply::finish(Rcode rcode) {
  const auto code = static_cast<std::uint16_t>(rcode);
  header_.rcode = code & 15;
  writer_.set_header(header_);
  if (query_.edns) {
    // RFC 6891 §6.1.3: the class is what we accept, the TTL the upper bits of the code, version 0 and DO.
    writer_.release_reserved();
    if (padded_size_max_ != 0) [[unlikely]]
      pad(writer_.size());
    const std::uint32_t ttl =
        static_cast<std::uint32_t>(code >> 4) << 24 | (query_.edns->dnssec_ok ? 0x8000u : 0u);
    const auto options = as_text(Bytes(options_).first(options_size_));
    CHECK(writer_.add_record(Section::Additional, std::string_view("\0", 1), Type::OPT,
                             static_cast<Class>(context_.identity.udp_payload_size_max), ttl, options));
  }
  return writer_.finish();
}

}  // namespace meridian::engines::dns
