#include "upstream/address_answer.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::upstream {
namespace {

// RFC 8767 §4: a TTL with the highest bit set is none, and no TTL needs to be longer than days.
constexpr std::uint32_t kTtlMax = 86400;

Duration life(std::uint32_t ttl) {
  return std::chrono::seconds((ttl & 0x80000000u) != 0 ? 0 : std::min(ttl, kTtlMax));
}

bool answers(const dns::Message& message, std::uint16_t id, const dns::Name& name) {
  const dns::Header& header = message.header;
  return header.qr && header.opcode == dns::Opcode::Query && header.id == id &&
         message.questions.size() == 1 && message.questions[0].name == name &&
         message.questions[0].type == dns::Type::A && message.questions[0].klass == dns::Class::IN;
}

const dns::Record* find(const std::vector<dns::Record>& records, const dns::Name& owner, dns::Type type) {
  const auto at = std::ranges::find_if(records, [&](const dns::Record& record) {
    return record.type == type && record.klass == dns::Class::IN && record.owner == owner;
  });
  return at == records.end() ? nullptr : &*at;
}

void take_addresses(const std::vector<dns::Record>& records, const dns::Name& owner, AddressAnswer& answer) {
  for (const dns::Record& record : records) {
    if (record.type != dns::Type::A || record.klass != dns::Class::IN || record.owner != owner) continue;
    if (record.rdata.size() != 4 || answer.addresses.size() == kAddressesMax) continue;
    std::array<std::uint8_t, 4> bytes;
    std::ranges::copy(as_bytes(record.rdata), bytes.begin());
    answer.addresses.push_back(net::IpAddress::v4(bytes));
    answer.lives = std::min(answer.lives, life(record.ttl));
  }
}

}  // namespace

std::string question_bytes(std::uint16_t id, const dns::Name& name, dns::Type type) {
  std::string bytes(512, '\0');
  dns::MessageWriter writer({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, bytes.size());
  dns::Header header;
  header.id = id;
  header.rd = true;
  writer.set_header(header);
  writer.add_question(name.wire(), type, dns::Class::IN);
  // RFC 6891 §6.1.2: of an OPT record, the class is the size of what we take.
  writer.add_record(dns::MessageWriter::Section::Additional, dns::Name().wire(), dns::Type::OPT,
                    static_cast<dns::Class>(kAnswerBytesMax), 0, "");
  bytes.resize(writer.finish());
  return bytes;
}

std::optional<AddressAnswer> read_address_answer(Bytes bytes, std::uint16_t id, const dns::Name& name) {
  const auto message = dns::parse_message(bytes);
  if (!message || !answers(*message, id, name)) return std::nullopt;
  AddressAnswer answer;
  answer.rcode = static_cast<dns::Rcode>(message->header.rcode);
  if (answer.rcode != dns::Rcode::NoError) return answer;
  answer.lives = std::chrono::seconds(kTtlMax);
  dns::Name owner = name;
  for (std::size_t aliases = 0; aliases < kAliasesMax; ++aliases) {
    take_addresses(message->answers, owner, answer);
    if (!answer.addresses.empty()) return answer;
    const dns::Record* const alias = find(message->answers, owner, dns::Type::CNAME);
    const auto target = alias ? dns::Name::from_wire(alias->rdata) : fail(ErrorCode::NotFound, "");
    if (!target) break;
    answer.lives = std::min(answer.lives, life(alias->ttl));
    owner = *target;
  }
  if (owner != name) answer.at = owner;
  return answer;
}

std::string shown(dns::Rcode rcode) {
  const char* name = rcode == dns::Rcode::FormErr    ? "FormErr"
                     : rcode == dns::Rcode::ServFail ? "ServFail"
                     : rcode == dns::Rcode::NXDomain ? "NXDomain"
                     : rcode == dns::Rcode::NotImp   ? "NotImp"
                     : rcode == dns::Rcode::Refused  ? "Refused"
                                                     : "";
  return fmt::format("Rcode {}({})", name, static_cast<unsigned>(rcode));
}

}  // namespace meridian::upstream
