#include "services/s3/website_host.h"

#include "base/bytes.h"

namespace meridian::services::s3 {
namespace {

// The bucket before a domain, whole labels; "" for the domain itself.
std::optional<std::string> before(const std::string& host, std::string_view domain) {
  if (host == domain) return "";
  if (!host.ends_with(domain) || host.size() < domain.size() + 2) return std::nullopt;
  const std::size_t dot = host.size() - domain.size() - 1;
  return host[dot] == '.' ? std::optional(host.substr(0, dot)) : std::nullopt;
}

// Where the labels of the endpoint begin: "s3-website" or "s3-website-REGION".
std::size_t endpoint_label(std::string_view host) {
  constexpr std::string_view kLabel = "s3-website";
  for (std::size_t at = host.rfind(kLabel); at != std::string_view::npos && at + kLabel.size() < host.size();
       at = at == 0 ? std::string_view::npos : host.rfind(kLabel, at - 1)) {
    const char next = host[at + kLabel.size()];
    if ((at == 0 || host[at - 1] == '.') && (next == '.' || next == '-')) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string host_name(std::string_view host) {
  if (const std::size_t colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
    host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  return to_lower(host);
}

std::optional<std::string> bucket_of_website_host(std::string_view text,
                                                  const std::vector<std::string>& domains) {
  const std::string host = host_name(text);
  for (const std::string& domain : domains)
    if (auto bucket = before(host, domain)) return bucket;
  const std::size_t label = endpoint_label(host);
  if (label == std::string::npos) return std::nullopt;
  const std::string_view endpoint = std::string_view(host).substr(label);
  const std::string_view parent = endpoint.substr(endpoint.find('.') + 1);
  const bool ours = parent == "localhost" || parent == "amazonaws.com" || parent == "amazonaws.com.cn" ||
                    parent.ends_with(".amazonaws.com") || parent.ends_with(".amazonaws.com.cn");
  if (!ours || endpoint.find('.') == std::string_view::npos) return std::nullopt;
  return label == 0 ? std::string() : host.substr(0, label - 1);
}

}  // namespace meridian::services::s3
