#include "aws/virtual_host.h"

#include "base/bytes.h"
#include "base/percent.h"

namespace meridian::aws {

std::optional<std::string> bucket_of_host(std::string_view host) {
  const std::string lower = to_lower(host.substr(0, host.rfind(':')));
  // A bucket's own name may have such a label too: the last one is the service's.
  std::size_t end = lower.rfind(".s3.");
  if (end == std::string::npos && !lower.starts_with("s3.") && lower.ends_with(".localhost"))
    end = lower.rfind('.');
  if (end == std::string::npos || end == 0) return std::nullopt;
  return lower.substr(0, end);
}

std::string path_with_bucket(std::string_view bucket, std::string_view path) {
  std::string out = "/" + percent_encode(bucket);
  return out.append(path.starts_with('/') ? path : "/");
}

}  // namespace meridian::aws
