#include "aws/virtual_host.h"

#include "base/bytes.h"
#include "base/percent.h"
#include "formats/s3_host/s3_host.h"

namespace meridian::aws {

std::optional<std::string> bucket_of_host(std::string_view host) {
  const std::string lower = to_lower(host.substr(0, host.rfind(':')));
  const auto name = s3_host::read(lower);
  if (name && name->service == s3_host::Service::Objects)
    return name->bucket.empty() ? std::nullopt : std::optional(std::string(name->bucket));
  constexpr std::string_view kLocal = ".localhost";
  if (!lower.ends_with(kLocal) || lower.size() == kLocal.size()) return std::nullopt;
  return lower.substr(0, lower.size() - kLocal.size());
}

std::string path_with_bucket(std::string_view bucket, std::string_view path) {
  std::string out = "/" + percent_encode(bucket);
  return out.append(path.starts_with('/') ? path : "/");
}

}  // namespace meridian::aws
