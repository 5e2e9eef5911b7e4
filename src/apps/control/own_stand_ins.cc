#include "apps/control/own_stand_ins.h"

#include <fmt/format.h>

#include <charconv>

namespace meridian::apps {
namespace {

using snapshots::cdn::OriginStandIn;

Result<OriginStandIn> parse(const std::string& text) {
  if (const auto address = net::Address::parse(text); address && !is_unspecified(address->ip))
    return OriginStandIn{address->ip.to_string(), address->port, false};
  const std::size_t colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const char* const at = colon == std::string::npos ? end : text.data() + colon + 1;
  const auto read = std::from_chars(at, end, port);
  const bool is_name =
      !host.empty() && host.find_first_of(":/[] ") == std::string::npos && !net::IpAddress::parse(host);
  if (!is_name || read.ec != std::errc() || read.ptr != end || port == 0)
    return invalid(fmt::format("'{}' is not where origins are: HOST:PORT is", text));
  return OriginStandIn{host, port, false};
}

std::optional<OriginStandIn> first_of(std::span<const net::Address> addresses) {
  if (addresses.empty()) return std::nullopt;
  const net::IpAddress& ip = addresses.front().ip;
  const std::string loopback = ip.is_v4() ? "127.0.0.1" : "::1";
  return OriginStandIn{is_unspecified(ip) ? loopback : ip.to_string(), addresses.front().port, false};
}

}  // namespace

bool is_unspecified(const net::IpAddress& address) {
  return address.bytes().find_first_not_of('\0') == std::string_view::npos;
}

Result<compilers::cdn::StandIns> own_stand_ins(const OwnOrigins& said, std::span<const net::Address> api,
                                               std::span<const net::Address> website) {
  compilers::cdn::StandIns out{first_of(api), first_of(website)};
  if (!said.api.empty()) out.s3 = TRY(parse(said.api));
  if (!said.website.empty()) out.s3_website = TRY(parse(said.website));
  if (!out.s3_website) out.s3_website = out.s3;
  return out;
}

std::string advice_of(const compilers::cdn::StandIns& stand_ins, std::string_view feed) {
  const auto from = net::Address::parse(feed);
  if (!from || from->ip.is_loopback() || !stand_ins.s3) return {};
  const auto to = net::IpAddress::parse(stand_ins.s3->host);
  if (!to || !to->is_loopback()) return {};
  return fmt::format(
      "edges on other machines will ask themselves ({}) for origins in this deployment's S3: "
      "--origin-api says where they find its API",
      stand_ins.s3->host);
}

}  // namespace meridian::apps
