// What a website's configuration says of a request: which routing rule it meets, and where that sends it.
// Pure. (S3 User Guide, "Configure redirection rules to use advanced conditional redirects".)
#pragma once

#include <string>
#include <string_view>

#include "services/s3/bucket_settings.h"

namespace meridian::services::s3 {

inline constexpr BucketSetting kWebsiteSetting{"website", "GetBucketWebsite", "NoSuchWebsiteConfiguration",
                                               "The specified bucket does not have a website configuration"};

aws::Outcome<void> check_website(const gen::s3::WebsiteConfiguration& website);

// The first rule for that key; `status` 0: before the object is looked for, when only rules without an error
// code count; else those with that one. Null: none.
const gen::s3::RoutingRule* find_routing_rule(const gen::s3::GetBucketWebsiteOutput& website,
                                              std::string_view key, int status);

// The URL that was asked for.
struct WebsiteUrl {
  std::string scheme, host, key, query;  // the key decoded, the query as it came
};
std::string redirected_url(const gen::s3::RoutingRule& rule, const WebsiteUrl& url);
std::string redirected_url(const gen::s3::RedirectAllRequestsTo& redirect, const WebsiteUrl& url);
int redirect_status(const gen::s3::RoutingRule& rule);

}  // namespace meridian::services::s3
