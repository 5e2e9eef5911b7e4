#include "compilers/cdn/watcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/acm/resources.h"
#include "store/memory/memory_store.h"

namespace meridian::compilers::cdn {
namespace {

namespace cdn = snapshots::cdn;
namespace acm = services::acm;
namespace cloudfront = services::cloudfront;
using testing::ElementsAre;

constexpr const char* kAccount = "123456789012";

// An engine that serves what it is given when the test says so.
class FakeSink final : public CdnSink {
 public:
  void publish(const cdn::Delta& delta) override {
    deltas.push_back(delta);
    snapshot = cdn::apply(*snapshot, delta);
  }
  std::uint64_t served_revision() const override { return served; }

  std::vector<cdn::Delta> deltas;
  std::unique_ptr<const cdn::CdnSnapshot> snapshot = std::make_unique<cdn::CdnSnapshot>();
  std::uint64_t served = 0;
};

class CdnWatcherTest : public testing::Test {
 protected:
  template <typename Config>
  store::Revision put(const std::string& id, Config config, std::string public_name = "") {
    cloudfront::Entity<Config> entity;
    entity.account = kAccount;
    entity.id = id;
    entity.etag = "E1";
    entity.config = std::move(config);
    entity.public_name = std::move(public_name);
    std::string key = cloudfront::key_of(cloudfront::kPrefix<Config>, kAccount, id);
    return commit({{}, {{std::move(key), encode(entity), 0}}, {}});
  }
  template <typename Config>
  store::Revision remove(const std::string& id) {
    return commit({{}, {}, {cloudfront::key_of(cloudfront::kPrefix<Config>, kAccount, id)}});
  }
  store::Revision commit(store::Transaction transaction) {
    const store::Revision revision = store.commit(std::move(transaction)).value();
    store.deliver();
    return revision;
  }
  static api::DistributionConfig distribution(const std::string& cache_policy) {
    api::DistributionConfig config;
    config.CallerReference = "1";
    config.Enabled = true;
    config.Origins.Quantity = 1;
    config.Origins.Items.push_back({.Id = "o", .DomainName = "o.example"});
    config.Origins.Items[0].CustomOriginConfig =
        api::CustomOriginConfig{.HTTPPort = 80, .HTTPSPort = 443, .OriginProtocolPolicy = "http-only"};
    config.DefaultCacheBehavior.TargetOriginId = "o";
    config.DefaultCacheBehavior.ViewerProtocolPolicy = "allow-all";
    config.DefaultCacheBehavior.CachePolicyId = cache_policy;
    return config;
  }
  static api::CachePolicyConfig policy(std::int64_t fallback) {
    api::CachePolicyConfig config;
    config.Name = "p";
    config.DefaultTTL = fallback;
    return config;
  }
  void begin() {
    watcher = std::make_unique<CdnWatcher>(store, sink, StandIns(), &secrets, logger, metrics);
    ASSERT_TRUE(watcher->start());
  }
  std::int64_t fallback_of(const std::string& id) {
    const cdn::SharedDistribution* found = sink.snapshot->find_id(id);
    return found == nullptr ? -1 : (*found)->behaviors[0].ttl.fallback.count();
  }

  // A certificate of ACM as the API keeps it.
  store::Transaction certificate(const std::string& text) {
    acm::CertificateResource row;
    row.place = place;
    row.id = "c1";
    row.certificate_pem = text;
    const std::string key = acm::private_key_key(place, "c1");
    return {{},
            {{key, secrets.seal(key, "key of " + text)}, {acm::certificate_key(place, "c1"), encode(row)}},
            {}};
  }

