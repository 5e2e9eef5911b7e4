// The canonical forms that a signature covers. Internal to the sigv4 files.
#pragma once

#include <string>
#include <string_view>

namespace meridian::aws::sigv4 {

void append_canonical_path(std::string& out, std::string_view path, bool s3);
void append_canonical_query(std::string& out, std::string_view query);  // without X-Amz-Signature
void append_canonical_value(std::string& out,
                            std::string_view value);  // trimmed, runs of white space as one space

}  // namespace meridian::aws::sigv4
