#include "engines/dns/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "engines/dns/choose.h"
#include "snapshots/dns/referral.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Edns;
using meridian::dns::Query;
using meridian::dns::Rcode;
using snapshots::dns::kOwnerPointerSize;
using snapshots::dns::NameLink;

constexpr std::size_t kOptFixedSize = 11;  // root owner, type, class, TTL, RDLENGTH

// Where in RDATA the name begins whose addresses a client will want next; nothing when the type has none.
constexpr std::optional<std::size_t> target_offset(Type type) {
  switch (type) {
    case Type::NS:
      return 0;
    case Type::MX:
    case Type::SVCB:
    case Type::HTTPS:
      return 2;
    case Type::SRV:
      return 6;
    default:
      return std::nullopt;
  }
}

std::string_view additional_target(Type type, std::string_view rdata) {
  const std::size_t offset = *target_offset(type);
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
    : query_(query),
      context_(context),
      trace_(trace),
      out_(out.data()),
      limit_(size_limit(query, context, out)) {
  using meridian::dns::kCheckingDisabled, meridian::dns::kRecursionDesired;
  flags_ = static_cast<std::uint16_t>(kResponse | (query.flags & (kRecursionDesired | kCheckingDisabled)));
  const std::string_view name = query.question.name.wire();
  std::memcpy(out_ + kQuestionAt, name.data(), name.size());
  size_ = kQuestionAt + name.size() + 4;
  store_u16(out_ + size_ - 4, static_cast<std::uint16_t>(query.question.type));
  store_u16(out_ + size_ - 2, static_cast<std::uint16_t>(query.question.klass));
  if (!query.edns) return;
  if (query.edns->has_options) [[unlikely]]
    build_options();
  if (query.edns->padding && context.transport == Transport::Tls) [[unlikely]]
    padded_size_max_ = limit_;
  limit_ -= kOptFixedSize + options_size_;
  CHECK(size_ <= limit_);
}

inline std::size_t Reply::size_limit(const Query& query, const AnswerContext& context, MutableBytes out) {
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
    // RFC 7871 §7.2.1: the same prefix back; scope 0 unless the answer is found to depend on it.
    client_scope_at_ = options_size_ + 4 + 3;
    std::array<std::uint8_t, 4 + 16> subnet{};
    store_u16(subnet.data(), edns.client_subnet->family);
    subnet[2] = edns.client_subnet->source_bits;
    std::ranges::copy(edns.client_subnet->address, subnet.begin() + 4);
    append_option(OptionCode::ClientSubnet,
                  Bytes(subnet).first(4 + (edns.client_subnet->source_bits + 7u) / 8));
  }
}

inline Reply::Owner Reply::end_of(Owner name, std::size_t size) const {
  const std::string_view end = name.wire.substr(name.wire.size() - size);
  if (name.at == 0 || size == 1) return {end, 0};  // the root label is shorter than a pointer
  std::size_t at = name.at;
  for (std::size_t left = name.wire.size(); left > size;) {
    const std::size_t length = out_[at];
    if (length >= 0xc0) {
      at = (length & 0x3f) << 8 | out_[at + 1];
      continue;
    }
    left -= length + 1;
    at += length + 1;
  }
  return {end, pointable(at)};
}

// `record` is one of the snapshot, of whose RDATA only the beginning is wanted.
inline void Reply::put_record(Owner owner, const char* record, std::size_t rdata_size) {
  if (owner.at != 0) {
    std::memcpy(out_ + size_, record, kRecordHeadSize + rdata_size);
    store_u16(out_ + size_, static_cast<std::uint16_t>(0xc000 | owner.at));
    size_ += kRecordHeadSize + rdata_size;
    return;
  }
  std::memcpy(out_ + size_, owner.wire.data(), owner.wire.size());
  size_ += owner.wire.size();
  const std::size_t rest = kRecordHeadSize - kOwnerPointerSize + rdata_size;
  std::memcpy(out_ + size_, record + kOwnerPointerSize, rest);
  size_ += rest;
}

