// The canonical forms that a signature covers. Internal to the sigv4 files.
#pragma once

#include <string>
#include <string_view>

namespace meridian::aws::sigv4 {

std::string canonical_path(std::string_view path, bool s3);
std::string canonical_query(std::string_view query);  // without X-Amz-Signature
std::string canonical_value(std::string_view value);  // trimmed, runs of white space as one space

}  // namespace meridian::aws::sigv4
