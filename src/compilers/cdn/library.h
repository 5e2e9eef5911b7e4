// What distributions may refer to by id, whoever's it is: ids are unique among accounts.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "gen/cloudfront/types.h"
#include "snapshots/cdn/distribution.h"

namespace meridian::compilers::cdn {

namespace api = gen::cloudfront;

template <typename Value>
using ById = std::map<std::string, Value, std::less<>>;

struct Library {
  ById<api::CachePolicyConfig> cache_policies;
  ById<api::OriginRequestPolicyConfig> origin_request_policies;
  ById<std::shared_ptr<const snapshots::cdn::ResponseHeadersPolicy>> response_headers_policies;
  ById<api::OriginAccessControlConfig> origin_access_controls;
  ById<std::shared_ptr<const snapshots::cdn::TrustedKey>> public_keys;
  ById<api::KeyGroupConfig> key_groups;
  ById<api::ContinuousDeploymentPolicyConfig> continuous_deployment_policies;
  ById<std::string> distributions_by_domain;             // their ids
  ById<snapshots::cdn::SharedCertificate> certificates;  // of ACM: those that could be read
  ById<bool> monitored;                                  // distributions whose additional metrics are on

  void add_managed_policies();
  void erase(std::string_view id);  // whatever has it, but for a distribution
};

}  // namespace meridian::compilers::cdn
