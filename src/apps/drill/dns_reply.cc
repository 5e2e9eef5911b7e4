#include "apps/drill/dns_reply.h"

#include <array>

namespace meridian::apps::drill {

std::optional<std::string> dns_query(std::uint16_t id, std::string_view name) {
  const auto parsed = dns::Name::parse(name);
  std::array<std::uint8_t, 512> bytes;
  dns::MessageWriter writer(bytes, bytes.size());
  dns::Header header;
  header.id = id;
  header.rd = true;
  writer.set_header(header);
  if (!parsed || !writer.add_question(parsed->wire(), dns::Type::A, dns::Class::IN)) return std::nullopt;
  const std::size_t size = writer.finish();
  return std::string(as_text(Bytes(bytes).first(size)));
}

std::optional<Reply> read_reply(const dns::Message& message) {
  if (message.header.rcode != 0) return std::nullopt;
  Reply reply{{}, Duration::max()};
  for (const dns::Record& record : message.answers) {
    reply.ttl = std::min<Duration>(reply.ttl, std::chrono::seconds(record.ttl));
    const Bytes rdata = as_bytes(record.rdata);
    if (record.type == dns::Type::A && rdata.size() == 4)
      reply.addresses.push_back(net::IpAddress::v4({rdata[0], rdata[1], rdata[2], rdata[3]}));
  }
  if (reply.addresses.empty()) return std::nullopt;
  return reply;
}

std::optional<Reply> read_reply(Bytes message) {
  const auto parsed = dns::parse_message(message);
  return parsed ? read_reply(*parsed) : std::nullopt;
}

void add_shares(std::string_view answer, double share, Shares& shares) {
  std::vector<net::IpAddress> addresses;
  while (answer.starts_with("A ")) {
    answer.remove_prefix(2);
    const std::size_t size = answer.find(", ");
    if (const auto address = net::IpAddress::parse(answer.substr(0, size))) addresses.push_back(*address);
    answer.remove_prefix(size == answer.npos ? answer.size() : size + 2);
  }
  for (const net::IpAddress& address : addresses)
    shares[address] += share / static_cast<double>(addresses.size());
}

}  // namespace meridian::apps::drill
