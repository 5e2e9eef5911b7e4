#include "apps/doctor/read_cdn.h"

#include <fmt/format.h>

#include "apps/aws_client.h"
#include "gen/acm/api.h"
#include "gen/cloudfront/api.h"
#include "gen/s3/api.h"

namespace meridian::apps::doctor {
namespace {

namespace s3 = gen::s3;
namespace acm = gen::acm;

std::unexpected<Error> unreadable(std::string_view operation, const aws::ServiceError& error) {
  return fail(ErrorCode::Unavailable, fmt::format("{}: {}: {}", operation, error.code, error.message));
}

template <typename Output, typename Input>
Result<Output> call(AwsClient& client, std::string_view operation, const Input& input) {
  auto output = client.call<Output>(operation, input);
  if (!output) return unreadable(operation, output.error());
  return *std::move(output);
}

// All items of a list in pages; `list` is the member of a page that holds it.
template <typename Output, typename Input, typename List, typename Take>
Result<void> read_all(AwsClient& client, std::string_view operation, std::optional<List> Output::*list,
                      Take take) {
  Input input;
  for (;;) {
    auto page = TRY((call<Output>(client, operation, input)));
    auto& found = page.*list;
    if (!found) return {};
    if (found->Items)
      for (auto& item : *found->Items) TRY(take(item));
    if (found->NextMarker.value_or("").empty()) return {};
    input.Marker = found->NextMarker;
  }
}

Result<void> read_policies(AwsClient& client, CdnFacts& facts) {
  TRY((read_all<cf::ListCachePoliciesResult, cf::ListCachePoliciesRequest>(
      client, "ListCachePolicies", &cf::ListCachePoliciesResult::CachePolicyList,
      [&](cf::CachePolicySummary& item) -> Result<void> {
        facts.cache_policies[item.CachePolicy.Id] = std::move(item.CachePolicy.CachePolicyConfig);
        return {};
      })));
  TRY((read_all<cf::ListOriginRequestPoliciesResult, cf::ListOriginRequestPoliciesRequest>(
      client, "ListOriginRequestPolicies", &cf::ListOriginRequestPoliciesResult::OriginRequestPolicyList,
      [&](cf::OriginRequestPolicySummary& item) -> Result<void> {
        facts.origin_request_policies[item.OriginRequestPolicy.Id] =
            std::move(item.OriginRequestPolicy.OriginRequestPolicyConfig);
        return {};
      })));
  return read_all<cf::ListOriginAccessControlsResult, cf::ListOriginAccessControlsRequest>(
      client, "ListOriginAccessControls", &cf::ListOriginAccessControlsResult::OriginAccessControlList,
      [&](cf::OriginAccessControlSummary& item) -> Result<void> {
        facts.access_controls[item.Id] = item;
        return {};
      });
}

Result<void> read_distributions(AwsClient& client, CdnFacts& facts) {
  return read_all<cf::ListDistributionsResult, cf::ListDistributionsRequest>(
      client, "ListDistributions", &cf::ListDistributionsResult::DistributionList,
      [&](const cf::DistributionSummary& item) -> Result<void> {
        cf::GetDistributionConfigRequest request;
        request.Id = item.Id;
        auto found = TRY((call<cf::GetDistributionConfigResult>(client, "GetDistributionConfig", request)));
        if (found.DistributionConfig)
          facts.distributions.push_back(
              {item.Id, item.ARN, item.DomainName, *std::move(found.DistributionConfig)});
        return {};
      });
}

// Whose bucket is of another account, or none of ours, is not known.
void read_bucket(AwsClient& client, const std::string& name, CdnFacts& facts) {
  s3::HeadBucketRequest head;
  head.Bucket = name;
  if (facts.buckets.contains(name) || !client.call<s3::HeadBucketOutput>("HeadBucket", head)) return;
  BucketFacts bucket;
  s3::GetBucketPolicyRequest policy;
  policy.Bucket = name;
  if (auto found = client.call<s3::GetBucketPolicyOutput>("GetBucketPolicy", policy))
    bucket.policy = found->Policy.value_or("");
  else if (found.error().code != "NoSuchBucketPolicy")
    return;
  s3::GetBucketCorsRequest cors;
  cors.Bucket = name;
  bucket.has_cors = client.call<s3::GetBucketCorsOutput>("GetBucketCors", cors).has_value();
  facts.buckets.emplace(name, std::move(bucket));
}

void look_for(AwsClient& client, const cf::Origin& origin, std::string_view path, CdnFacts& facts) {
  const auto name = bucket_of(origin);
  const auto bucket = name ? facts.buckets.find(*name) : facts.buckets.end();
  if (bucket == facts.buckets.end()) return;
  s3::HeadObjectRequest request;
  request.Bucket = *name;
  request.Key = key_of(origin, path);
  const auto found = client.call<s3::HeadObjectOutput>("HeadObject", request);
  if (found)
    bucket->second.objects.insert(request.Key);
  else if (found.error().status == 404)
    bucket->second.missing.insert(request.Key);
}

// The objects that distributions name: root objects and error pages.
void read_objects(AwsClient& client, CdnFacts& facts) {
  for (const DistributionFacts& distribution : facts.distributions) {
    for (const cf::Origin& origin : distribution.config.Origins.Items)
      if (const auto name = bucket_of(origin)) read_bucket(client, *name, facts);
    const auto behaviors = behaviors_of(facts, distribution);
    const auto look = [&](const std::string& path) {
      if (const cf::Origin* const origin = behavior_for(behaviors, path).origin)
        look_for(client, *origin, path, facts);
    };
    if (const std::string root = distribution.config.DefaultRootObject.value_or(""); !root.empty())
      look("/" + root);
    for (const cf::CustomErrorResponse& page : error_pages_of(distribution.config))
      if (const std::string path = page.ResponsePagePath.value_or(""); !path.empty()) look(path);
  }
}

void read_certificates(AwsClient& client, CdnFacts& facts) {
  for (const DistributionFacts& distribution : facts.distributions) {
    const auto& viewer = distribution.config.ViewerCertificate;
    acm::DescribeCertificateRequest request;
    request.CertificateArn = viewer ? viewer->ACMCertificateArn.value_or("") : "";
    if (request.CertificateArn.empty()) continue;
    const auto found = client.call<acm::DescribeCertificateResponse>("DescribeCertificate", request);
    if (!found || !found->Certificate) continue;
    CertificateFacts& certificate = facts.certificates[request.CertificateArn];
    certificate.status = found->Certificate->Status.value_or("");
    certificate.names = found->Certificate->SubjectAlternativeNames.value_or(std::vector<std::string>());
  }
}

}  // namespace

Result<CdnFacts> read_cdn(const ClientOptions& options, const Clock& clock) {
  CdnFacts facts;
  AwsClient cloudfront = TRY(AwsClient::open(options, cf::service_model(), clock));
  TRY(read_distributions(cloudfront, facts));
  if (facts.distributions.empty()) return facts;
  TRY(read_policies(cloudfront, facts));
  AwsClient storage = TRY(AwsClient::open(options, s3::service_model(), clock));
  read_objects(storage, facts);
  AwsClient certificates = TRY(AwsClient::open(options, acm::service_model(), clock));
  read_certificates(certificates, facts);
  return facts;
}

}  // namespace meridian::apps::doctor
