#include "engines/dns/transfer/transfers.h"

#include <algorithm>

#include "base/check.h"

namespace meridian::engines::dns::transfer {
namespace {

using meridian::dns::Class;
using meridian::dns::Header;
using meridian::dns::Message;
using meridian::dns::MessageWriter;
using meridian::dns::Name;
using meridian::dns::Opcode;
using meridian::dns::Question;
using meridian::dns::Rcode;
using meridian::dns::SignedMessage;
using meridian::dns::TsigError;
using meridian::dns::TsigSigner;
using meridian::dns::TsigVerdict;
using Section = MessageWriter::Section;

constexpr std::size_t kOptSize = 11;  // root owner, type, class, TTL, RDLENGTH
constexpr std::size_t kOptHeadSize = 3;
constexpr std::size_t kDifferenceBytesMin = 4096;
constexpr std::size_t kNodeBytes = 64;  // about what a name of a zone takes in a transfer

bool is_transfer(Type type) {
  return type == Type::AXFR || type == Type::IXFR;
}

Header header_of(Bytes message) {
  std::uint8_t bytes[meridian::dns::kHeaderSize];
  std::copy_n(message.data(), sizeof bytes, bytes);
  return meridian::dns::read_header(bytes);
}

// Where the question's name ends, its root label included; 0: the message has no name there that a query
// would have.
std::size_t name_end(Bytes message) {
  std::size_t at = meridian::dns::kHeaderSize;
  while (at < message.size() && message[at] != 0) {
    if (message[at] > meridian::dns::kLabelSizeMax) return 0;
    at += message[at] + 1u;
  }
  return at + 4 < message.size() ? at + 1 : 0;
}

bool is_under(Bytes name, const Name& apex) {
  const std::size_t size = apex.wire().size();
  std::size_t at = 0;
  while (name.size() - at > size) at += name[at] + 1u;
  return name.size() - at == size && meridian::dns::same_name(as_text(name.subspan(at)), apex.wire());
}

}  // namespace

struct Transfers::Request {
  Bytes received;
  std::string bytes;  // as it was before it was signed
  Header header;
  std::optional<Question> question;
  std::optional<std::uint32_t> serial;  // what an IXFR client has
  bool edns = false;
  std::uint16_t udp_payload_size = kUdpSizeMin;
  bool malformed = false;
  std::optional<SignedMessage> signature;
  TsigVerdict verdict;
  bool allowed = false;

  bool is_refused() const {
    return malformed || !question || verdict.malformed || verdict.error != TsigError::None;
  }
  bool is_signed() const { return signature && verdict.key && !verdict.malformed; }
};

// What becomes of a transfer: its zone in a version that is kept, or the code that refuses it.
struct Transfers::Plan {
  Rcode rcode = Rcode::NoError;
  ZoneHistory::View view;
  const DnsZone* zone = nullptr;

