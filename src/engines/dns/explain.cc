#include "engines/dns/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "engines/dns/policies.h"
#include "formats/dns/rdata.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;
using meridian::dns::Rcode;
using meridian::dns::Record;
using meridian::dns::Type;

constexpr std::size_t kRemembered = 65536;  // replies
constexpr std::uint16_t kOptionClientSubnet = 8;
constexpr std::size_t kQuerySizeMax = 512;

// OPT's own fields (RFC 6891 §6.1.2) and the client subnet in it (RFC 7871 §6).
std::string client_subnet_option(const meridian::dns::ClientSubnet& subnet) {
  const std::size_t size = (subnet.source_bits + 7u) / 8;
  std::string out;
  const auto put16 = [&out](std::size_t value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  };
  put16(kOptionClientSubnet);
  put16(4 + size);
  put16(subnet.family);
  out += static_cast<char>(subnet.source_bits);
  out += '\0';
  out.append(reinterpret_cast<const char*>(subnet.address.data()), size);
  return out;
}

using QueryBytes = std::array<std::uint8_t, kQuerySizeMax>;

Result<Bytes> write_query(const Asked& asked, QueryBytes& out) {
  meridian::dns::MessageWriter writer(out, out.size());
  writer.set_header({});
  if (!writer.add_question(asked.name.wire(), asked.type, meridian::dns::Class::IN))
    return invalid("the name is too long");
  if (asked.subnet || asked.transport == Transport::Udp) {
    constexpr auto kPayload = static_cast<meridian::dns::Class>(4096);
    const std::string options = asked.subnet ? client_subnet_option(*asked.subnet) : "";
    if (!writer.add_record(meridian::dns::MessageWriter::Section::Additional, std::string_view("\0", 1),
                           Type::OPT, kPayload, 0, options))
      return invalid("the question is too long");
  }
  const std::size_t size = writer.finish();
  return Bytes(out).first(size);
}

AnswerContext context_of(const Asked& asked, const AskedOf& of, Random& random) {
  AnswerContext context{asked.client, asked.transport, random, of.identity, of.now, &of.locations};
  context.place = asked.place;
  return context;
}

std::optional<unsigned> scope_of(const Message& reply) {
  const auto opt = std::ranges::find(reply.additionals, Type::OPT, &Record::type);
  if (opt == reply.additionals.end()) return std::nullopt;
  const Bytes bytes = as_bytes(opt->rdata);
  for (std::size_t at = 0; at + 4 <= bytes.size();) {
    const unsigned code = bytes[at] << 8u | bytes[at + 1], size = bytes[at + 2] << 8u | bytes[at + 3];
    if (code == kOptionClientSubnet && size >= 4 && at + 8 <= bytes.size()) return bytes[at + 7];
    at += 4 + size;
  }
  return std::nullopt;
}

// Points spread evenly over as many dimensions as there are draws in one answer (a Hammersley set): the first
// is divided in equal steps, the others follow the radical inverse in a prime base each.
class EvenRandom final : public Random {
 public:
  explicit EvenRandom(unsigned points) : points_(points) {}
  void go_to(unsigned point) {
    point_ = point;
    dimension_ = 0;
  }

  std::uint64_t next() override {
    const std::size_t dimension = dimension_++;
    const double at = dimension == 0 ? (point_ + 0.5) / points_
                                     : radical_inverse(kPrimes[(dimension - 1) % kPrimes.size()]);
    return static_cast<std::uint64_t>(std::min(at, kBelowOne) * 0x1p64);
  }
  void fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(next() >> 56);
  }

 private:
  static constexpr std::array<unsigned, 12> kPrimes = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  static constexpr double kBelowOne = 1 - 0x1p-53;

  double radical_inverse(unsigned base) const {
    double inverse = 0, digit = 1.0 / base;
    for (unsigned rest = point_; rest > 0; rest /= base, digit /= base) inverse += rest % base * digit;
    return inverse;
  }

  unsigned points_, point_ = 0;
  std::size_t dimension_ = 0;
};

bool draws_at_random(const ChoiceNotes& notes) {
  constexpr unsigned kDrawing =
      1u << static_cast<unsigned>(PolicyKind::Weighted) | 1u << static_cast<unsigned>(PolicyKind::Multivalue);
  return (notes.policies & kDrawing) != 0;
}

}  // namespace

Result<Explanation> explain(const Asked& asked, const AskedOf& of, Random& random) {
  QueryBytes query;
  const Bytes bytes = TRY(write_query(asked, query));
  Explanation out;
  std::vector<std::uint8_t> reply(kTcpSizeMax);
  const AnswerResult result = answer(bytes, of.snapshot, context_of(asked, of, random), reply, &out.trace);
  out.reply = TRY(meridian::dns::parse_message(Bytes(reply).first(result.size)));
  out.rcode = static_cast<Rcode>(result.rcode);
  out.kind = result.kind;
  if (result.zone) out.zone_id = result.zone->id();
  if (asked.subnet) out.scope = scope_of(out.reply);
  return out;
}

std::string text_of(const Message& reply) {
  std::vector<std::string> values;
  std::uint32_t ttl = ~std::uint32_t{0};
  for (const Record& record : reply.answers) {
    values.push_back(fmt::format("{} {}", meridian::dns::to_string(record.type),
                                 meridian::dns::print_rdata(record.type, record.rdata)
                                     .value_or(meridian::dns::print_generic_rdata(record.rdata))));
    ttl = std::min(ttl, record.ttl);
  }
  std::ranges::sort(values);
  if (!values.empty()) return fmt::format("{}, TTL {}", fmt::join(values, ", "), ttl);
  const auto rcode = static_cast<Rcode>(reply.header.rcode);
  if (rcode != Rcode::NoError) return meridian::dns::to_string(rcode);
  for (const Record& record : reply.authorities)
    if (record.type == Type::NS)
      values.push_back(meridian::dns::print_rdata(record.type, record.rdata).value_or(""));
  std::ranges::sort(values);
  return values.empty() ? "no data" : fmt::format("referral to {}", fmt::join(values, ", "));
}

const std::string& AnswerShares::text_of(Bytes reply) {
  if (texts_.size() >= kRemembered) texts_.clear();
  std::string& text = texts_[std::string(as_text(reply))];
  if (text.empty()) {
    const auto message = meridian::dns::parse_message(reply);
    text = message ? dns::text_of(*message) : message.error().message;
  }
  return text;
}

Result<std::vector<AnswerShare>> AnswerShares::ask(const Asked& asked) {
  QueryBytes query;
  const Bytes bytes = TRY(write_query(asked, query));
  std::map<std::string, unsigned> counts;
  EvenRandom random(draws_);
  unsigned draws = 0;
  same_for_all_ = true;
  while (draws < draws_) {
    random.go_to(draws++);
    const AnswerResult result = answer(bytes, of_.snapshot, context_of(asked, of_, random), reply_);
    ++counts[text_of(Bytes(reply_).first(result.size))];
    same_for_all_ &= !result.depends_on_client;
    if (!draws_at_random(result.choices)) break;
  }
  answers_ = draws;
  std::vector<AnswerShare> out;
  for (const auto& [text, count] : counts) out.push_back({text, static_cast<double>(count) / draws});
  std::ranges::stable_sort(out, std::ranges::greater(), &AnswerShare::share);
  return out;
}

}  // namespace meridian::engines::dns
