#include "apps/control/edge_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "apps/control/feed_service.h"
#include "apps/control/store_identity.h"
#include "store/memory/memory_store.h"

namespace meridian::apps {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
namespace feed = snapshots::feed;

class EdgeRegistryTest : public testing::Test {
 protected:
  EdgeRegistryTest() { std::filesystem::remove_all(directory); }
  ~EdgeRegistryTest() override { std::filesystem::remove_all(directory); }
  void open() {
    auto opened = EdgeRegistry::open(disk, clock, random, directory);
    ASSERT_TRUE(opened) << opened.error().message;
    registry = *std::move(opened);
  }
  std::string token(const std::string& name = "fra1", Duration valid = hours(1)) {
    return make_edge_token(disk, clock, random, directory, {name, "control.test:4567", valid}).value();
  }
  Result<feed::Certificate> enrol(const std::string& text) {
    return registry->enrol({text, net::make_certificate_request()->request_pem});
  }
  static net::CertificateSummary summary(const feed::Certificate& certificate) {
    return net::read_certificate(certificate.certificate_pem).value();
  }
  std::string why_not(const feed::Certificate& certificate) {
    auto admitted = registry->admit(summary(certificate));
    return admitted ? "" : admitted.error().message;
  }

  RealDisk disk;
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SystemRandom random;
  std::string directory = testing::TempDir() + "meridian-edges-" + std::to_string(getpid());
  std::unique_ptr<EdgeRegistry> registry;
};

TEST_F(EdgeRegistryTest, ATokenMakesOneEdgeOnce) {
  const std::string made = token();  // before the control ever ran
  open();
  auto certificate = enrol(made);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->name, "fra1");
  EXPECT_EQ(summary(*certificate).common_name, "fra1");
  EXPECT_EQ(feed::read_token(made)->token.authority_sha256,
            net::read_certificate(certificate->authority_pem)->sha256);
  EXPECT_EQ(why_not(*certificate), "");
  EXPECT_THAT(enrol(made).error().message, HasSubstr("used before"));
  open();  // it is remembered over a restart
  EXPECT_THAT(enrol(made).error().message, HasSubstr("used before"));
  EXPECT_EQ(why_not(*certificate), "");
  EXPECT_THAT(registry->names(), ElementsAre("fra1"));
}

TEST_F(EdgeRegistryTest, AnExpiredOrForgedTokenMakesNone) {
  open();
  const std::string late = token();
  clock.advance(hours(1) + std::chrono::seconds(1));
  EXPECT_THAT(enrol(late).error().message, HasSubstr("expired"));
  auto read = feed::read_token(token());
  read->token.name = "other";
  EXPECT_THAT(enrol(feed::write_token(read->token, read->seal)).error().message,
              HasSubstr("not from this control"));
  EXPECT_FALSE(enrol("nonsense"));
  EXPECT_TRUE(registry->names().empty());
}

TEST_F(EdgeRegistryTest, TokensHaveSensibleTerms) {
  for (const TokenTerms& bad :
       {TokenTerms{"Fra1", "c:1", hours(1)}, TokenTerms{"fra1", "c", hours(1)},
        TokenTerms{"fra1", "c:1", Duration(0)}, TokenTerms{"fra1", "c:1", hours(24 * 31)}})
    EXPECT_FALSE(make_edge_token(disk, clock, random, directory, bad));
  EXPECT_TRUE(feed::is_edge_name(feed::read_token(token(""))->token.name));
}

TEST_F(EdgeRegistryTest, ARenewedCertificateReplacesTheOldOneWhenItIsShown) {
  open();
  const auto first = enrol(token()).value();
  const auto second = registry->renew(summary(first), {net::make_certificate_request()->request_pem}).value();
  EXPECT_EQ(why_not(first), "") << "the reply may have been lost";
  EXPECT_EQ(why_not(second), "");
  EXPECT_THAT(why_not(first), HasSubstr("no longer"));
  open();
  EXPECT_EQ(why_not(second), "");
}

TEST_F(EdgeRegistryTest, ACertificateEnds) {
  open();
  const auto certificate = enrol(token()).value();
  clock.advance(kEdgeCertificateLifetime + hours(2));
  EXPECT_THAT(why_not(certificate), HasSubstr("expired"));
}

