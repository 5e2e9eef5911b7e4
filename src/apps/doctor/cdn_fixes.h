// The calls that end traps of distributions, as commands. A distribution is written whole, as CloudFront
// wants it, under the ETag of the moment.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/doctor/cdn_facts.h"
#include "apps/doctor/finding.h"
#include "apps/doctor/picture.h"

namespace meridian::apps::doctor {

// AWS's own, with the ids that every account has.
inline constexpr const char* kCachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
inline constexpr const char* kCachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
inline constexpr const char* kAllViewerExceptHost = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
inline constexpr const char* kCorsS3Origin = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf";
inline constexpr const char* kDistributionZone = "Z2FDTNDATAQYW2";  // of aliases to distributions

std::vector<ShellCommand> put_changed(const DistributionFacts& distribution,
                                      const std::function<void(cf::DistributionConfig&)>& change);
// The same for one behavior: `change` is called with a DefaultCacheBehavior or a CacheBehavior.
template <typename Change>
std::vector<ShellCommand> put_changed(const DistributionFacts& distribution, const CdnBehavior& behavior,
                                      Change change) {
  return put_changed(distribution, [&](cf::DistributionConfig& config) {
    if (behavior.is_default)
      change(config.DefaultCacheBehavior);
    else
      change((*config.CacheBehaviors->Items)[behavior.index]);
  });
}
// One origin; of its access control the id may be a shell_variable().
std::vector<ShellCommand> put_origin(const DistributionFacts& distribution, const std::string& origin_id,
                                     const std::function<void(cf::Origin&)>& change);

// `policy` (JSON, or "") with one more statement, which lets the distribution do `action`.
ShellCommand allow_distribution(const DistributionFacts& distribution, const std::string& bucket,
                                const std::string& policy, std::string_view action);

Resource of(const Picture& picture, const DistributionFacts& distribution, const std::string& part = "");

}  // namespace meridian::apps::doctor
