#include "services/s3/website_host.h"

#include "base/bytes.h"
#include "formats/s3_host/s3_host.h"

namespace meridian::services::s3 {
namespace {

// The bucket before a domain, whole labels; "" for the domain itself.
std::optional<std::string> before(const std::string& host, std::string_view domain) {
  if (host == domain) return "";
  if (!host.ends_with(domain) || host.size() < domain.size() + 2) return std::nullopt;
  const std::size_t dot = host.size() - domain.size() - 1;
  return host[dot] == '.' ? std::optional(host.substr(0, dot)) : std::nullopt;
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
  const auto name = s3_host::read(host);
  if (!name || name->service != s3_host::Service::Website) return std::nullopt;
  if (name->parent != "localhost" && !s3_host::is_amazons(host)) return std::nullopt;
  return std::string(name->bucket);
}

}  // namespace meridian::services::s3
