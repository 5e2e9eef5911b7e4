// S3's virtual-host style: the bucket in the host name, "photos.s3.localhost:4566", or "photos.localhost:4566" as
// SDKs write it for an endpoint "localhost:4566".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meridian::aws {

// The bucket that a Host field names before an "s3" label, which may have a region behind it
// ("photos.s3.eu-west-1.amazonaws.com"); nothing for path style.
std::optional<std::string> bucket_of_host(std::string_view host);

// "/photos/key" of "/key": what the path style would have asked for.
std::string path_with_bucket(std::string_view bucket, std::string_view path);

}  // namespace meridian::aws
