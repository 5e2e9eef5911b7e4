#include "compilers/cdn/stand_ins.h"

#include "formats/s3_host/s3_host.h"

namespace meridian::compilers::cdn {

OriginHost classify_origin(std::string_view domain) {
  if (!s3_host::is_amazons(domain) && !domain.ends_with(".localhost")) return OriginHost::Other;
  const auto name = s3_host::read(domain);
  if (!name || name->bucket.empty()) return OriginHost::Other;
  return name->service == s3_host::Service::Website ? OriginHost::S3Website : OriginHost::S3;
}

std::string_view bucket_of_domain(std::string_view domain) {
  const auto name = s3_host::read(domain);
  return name && !name->bucket.empty() ? name->bucket : domain;
}

}  // namespace meridian::compilers::cdn
