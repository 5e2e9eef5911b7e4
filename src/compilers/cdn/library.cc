#include "compilers/cdn/library.h"

#include "compilers/cdn/policies.h"
#include "services/cloudfront/resources.h"

namespace meridian::compilers::cdn {

namespace cloudfront = services::cloudfront;

void Library::add_managed_policies() {
  for (auto& policy : cloudfront::managed_policies<api::CachePolicyConfig>())
    cache_policies.insert_or_assign(policy.id, policy.config);
  for (auto& policy : cloudfront::managed_policies<api::OriginRequestPolicyConfig>())
    origin_request_policies.insert_or_assign(policy.id, policy.config);
  for (auto& policy : cloudfront::managed_policies<api::ResponseHeadersPolicyConfig>())
    response_headers_policies.insert_or_assign(policy.id, compile_response_headers(policy.id, policy.config));
}

void Library::erase(std::string_view id) {
  const auto from = [&](auto& map) {
    const auto found = map.find(id);
    if (found != map.end()) map.erase(found);
  };
  from(cache_policies);
  from(origin_request_policies);
  from(response_headers_policies);
  from(origin_access_controls);
  from(public_keys);
  from(key_groups);
  from(continuous_deployment_policies);
  from(certificates);
}

}  // namespace meridian::compilers::cdn
