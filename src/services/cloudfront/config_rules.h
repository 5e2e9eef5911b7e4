// What a DistributionConfig may say by itself, with AWS's own refusals: pure, without the store. The
// configuration has its defaults already. What only the store knows is references.h.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "gen/cloudfront/types.h"

namespace meridian::services::cloudfront {

namespace api = gen::cloudfront;

// AWS's quotas of one distribution.
inline constexpr std::size_t kOriginsMax = 25;
inline constexpr std::size_t kOriginGroupsMax = 10;
inline constexpr std::size_t kCacheBehaviorsMax = 75;
inline constexpr std::size_t kAliasesMax = 100;
inline constexpr std::size_t kCustomHeadersMax = 10;
inline constexpr std::size_t kKeyGroupsOfBehaviorMax = 4;
inline constexpr std::size_t kForwardedNamesMax = 10;   // headers, cookies, query strings of ForwardedValues
inline constexpr std::int64_t kTtlMax = 3'153'600'000;  // 100 years

// config_rules.cc
aws::Outcome<void> check_config(const api::DistributionConfig& config);

// origin_rules.cc
aws::Outcome<void> check_origins(const api::DistributionConfig& config);

// behavior_rules.cc
aws::Outcome<void> check_behaviors(const api::DistributionConfig& config);

// "0 <= MinTTL <= DefaultTTL <= MaxTTL".
aws::Outcome<void> check_ttls(std::int64_t minimum, std::int64_t fallback, std::int64_t maximum);

// A name of an HTTP header field (RFC 9110 section 5.6.2).
bool is_header_name(std::string_view name);
// A host's name in DNS; with `wildcard`, "*" may be its first label.
bool is_domain_name(std::string_view name, bool wildcard = false);
// "photos.s3.amazonaws.com", "photos.s3.eu-west-1.amazonaws.com", "photos.s3-eu-west-1.amazonaws.com".
bool is_s3_bucket_domain(std::string_view name);
// A path as it stands in a URL: it begins with a slash and has neither spaces nor controls.
bool is_relative_path(std::string_view path);

// Not more than once each.
bool has_duplicates(const std::vector<std::string>& values);

}  // namespace meridian::services::cloudfront
