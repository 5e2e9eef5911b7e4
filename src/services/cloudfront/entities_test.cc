#include "services/cloudfront/invalidation_index.h"
#include "services/cloudfront/service_fixture.h"

namespace meridian::services::cloudfront {
namespace {

using testing::MatchesRegex;

constexpr const char* kRsa = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtjNuz3XSdFfTNoZfdhSX
q8BOCn7074bL4DSVRwE//erocXpeZpL8awyclWqM+xwVtvVqCfOevmyDNBK9rjAP
9AOBZfGLktLHBgVZ/P3nIAIx8Wqe4mUb0DGqlnkbQ940YU+5uDlvGtvZqcouQFBO
jVX0/ZeHCI1RSoAfUwdM0wcsQhoqNEsN0KKBNagsMXDp+56n2RDhXqenCqPzWgQm
oMa8Xb2FoOkVKlK4ZR8f+PFikCzY6IYiYnBeF51Lij2dxZqRbuwnvihQRkAxQh12
0RF0Lx9i/4uPs1dIBKrxv6lx/Jg4AB+9yxUV4dt9mImSd/x4an712lvlRiKv2JA6
YQIDAQAB
-----END PUBLIC KEY-----
)";
constexpr const char* kEc = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkYLmXjsB9bBbh4lnzrnxDa7xroli
Fkh8J+vCFGXhqzqaGjTT35xJnMDlxrlItABnrA5hoIRdOQrPA4e5XecRfQ==
-----END PUBLIC KEY-----
)";
constexpr const char* kSmall = R"(-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC3hmRCv4tekwqvWNP2ONI29t79
Oawl9KsKsnV5kbNuQiNRgoA6X6iy2FLKGIQnj3qKPIPIDhUCrmKpx/2bZ1Oq3cCo
XaHcBF1bgHNcv2czJ6NqptSJwCyv3ekC+umukdEGGnjDOhsrtrA06WfbUci6/3sB
vmKRqqIMJYiDHfe4kQIDAQAB
-----END PUBLIC KEY-----
)";

class EntitiesTest : public CloudFrontTest {
 protected:
  static api::CachePolicyConfig cache_policy(const std::string& name = "mine") {
    api::CachePolicyConfig config;
    config.Name = name;
    config.MinTTL = 0;
    auto& parameters = config.ParametersInCacheKeyAndForwardedToOrigin.emplace();
    parameters.EnableAcceptEncodingGzip = true;
    parameters.HeadersConfig.HeaderBehavior = "none";
    parameters.CookiesConfig.CookieBehavior = "none";
    parameters.QueryStringsConfig.QueryStringBehavior = "none";
    return config;
  }
  std::string refused(const api::CachePolicyConfig& config) {
    return code(cloudfront_.CreateCachePolicy(call_, {.CachePolicyConfig = config}));
  }
  std::string key(const std::string& name, const char* pem) {
    auto made = cloudfront_.CreatePublicKey(
        call_, {{.CallerReference = name, .Name = name, .EncodedKey = pem, .Comment = {}}});
    return made ? made->PublicKey->Id : code(made);
  }
  std::string key_group(const std::string& name, std::vector<std::string> keys) {
    auto made = cloudfront_.CreateKeyGroup(call_, {{.Name = name, .Items = std::move(keys), .Comment = {}}});
    return made ? made->KeyGroup->Id : code(made);
  }
  std::string invalidate(const std::string& id, std::vector<std::string> paths,
                         const std::string& reference) {
    const auto count = static_cast<std::int32_t>(paths.size());
    auto made = cloudfront_.CreateInvalidation(
        call_, {id, {.Paths = {.Quantity = count, .Items = std::move(paths)}, .CallerReference = reference}});
    return made ? made->Invalidation->Id : code(made);
  }
};

