#include "engines/dns/query_log/route53_sink.h"

#include "formats/dns/message.h"

namespace meridian::engines::dns::query_log {
namespace {

using meridian::dns::Escapes;
using meridian::dns::Rcode;

constexpr std::string_view kVersion = "1.0 ";

void append_subnet(std::string& out, const meridian::dns::ClientSubnet& subnet) {
  std::array<std::uint8_t, 4> v4;
  std::copy_n(subnet.address.begin(), v4.size(), v4.begin());
  out += subnet.family == 1 ? net::IpAddress::v4(v4).to_string()
                            : net::IpAddress::v6(subnet.address).to_string();
  out += '/';
  out += std::to_string(subnet.source_bits);
}

}  // namespace

void Route53Lines::append_time(std::string& out, SystemTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != second_) {
    second_ = second;
    second_text_ = format_iso8601(second);
    second_text_.back() = '.';
  }
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - second).count();
  out += second_text_;
  for (const auto place : {100, 10, 1}) out += static_cast<char>('0' + millis / place % 10);
  out += 'Z';
}

void Route53Lines::append(std::string& out, const Record& record) {
  const auto query = meridian::dns::parse_query(record.query);
  if (!query) return;
  out += kVersion;
  append_time(out, record.time);
  out += ' ';
  out += record.zone_id;
  out += ' ';
  // Names stand without their last dot, and in Route 53's escapes: a space in a name must not end the field.
  query->question.name.append_to(out, Escapes::Octal);
  if (!query->question.name.is_root()) out.pop_back();
  out += ' ';
  out += to_string(query->question.type);
  out += ' ';
  out += to_string(static_cast<Rcode>(record.rcode));
  out += record.protocol == Protocol::Udp ? " UDP " : " TCP ";
  out += edge_location_;
  out += ' ';
  out += record.client.ip.to_string();
  out += ' ';
  if (query->edns && query->edns->client_subnet)
    append_subnet(out, *query->edns->client_subnet);
  else
    out += '-';
  out += '\n';
}

Route53Sink::Route53Sink(std::unique_ptr<Output> output, std::string edge_location, const Clock& clock,
                         Metrics& metrics)
    : clock_(clock),
      lines_(std::move(edge_location)),
      buffer_(std::move(output), SinkMetrics(metrics, kName)) {}

}  // namespace meridian::engines::dns::query_log
