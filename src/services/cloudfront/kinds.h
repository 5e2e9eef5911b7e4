// What sets the kinds of things in CloudFront apart: how many an account may have, what their ids look like,
// what must be unique among them, and what AWS answers when it is not.
#pragma once

#include <fmt/format.h>

#include <string>

#include "aws/error.h"
#include "base/ids.h"
#include "gen/cloudfront/errors.h"
#include "services/cloudfront/resources.h"

namespace meridian::services::cloudfront {

// Of an account, AWS's default quotas.
inline constexpr std::size_t kDistributionsMax = 500;
inline constexpr std::size_t kPoliciesMax = 20;  // of each of the three kinds
inline constexpr std::size_t kOriginAccessControlsMax = 100;
inline constexpr std::size_t kOriginAccessIdentitiesMax = 100;
inline constexpr std::size_t kPublicKeysMax = 10;
inline constexpr std::size_t kKeyGroupsMax = 10;
inline constexpr std::size_t kContinuousDeploymentPoliciesMax = 20;
inline constexpr std::size_t kRealtimeLogConfigsMax = 150;

inline constexpr std::size_t kIdChars = 14;

// What two things of one account may not have in common.
struct Uniqueness {
  std::string name;              // "": none
  std::string caller_reference;  // "": none
};

template <typename Config>
struct Kind;

template <>
struct Kind<api::DistributionConfig> {
  static constexpr std::size_t kMax = kDistributionsMax;
  static constexpr bool kRepeatable = false;  // whether the same request again answers as the first did
  static std::string new_id(Random& random) { return make_id(random, 'E', kIdChars); }
  static Uniqueness unique(const api::DistributionConfig& config) { return {{}, config.CallerReference}; }
  static aws::Failure missing() {
    return api::errors::NoSuchDistribution("The specified distribution does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::DistributionAlreadyExists(
        "The caller reference that you are using to create a distribution is associated with another "
        "distribution.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyDistributions(
        "Processing your request would cause you to exceed the maximum number of distributions allowed.");
  }
};

template <>
struct Kind<api::CachePolicyConfig> {
  static constexpr std::size_t kMax = kPoliciesMax;
  static constexpr bool kRepeatable = false;
  static std::string new_id(Random& random) { return make_uuid(random); }
  static Uniqueness unique(const api::CachePolicyConfig& config) { return {config.Name, {}}; }
  static aws::Failure missing() {
    return api::errors::NoSuchCachePolicy("The specified cache policy does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::CachePolicyAlreadyExists(
        "A cache policy with the same name already exists in this account.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyCachePolicies(
        "You have reached the maximum number of cache policies for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::CachePolicyInUse(
        "The specified cache policy is currently associated with a distribution and cannot be deleted.");
  }
};

template <>
struct Kind<api::OriginRequestPolicyConfig> {
  static constexpr std::size_t kMax = kPoliciesMax;
  static constexpr bool kRepeatable = false;
  static std::string new_id(Random& random) { return make_uuid(random); }
  static Uniqueness unique(const api::OriginRequestPolicyConfig& config) { return {config.Name, {}}; }
  static aws::Failure missing() {
    return api::errors::NoSuchOriginRequestPolicy("The specified origin request policy does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::OriginRequestPolicyAlreadyExists(
        "An origin request policy with the same name already exists in this account.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyOriginRequestPolicies(
        "You have reached the maximum number of origin request policies for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::OriginRequestPolicyInUse(
        "The specified origin request policy is currently associated with a distribution and cannot be "
        "deleted.");
  }
};

template <>
struct Kind<api::ResponseHeadersPolicyConfig> {
  static constexpr std::size_t kMax = kPoliciesMax;
  static constexpr bool kRepeatable = false;
  static std::string new_id(Random& random) { return make_uuid(random); }
  static Uniqueness unique(const api::ResponseHeadersPolicyConfig& config) { return {config.Name, {}}; }
  static aws::Failure missing() {
    return api::errors::NoSuchResponseHeadersPolicy("The specified response headers policy does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::ResponseHeadersPolicyAlreadyExists(
        "A response headers policy with the same name already exists in this account.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyResponseHeadersPolicies(
        "You have reached the maximum number of response headers policies for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::ResponseHeadersPolicyInUse(
        "The specified response headers policy is currently associated with a distribution and cannot be "
        "deleted.");
  }
};

template <>
struct Kind<api::OriginAccessControlConfig> {
  static constexpr std::size_t kMax = kOriginAccessControlsMax;
  static constexpr bool kRepeatable = false;
  static std::string new_id(Random& random) { return make_id(random, 'E', kIdChars); }
  static Uniqueness unique(const api::OriginAccessControlConfig& config) { return {config.Name, {}}; }
  static aws::Failure missing() {
    return api::errors::NoSuchOriginAccessControl("The specified origin access control does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::OriginAccessControlAlreadyExists(
        "An origin access control with the same name already exists.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyOriginAccessControls(
        "You have reached the maximum number of origin access controls for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::OriginAccessControlInUse("The specified origin access control is being used.");
  }
};

template <>
struct Kind<api::CloudFrontOriginAccessIdentityConfig> {
  static constexpr std::size_t kMax = kOriginAccessIdentitiesMax;
  static constexpr bool kRepeatable = true;
  static std::string new_id(Random& random) { return make_id(random, 'E', kIdChars); }
  static Uniqueness unique(const api::CloudFrontOriginAccessIdentityConfig& config) {
    return {{}, config.CallerReference};
  }
  static aws::Failure missing() {
    return api::errors::NoSuchCloudFrontOriginAccessIdentity(
        "The specified origin access identity does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::CloudFrontOriginAccessIdentityAlreadyExists(
        "The caller reference that you are using to create an origin access identity is associated with "
        "another "
        "origin access identity.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyCloudFrontOriginAccessIdentities(
        "Processing your request would cause you to exceed the maximum number of origin access identities "
        "allowed.");
  }
  static aws::Failure in_use() {
    return api::errors::CloudFrontOriginAccessIdentityInUse(
        "The specified origin access identity is already in use.");
  }
};

template <>
struct Kind<api::PublicKeyConfig> {
  static constexpr std::size_t kMax = kPublicKeysMax;
  static constexpr bool kRepeatable = true;
  static std::string new_id(Random& random) { return make_id(random, 'K', kIdChars); }
  static Uniqueness unique(const api::PublicKeyConfig& config) {
    return {config.Name, config.CallerReference};
  }
  static aws::Failure missing() {
    return api::errors::NoSuchPublicKey("The specified public key does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::PublicKeyAlreadyExists("The specified public key already exists.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyPublicKeys(
        "The maximum number of public keys for this AWS account has been reached.");
  }
  static aws::Failure in_use() { return api::errors::PublicKeyInUse("The specified public key is in use."); }
};

template <>
struct Kind<api::KeyGroupConfig> {
  static constexpr std::size_t kMax = kKeyGroupsMax;
  static constexpr bool kRepeatable = false;
  static std::string new_id(Random& random) { return make_uuid(random); }
  static Uniqueness unique(const api::KeyGroupConfig& config) { return {config.Name, {}}; }
  static aws::Failure missing() {
    return api::errors::NoSuchResource("The specified key group does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::KeyGroupAlreadyExists("A key group with this name already exists.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyKeyGroups(
        "You have reached the maximum number of key groups for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::ResourceInUse("The specified key group is associated with a distribution.");
  }
};

template <>
struct Kind<api::ContinuousDeploymentPolicyConfig> {
  static constexpr std::size_t kMax = kContinuousDeploymentPoliciesMax;
  static constexpr bool kRepeatable = false;
  static std::string new_id(Random& random) { return make_uuid(random); }
  static Uniqueness unique(const api::ContinuousDeploymentPolicyConfig&) { return {}; }
  static aws::Failure missing() {
    return api::errors::NoSuchContinuousDeploymentPolicy(
        "The specified continuous deployment policy does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::ContinuousDeploymentPolicyAlreadyExists(
        "A continuous deployment policy with this configuration already exists.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyContinuousDeploymentPolicies(
        "You have reached the maximum number of continuous deployment policies for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::ContinuousDeploymentPolicyInUse(
        "The specified continuous deployment policy is attached to a distribution.");
  }
};

template <>
struct Kind<api::RealtimeLogConfig> {
  static constexpr std::size_t kMax = kRealtimeLogConfigsMax;
  static constexpr bool kRepeatable = false;
  static Uniqueness unique(const api::RealtimeLogConfig& config) { return {config.Name, {}}; }
  static aws::Failure missing() {
    return api::errors::NoSuchRealtimeLogConfig("The real-time log configuration does not exist.");
  }
  static aws::Failure exists() {
    return api::errors::RealtimeLogConfigAlreadyExists(
        "A real-time log configuration with this name already exists.");
  }
  static aws::Failure too_many() {
    return api::errors::TooManyRealtimeLogConfigs(
        "You have reached the maximum number of real-time log configurations for this AWS account.");
  }
  static aws::Failure in_use() {
    return api::errors::RealtimeLogConfigInUse(
        "The real-time log configuration is attached to one or more cache behaviors.");
  }
};

}  // namespace meridian::services::cloudfront