TEST_F(EntitiesTest, ACachePolicyHasItsLife) {
  const auto made = cloudfront_.CreateCachePolicy(call_, {.CachePolicyConfig = cache_policy()});
  ASSERT_EQ(refusal(made), "");
  const std::string id = made->CachePolicy->Id;
  EXPECT_EQ(made->CachePolicy->CachePolicyConfig.DefaultTTL, 86400);
  EXPECT_EQ(made->Location, "https://cloudfront.amazonaws.com/2020-05-31/cache-policy/" + id);
  EXPECT_EQ(refused(cache_policy()), "CachePolicyAlreadyExists");

  auto distribution = config();
  distribution.DefaultCacheBehavior.CachePolicyId = id;
  const auto user = create(distribution);
  EXPECT_EQ(code(cloudfront_.DeleteCachePolicy(call_, {id, made->ETag})), "CachePolicyInUse");
  auto changed = cache_policy();
  changed.MinTTL = 5;
  const auto updated = cloudfront_.UpdateCachePolicy(call_, {changed, id, made->ETag});
  ASSERT_EQ(refusal(updated), "");
  EXPECT_EQ(cloudfront_.GetCachePolicy(call_, {id})->CachePolicy->CachePolicyConfig.MinTTL, 5);
  EXPECT_EQ(code(cloudfront_.UpdateCachePolicy(call_, {changed, id, made->ETag})), "PreconditionFailed");

  ASSERT_EQ(refusal(update(user.Distribution->Id, *user.ETag, config())), "");
  EXPECT_EQ(code(cloudfront_.DeleteCachePolicy(call_, {id, updated->ETag})), "");
  EXPECT_EQ(code(cloudfront_.GetCachePolicy(call_, {id})), "NoSuchCachePolicy");
  distribution.CallerReference = "two";
  EXPECT_EQ(CloudFrontTest::refused(distribution), "NoSuchCachePolicy");
}

TEST_F(EntitiesTest, CachePoliciesHaveRules) {
  using Policy = api::CachePolicyConfig;
  const auto with = [&](auto change) {
    Policy policy = cache_policy("rules");
    change(policy, *policy.ParametersInCacheKeyAndForwardedToOrigin);
    return refused(policy);
  };
  EXPECT_EQ(with([](Policy& it, auto&) { it.Name = "a b"; }), "InvalidArgument");
  EXPECT_EQ(with([](Policy& it, auto&) { it.MinTTL = 9, it.DefaultTTL = 5; }), "InvalidArgument");
  EXPECT_EQ(with([](Policy&, auto& it) { it.HeadersConfig.HeaderBehavior = "whitelist"; }),
            "InvalidArgument");
  EXPECT_EQ(with([](Policy&, auto& it) {
              it.HeadersConfig = {"whitelist", api::Headers{1, std::vector<std::string>{"Accept-Encoding"}}};
            }),
            "InvalidArgument");
  EXPECT_EQ(with([](Policy&, auto& it) {
              it.HeadersConfig = {"whitelist", api::Headers{11, std::vector<std::string>(11, "A")}};
            }),
            "TooManyHeadersInCachePolicy");
  EXPECT_EQ(with([](Policy& it, auto&) { it.DefaultTTL = 0, it.MaxTTL = 0; }), "InvalidArgument");
}

TEST_F(EntitiesTest, ManagedPoliciesAreEverybodysAndNobodysToChange) {
  const auto managed =
      cloudfront_.ListCachePolicies(call_, {.Type = "managed", .Marker = {}, .MaxItems = {}});
  ASSERT_EQ(refusal(managed), "");
  EXPECT_EQ(managed->CachePolicyList->Quantity, 11);
  EXPECT_EQ(cloudfront_.ListOriginRequestPolicies(call_, {})->OriginRequestPolicyList->Quantity, 8);
  EXPECT_EQ(cloudfront_.ListResponseHeadersPolicies(call_, {})->ResponseHeadersPolicyList->Quantity, 5);
  const auto optimized = cloudfront_.GetCachePolicy(call_, {kOptimized});
  ASSERT_EQ(refusal(optimized), "");
  const auto& config = optimized->CachePolicy->CachePolicyConfig;
  EXPECT_EQ(config.Name, "Managed-CachingOptimized");
  EXPECT_EQ(config.MinTTL, 1);
  EXPECT_EQ(code(cloudfront_.DeleteCachePolicy(call_, {kOptimized, optimized->ETag})), "IllegalDelete");
  EXPECT_EQ(code(cloudfront_.UpdateCachePolicy(call_, {cache_policy(), kOptimized, optimized->ETag})),
            "IllegalUpdate");
  refused(cache_policy());
  const auto custom = cloudfront_.ListCachePolicies(call_, {.Type = "custom", .Marker = {}, .MaxItems = {}});
  ASSERT_EQ(custom->CachePolicyList->Quantity, 1);
  EXPECT_EQ(custom->CachePolicyList->Items->front().Type, "custom");
}