// Values leave in an order drawn anew for each answer (Fisher and Yates), so that clients spread.
inline bool Reply::put_plain(Owner owner, const RecordsView& records) {
  const std::string_view data = records.data;
  const std::size_t owners = records.count * written_size(owner);
  if (data.size() - records.count * kOwnerPointerSize + owners > limit_ - size_) return false;
  if (records.count == 1) {
    put_record(owner, data.data(), data.size() - kRecordHeadSize);
    return true;
  }
  std::array<std::uint32_t, snapshots::dns::kValuesMax> order;
  std::size_t count = 0;
  for (std::size_t at = 0; at < data.size(); records.next(at))
    order[count++] = static_cast<std::uint32_t>(at);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 1 < count) std::swap(order[i], order[i + context_.random.below(count - i)]);
    std::size_t at = order[i];
    put_record(owner, data.data() + order[i], records.next(at).size());
  }
  return true;
}

bool Reply::put_linked(Owner owner, const RecordsView& records) {
  std::array<std::uint16_t, snapshots::dns::kLinkedValuesMax> values_at;
  std::size_t from = 0;
  for (std::size_t i = 0; i < records.count; ++i) {
    const NameLink link = records.link(i);
    std::size_t pointed = 0;
    if (link.to == NameLink::To::Owner)
      pointed = end_of(owner, link.offset).at;
    else if (link.to == NameLink::To::Value && values_at[link.value] != 0)
      pointed = pointable(values_at[link.value] + link.offset);
    const char* record = records.data.data() + from;
    const std::string_view rdata = records.next(from);
    const std::size_t kept = pointed != 0 ? link.keep : rdata.size();
    const std::size_t at = rdata_at(size_, written_size(owner));
    if (at + kept + (pointed != 0 ? 2 : 0) > limit_) return false;
    if (i < values_at.size()) values_at[i] = pointable(at);
    put_record(owner, record, kept);
    if (pointed == 0) continue;
    store_u16(out_ + size_, static_cast<std::uint16_t>(0xc000 | pointed));
    size_ += 2;
    store_u16(out_ + at - 2, static_cast<std::uint16_t>(kept + 2));
  }
  return true;
}

void Reply::explain_set(Section section, Owner owner, const RecordsView& records, std::uint32_t ttl) {
  trace_->add(
      section == Section::Answer      ? "answer"
      : section == Section::Authority ? "authority"
                                      : "additional",
      fmt::format("{} {} {}, {} value{}", meridian::dns::Name::from_wire(owner.wire)->to_string(), ttl,
                  meridian::dns::to_string(records.type), records.count, records.count == 1 ? "" : "s"));
}

inline bool Reply::add_set(Section section, Owner owner, const RecordsView& records) {
  const std::size_t before = size_;
  if (!(records.links ? put_linked(owner, records) : put_plain(owner, records))) {
    size_ = before;
    return false;
  }
  set_at_ = before;
  set_owner_size_ = written_size(owner);
  counts_[static_cast<std::size_t>(section)] += records.count;
  if (trace_) [[unlikely]]
    explain_set(section, owner, records, records.ttl());
  return true;
}

inline bool Reply::add_required(Section section, Owner owner, const RecordsView& records) {
  return add_set(section, owner, records) || truncate(records.type);
}

bool Reply::truncate(Type does_not_fit) {
  set_truncated(true);
  if (trace_)
    trace_->add("truncated", fmt::format("{} does not fit", meridian::dns::to_string(does_not_fit)));
  return false;
}

inline void Reply::remember(const DnsZone& zone, const RecordsView& records) {
  if (source_count_ == sources_.size() || !target_offset(records.type)) return;
  std::construct_at(&sources_[source_count_++].source, &zone, records, set_at_, set_owner_size_);
}

