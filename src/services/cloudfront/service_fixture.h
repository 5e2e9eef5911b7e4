// For this room's tests: a CloudFront over a store in memory, and edges that serve what a test says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/acm/resources.h"
#include "services/cloudfront/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::cloudfront {

inline constexpr SystemTime kNow{std::chrono::seconds(1'800'000'000)};  // 2027-01-15

class AcknowledgedUntil final : public Deployments {
 public:
  bool serves(std::string_view, store::Revision revision) const override { return revision <= until; }
  store::Revision until = 0;
};

class CloudFrontTest : public testing::Test {
 protected:
  CloudFrontTest() {
    call_.account_id = "111122223333";
    call_.region = "us-east-1";
    call_.time = kNow;
    other_ = call_;
    other_.account_id = "444455556666";
  }

  // "code: message"; "" when the call is accepted.
  template <typename T>
  static std::string refusal(const aws::Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code + ": " + outcome.error().message;
  }
  template <typename T>
  static std::string code(const aws::Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code;
  }

  // The least that makes a distribution.
  static api::DistributionConfig config(const std::string& reference = "one") {
    api::DistributionConfig config;
    config.CallerReference = reference;
    config.Comment = "";
    config.Enabled = true;
    api::Origin origin;
    origin.Id = "web";
    origin.DomainName = "www.example.com";
    origin.CustomOriginConfig = api::CustomOriginConfig{.HTTPPort = 80,
                                                        .HTTPSPort = 443,
                                                        .OriginProtocolPolicy = "https-only",
                                                        .OriginSslProtocols = {},
                                                        .OriginReadTimeout = {},
                                                        .OriginKeepaliveTimeout = {},
                                                        .IpAddressType = {},
                                                        .OriginMtlsConfig = {}};
    config.Origins = {.Quantity = 1, .Items = {origin}};
    config.DefaultCacheBehavior.TargetOriginId = "web";
    config.DefaultCacheBehavior.ViewerProtocolPolicy = "redirect-to-https";
    config.DefaultCacheBehavior.CachePolicyId = kOptimized;
    return config;
  }
  static api::DistributionConfig s3_config(const std::string& reference = "one") {
    api::DistributionConfig config = CloudFrontTest::config(reference);
    api::Origin& origin = config.Origins.Items.front();
    origin.DomainName = "photos.s3.amazonaws.com";
    origin.CustomOriginConfig.reset();
    origin.S3OriginConfig.emplace();
    return config;
  }
  static api::DistributionConfig with_aliases(api::DistributionConfig config,
                                              std::vector<std::string> aliases,
                                              const std::string& certificate) {
    config.Aliases = api::Aliases{.Quantity = static_cast<std::int32_t>(aliases.size()), .Items = aliases};
    auto& viewer = config.ViewerCertificate.emplace();
    viewer.ACMCertificateArn = certificate;
    viewer.SSLSupportMethod = "sni-only";
    return config;
  }

  api::CreateDistributionResult create(const api::DistributionConfig& config) {
    return create(call_, config);
  }
  api::CreateDistributionResult create(aws::Call& call, const api::DistributionConfig& config) {
    auto made = cloudfront_.CreateDistribution(call, {.DistributionConfig = config});
    EXPECT_EQ(refusal(made), "");
    return made ? *std::move(made) : api::CreateDistributionResult();
  }
  std::string refused(const api::DistributionConfig& config) {
    return code(cloudfront_.CreateDistribution(call_, {.DistributionConfig = config}));
  }
  aws::Outcome<api::UpdateDistributionResult> update(const std::string& id, const std::string& etag,
                                                     const api::DistributionConfig& config) {
    return cloudfront_.UpdateDistribution(call_, {.DistributionConfig = config, .Id = id, .IfMatch = etag});
  }
  api::GetDistributionResult get(const std::string& id) {
    auto found = cloudfront_.GetDistribution(call_, {.Id = id});
    EXPECT_EQ(refusal(found), "");
    return found ? *std::move(found) : api::GetDistributionResult();
  }

  // An issued certificate in ACM; its ARN.
  std::string certificate(const std::string& id, std::vector<std::string> domains,
                          const std::string& region = "us-east-1",
                          const std::string& account = "111122223333") {
    acm::CertificateResource made;
    made.place = {account, region};
    made.id = id;
    made.domains = std::move(domains);
    made.not_after = kNow + std::chrono::hours(24);
    EXPECT_TRUE(store_.commit({{}, {{acm::certificate_key(made.place, id), acm::encode(made)}}, {}}));
    return acm::certificate_arn(made.place, id);
  }

  static constexpr const char* kOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";

  ManualClock clock_{kNow};
  SeededRandom random_{1};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  AcknowledgedUntil edges_;
  CloudFront cloudfront_{store_, random_, &edges_};
  aws::Call call_, other_;
};

}  // namespace meridian::services::cloudfront