  const acm::Place place{kAccount, "us-east-1"};
  SeededRandom random{1};
  const store::objects::Secrets secrets{std::string(32, 'k'), random};
  ManualClock clock{SystemTime{}};
  Logger logger{clock, open("/dev/null", O_WRONLY | O_CLOEXEC), LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  store::MemoryStore store{clock, store::Delivery::Pumped};
  FakeSink sink;
  std::unique_ptr<CdnWatcher> watcher;
};

TEST_F(CdnWatcherTest, PublishesWhatIsThereAndThenWhatChanges) {
  put("P1", policy(60));
  put("E1", distribution("P1"), "d1.cloudfront.net");
  begin();
  EXPECT_EQ(fallback_of("E1"), 60);
  EXPECT_TRUE(sink.deltas[0].whole);
  put("E2", distribution("P1"), "d2.cloudfront.net");
  EXPECT_EQ(fallback_of("E2"), 60);
  EXPECT_EQ(sink.deltas[1].puts.size(), 1u) << "the other one did not change";
  remove<api::DistributionConfig>("E1");
  EXPECT_EQ(fallback_of("E1"), -1);
}

TEST_F(CdnWatcherTest, APolicyThatChangesChangesWhoeverUsesIt) {
  put("P1", policy(60));
  put("P2", policy(70));
  put("E1", distribution("P1"), "d1.cloudfront.net");
  put("E2", distribution("P2"), "d2.cloudfront.net");
  begin();
  put("P1", policy(90));
  EXPECT_EQ(fallback_of("E1"), 90);
  EXPECT_EQ(fallback_of("E2"), 70);
  EXPECT_EQ(sink.deltas.back().puts.size(), 1u);
}

TEST_F(CdnWatcherTest, ACertificateThatChangesIsBroughtInOrder) {
  put("P1", policy(60));
  commit(certificate("one"));
  auto config = distribution("P1");
  config.ViewerCertificate = api::ViewerCertificate{.ACMCertificateArn = acm::certificate_arn(place, "c1")};
  put("E1", config, "d1.cloudfront.net");
  put("E2", config, "d2.cloudfront.net");
  begin();
  const auto shown = [&](const char* id) { return (*sink.snapshot->find_id(id))->tls.certificate; };
  ASSERT_TRUE(shown("E1"));
  EXPECT_EQ(shown("E1")->chain_pem, "one");
  EXPECT_EQ(shown("E1")->key_pem, "key of one");
  EXPECT_EQ(shown("E1"), shown("E2")) << "one object for both";
  commit(certificate("two"));
  EXPECT_EQ(shown("E1")->chain_pem, "one") << "nothing was said under CloudFront's prefix";
  const store::Revision revision = commit({{}, {{served_certificate_key("c1"), "2"}}, {}});
  EXPECT_EQ(shown("E2")->chain_pem, "two");
  EXPECT_EQ(sink.snapshot->revision(), revision);
}

TEST_F(CdnWatcherTest, TheOwnCertificateIsPartOfWhatIsPublished) {
  commit({{}, {{own_certificate_key(), encode(OwnCertificate{"chain", "key", clock.now()}, secrets)}}, {}});
  begin();
  ASSERT_TRUE(sink.snapshot->own_certificate());
  EXPECT_EQ(sink.snapshot->own_certificate()->key_pem, "key");
  put("P1", policy(60));
  EXPECT_EQ(sink.snapshot->own_certificate()->chain_pem, "chain") << "until there is another one";
}

TEST_F(CdnWatcherTest, TheMapOfEdgesIsPublishedWhenItChanges) {
  const cdn::TierMap map{{{"fra1", "192.0.2.1:7443", {"eu-central-1", "eu-west-1"}}, {"iad1", "", {}}}};
  commit({{}, {{std::string(kTierMapKey), encode(map)}}, {}});
  begin();
  ASSERT_TRUE(sink.deltas.back().tier_map);
  EXPECT_EQ(*sink.deltas.back().tier_map, map);
  put("P1", policy(60));
  EXPECT_FALSE(sink.deltas.back().tier_map) << "as before";
  EXPECT_FALSE(decode_tier_map("\1\xff\xff\xff\xff"));
}

TEST_F(CdnWatcherTest, ADistributionIsServedWhenEveryEngineSaysSo) {
  put("P1", policy(60));
  begin();
  const store::Revision revision = put("E1", distribution("P1"), "d1.cloudfront.net");
  sink.served = revision - 1;
  EXPECT_FALSE(watcher->serves("E1", revision));
  sink.served = revision;
  EXPECT_TRUE(watcher->serves("E1", revision));
}

TEST_F(CdnWatcherTest, OneThatCannotBeCompiledStaysAsItWasAndIsNotServed) {
  put("P1", policy(60));
  put("E1", distribution("P1"), "d1.cloudfront.net");
  begin();
  const store::Revision revision = put("E1", distribution("missing"), "d1.cloudfront.net");
  sink.served = revision;
  EXPECT_EQ(fallback_of("E1"), 60);
  EXPECT_FALSE(watcher->serves("E1", revision));
  const store::Revision mended = put("E1", distribution("P1"), "d1.cloudfront.net");
  sink.served = mended;
  EXPECT_TRUE(watcher->serves("E1", mended));
}

TEST_F(CdnWatcherTest, AnInvalidationIsHandedOverOnce) {
  put("P1", policy(60));
  put("E1", distribution("P1"), "d1.cloudfront.net");
  begin();
  const store::Revision revision =
      put("I1", api::InvalidationBatch{{.Quantity = 2, .Items = {{"/a/*", "#shoes"}}}, "1"}, "E1");
  ASSERT_EQ(sink.deltas.back().invalidations.size(), 1u);
  EXPECT_EQ(sink.deltas.back().invalidations[0].distribution_id, "E1");
  EXPECT_EQ(sink.deltas.back().invalidations[0].revision, revision);
  EXPECT_THAT(sink.deltas.back().invalidations[0].paths, ElementsAre("/a/*", "#shoes"));
  EXPECT_FALSE(sink.deltas.back().invalidations[0].soft);
  put("P1", policy(61));
  EXPECT_TRUE(sink.deltas.back().invalidations.empty());
}

}  // namespace
}  // namespace meridian::compilers::cdn