TEST_F(EntitiesTest, OriginRequestPoliciesHaveRules) {
  const auto with = [&](const char* behavior, std::vector<std::string> names) {
    api::OriginRequestPolicyConfig config;
    config.Name = std::string("p") + behavior + std::to_string(names.size());
    config.HeadersConfig.HeaderBehavior = behavior;
    if (!names.empty())
      config.HeadersConfig.Headers = api::Headers{static_cast<std::int32_t>(names.size()), names};
    config.CookiesConfig.CookieBehavior = "all";
    config.QueryStringsConfig.QueryStringBehavior = "none";
    return code(cloudfront_.CreateOriginRequestPolicy(call_, {config}));
  };
  EXPECT_EQ(with("allViewer", {}), "");
  EXPECT_EQ(with("allViewer", {"Host"}), "InvalidArgument");
  EXPECT_EQ(with("whitelist", {"User-Agent"}), "");
  EXPECT_EQ(with("whitelist", {"Authorization"}), "InvalidArgument");
  EXPECT_EQ(with("allViewerAndWhitelistCloudFront", {"Host"}), "InvalidArgument");
  EXPECT_EQ(with("allViewerAndWhitelistCloudFront", {"CloudFront-Viewer-Country"}), "");
  EXPECT_EQ(with("allExcept", std::vector<std::string>(11, "A")), "TooManyHeadersInOriginRequestPolicy");
}

TEST_F(EntitiesTest, ResponseHeadersPoliciesHaveRules) {
  const auto with = [&](auto change) {
    api::ResponseHeadersPolicyConfig config;
    config.Name = "mine";
    change(config);
    return code(cloudfront_.CreateResponseHeadersPolicy(call_, {config}));
  };
  using Policy = api::ResponseHeadersPolicyConfig;
  const auto custom = [](const char* name) {
    return [name](Policy& it) {
      it.CustomHeadersConfig.emplace().Items = {{.Header = name, .Value = "v", .Override = true}};
    };
  };
  const auto removed = [](const char* name) {
    return [name](Policy& it) { it.RemoveHeadersConfig.emplace().Items = {{.Header = name}}; };
  };
  EXPECT_EQ(with([](Policy&) {}), "InvalidArgument");
  EXPECT_EQ(with(custom("X-Frame-Options")), "InvalidArgument");
  EXPECT_EQ(with(custom("Via")), "InvalidArgument");
  EXPECT_EQ(with(removed("X-Amz-Cf-Id")), "InvalidArgument");
  EXPECT_EQ(with([](Policy& it) {
              it.SecurityHeadersConfig.emplace().ContentSecurityPolicy = {true, std::string(1784, 'c')};
            }),
            "TooLongCSPInResponseHeadersPolicy");
  EXPECT_EQ(with([](Policy& it) { it.ServerTimingHeadersConfig = {true, 101.0}; }), "InvalidArgument");
  const auto origins = [](const char* origin) {
    return [origin](Policy& it) {
      auto& cors = it.CorsConfig.emplace();
      cors.AccessControlAllowOrigins = {1, {origin}};
      cors.AccessControlAllowHeaders = {1, {"*"}};
      cors.AccessControlAllowMethods = {1, {"GET"}};
    };
  };
  EXPECT_EQ(with(origins("https://a*.example.com")), "InvalidArgument");
  EXPECT_EQ(with(origins("ftp://example.com")), "InvalidArgument");
  EXPECT_EQ(with(origins("https://*.example.com:8443")), "");
  EXPECT_EQ(with(custom("X-Mine")), "ResponseHeadersPolicyAlreadyExists");
}