bool Reply::add_answer(const DnsZone& zone, Owner owner, std::span<const RecordsView> sets) {
  if (sets.size() > 1) [[unlikely]]
    return add_several(zone, owner, sets);
  if (!add_required(Section::Answer, owner, sets[0])) return false;
  remember(zone, sets[0]);
  return true;
}

// One RRset has each record once, and one TTL (RFC 2181 §5).
bool Reply::add_several(const DnsZone& zone, Owner owner, std::span<const RecordsView> sets) {
  struct Record {
    const char* data;
    std::size_t rdata_size;
  };
  std::array<Record, snapshots::dns::kValuesMax> records;
  std::size_t count = 0;
  std::uint32_t ttl = sets[0].ttl();
  for (const RecordsView& set : sets) {
    if (count + set.count > records.size()) break;
    ttl = std::min(ttl, set.ttl());
    for (std::size_t at = 0; at < set.data.size();) {
      const char* const data = set.data.data() + at;
      records[count++] = {data, set.next(at).size()};
    }
  }
  const auto rdata = [](const Record& record) {
    return std::string_view(record.data + kRecordHeadSize, record.rdata_size);
  };
  const auto all = std::span(records).first(count);
  std::ranges::sort(all, {}, rdata);
  count -= std::ranges::unique(all, {}, rdata).size();

  const std::size_t before = size_;
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(records[i], records[i + context_.random.below(count - i)]);
    const std::size_t at = rdata_at(size_, written_size(owner));
    if (at + records[i].rdata_size > limit_) {
      size_ = before;
      return truncate(sets[0].type);
    }
    put_record(owner, records[i].data, records[i].rdata_size);
    store_u32(out_ + at - 6, ttl);
  }
  set_at_ = before;
  set_owner_size_ = written_size(owner);
  counts_[static_cast<std::size_t>(Section::Answer)] += static_cast<std::uint16_t>(count);
  RecordsView together;
  together.type = sets[0].type;
  together.count = static_cast<std::uint16_t>(count);
  if (trace_) explain_set(Section::Answer, owner, together, ttl);
  remember(zone, together);
  return true;
}

void Reply::add_soa(const DnsZone& zone, Owner name) {
  const RecordsView soa = *zone.apex_node().find(Type::SOA);
  const Owner apex = end_of(name, zone.apex().size());
  if (!add_required(Section::Authority, apex, soa)) return;
  // RFC 2308 §3: negative answers live for the smaller of the SOA's TTL and its last field.
  const std::uint32_t minimum = load_u32(out_ + size_ - 4);
  const std::size_t ttl_at = rdata_at(set_at_, set_owner_size_) - 6;
  if (minimum < soa.ttl()) store_u32(out_ + ttl_at, minimum);
}

// The NS set with all its addresses at once. Not when it must be explained, or only a part of it fits.
inline bool Reply::add_composed(Owner owner, const NameNode& node) {
  if (node.referral().empty() || trace_) return false;
  const snapshots::dns::Referral referral(node.referral());
  if (size_ + referral.size() > std::min(limit_, kPointedMax)) return false;
  referral.write(out_, size_, owner.at);
  size_ += referral.size();
  counts_[static_cast<std::size_t>(Section::Authority)] += referral.authority_count();
  counts_[static_cast<std::size_t>(Section::Additional)] += referral.additional_count();
  return true;
}

void Reply::add_referral(const DnsZone& zone, Owner name, std::size_t cut_size, const NameNode& node) {
  const Owner cut = end_of(name, cut_size);
  if (name.at == kQuestionAt && add_composed(cut, node)) return;
  const RecordsView ns = *node.find(Type::NS);
  if (!add_required(Section::Authority, cut, ns)) return;
  cut_ = cut.wire;
  remember(zone, ns);
}

void Reply::add_authority_ns(const DnsZone& zone, Owner name) {
  const Owner apex = end_of(name, zone.apex().size());
  if (name.at == kQuestionAt && add_composed(apex, zone.apex_node())) return;
  if (const auto ns = zone.apex_node().find(Type::NS)) add_set(Section::Authority, apex, *ns);
}