  // Differences larger than the zone would help nobody.
  bool takes_differences() const {
    std::size_t bytes = 0;
    for (const auto& step : view.differences) bytes += step->removed.bytes() + step->added.bytes();
    return bytes > 0 && bytes <= std::max(kDifferenceBytesMin, zone->node_count() * kNodeBytes);
  }
};

Transfers::Transfers(TransferOptions options, const DnsSnapshot& first, const Clock& clock, Logger& logger,
                     Metrics& metrics)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      history_(first),
      completed_(
          metrics.counter("meridian_dns_transfers_total", "Zone transfers out.", {{"result", "completed"}})),
      cut_(metrics.counter("meridian_dns_transfers_total", "Zone transfers out.", {{"result", "cut"}})),
      refused_(
          metrics.counter("meridian_dns_transfers_total", "Zone transfers out.", {{"result", "refused"}})),
      records_(metrics.counter("meridian_dns_transfer_records_total", "Records sent in zone transfers.")),
      bytes_(metrics.counter("meridian_dns_transfer_bytes_total", "Bytes sent in zone transfers.")),
      bad_signatures_(
          metrics.counter("meridian_dns_tsig_failures_total", "Queries whose TSIG was not good.")),
      running_(metrics.gauge("meridian_dns_transfers_running", "Zone transfers under way.")) {}

bool Transfers::concerns(Bytes query) const {
  if (query.size() < meridian::dns::kHeaderSize || (query[2] & 0xf8) != 0 || load_u16(&query[4]) != 1)
    return false;
  const std::size_t end = name_end(query);
  if (end == 0) return false;
  if (is_transfer(static_cast<Type>(load_u16(&query[end])))) return true;
  if (options_.hidden_zone &&
      is_under(query.first(end).subspan(meridian::dns::kHeaderSize), *options_.hidden_zone))
    return true;
  const unsigned additional = load_u16(&query[10]);
  if (additional == 0) return false;
  // Nearly every query with an additional record has one OPT there.
  const std::size_t record = end + 4;
  return additional > 1 || query.size() < record + kOptHeadSize || query[record] != 0 ||
         static_cast<Type>(load_u16(&query[record + 1])) != Type::OPT;
}

std::optional<Transfers::Request> Transfers::read_request(Bytes query, const net::Address& client,
                                                          SystemTime now) const {
  Request request;
  request.received = query;
  request.header = header_of(query);
  std::size_t at = meridian::dns::kHeaderSize;
  if (auto name = Name::read(query, at); name && query.size() - at >= 4)
    request.question = Question{*name, static_cast<Type>(load_u16(&query[at])),
                                static_cast<Class>(load_u16(&query[at + 2]))};
  auto signature = meridian::dns::find_tsig(query);
  if (!signature) {
    request.malformed = true;
    return request;
  }
  request.bytes = as_text(query);
  if (*signature) {
    request.signature = *signature;
    request.verdict = meridian::dns::verify_request(query, **signature, options_.keys, now);
    request.bytes = meridian::dns::without_tsig(query, **signature);
  }
  if (request.is_refused()) return request;
  const auto message = meridian::dns::parse_message(as_bytes(request.bytes));
  if (!message) {
    request.malformed = true;
    return request;
  }
  for (const auto& record : message->additionals) {
    if (record.type != Type::OPT) continue;
    request.edns = true;
    request.udp_payload_size = static_cast<std::uint16_t>(record.klass);
  }
  if (request.question->type == Type::IXFR) {
    // RFC 1995 §3: the SOA that the client has stands in the authority section.
    const bool has_soa = message->authorities.size() == 1 && message->authorities[0].type == Type::SOA &&
                         message->authorities[0].klass == Class::IN;
    if (has_soa) request.serial = serial_in(message->authorities[0].rdata);
    request.malformed = !has_soa;
  }
  request.allowed =
      is_allowed(options_.allowed, client.ip, request.is_signed() ? &request.verdict.key->name : nullptr);
  return request;
}

Transfers::Plan Transfers::plan(const Request& request) const {
  Plan plan;
  if (!request.allowed || request.question->klass != Class::IN) {
    plan.rcode = Rcode::Refused;
    return plan;
  }
  plan.view = history_.view(request.question->name.lower().wire(), request.serial);
  plan.zone = zone_at(*plan.view.version, request.question->name.wire());
  if (!plan.zone) plan.rcode = Rcode::NotAuth;  // RFC 5936 §2.2.1
  return plan;
}

std::unique_ptr<Transfers::Running> Transfers::begin(Bytes query, const ServerIdentity& identity,
                                                     const net::Address& client, SystemTime now) {
  if (!concerns(query)) return nullptr;
  const auto request = read_request(query, client, now);
  if (request->is_refused() || !is_transfer(request->question->type)) return nullptr;
  Plan plan = this->plan(*request);
  if (plan.rcode != Rcode::NoError) return nullptr;
  if (streams_.fetch_add(1) >= options_.streams_max) {
    --streams_;
    return nullptr;
  }
  const char* kind = request->serial ? "IXFR as AXFR" : "AXFR";
  std::unique_ptr<RecordSource> records;
  if (request->serial && !is_newer(serial_of(*plan.zone), *request->serial)) {
    kind = "IXFR of nothing new";
    records = newest_soa(plan.view.version, *plan.zone);
  } else if (plan.takes_differences()) {
    kind = "IXFR";
    records = differences(plan.view.version, *plan.zone, std::move(plan.view.differences));
  } else {
    records = whole_zone(plan.view.version, *plan.zone);
  }
  std::unique_ptr<TsigSigner> signer;
  if (request->is_signed())
    signer = std::make_unique<TsigSigner>(*request->verdict.key, request->signature->tsig.mac);
  StreamHead head{request->header.id, *request->question, request->edns, identity.udp_payload_size_max};
  return std::make_unique<Running>(*this, Stream(std::move(head), std::move(records), std::move(signer)),
                                   request->question->name.to_string(), kind, client);
}

Transfers::Running::Running(Transfers& owner, Stream stream, std::string zone, const char* kind,
                            const net::Address& client)
    : owner_(owner),
      stream_(std::move(stream)),
      zone_(std::move(zone)),
      kind_(kind),
      client_(client),
      began_(owner.clock_.monotonic()) {
  owner_.running_.add(1);
}

Transfers::Running::~Running() {
  --owner_.streams_;
  owner_.running_.add(-1);
  (stream_.at_end() ? owner_.completed_ : owner_.cut_).add();
  owner_.records_.add(stream_.records_sent());
  owner_.bytes_.add(stream_.bytes_sent());
  const double seconds = std::chrono::duration<double>(owner_.clock_.monotonic() - began_).count();
  owner_.logger_.info("dns", stream_.at_end() ? "a zone was transferred" : "a zone transfer was cut off",
                      {{"zone", zone_},
                       {"kind", kind_},
                       {"client", client_.to_string()},
                       {"records", stream_.records_sent()},
                       {"bytes", stream_.bytes_sent()},
                       {"seconds", seconds}});
}

namespace {

// A reply of our own: the question, perhaps one record, OPT when the query had it.
class ShortReply {
 public:
  ShortReply(const Header& asked, const std::optional<Question>& question, bool edns, std::size_t limit,
             MutableBytes out)
      : writer_(out, std::min(limit, out.size())), edns_(edns) {
    header_.id = asked.id;
    header_.qr = true;
    header_.opcode = asked.opcode;
    header_.rd = asked.rd;
    if (edns_) CHECK(writer_.reserve(kOptSize));
    if (question) CHECK(writer_.add_question(question->name.wire(), question->type, question->klass));
  }
  void truncate() { header_.tc = true; }
  void add_soa(const DnsZone& zone) {
    const RecordsView soa = *zone.apex_node().find(Type::SOA);
    header_.aa = true;
    header_.tc |=
        !writer_.add_record(Section::Answer, zone.apex(), Type::SOA, Class::IN, soa.ttl(), soa.first());
  }
  AnswerResult finish(Rcode rcode, std::uint16_t udp_payload_size_max) {
    header_.rcode = static_cast<std::uint8_t>(rcode);
    writer_.set_header(header_);
    if (edns_) {
      writer_.release_reserved();
      CHECK(writer_.add_record(Section::Additional, std::string_view("\0", 1), Type::OPT,
                               static_cast<Class>(udp_payload_size_max), 0, std::string_view("")));
    }
    AnswerResult result;
    result.size = writer_.finish();
    result.rcode = static_cast<std::uint16_t>(rcode);
    result.truncated = header_.tc;
    result.kind = rcode == Rcode::NoError   ? AnswerKind::Positive
                  : rcode == Rcode::FormErr ? AnswerKind::Malformed
                                            : AnswerKind::Refused;
    return result;
  }

