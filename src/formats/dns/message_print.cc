// Messages as dig prints them.
#include <initializer_list>

#include "formats/dns/message.h"
#include "formats/dns/zone_file.h"
#include "net/address.h"

namespace meridian::dns {
namespace {

void print_client_subnet(std::string& out, Bytes value) {
  ByteReader reader(value);
  unsigned family = reader.u16(), source = reader.u8(), scope = reader.u8();
  std::array<std::uint8_t, 16> bytes{};
  if (!reader.ok() || (family != 1 && family != 2) || reader.remaining() > (family == 1 ? 4u : 16u)) {
    out += to_hex(value);
    return;
  }
  Bytes address = reader.take(reader.remaining());
  std::memcpy(bytes.data(), address.data(), address.size());
  auto ip =
      family == 1 ? net::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : net::IpAddress::v6(bytes);
  out += ip.to_string() + "/" + std::to_string(source) + "/" + std::to_string(scope);
}

void print_option(std::string& out, OptionCode code, Bytes value) {
  switch (code) {
    case OptionCode::Nsid:
      out += "; NSID: " + to_hex(value) + " (\"";
      append_quoted(out, as_text(value));
      out += "\")\n";
      return;
    case OptionCode::Cookie:
      out += "; COOKIE: " + to_hex(value) + "\n";
      return;
    case OptionCode::Padding:
      out += "; PAD: (" + std::to_string(value.size()) + " bytes)\n";
      return;
    case OptionCode::ClientSubnet:
      out += "; CLIENT-SUBNET: ";
      print_client_subnet(out, value);
      out += "\n";
      return;
    case OptionCode::ExtendedError:
      if (value.size() < 2) break;
      out += "; EDE: " + std::to_string(load_u16(value.data()));
      if (value.size() > 2) {
        out += " (";
        append_quoted(out, as_text(value.subspan(2)));
        out += ")";
      }
      out += "\n";
      return;
  }
  out += "; OPT=" + std::to_string(static_cast<unsigned>(code)) + ": " + to_hex(value) + "\n";
}

void print_opt(std::string& out, const Record& opt) {
  out += "\n;; OPT PSEUDOSECTION:\n; EDNS: version: " + std::to_string(opt.ttl >> 16 & 255) + ", flags:";
  if (opt.ttl & 0x8000) out += " do";
  out += "; udp: " + std::to_string(static_cast<unsigned>(opt.klass)) + "\n";
  ByteReader reader(opt.rdata);
  while (!reader.at_end()) {
    auto code = static_cast<OptionCode>(reader.u16());
    Bytes value = reader.take(reader.u16());
    if (!reader.ok()) {
      out += "; malformed options\n";
      break;
    }
    print_option(out, code, value);
  }
}

void print_header(std::string& out, const Header& header, unsigned rcode) {
  out += ";; ->>HEADER<<- opcode: " + to_string(header.opcode) +
         ", status: " + to_string(static_cast<Rcode>(rcode)) + ", id: " + std::to_string(header.id) +
         "\n;; flags:";
  struct Flag {
    bool on;
    const char* text;
  };
  for (const Flag& flag :
       {Flag{header.qr, " qr"}, Flag{header.aa, " aa"}, Flag{header.tc, " tc"}, Flag{header.rd, " rd"},
        Flag{header.ra, " ra"}, Flag{header.ad, " ad"}, Flag{header.cd, " cd"}})
    if (flag.on) out += flag.text;
}

void print_section(std::string& out, const char* title, const std::vector<Record>& records) {
  bool titled = false;
  for (const Record& record : records) {
    if (record.type == Type::OPT) continue;
    if (!titled) out += std::string("\n;; ") + title + " SECTION:\n";
    titled = true;
    out += print_record(record) + "\n";
  }
}
}  // namespace

std::string to_string(const Message& message) {
  const Record* opt = nullptr;
  for (const Record& record : message.additionals)
    if (record.type == Type::OPT) opt = &record;
  std::string out;
  print_header(out, message.header, (opt ? opt->ttl >> 24 << 4 : 0) | message.header.rcode);
  out += "; QUERY: " + std::to_string(message.questions.size()) +
         ", ANSWER: " + std::to_string(message.answers.size()) +
         ", AUTHORITY: " + std::to_string(message.authorities.size()) +
         ", ADDITIONAL: " + std::to_string(message.additionals.size()) + "\n";
  if (opt) print_opt(out, *opt);
  if (!message.questions.empty()) out += "\n;; QUESTION SECTION:\n";
  for (const Question& question : message.questions)
    out += ";" + question.name.to_string() + "\t\t" + to_string(question.klass) + "\t" +
           to_string(question.type) + "\n";
  print_section(out, "ANSWER", message.answers);
  print_section(out, "AUTHORITY", message.authorities);
  print_section(out, "ADDITIONAL", message.additionals);
  return out;
}

}  // namespace meridian::dns