TEST_F(EntitiesTest, KeysAndTheirGroupsHoldOneAnother) {
  EXPECT_EQ(key("small", kSmall), "InvalidArgument");
  EXPECT_EQ(key("none", "none"), "InvalidArgument");
  const std::string rsa = key("rsa", kRsa), ec = key("ec", kEc);
  EXPECT_THAT(rsa, MatchesRegex("K[0-9A-Z]{13}"));
  EXPECT_EQ(key("rsa", kRsa), rsa);  // the same request again
  EXPECT_EQ(key("rsa", kEc), "PublicKeyAlreadyExists");
  EXPECT_EQ(key_group("g", {"K1"}), "InvalidArgument");
  EXPECT_EQ(key_group("g", {}), "InvalidArgument");
  EXPECT_EQ(key_group("g", {"1", "2", "3", "4", "5", "6"}), "TooManyPublicKeysInKeyGroup");
  const std::string group = key_group("g", {rsa, ec});
  EXPECT_EQ(group.size(), 36U);
  EXPECT_EQ(key_group("g", {rsa}), "KeyGroupAlreadyExists");
  const auto etag = cloudfront_.GetPublicKey(call_, {rsa})->ETag;
  EXPECT_EQ(code(cloudfront_.DeletePublicKey(call_, {rsa, etag})), "PublicKeyInUse");
  EXPECT_EQ(
      code(cloudfront_.UpdatePublicKey(
          call_, {{.CallerReference = "rsa", .Name = "rsa", .EncodedKey = kEc, .Comment = {}}, rsa, etag})),
      "CannotChangeImmutablePublicKeyFields");

  auto trusting = config();
  trusting.DefaultCacheBehavior.TrustedKeyGroups =
      api::TrustedKeyGroups{true, 1, std::vector<std::string>{"none"}};
  EXPECT_EQ(CloudFrontTest::refused(trusting), "TrustedKeyGroupDoesNotExist");
  trusting.DefaultCacheBehavior.TrustedKeyGroups->Items->front() = group;
  const auto made = create(trusting);
  const api::ActiveTrustedKeyGroups& active = *made.Distribution->ActiveTrustedKeyGroups;
  EXPECT_TRUE(active.Enabled);
  EXPECT_EQ(active.Items->front().KeyPairIds->Items, (std::vector<std::string>{rsa, ec}));
  const auto group_etag = cloudfront_.GetKeyGroup(call_, {group})->ETag;
  EXPECT_EQ(code(cloudfront_.DeleteKeyGroup(call_, {group, group_etag})), "ResourceInUse");
  EXPECT_EQ(cloudfront_.ListDistributionsByKeyGroup(call_, {{}, {}, group})->DistributionIdList->Quantity, 1);
}

TEST_F(EntitiesTest, OriginsNameTheirAccess) {
  auto origin = s3_config();
  origin.Origins.Items.front().OriginAccessControlId = "E1";
  EXPECT_EQ(CloudFrontTest::refused(origin), "InvalidOriginAccessControl");
  const auto control =
      cloudfront_.CreateOriginAccessControl(call_, {{.Name = "s3",
                                                     .Description = {},
                                                     .SigningProtocol = "sigv4",
                                                     .SigningBehavior = "always",
                                                     .OriginAccessControlOriginType = "s3"}});
  ASSERT_EQ(refusal(control), "");
  const std::string id = control->OriginAccessControl->Id;
  origin.Origins.Items.front().OriginAccessControlId = id;
  create(origin);
  EXPECT_EQ(code(cloudfront_.DeleteOriginAccessControl(call_, {id, control->ETag})),
            "OriginAccessControlInUse");
  auto custom = config("custom");
  custom.Origins.Items.front().OriginAccessControlId = id;
  EXPECT_EQ(CloudFrontTest::refused(custom), "InvalidDomainNameForOriginAccessControl");
}