 private:
  MessageWriter writer_;
  Header header_;
  bool edns_;
};

}  // namespace

AnswerResult Transfers::answer(Bytes query, const DnsSnapshot& snapshot, const AnswerContext& context,
                               MutableBytes out) {
  const auto request = read_request(query, context.client, context.now);
  if (!request->is_refused())
    return answer_signed(*request, answer_plain(*request, snapshot, context, out), context, out);
  const bool not_auth = !request->malformed && request->verdict.error != TsigError::None;
  if (not_auth || request->verdict.malformed) bad_signatures_.add();
  const Rcode rcode = not_auth ? Rcode::NotAuth : Rcode::FormErr;
  ShortReply reply(request->header, request->question, request->edns, kUdpSizeMin, out);
  return answer_signed(*request, reply.finish(rcode, context.identity.udp_payload_size_max), context, out);
}

AnswerResult Transfers::answer_plain(const Request& request, const DnsSnapshot& snapshot,
                                     const AnswerContext& context, MutableBytes out) {
  const bool is_udp = context.transport == Transport::Udp;
  if (is_transfer(request.question->type)) {
    const Plan plan = this->plan(request);
    if (plan.rcode != Rcode::NoError) return refuse_transfer(request, plan.rcode, context, out);
    // Over TCP begin() took every transfer there is room for.
    if (!is_udp) return refuse_transfer(request, Rcode::ServFail, context, out);
    // RFC 5936 §4.2: AXFR has no meaning over UDP.
    if (request.question->type == Type::AXFR) return refuse_transfer(request, Rcode::FormErr, context, out);
    // RFC 1995 §2: the newest SOA alone says "come by TCP", or that there is nothing new.
    ShortReply reply(request.header, request.question, request.edns, kUdpSizeMin, out);
    reply.add_soa(*plan.zone);
    return reply.finish(Rcode::NoError, context.identity.udp_payload_size_max);
  }
  if (options_.hidden_zone && !request.allowed &&
      is_under(as_bytes(request.question->name.wire()), *options_.hidden_zone)) {
    ShortReply reply(request.header, request.question, request.edns, kUdpSizeMin, out);
    return reply.finish(Rcode::Refused, context.identity.udp_payload_size_max);
  }
  const std::size_t room = request.is_signed() ? TsigSigner(*request.verdict.key).room() : 0;
  return dns::answer(as_bytes(request.bytes), snapshot, context, out.first(out.size() - room));
}

AnswerResult Transfers::refuse_transfer(const Request& request, Rcode rcode, const AnswerContext& context,
                                        MutableBytes out) {
  refused_.add();
  // Anybody can send forged datagrams: they are only counted.
  if (context.transport != Transport::Udp)
    logger_.warn("dns", "a zone transfer was refused",
                 {{"zone", request.question->name.to_string()},
                  {"client", context.client.to_string()},
                  {"key", request.is_signed() ? request.verdict.key->name.to_string() : ""},
                  {"rcode", meridian::dns::to_string(rcode)}});
  ShortReply reply(request.header, request.question, request.edns, kUdpSizeMin, out);
  return reply.finish(rcode, context.identity.udp_payload_size_max);
}

AnswerResult Transfers::answer_signed(const Request& request, AnswerResult plain,
                                      const AnswerContext& context, MutableBytes out) const {
  if (!request.signature || request.verdict.malformed || plain.size == 0) return plain;
  const meridian::dns::Tsig& asked = request.signature->tsig;
  const TsigError error = request.verdict.error;
  if (error == TsigError::BadKey || error == TsigError::BadSig) {
    plain.size = meridian::dns::append_unsigned_tsig(out, plain.size, asked, error);
    return plain;
  }
  TsigSigner signer(*request.verdict.key, asked.mac);
  if (error != TsigError::None) {
    plain.size = signer.sign_refusal(out, plain.size, asked, error, context.now);
    return plain;
  }
  const std::size_t taken =
      request.edns ? std::max<std::size_t>(request.udp_payload_size, kUdpSizeMin) : kUdpSizeMin;
  if (context.transport == Transport::Udp && plain.size + signer.room() > taken) {
    // RFC 8945 §5.3: what does not fit with its signature goes as a truncated reply.
    ShortReply reply(request.header, request.question, request.edns, kUdpSizeMin, out);
    reply.truncate();
    plain = reply.finish(static_cast<Rcode>(plain.rcode & 15), context.identity.udp_payload_size_max);
  }
  plain.size = signer.sign(out, plain.size, context.now);
  return plain;
}

}  // namespace meridian::engines::dns::transfer
