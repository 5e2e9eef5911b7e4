#include "apps/explain_dns.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"
#include "formats/dns/rdata.h"
#include "formats/regions/regions.h"

namespace meridian::apps {
namespace {

using engines::dns::AnswerShare;
using engines::dns::Asked;
using engines::dns::AskedOf;
using engines::dns::Explanation;

struct Question {
  Asked asked;
  regions::RegionIndex region = regions::kNoRegion;
  unsigned draws = 0;
};

Result<Question> read(const ExplainDnsQuery& query) {
  Question out;
  out.asked.name = TRY(dns::Name::parse(query.name));
  const auto type = dns::parse_type(query.type.empty() ? "A" : query.type);
  if (!type) return invalid(fmt::format("'{}' is not a record type", query.type));
  out.asked.type = *type;
  out.asked.client.ip = TRY(net::IpAddress::parse(query.from.empty() ? "127.0.0.1" : query.from));
  if (!query.subnet.empty()) out.asked.subnet = TRY(parse_client_subnet(query.subnet));
  if (!query.region.empty()) {
    out.region = regions::find(query.region);
    if (out.region == regions::kNoRegion)
      return invalid(fmt::format("'{}' is not an AWS Region", query.region));
  }
  if (query.draws.empty()) return out;
  const char* const end = query.draws.data() + query.draws.size();
  const auto read = std::from_chars(query.draws.data(), end, out.draws);
  if (read.ec != std::errc() || read.ptr != end || out.draws > kExplainDrawsMax)
    return invalid(fmt::format("draws are a number up to {}", kExplainDrawsMax));
  return out;
}

std::string value_of(const dns::Record& record) {
  return dns::print_rdata(record.type, record.rdata).value_or(dns::print_generic_rdata(record.rdata));
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string as_text(const Question& question, const Explanation& explained,
                    const std::vector<AnswerShare>& shares) {
  std::string out = explained.trace.to_text() + "\n";
  for (const dns::Record& record : explained.reply.answers)
    out += fmt::format("{}  {}  {}  {}\n", record.owner.to_string(), record.ttl, dns::to_string(record.type),
                       value_of(record));
  if (explained.reply.answers.empty())
    out += fmt::format("{} {}: {}\n", question.asked.name.to_string(), dns::to_string(question.asked.type),
                       engines::dns::text_of(explained.reply));
  if (shares.empty()) return out;
  out += fmt::format("\nOver {} evenly spread draws:\n", question.draws);
  for (const AnswerShare& share : shares)
    out += fmt::format("{:6.2f} %  {}\n", 100 * share.share, share.answer);
  return out;
}

std::string as_json(const Question& question, const Explanation& explained,
                    const std::vector<AnswerShare>& shares) {
  std::string out =
      fmt::format(R"({{"name":{},"type":"{}","zone_id":{},"steps":{},"answer":{{"rcode":"{}",)",
                  json_text(question.asked.name.to_string()), dns::to_string(question.asked.type),
                  json_text(explained.zone_id), explained.trace.to_json(), dns::to_string(explained.rcode));
  out += fmt::format(R"("authoritative":{},"records":[)", explained.reply.header.aa);
  bool first = true;
  for (const dns::Record& record : explained.reply.answers) {
    out += fmt::format(R"({}{{"name":{},"type":"{}","ttl":{},"value":{}}})", first ? "" : ",",
                       json_text(record.owner.to_string()), dns::to_string(record.type), record.ttl,
                       json_text(value_of(record)));
    first = false;
  }
  out += "]";
  if (explained.scope) out += fmt::format(R"(,"scope":{})", *explained.scope);
  out += "}";
  if (!shares.empty()) {
    out += fmt::format(R"(,"draws":{},"shares":[)", question.draws);
    for (const AnswerShare& share : shares)
      out += fmt::format(R"({}{{"answer":{},"share":{}}})", &share == shares.data() ? "" : ",",
                         json_text(share.answer), share.share);
    out += "]";
  }
  return out + "}\n";
}

}  // namespace

Result<dns::ClientSubnet> parse_client_subnet(std::string_view text) {
  const net::Cidr block = TRY(net::Cidr::parse(text));
  dns::ClientSubnet subnet;
  subnet.family = block.base.is_v4() ? 1 : 2;
  subnet.source_bits = block.bits;
  std::ranges::copy(as_bytes(block.base.bytes()), subnet.address.begin());
  return subnet;
}

Result<std::string> explain_dns(engines::dns::DnsEngine& engine, Random& random, const ExplainDnsQuery& query,
                                Output output) {
  Question question = TRY(read(query));
  Result<std::string> out = invalid("not asked");
  engine.with_current([&](const AskedOf& now) {
    const bool placed = question.region != regions::kNoRegion;
    const auto place = placed ? now.locations.region_place(question.region) : snapshots::location::Place();
    if (placed) question.asked.place = &place;
    SeededRandom draws(random.next());
    const auto explained = engines::dns::explain(question.asked, now, draws);
    Result<std::vector<AnswerShare>> shares;
    if (question.draws > 0) shares = engines::dns::AnswerShares(now, question.draws).ask(question.asked);
    if (!explained) {
      out = std::unexpected(explained.error());
    } else if (!shares) {
      out = std::unexpected(shares.error());
    } else {
      out = output == Output::Json ? as_json(question, *explained, *shares)
                                   : as_text(question, *explained, *shares);
    }
  });
  return out;
}

}  // namespace meridian::apps