void Reply::add_addresses(const DnsSnapshot& snapshot, const DnsZone& zone, const NameNode& node,
                          Owner target, bool required) {
  const auto added = std::span(added_).first(added_count_);
  if (added_count_ == added_.size() || std::ranges::find(added, &node) != added.end()) return;
  added_[added_count_++] = &node;
  for (const Type type : {Type::A, Type::AAAA}) {
    auto records = find_records(snapshot, zone, node, type);
    // What depends on the client would be kept for all (RFC 7871 §7.4): only glue is not left out.
    if (!records && required) records = choose_for_nobody(snapshot, zone, node, type, context_.random);
    if (!records) continue;
    if (required)
      add_required(Section::Additional, target, *records);
    else
      add_set(Section::Additional, target, *records);
  }
}

void Reply::add_targets(const DnsSnapshot& snapshot, const Source& source, bool glue) {
  const RecordsView& records = source.records;
  std::size_t from = 0, at = source.at;
  for (std::size_t i = 0; i < records.count && !truncated(); ++i) {
    const std::size_t written_at = rdata_at(at, source.owner_size);
    const std::size_t written_size = load_u16(out_ + written_at - 2);
    at = written_at + written_size;
    // What is not compressed was shuffled: its order is the message's.
    const std::string_view rdata =
        records.links ? records.next(from) : as_text({out_ + written_at, written_size});
    const std::string_view target = additional_target(records.type, rdata);
    const std::uint64_t hash = records.links ? records.link(i).target_hash : 0;
    // As a target the root means that there is none (RFC 2782, RFC 7505), or the owner (RFC 9460).
    if (target.size() == 1) continue;
    if (records.links ? hash == 0 : !is_under(target, source.zone->apex())) continue;
    const bool is_glue = !cut_.empty() && is_under(target, cut_);
    if (is_glue != glue) continue;
    const NameNode* node = nullptr;
    if (hash) {
      node = source.zone->find(hash, target);
    } else {
      LookupName name(snapshot.hash_key(), target);
      node = source.zone->find(name, name.labels());
    }
    const std::size_t offset = static_cast<std::size_t>(target.data() - rdata.data());
    if (node) add_addresses(snapshot, *source.zone, *node, {target, pointable(written_at + offset)}, glue);
  }
}

void Reply::add_additional(const DnsSnapshot& snapshot) {
  if (source_count_ == 0) return;
  for (const bool glue : {true, false})
    for (std::size_t i = 0; i < source_count_; ++i)
      if (!glue || !cut_.empty()) add_targets(snapshot, sources_[i].source, glue);
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
  if (query_.edns) {
    // RFC 6891 §6.1.3: the class is what we accept, the TTL the upper bits of the code, version 0 and DO.
    if (padded_size_max_ != 0) [[unlikely]]
      pad(size_);
    ++counts_[static_cast<std::size_t>(Section::Additional)];
    std::uint8_t* opt = out_ + size_;
    opt[0] = 0;
    store_u16(opt + 1, static_cast<std::uint16_t>(Type::OPT));
    store_u16(opt + 3, context_.identity.udp_payload_size_max);
    store_u32(opt + 5, static_cast<std::uint32_t>(code >> 4) << 24 | (query_.edns->dnssec_ok ? 0x8000u : 0u));
    store_u16(opt + 9, static_cast<std::uint16_t>(options_size_));
    if (options_size_ > 0) [[unlikely]]
      std::memcpy(opt + kOptFixedSize, options_.data(), options_size_);
    size_ += kOptFixedSize + options_size_;
  }
  store_u16(out_, query_.id);
  store_u16(out_ + 2, static_cast<std::uint16_t>(flags_ | (code & 15)));
  store_u16(out_ + 4, 1);
  for (std::size_t i = 0; i < counts_.size(); ++i) store_u16(out_ + 6 + 2 * i, counts_[i]);
  return size_;
}

}  // namespace meridian::engines::dns
