// What the doctor knows of distributions, and of what they lean on: their policies, the buckets behind them,
// their certificates. What could not be read is absent here, and nothing is found in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gen/cloudfront/types.h"

namespace meridian::apps::doctor {

namespace cf = gen::cloudfront;

struct DistributionFacts {
  std::string id, arn, domain_name;
  cf::DistributionConfig config;
};

struct BucketFacts {
  std::string policy;                      // "": none
  std::set<std::string> objects, missing;  // of the keys that distributions name
  bool has_cors = false;
};

struct CertificateFacts {
  std::string status;  // "ISSUED"
  std::vector<std::string> names;
};

struct CdnFacts {
  std::vector<DistributionFacts> distributions;
  std::map<std::string, cf::CachePolicyConfig> cache_policies;                   // by id
  std::map<std::string, cf::OriginRequestPolicyConfig> origin_request_policies;  // by id
  std::map<std::string, cf::OriginAccessControlSummary> access_controls;         // by id
  std::map<std::string, BucketFacts> buckets;                                    // by name
  std::map<std::string, CertificateFacts> certificates;                          // by ARN
};

// Which headers, cookies or query strings something is about; names in lower case.
struct Named {
  enum class Kind : std::uint8_t { None, Only, AllExcept, All } kind = Kind::None;
  std::set<std::string> names;
  bool has(const std::string& name) const;
  bool any() const { return kind != Kind::None; }
};

// A cache behavior with its policies, or its ForwardedValues, resolved.
struct CdnBehavior {
  std::string pattern;  // of the default one "*"
  std::size_t index = 0;
  bool is_default = false;
  cf::DefaultCacheBehavior settings;   // of any behavior: the same members, but for the pattern
  const cf::Origin* origin = nullptr;  // the first of a group; null: a group that is not there
  bool known = false;                  // its policies are
  std::int64_t minimum = 0, fallback = 0, maximum = 0;
  Named key_headers, key_cookies, headers, cookies;  // the latter: all that the origin sees
  bool gzip = false, brotli = false;

  bool caches() const { return known && maximum > 0; }
  // Without a word of the origin.
  bool caches_by_default() const { return caches() && (fallback > 0 || minimum > 0); }
  bool is_signed() const { return settings.TrustedKeyGroups && settings.TrustedKeyGroups->Enabled; }
};
// As they are tried, the default one last. Refers to `distribution`.
std::vector<CdnBehavior> behaviors_of(const CdnFacts& facts, const DistributionFacts& distribution);
const CdnBehavior& behavior_for(const std::vector<CdnBehavior>& behaviors, std::string_view path);

// Of an origin that is a bucket's REST endpoint: the bucket.
std::optional<std::string> bucket_of(const cf::Origin& origin);
bool is_website_endpoint(const cf::Origin& origin);
// Keys of the bucket behind `behavior` that the path "/a" stands for.
std::string key_of(const cf::Origin& origin, std::string_view path);

const std::vector<std::string>& aliases_of(const cf::DistributionConfig& config);
bool covers(std::string_view alias, std::string_view host);  // "*.example.com": any labels below it
const std::vector<cf::CustomErrorResponse>& error_pages_of(const cf::DistributionConfig& config);

}  // namespace meridian::apps::doctor
