#include "compilers/cdn/stand_ins.h"

namespace meridian::compilers::cdn {
namespace {

// Where ".s3" begins, followed by the end of a label or a "-".
std::size_t find_s3_label(std::string_view domain) {
  for (std::size_t at = domain.find(".s3"); at != domain.npos; at = domain.find(".s3", at + 1)) {
    const std::string_view after = domain.substr(at + 3);
    if (at > 0 && (after.starts_with('.') || after.starts_with('-'))) return at;
  }
  return domain.npos;
}

}  // namespace

OriginHost classify_origin(std::string_view domain) {
  if (!domain.ends_with(".amazonaws.com") && !domain.ends_with(".localhost")) return OriginHost::Other;
  const std::size_t label = find_s3_label(domain);
  if (label == domain.npos) return OriginHost::Other;
  const std::string_view after = domain.substr(label + 3);
  return after.starts_with("-website.") || after.starts_with("-website-") ? OriginHost::S3Website
                                                                          : OriginHost::S3;
}

std::string_view bucket_of_domain(std::string_view domain) {
  return domain.substr(0, std::min(find_s3_label(domain), domain.size()));
}

}  // namespace meridian::compilers::cdn