TEST_F(EntitiesTest, IdentitiesAreMadeOnceAReference) {
  const auto make = [&](const char* comment) {
    return cloudfront_.CreateCloudFrontOriginAccessIdentity(call_,
                                                            {{.CallerReference = "r", .Comment = comment}});
  };
  const auto made = make("a");
  ASSERT_EQ(refusal(made), "");
  const auto& identity = *made->CloudFrontOriginAccessIdentity;
  EXPECT_THAT(identity.S3CanonicalUserId, MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(make("a")->CloudFrontOriginAccessIdentity->Id, identity.Id);
  EXPECT_EQ(code(make("b")), "CloudFrontOriginAccessIdentityAlreadyExists");
  auto origin = s3_config();
  auto& named = origin.Origins.Items.front().S3OriginConfig->OriginAccessIdentity;
  named = "origin-access-identity/cloudfront/E1";
  EXPECT_EQ(CloudFrontTest::refused(origin), "InvalidOriginAccessIdentity");
  named = "origin-access-identity/cloudfront/" + identity.Id;
  create(origin);
  EXPECT_EQ(code(cloudfront_.DeleteCloudFrontOriginAccessIdentity(call_, {identity.Id, made->ETag})),
            "CloudFrontOriginAccessIdentityInUse");
}

TEST_F(EntitiesTest, InvalidationsAreCompletedByEdges) {
  const std::string id = create(config()).Distribution->Id;
  const std::string made = invalidate(id, {"/index.html", "/images/*", "#tag"}, "r1");
  EXPECT_THAT(made, MatchesRegex("I[0-9A-Z]{13}"));
  EXPECT_EQ(get(id).Distribution->InProgressInvalidationBatches, 1);
  EXPECT_EQ(invalidate(id, {"/index.html", "/images/*", "#tag"}, "r1"), made);
  EXPECT_EQ(invalidate(id, {"/other"}, "r1"), "InvalidationBatchAlreadyExists");
  const std::string second = invalidate(id, {"/other"}, "r2");
  EXPECT_EQ(cloudfront_.GetInvalidation(call_, {id, made})->Invalidation->Status, "InProgress");
  edges_.until = store_.revision();
  EXPECT_EQ(cloudfront_.GetInvalidation(call_, {id, made})->Invalidation->Status, "Completed");
  EXPECT_EQ(get(id).Distribution->InProgressInvalidationBatches, 0);
  const auto listed = cloudfront_.ListInvalidations(call_, {id, {}, {}});
  ASSERT_EQ(listed->InvalidationList->Quantity, 2);
  EXPECT_EQ(listed->InvalidationList->Items->front().Id, second);  // the newest first
  EXPECT_EQ(code(cloudfront_.GetInvalidation(call_, {id, "I1"})), "NoSuchInvalidation");
}

TEST_F(EntitiesTest, ASoftInvalidationIsAnotherThanAHardOne) {
  const std::string id = create(config()).Distribution->Id;
  call_.soft_purge = true;
  const std::string made = invalidate(id, {"/a"}, "r1");
  EXPECT_EQ(invalidate(id, {"/a"}, "r1"), made);
  const auto row = store_.get(invalidations_prefix(call_.account_id, id) + made);
  ASSERT_TRUE(row && *row);
  EXPECT_TRUE(decode<api::InvalidationBatch>((*row)->value)->soft);
  call_.soft_purge = false;
  EXPECT_EQ(invalidate(id, {"/a"}, "r1"), "InvalidationBatchAlreadyExists");
  EXPECT_EQ(cloudfront_.GetInvalidation(call_, {id, made})->Invalidation->InvalidationBatch.Paths.Items,
            std::vector<std::string>{"/a"});
}

TEST_F(EntitiesTest, InvalidationsHaveRulesAndLimits) {
  const std::string id = create(config()).Distribution->Id;
  EXPECT_EQ(invalidate("E1", {"/a"}, "r"), "NoSuchDistribution");
  EXPECT_EQ(invalidate(id, {}, "r"), "InvalidArgument");
  EXPECT_EQ(invalidate(id, {"a"}, "r"), "InvalidArgument");
  EXPECT_EQ(invalidate(id, {"/a*b"}, "r"), "InvalidArgument");
  EXPECT_EQ(invalidate(id, {"/" + std::string(4000, 'a')}, "r"), "InvalidArgument");
  EXPECT_EQ(invalidate(id, {"#"}, "r"), "InvalidArgument");
  EXPECT_EQ(invalidate(id, std::vector<std::string>(3001, "/a"), "r"), "BatchTooLarge");
  EXPECT_EQ(invalidate(id, std::vector<std::string>(16, "/a*"), "r"), "TooManyInvalidationsInProgress");
  EXPECT_EQ(invalidate(id, std::vector<std::string>(2999, "/a"), "r").front(), 'I');
  EXPECT_EQ(invalidate(id, {"/a", "/b"}, "s"), "TooManyInvalidationsInProgress");
  edges_.until = store_.revision();
  EXPECT_EQ(invalidate(id, {"/a", "/b"}, "s").front(), 'I');
}

TEST_F(EntitiesTest, AThousandInvalidationsAreKept) {
  const std::string id = create(config()).Distribution->Id;
  const std::string first = invalidate(id, {"/0"}, "r0");
  edges_.until = store_.revision();
  const std::string second = invalidate(id, {"/1"}, "r1");  // in progress for long
  for (int i = 2; i < 1001; ++i) ASSERT_EQ(invalidate(id, {"/a"}, "r" + std::to_string(i)).front(), 'I');
  EXPECT_EQ(code(cloudfront_.GetInvalidation(call_, {id, first})), "NoSuchInvalidation");
  EXPECT_EQ(invalidate(id, {"/other"}, "r0").front(), 'I') << "nobody has the reference any more";
  EXPECT_EQ(cloudfront_.GetInvalidation(call_, {id, second})->Invalidation->Status, "InProgress");
  EXPECT_EQ(get(id).Distribution->InProgressInvalidationBatches, 1001) << "none of them may go";
  edges_.until = store_.revision();
  invalidate(id, {"/more"}, "more");
  EXPECT_EQ(code(cloudfront_.GetInvalidation(call_, {id, second})), "NoSuchInvalidation");
  EXPECT_EQ(get(id).Distribution->InProgressInvalidationBatches, 1);
}

TEST_F(EntitiesTest, InvalidationsOfAVersionWithoutAnIndexCount) {
  const std::string id = create(config()).Distribution->Id;
  const std::string first = invalidate(id, {"/a*", "/b"}, "r1"), second = invalidate(id, {"/c"}, "r2");
  const auto forget_index = [&] {
    store::Transaction transaction;
    const auto rows = store_.range(invalidation_index_prefix(call_.account_id, id));
    for (const auto& row : rows->items) transaction.deletes.push_back(row.key);
    EXPECT_GT(transaction.deletes.size(), 4u);
    ASSERT_TRUE(store_.commit(std::move(transaction)));
  };
  forget_index();
  EXPECT_EQ(get(id).Distribution->InProgressInvalidationBatches, 2);
  EXPECT_EQ(invalidate(id, {"/c"}, "r2"), second);
  EXPECT_EQ(invalidate(id, std::vector<std::string>(15, "/a*"), "r3"), "TooManyInvalidationsInProgress");
  edges_.until = store_.revision();
  EXPECT_EQ(invalidate(id, std::vector<std::string>(15, "/a*"), "r3").front(), 'I');
  EXPECT_EQ(invalidate(id, {"/a*", "/b"}, "r1"), first);
}

TEST_F(EntitiesTest, RealtimeLogsGoToAStream) {
  api::CreateRealtimeLogConfigRequest input;
  input.Name = "live";
  input.SamplingRate = 100;
  input.Fields = {"timestamp", "c-ip"};
  input.EndPoints = {
      {.StreamType = "Kinesis",
       .KinesisStreamConfig = api::KinesisStreamConfig{"arn:aws:iam::111122223333:role/r",
                                                       "arn:aws:kinesis:us-east-1:111122223333:stream/s"}}};
  auto bad = input;
  bad.Fields = {"shoe-size"};
  EXPECT_EQ(code(cloudfront_.CreateRealtimeLogConfig(call_, bad)), "InvalidArgument");
  bad = input;
  bad.SamplingRate = 0;
  EXPECT_EQ(code(cloudfront_.CreateRealtimeLogConfig(call_, bad)), "InvalidArgument");
  const auto made = cloudfront_.CreateRealtimeLogConfig(call_, input);
  ASSERT_EQ(refusal(made), "");
  const std::string arn = made->RealtimeLogConfig->ARN;
  EXPECT_EQ(code(cloudfront_.CreateRealtimeLogConfig(call_, input)), "RealtimeLogConfigAlreadyExists");
  auto logged = config();
  logged.DefaultCacheBehavior.RealtimeLogConfigArn =
      "arn:aws:cloudfront::444455556666:realtime-log-config/live";
  EXPECT_EQ(CloudFrontTest::refused(logged), "RealtimeLogConfigOwnerMismatch");
  logged.DefaultCacheBehavior.RealtimeLogConfigArn = arn;
  create(logged);
  EXPECT_EQ(code(cloudfront_.DeleteRealtimeLogConfig(call_, {.Name = {}, .ARN = arn})),
            "RealtimeLogConfigInUse");
  EXPECT_EQ(code(cloudfront_.GetRealtimeLogConfig(call_, {.Name = "other", .ARN = {}})),
            "NoSuchRealtimeLogConfig");
}

TEST_F(EntitiesTest, AStagingDistributionIsCopiedAndPromoted) {
  const auto primary = create(config());
  const std::string id = primary.Distribution->Id;
  api::CopyDistributionRequest copy{.PrimaryDistributionId = id,
                                    .Staging = true,
                                    .IfMatch = primary.ETag,
                                    .CallerReference = "copy",
                                    .Enabled = {}};
  const auto staging = cloudfront_.CopyDistribution(call_, copy);
  ASSERT_EQ(refusal(staging), "");
  EXPECT_EQ(staging->Distribution->DistributionConfig.Staging, true);

  api::ContinuousDeploymentPolicyConfig deployment;
  deployment.Enabled = true;
  deployment.StagingDistributionDnsNames = {1, std::vector<std::string>{primary.Distribution->DomainName}};
  deployment.TrafficConfig =
      api::TrafficConfig{.SingleWeightConfig = {{.Weight = 0.15F, .SessionStickinessConfig = {}}},
                         .SingleHeaderConfig = {},
                         .Type = "SingleWeight"};
  EXPECT_EQ(code(cloudfront_.CreateContinuousDeploymentPolicy(call_, {deployment})), "InvalidArgument");
  deployment.StagingDistributionDnsNames.Items->front() = staging->Distribution->DomainName;
  deployment.TrafficConfig->SingleWeightConfig->Weight = 0.16F;
  EXPECT_EQ(code(cloudfront_.CreateContinuousDeploymentPolicy(call_, {deployment})), "InvalidArgument");
  deployment.TrafficConfig->SingleWeightConfig->Weight = 0.15F;
  const auto policy = cloudfront_.CreateContinuousDeploymentPolicy(call_, {deployment});
  ASSERT_EQ(refusal(policy), "");
  const std::string policy_id = policy->ContinuousDeploymentPolicy->Id;
  EXPECT_EQ(code(cloudfront_.CreateContinuousDeploymentPolicy(call_, {deployment})),
            "StagingDistributionInUse");

  auto attached = config();
  attached.ContinuousDeploymentPolicyId = policy_id;
  const auto changed = update(id, *primary.ETag, attached);
  ASSERT_EQ(refusal(changed), "");
  EXPECT_EQ(code(cloudfront_.DeleteContinuousDeploymentPolicy(call_, {policy_id, policy->ETag})),
            "ContinuousDeploymentPolicyInUse");
  auto better = staging->Distribution->DistributionConfig;
  better.Comment = "better";
  const auto tried = update(staging->Distribution->Id, *staging->ETag, better);
  ASSERT_EQ(refusal(tried), "");
  const auto promote = [&](const std::string& etags) {
    return cloudfront_.UpdateDistributionWithStagingConfig(
        call_, {.Id = id, .StagingDistributionId = staging->Distribution->Id, .IfMatch = etags});
  };
  EXPECT_EQ(code(promote(*changed->ETag)), "InvalidIfMatchVersion");
  const auto promoted = promote(*changed->ETag + ", " + *tried->ETag);
  ASSERT_EQ(refusal(promoted), "");
  EXPECT_EQ(promoted->Distribution->DistributionConfig.Comment, "better");
  EXPECT_EQ(promoted->Distribution->DistributionConfig.Staging, false);
  EXPECT_EQ(promoted->Distribution->DistributionConfig.CallerReference, "one");
  EXPECT_FALSE(cloudfront_.GetContinuousDeploymentPolicy(call_, {policy_id})
                   ->ContinuousDeploymentPolicy->ContinuousDeploymentPolicyConfig.Enabled);
}

TEST_F(EntitiesTest, AliasesNeedACertificateAndAreOnesOwn) {
  const std::string arn = certificate("c1", {"example.com", "*.example.com"});
  const auto refused_aliases = [&](std::vector<std::string> names, const std::string& certificate) {
    return CloudFrontTest::refused(with_aliases(config("two"), std::move(names), certificate));
  };
  const auto made = create(with_aliases(config(), {"www.Example.com"}, arn));
  EXPECT_EQ(made.Distribution->AliasICPRecordals->front().ICPRecordalStatus, "APPROVED");
  EXPECT_EQ(refused_aliases({"www.example.com"}, arn), "CNAMEAlreadyExists");
  EXPECT_EQ(refused_aliases({"a.b.example.com"}, arn), "InvalidViewerCertificate");
  EXPECT_EQ(refused_aliases({"a.example.com"}, certificate("c2", {"*.example.com"}, "eu-west-1")),
            "InvalidViewerCertificate");
  EXPECT_EQ(refused_aliases({"a.example.com"}, "arn:aws:acm:us-east-1:111122223333:certificate/none"),
            "InvalidViewerCertificate");
  // The same account may have a wildcard over its own name, another one not.
  const auto wide = create(with_aliases(config("wide"), {"*.example.com"}, arn));
  const std::string theirs = certificate("c3", {"*.example.com"}, "us-east-1", "444455556666");
  EXPECT_EQ(
      code(cloudfront_.CreateDistribution(other_, {with_aliases(config("x"), {"shop.example.com"}, theirs)})),
      "CNAMEAlreadyExists");
  const auto conflicts = cloudfront_.ListConflictingAliases(
      call_,
      {.DistributionId = wide.Distribution->Id, .Alias = "www.example.com", .Marker = {}, .MaxItems = {}});
  ASSERT_EQ(refusal(conflicts), "");
  EXPECT_EQ(conflicts->ConflictingAliasesList->Items->front().DistributionId, made.Distribution->Id);

  EXPECT_EQ(code(cloudfront_.AssociateAlias(call_, {wide.Distribution->Id, "www.example.com"})), "");
  EXPECT_EQ(get(made.Distribution->Id).Distribution->DistributionConfig.Aliases->Quantity, 0);
  EXPECT_EQ(get(wide.Distribution->Id).Distribution->DistributionConfig.Aliases->Quantity, 2);
  const auto users = store_.range(acm::in_use_prefix({"111122223333", "us-east-1"}, "c1"));
  EXPECT_EQ(users->items.size(), 2U);
}

TEST_F(EntitiesTest, AnAccountThatAnEarlierVersionWroteKeepsItsNamesAndItsNumber) {
  auto first = cloudfront_.CreateCachePolicy(call_, {.CachePolicyConfig = cache_policy("first")});
  ASSERT_EQ(refusal(first), "");
  ASSERT_EQ(refusal(cloudfront_.CreateCachePolicy(call_, {.CachePolicyConfig = cache_policy("second")})), "");
  // What that version kept of it: rows of turns with nothing in them, and no others.
  store::Transaction back;
  const auto rows = store_.range("cloudfront/index/unique/"), turns = store_.range("cloudfront/index/turns/");
  for (const auto& item : rows->items) back.deletes.push_back(item.key);
  for (const auto& item : turns->items) back.puts.push_back({item.key, ""});
  ASSERT_EQ(back.deletes.size(), 2u);
  ASSERT_TRUE(store_.commit(std::move(back)));

  EXPECT_EQ(refused(cache_policy("second")), "CachePolicyAlreadyExists");
  auto renamed = cache_policy("third");
  const auto changed = cloudfront_.UpdateCachePolicy(call_, {renamed, first->CachePolicy->Id, first->ETag});
  ASSERT_EQ(refusal(changed), "");
  EXPECT_EQ(refused(cache_policy("third")), "CachePolicyAlreadyExists");
  EXPECT_EQ(refused(cache_policy("first")), "") << "nobody has that name any more";
  ASSERT_EQ(code(cloudfront_.DeleteCachePolicy(call_, {first->CachePolicy->Id, changed->ETag})), "");
  EXPECT_EQ(refused(cache_policy("third")), "");
  for (std::size_t n = 3; n < kPoliciesMax; ++n) EXPECT_EQ(refused(cache_policy(std::to_string(n))), "") << n;
  EXPECT_EQ(refused(cache_policy("onemore")), "TooManyCachePolicies");
}

TEST_F(EntitiesTest, WhatIsKeptIsReadAgain) {
  const auto made = create(s3_config());
  const auto item =
      store_.get(key_of(kPrefix<api::DistributionConfig>, "111122223333", made.Distribution->Id));
  const auto read = decode<api::DistributionConfig>((*item)->value);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->config, made.Distribution->DistributionConfig);
  EXPECT_EQ(read->public_name, made.Distribution->DomainName);
  EXPECT_FALSE(decode<api::DistributionConfig>((*item)->value.substr(1)));
  EXPECT_FALSE(decode<api::DistributionConfig>(""));
}

}  // namespace
}  // namespace meridian::services::cloudfront
