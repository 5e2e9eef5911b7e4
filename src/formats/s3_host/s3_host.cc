#include "formats/s3_host/s3_host.h"

namespace meridian::s3_host {
namespace {

std::optional<Service> service_of(std::string_view label, bool amazons) {
  if (label == "s3") return Service::Objects;
  if (label == "s3-website" || label.starts_with("s3-website-")) return Service::Website;
  // Elsewhere "s3-photos" is rather a bucket.
  if (amazons && label.starts_with("s3-")) return Service::Objects;
  return std::nullopt;
}

}  // namespace

bool is_amazons(std::string_view host) {
  return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
}

std::optional<Name> read(std::string_view host) {
  const bool amazons = is_amazons(host);
  // The last label is never the service's: something is above it.
  for (std::size_t end = host.rfind('.'); end != host.npos && end > 0;) {
    const std::size_t dot = host.rfind('.', end - 1);
    const std::size_t begin = dot == host.npos ? 0 : dot + 1;
    if (const auto service = service_of(host.substr(begin, end - begin), amazons))
      return Name{*service, host.substr(0, begin == 0 ? 0 : dot), host.substr(end + 1)};
    end = dot;
  }
  return std::nullopt;
}

}  // namespace meridian::s3_host
