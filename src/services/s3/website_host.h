// Whose website a host name is: "BUCKET.s3-website.localhost", "BUCKET.s3-website-REGION.amazonaws.com",
// "BUCKET.s3-website.REGION.amazonaws.com", "BUCKET." and a configured domain. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::services::s3 {

// Nothing when it is no name of a website; "" when it names the endpoint without a bucket.
std::optional<std::string> bucket_of_website_host(std::string_view host,
                                                  const std::vector<std::string>& domains);

// A Host field without its port, lower case, as DNS reads it.
std::string host_name(std::string_view host);

}  // namespace meridian::services::s3
