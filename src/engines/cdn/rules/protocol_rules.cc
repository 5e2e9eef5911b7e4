// HTTP and HTTPS.
#include "engines/cdn/rules/protocol_rules.h"

#include <fmt/format.h>

namespace meridian::engines::cdn::rules {

ProtocolChoice choose_protocol(snapshots::cdn::ViewerProtocol policy, bool is_tls, std::string_view method,
                               HttpVersion version) {
  using enum snapshots::cdn::ViewerProtocol;
  using Kind = ProtocolChoice::Kind;
  if (is_tls || policy == AllowAll) return {};
  if (policy == HttpsOnly) return {Kind::Refuse, 403};
  if (method == "GET" || method == "HEAD") return {Kind::Redirect, 301};
  // 307 keeps method and body; HTTP/1.0 does not know it.
  return version == HttpVersion::Http10 ? ProtocolChoice{Kind::Refuse, 403}
                                        : ProtocolChoice{Kind::Redirect, 307};
}

bool is_grpc(const snapshots::cdn::Behavior& behavior, std::string_view method, HttpVersion version,
             Fields fields) {
  constexpr std::string_view kType = "application/grpc";
  if (!behavior.allow_grpc || method != "POST" || version != HttpVersion::Http2) return false;
  const std::string_view type = value_of(fields, "content-type");
  return type.starts_with(kType) &&
         (type.size() == kType.size() || std::string_view("+; ").contains(type[kType.size()]));
}

std::string https_location(std::string_view host, std::uint16_t port, std::string_view target) {
  // The port that the viewer came to is that of HTTP. An IPv6 address has its colons within brackets.
  const std::size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  host = host.substr(0, colon);
  return port == 443 ? fmt::format("https://{}{}", host, target)
                     : fmt::format("https://{}:{}{}", host, port, target);
}

}  // namespace meridian::engines::cdn::rules
