#include "formats/dns/message.h"

#include "formats/dns/rdata.h"

namespace meridian::dns {
namespace {
constexpr std::size_t kRecordFixedSize = 10;  // type, class, TTL, RDLENGTH
constexpr std::size_t kCookieSize = 8, kCookieSizeMin = 16, kCookieSizeMax = 40;

// RFC 7871 §6 and §7.1.2: as many address bytes as the prefix needs, the rest of the last one zero, no scope
// in a query. Family 0 carries no address; some resolvers opt out of client subnets with it.
std::optional<ClientSubnet> read_client_subnet(Bytes option) {
  ByteReader reader(option);
  ClientSubnet subnet;
  subnet.family = reader.u16();
  subnet.source_bits = reader.u8();
  subnet.scope_bits = reader.u8();
  unsigned most = subnet.family == 1 ? 32 : subnet.family == 2 ? 128 : 0;
  if (!reader.ok() || subnet.family > 2 || subnet.source_bits > most || subnet.scope_bits != 0)
    return std::nullopt;
  Bytes address = reader.take(reader.remaining());
  if (address.size() != (subnet.source_bits + 7u) / 8) return std::nullopt;
  std::memcpy(subnet.address.data(), address.data(), address.size());
  unsigned rest = subnet.source_bits % 8;
  if (rest && (address.back() & (0xff >> rest))) return std::nullopt;
  return subnet;
}

// Only the first cookie counts (RFC 7873 §5.2); so we treat every option.
const char* read_options(Bytes options, Edns& edns) {
  ByteReader reader(options);
  edns.has_options = !options.empty();
  while (!reader.at_end()) {
    auto code = static_cast<OptionCode>(reader.u16());
    Bytes value = reader.take(reader.u16());
    if (!reader.ok()) return "an EDNS option is cut short";
    if (code == OptionCode::Nsid) {
      edns.nsid = true;
    } else if (code == OptionCode::Padding) {
      edns.padding = true;
    } else if (code == OptionCode::Cookie && edns.cookie.empty()) {
      if (value.size() != kCookieSize && (value.size() < kCookieSizeMin || value.size() > kCookieSizeMax))
        return "the cookie is neither 8 nor 16 to 40 bytes long";
      edns.cookie = as_text(value);
    } else if (code == OptionCode::ClientSubnet && !edns.client_subnet) {
      edns.client_subnet = read_client_subnet(value);
      if (!edns.client_subnet) return "the client subnet is malformed";
    }
  }
  return nullptr;
}

// The fixed part of a resource record behind its owner.
struct RecordFixed {
  std::uint16_t type, klass;
  std::uint32_t ttl;
  std::size_t position, size;  // of the RDATA
};
std::optional<RecordFixed> read_fixed(Bytes message, std::size_t position) {
  if (message.size() - position < kRecordFixedSize) return std::nullopt;
  const std::uint8_t* at = message.data() + position;
  const RecordFixed fixed{load_u16(at), load_u16(at + 2), load_u32(at + 4), position + kRecordFixedSize,
                          load_u16(at + 8)};
  if (fixed.size > message.size() - fixed.position) return std::nullopt;
  return fixed;
}

void fill_edns(Edns& edns, std::uint16_t klass, std::uint32_t ttl) {
  // RFC 6891 §6.2.3: values below 512 are treated as 512.
  edns.udp_payload_size = klass < 512 ? 512 : klass;
  edns.version = static_cast<std::uint8_t>(ttl >> 16);
  edns.dnssec_ok = ttl & 0x8000;
}

// How nearly every query ends: OPT without options.
bool is_plain_opt(Bytes rest) {
  return rest.size() == 1 + kRecordFixedSize && rest[0] == 0 &&
         load_u16(&rest[1]) == static_cast<std::uint16_t>(Type::OPT) && load_u16(&rest[9]) == 0;
}

const char* read_opt(const RecordFixed& opt, bool root_owner, Bytes message, std::optional<Edns>& edns) {
  if (!root_owner) return "the owner of OPT is not the root";
  if (edns) return "more than one OPT";
  fill_edns(edns.emplace(), opt.klass, opt.ttl);
  // What options mean is the business of their version; the reply to another one is BADVERS.
  return edns->version == 0 ? read_options(message.subspan(opt.position, opt.size), *edns) : nullptr;
}

// A query's additional section: OPT, and records that mean nothing to us, such as the TSIG of a key we do not
// have.
const char* read_additionals(Bytes message, std::size_t position, Query& query) {
  for (unsigned i = 0; i < query.additional_count; ++i) {
    bool root_owner = position < message.size() && message[position] == 0;
    if (root_owner) {
      ++position;
    } else if (!Name::read(message, position)) {
      return "the owner of a record is malformed";
    }
    auto record = read_fixed(message, position);
    if (!record) return "a record is cut short";
    if (static_cast<Type>(record->type) == Type::OPT)
      if (const char* why = read_opt(*record, root_owner, message, query.edns)) return why;
    position = record->position + record->size;
  }
  return position == message.size() ? nullptr : "bytes follow the message";
}

Result<Record> read_record(Bytes message, std::size_t& position) {
  Record record;
  record.owner = TRY(Name::read(message, position));
  auto fixed = read_fixed(message, position);
  if (!fixed) return invalid("a record is cut short");
  record.type = static_cast<Type>(fixed->type);
  record.klass = static_cast<Class>(fixed->klass);
  record.ttl = fixed->ttl;
  position = fixed->position + fixed->size;
  // Updates name RRsets by records without RDATA (RFC 2136 §2.4); CH has an address format of its own.
  bool without = fixed->size == 0 && (record.klass == Class::ANY || record.klass == Class::NONE);
  if (without || record.klass == Class::CH)
    record.rdata = as_text(message.subspan(fixed->position, fixed->size));
  else
    record.rdata = TRY(read_rdata(record.type, message, fixed->position, fixed->size));
  return record;
}

Result<void> read_records(Bytes message, std::size_t& position, unsigned count, std::vector<Record>& out) {
  for (unsigned i = 0; i < count; ++i) out.push_back(TRY(read_record(message, position)));
  return {};
}
}  // namespace

Header read_header(const std::uint8_t (&bytes)[kHeaderSize]) {
  Header header;
  header.id = load_u16(bytes);
  header.qr = bytes[2] & 0x80;
  header.opcode = static_cast<Opcode>(bytes[2] >> 3 & 15);
  header.aa = bytes[2] & 4;
  header.tc = bytes[2] & 2;
  header.rd = bytes[2] & 1;
  header.ra = bytes[3] & 0x80;
  header.ad = bytes[3] & 0x20;
  header.cd = bytes[3] & 0x10;
  header.rcode = bytes[3] & 15;
  header.question_count = load_u16(bytes + 4);
  header.answer_count = load_u16(bytes + 6);
  header.authority_count = load_u16(bytes + 8);
  header.additional_count = load_u16(bytes + 10);
  return header;
}

namespace {
Header header_of(Bytes message) {
  std::uint8_t bytes[kHeaderSize];
  std::memcpy(bytes, message.data(), kHeaderSize);
  return read_header(bytes);
}

std::optional<BadQuery> read_query(Bytes message, Query& query) {
  const auto form_err = [](const char* why) { return BadQuery{Refusal::FormErr, why}; };
  if (message.size() < kHeaderSize) return BadQuery{Refusal::Drop, "shorter than a header"};
  query.id = load_u16(&message[0]);
  query.flags = load_u16(&message[2]);
  query.additional_count = load_u16(&message[10]);
  if (query.flags & 0x8000) return BadQuery{Refusal::Drop, "a response"};
  if (query.flags & 0x7800) return BadQuery{Refusal::NotImp, "not a query"};
  if (load_u16(&message[4]) != 1) return form_err("not exactly one question");  // RFC 9619
  if (load_u32(&message[6]) != 0) return form_err("a query with records");
  // Uncompressed: a pointer could only lead into the header.
  if (!query.question.name.assign_prefix(as_text(message.subspan(kHeaderSize))))
    return form_err("the name asked for is malformed");
  const std::size_t position = kHeaderSize + query.question.name.wire().size();
  if (message.size() - position < 4) return form_err("the question is cut short");
  query.question.type = static_cast<Type>(load_u16(&message[position]));
  query.question.klass = static_cast<Class>(load_u16(&message[position + 2]));
  const Bytes rest = message.subspan(position + 4);
  if (query.additional_count == 1 && is_plain_opt(rest)) {
    fill_edns(query.edns.emplace(), load_u16(&rest[3]), load_u32(&rest[5]));
    return std::nullopt;
  }
  if (const char* why = read_additionals(message, position + 4, query)) return form_err(why);
  return std::nullopt;
}
}  // namespace

// One return, so that the query is made where the caller wants it.
std::expected<Query, BadQuery> parse_query(Bytes message) {
  std::expected<Query, BadQuery> result;
  if (const auto bad = read_query(message, *result)) result = std::unexpected(*bad);
  return result;
}

Result<Message> parse_message(Bytes bytes) {
  if (bytes.size() < kHeaderSize) return invalid("message is shorter than a header");
  Message message;
  message.header = header_of(bytes);
  std::size_t position = kHeaderSize;
  for (unsigned i = 0; i < message.header.question_count; ++i) {
    Question question;
    question.name = TRY(Name::read(bytes, position));
    if (bytes.size() - position < 4) return invalid("a question is cut short");
    question.type = static_cast<Type>(load_u16(&bytes[position]));
    question.klass = static_cast<Class>(load_u16(&bytes[position + 2]));
    message.questions.push_back(question);
    position += 4;
  }
  TRY(read_records(bytes, position, message.header.answer_count, message.answers));
  TRY(read_records(bytes, position, message.header.authority_count, message.authorities));
  TRY(read_records(bytes, position, message.header.additional_count, message.additionals));
  if (position != bytes.size()) return invalid("bytes follow the message");
  return message;
}

}  // namespace meridian::dns
