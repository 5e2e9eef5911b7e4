// Host names of S3: "photos.s3.eu-west-1.amazonaws.com", "photos.s3-eu-west-1.amazonaws.com",
// "photos.s3-website.localhost", "photos.s3-website-us-east-1.amazonaws.com".
// Rule: a bucket's own name may have labels like the service's; the last one is the service's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace meridian::s3_host {

enum class Service : std::uint8_t { Objects, Website };

struct Name {
  Service service;
  std::string_view bucket;  // empty: the endpoint itself
  std::string_view parent;  // all that follows the service's label: "eu-west-1.amazonaws.com"
};

// Of a name in lower case, without port and last dot; nothing where no label is S3's.
std::optional<Name> read(std::string_view host);

bool is_amazons(std::string_view host);  // below amazonaws.com

}  // namespace meridian::s3_host
