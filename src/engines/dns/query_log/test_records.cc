#include "engines/dns/query_log/test_records.h"

#include "formats/dns/name.h"

namespace meridian::engines::dns::query_log {

std::string query_bytes(std::string_view name, meridian::dns::Type type, std::string_view options) {
  const bool edns = options != "-";
  std::string out;
  for (const int field : {0x1234, 0, 1, 0, 0, edns ? 1 : 0})
    append_u16(out, static_cast<std::uint16_t>(field));
  out += meridian::dns::Name::parse(name).value().wire();
  append_u16(out, static_cast<std::uint16_t>(type));
  append_u16(out, 1);
  if (!edns) return out;
  append_u8(out, 0);
  append_u16(out, static_cast<std::uint16_t>(meridian::dns::Type::OPT));
  append_u16(out, 1232);
  append_u32(out, 0);
  append_u16(out, static_cast<std::uint16_t>(options.size()));
  return out.append(options);
}

std::string subnet_option(std::uint16_t family, std::uint8_t bits, std::string_view address) {
  std::string out;
  append_u16(out, 8);
  append_u16(out, static_cast<std::uint16_t>(4 + address.size()));
  append_u16(out, family);
  append_u8(out, bits);
  append_u8(out, 0);
  return out.append(address);
}

Record record_of(std::string_view query, std::string_view reply) {
  Record record;
  record.time = SystemTime(std::chrono::milliseconds(1'700'000'000'042));
  record.client = {net::IpAddress::v4({192, 0, 2, 7}), 5353};
  record.protocol = Protocol::Udp;
  record.rcode = 0;
  record.reply_size = static_cast<std::uint32_t>(reply.size());
  record.zone_id = "Z1";
  record.query = as_bytes(query);
  record.reply = as_bytes(reply);
  return record;
}

}  // namespace meridian::engines::dns::query_log
