// CloudFront's policies, managed or not, and the legacy ForwardedValues, as the rules of a behavior. Pure.
#pragma once

#include <memory>

#include "gen/cloudfront/types.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::compilers::cdn {

namespace api = gen::cloudfront;
using snapshots::cdn::Behavior;

// Each sets its part of the behavior.
void apply_cache_policy(const api::CachePolicyConfig& policy, Behavior& out);
void apply_origin_request_policy(const api::OriginRequestPolicyConfig& policy, Behavior& out);
void apply_forwarded_values(const api::ForwardedValues& values, Behavior& out);
// After these: which CloudFront-* headers the behavior's rules name.
void collect_generated_headers(Behavior& out);

std::shared_ptr<const snapshots::cdn::ResponseHeadersPolicy> compile_response_headers(
    const std::string& id, const api::ResponseHeadersPolicyConfig& policy);

}  // namespace meridian::compilers::cdn
