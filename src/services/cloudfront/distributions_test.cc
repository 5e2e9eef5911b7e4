#include "services/cloudfront/service_fixture.h"

namespace meridian::services::cloudfront {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class DistributionsTest : public CloudFrontTest {};

TEST_F(DistributionsTest, OneIsMadeWithAwssDefaults) {
  const auto made = create(config());
  const api::Distribution& shown = *made.Distribution;
  EXPECT_THAT(shown.Id, MatchesRegex("E[0-9A-Z]{13}"));
  EXPECT_THAT(shown.DomainName, MatchesRegex("d[0-9a-z]{13}\\.cloudfront\\.net"));
  EXPECT_EQ(shown.ARN, "arn:aws:cloudfront::111122223333:distribution/" + shown.Id);
  EXPECT_EQ(made.Location, "https://cloudfront.amazonaws.com/2020-05-31/distribution/" + shown.Id);
  EXPECT_EQ(shown.Status, "InProgress");
  EXPECT_EQ(shown.LastModifiedTime, kNow);
  const api::DistributionConfig& config = shown.DistributionConfig;
  EXPECT_EQ(config.Aliases->Quantity, 0);
  EXPECT_FALSE(config.Aliases->Items);
  EXPECT_EQ(config.PriceClass, "PriceClass_All");
  EXPECT_EQ(config.HttpVersion, "http2");
  EXPECT_EQ(config.IsIPV6Enabled, true);
  EXPECT_EQ(config.Staging, false);
  EXPECT_EQ(config.ViewerCertificate->CertificateSource, "cloudfront");
  EXPECT_EQ(config.Restrictions->GeoRestriction.RestrictionType, "none");
  EXPECT_EQ(config.DefaultCacheBehavior.AllowedMethods->Items, (std::vector<std::string>{"HEAD", "GET"}));
  EXPECT_FALSE(config.DefaultCacheBehavior.MinTTL);
  const api::Origin& origin = config.Origins.Items.front();
  EXPECT_EQ(origin.ConnectionAttempts, 3);
  EXPECT_EQ(origin.CustomOriginConfig->OriginReadTimeout, 30);
  EXPECT_EQ(origin.OriginShield->Enabled, false);
}

TEST_F(DistributionsTest, WhatIsShownGoesInAgainUnchanged) {
  const auto made = create(s3_config());
  auto config = made.Distribution->DistributionConfig;
  const auto changed = update(made.Distribution->Id, *made.ETag, config);
  ASSERT_EQ(refusal(changed), "");
  EXPECT_EQ(changed->Distribution->DistributionConfig, config);
  EXPECT_NE(changed->ETag, made.ETag);
}

TEST_F(DistributionsTest, LegacyTtlsHaveTheirDefaults) {
  auto legacy = config();
  legacy.DefaultCacheBehavior.CachePolicyId.reset();
  legacy.DefaultCacheBehavior.ForwardedValues.emplace().Cookies.Forward = "none";
  const auto made = create(legacy).Distribution->DistributionConfig.DefaultCacheBehavior;
  EXPECT_EQ(made.MinTTL, 0);
  EXPECT_EQ(made.DefaultTTL, 86400);
  EXPECT_EQ(made.MaxTTL, 31536000);
  EXPECT_EQ(made.ForwardedValues->Headers->Quantity, 0);
}

TEST_F(DistributionsTest, ACallerReferenceMakesOneDistribution) {
  create(config("same"));
  EXPECT_EQ(refused(config("same")), "DistributionAlreadyExists");
  create(other_, config("same"));
}

TEST_F(DistributionsTest, IfMatchIsTheVersionThatIsChanged) {
  const auto made = create(config());
  const std::string id = made.Distribution->Id;
  const auto wanted = config();
  EXPECT_EQ(code(cloudfront_.UpdateDistribution(call_, {wanted, id, std::nullopt})), "InvalidIfMatchVersion");
  EXPECT_EQ(code(update(id, "nonsense", wanted)), "InvalidIfMatchVersion");
  EXPECT_EQ(code(update(id, "E00000000000AB", wanted)), "PreconditionFailed");
  EXPECT_EQ(code(update(id, *made.ETag, wanted)), "");
  EXPECT_EQ(code(update(id, *made.ETag, wanted)), "PreconditionFailed");
  EXPECT_EQ(code(update("E1", *made.ETag, wanted)), "NoSuchDistribution");
}

TEST_F(DistributionsTest, SomeThingsCannotBeChanged) {
  const auto made = create(config());
  EXPECT_EQ(code(update(made.Distribution->Id, *made.ETag, config("another"))), "IllegalUpdate");
  auto staging = config();
  staging.Staging = true;
  EXPECT_EQ(code(update(made.Distribution->Id, *made.ETag, staging)), "IllegalUpdate");
}

TEST_F(DistributionsTest, ItIsDeployedWhenEdgesServeIt) {
  const auto made = create(config());
  const std::string id = made.Distribution->Id;
  EXPECT_EQ(get(id).Distribution->Status, "InProgress");
  edges_.until = store_.revision();
  EXPECT_EQ(get(id).Distribution->Status, "Deployed");
  ASSERT_EQ(code(update(id, *made.ETag, config())), "");
  EXPECT_EQ(get(id).Distribution->Status, "InProgress");
}

TEST_F(DistributionsTest, OnlyADisabledOneThatNoEdgeServesIsDeleted) {
  const auto made = create(config());
  const std::string id = made.Distribution->Id;
  edges_.until = store_.revision();
  const auto remove = [&](const std::string& etag) {
    return code(cloudfront_.DeleteDistribution(call_, {.Id = id, .IfMatch = etag}));
  };
  EXPECT_EQ(remove(*made.ETag), "DistributionNotDisabled");
  auto disabled = config();
  disabled.Enabled = false;
  const auto changed = update(id, *made.ETag, disabled);
  ASSERT_EQ(refusal(changed), "");
  EXPECT_EQ(remove(*changed->ETag), "DistributionNotDisabled");
  edges_.until = store_.revision();
  EXPECT_EQ(remove(*made.ETag), "PreconditionFailed");
  EXPECT_EQ(remove(*changed->ETag), "");
  EXPECT_EQ(code(cloudfront_.GetDistribution(call_, {.Id = id})), "NoSuchDistribution");
  create(config());  // and its caller reference is free
}

TEST_F(DistributionsTest, QuantitiesAreHeldAgainstTheirItems) {
  const auto* operation = cloudfront_.model().find("CreateDistribution");
  api::CreateDistributionRequest input{config()};
  EXPECT_EQ(code(cloudfront_.vet(*operation, aws::Value::of(input))), "");
  input.DistributionConfig.Origins.Quantity = 2;
  EXPECT_EQ(code(cloudfront_.vet(*operation, aws::Value::of(input))), "InconsistentQuantities");
  input.DistributionConfig = config();
  input.DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups =
      api::TrustedKeyGroups{.Enabled = true, .Quantity = 1, .Items = {}};
  EXPECT_EQ(code(cloudfront_.vet(*operation, aws::Value::of(input))), "InconsistentQuantities");
}

TEST_F(DistributionsTest, ListsHavePages) {
  std::vector<std::string> ids;
  for (const char* reference : {"a", "b", "c"}) ids.push_back(create(config(reference)).Distribution->Id);
  std::ranges::sort(ids);
  const auto first = cloudfront_.ListDistributions(call_, {.Marker = {}, .MaxItems = "2"});
  ASSERT_EQ(refusal(first), "");
  const api::DistributionList& list = *first->DistributionList;
  EXPECT_EQ(list.Quantity, 2);
  EXPECT_TRUE(list.IsTruncated);
  EXPECT_EQ(list.NextMarker, ids[1]);
  const auto rest = cloudfront_.ListDistributions(call_, {.Marker = list.NextMarker, .MaxItems = {}});
  ASSERT_EQ(refusal(rest), "");
  EXPECT_EQ(rest->DistributionList->Items->front().Id, ids[2]);
  EXPECT_FALSE(rest->DistributionList->IsTruncated);
  EXPECT_EQ(code(cloudfront_.ListDistributions(call_, {.Marker = {}, .MaxItems = "none"})),
            "InvalidArgument");
  EXPECT_EQ(cloudfront_.ListDistributions(other_, {})->DistributionList->Quantity, 0);
}

TEST_F(DistributionsTest, ListsByWhatIsUsed) {
  const std::string id = create(config()).Distribution->Id;
  const auto by_cache_policy = cloudfront_.ListDistributionsByCachePolicyId(
      call_, {.Marker = {}, .MaxItems = {}, .CachePolicyId = kOptimized});
  ASSERT_EQ(refusal(by_cache_policy), "");
  EXPECT_EQ(by_cache_policy->DistributionIdList->Items, std::vector<std::string>{id});
  EXPECT_EQ(code(cloudfront_.ListDistributionsByCachePolicyId(
                call_, {.Marker = {}, .MaxItems = {}, .CachePolicyId = "none"})),
            "NoSuchCachePolicy");
  const auto without =
      cloudfront_.ListDistributionsByWebACLId(call_, {.Marker = {}, .MaxItems = {}, .WebACLId = "null"});
  EXPECT_EQ(without->DistributionList->Quantity, 1);
}

TEST_F(DistributionsTest, TagsComeAlongAndDoNotDeployAnything) {
  api::DistributionConfigWithTags both{.DistributionConfig = config(), .Tags = {}};
  both.Tags.Items.emplace().push_back({.Key = "env", .Value = "prod"});
  const auto made = cloudfront_.CreateDistributionWithTags(call_, {.DistributionConfigWithTags = both});
  ASSERT_EQ(refusal(made), "");
  edges_.until = store_.revision();
  const std::string arn = made->Distribution->ARN;
  api::Tags more;
  more.Items.emplace().push_back({.Key = "team", .Value = "web"});
  EXPECT_EQ(code(cloudfront_.TagResource(call_, {.Resource = arn, .Tags = more})), "");
  api::TagKeys gone;
  gone.Items.emplace().push_back("env");
  EXPECT_EQ(code(cloudfront_.UntagResource(call_, {.Resource = arn, .TagKeys = gone})), "");
  const auto tags = cloudfront_.ListTagsForResource(call_, {.Resource = arn});
  ASSERT_EQ(tags->Tags.Items->size(), 1U);
  EXPECT_EQ(tags->Tags.Items->front().Key, "team");
  EXPECT_EQ(get(made->Distribution->Id).Distribution->Status, "Deployed");
  more.Items->front().Key = "aws:mine";
  EXPECT_EQ(code(cloudfront_.TagResource(call_, {.Resource = arn, .Tags = more})), "InvalidTagging");
  EXPECT_EQ(code(cloudfront_.ListTagsForResource(other_, {.Resource = arn})), "NoSuchResource");
}

TEST_F(DistributionsTest, AMonitoringSubscriptionIsThereOrNot) {
  const std::string id = create(config()).Distribution->Id;
  EXPECT_EQ(code(cloudfront_.GetMonitoringSubscription(call_, {.DistributionId = id})),
            "NoSuchMonitoringSubscription");
  api::MonitoringSubscription on;
  on.RealtimeMetricsSubscriptionConfig = api::RealtimeMetricsSubscriptionConfig{"Enabled"};
  EXPECT_EQ(code(cloudfront_.CreateMonitoringSubscription(call_, {id, on})), "");
  EXPECT_EQ(code(cloudfront_.CreateMonitoringSubscription(call_, {id, on})),
            "MonitoringSubscriptionAlreadyExists");
  EXPECT_EQ(cloudfront_.GetMonitoringSubscription(call_, {.DistributionId = id})->MonitoringSubscription, on);
  EXPECT_EQ(code(cloudfront_.DeleteMonitoringSubscription(call_, {.DistributionId = id})), "");
  EXPECT_EQ(code(cloudfront_.DeleteMonitoringSubscription(call_, {.DistributionId = id})),
            "NoSuchMonitoringSubscription");
}

}  // namespace
}  // namespace meridian::services::cloudfront