TEST_F(EdgeRegistryTest, ARemovedEdgeIsOutWhetherTheControlRunsOrNot) {
  open();
  const auto one = enrol(token("one")).value(), two = enrol(token("two")).value();
  ASSERT_TRUE(remove_edge(disk, directory, "one"));
  EXPECT_FALSE(remove_edge(disk, directory, "nobody"));
  EXPECT_FALSE(remove_edge(disk, directory, "../two"));
  EXPECT_THAT(registry->refresh(), ElementsAre("one"));
  EXPECT_THAT(why_not(one), HasSubstr("no longer"));
  EXPECT_EQ(why_not(two), "");
  EXPECT_TRUE(registry->refresh().empty());
  ASSERT_TRUE(remove_edge(disk, directory, "two"));
  open();
  EXPECT_TRUE(registry->names().empty());
}

TEST_F(EdgeRegistryTest, AMachineSetUpAnewTakesItsNameOver) {
  open();
  const auto before = enrol(token()).value(), after = enrol(token()).value();
  EXPECT_THAT(why_not(before), HasSubstr("no longer"));
  EXPECT_EQ(why_not(after), "");
}

TEST_F(EdgeRegistryTest, SecretsAreTheOwnersAlone) {
  open();
  ASSERT_TRUE(enrol(token()));
  for (const char* name : {"ca-key.pem", "token-key", "edges"}) {
    struct stat status;
    ASSERT_EQ(stat((directory + "/" + name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(EdgeRegistryTest, ADamagedListIsNotTakenForAnEmptyOne) {
  open();
  ASSERT_TRUE(disk.replace(directory + "/edges", as_bytes("edge fra1 yesterday 00\n")));
  EXPECT_THAT(EdgeRegistry::open(disk, clock, random, directory).error().message, HasSubstr("line 1"));
}

TEST(StoreIdentity, StaysWithTheStoreThatTheSnapshotSaw) {
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SystemRandom random;
  store::MemoryStore store(clock), another(clock);
  const auto first = settle_identity(store, random, {}, 0).value();
  EXPECT_TRUE(first.is_new);
  EXPECT_TRUE(first.id.known());
  const auto again = settle_identity(store, random, first.id, store.revision()).value();
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.id, first.id);
  EXPECT_TRUE(settle_identity(another, random, first.id, 1)->is_new) << "the snapshot of another store";
  const auto restored = settle_identity(store, random, first.id, store.revision() + 5).value();
  EXPECT_TRUE(restored.is_new) << "the store has lost revisions";
  EXPECT_NE(restored.id, first.id);
  EXPECT_TRUE(settle_identity(store, random, {}, 0)->is_new) << "the snapshot is gone";
}

TEST(DescribeEdges, SaysWhatAnOperatorAsks) {
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  feed::EdgeState live, lost;
  live.name = "fra1";
  live.connected = live.waited_for = true;
  live.revision = 42;
  live.heard_at = clock.now();
  lost.name = "sin1";
  lost.revision = 40;
  lost.heard_at = clock.now();
  lost.behind_since = clock.monotonic();
  lost.refusal = "it has no SOA";
  clock.advance(std::chrono::seconds(73));
  const std::vector<engines::health::CheckerState> checkers{{"", "us-east-1"},
                                                            {"sin1", "ap-southeast-1", false, false}};
  const std::string table = describe_edges({live, lost}, checkers, 42, clock, Output::Table);
  EXPECT_THAT(table, HasSubstr("sin1 refuses: it has no SOA"));
  EXPECT_THAT(table, HasSubstr("lost since 2023-11-14T22:13:20Z"));
  const std::string json = describe_edges({live, lost}, checkers, 42, clock, Output::Json);
  EXPECT_THAT(json, HasSubstr(R"({"newest_revision":42,"edges":[{"name":"fra1","state":"live")"));
  EXPECT_THAT(table, HasSubstr("ap-southeast-1 (silent)"));
  EXPECT_THAT(json, HasSubstr(R"("checker":null)"));
  EXPECT_THAT(json, HasSubstr(R"("checker":{"region":"ap-southeast-1","counted":false,"checks":0})"));
  EXPECT_THAT(json, HasSubstr(R"("lag_revisions":2,"lag_seconds":73.000)"));
  EXPECT_THAT(describe_edges({}, {}, 0, clock, Output::Table), HasSubstr("meridian edges token"));
}

}  // namespace
}  // namespace meridian::apps
