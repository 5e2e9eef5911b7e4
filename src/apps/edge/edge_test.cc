#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "apps/edge/dial.h"
#include "apps/edge/edge_files.h"
#include "apps/edge/edge_target.h"
#include "net/certificate.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::apps {
namespace {

using snapshots::StoreId;
using snapshots::dns::Delta;
using snapshots::dns::ZoneChange;
using std::chrono::hours;
using testing::HasSubstr;

class EdgeTest : public testing::Test {
 protected:
  EdgeTest() { std::filesystem::remove_all(directory); }
  ~EdgeTest() override { std::filesystem::remove_all(directory); }

  RealDisk disk;
  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  SystemRandom random;
  Metrics metrics;
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  World world{clock, random, disk, logger, metrics};
  std::string directory = testing::TempDir() + "meridian-edge-" + std::to_string(getpid());
};

class EdgeTargetTest : public EdgeTest {
 protected:
  void open() {
    target.reset();
    dns.reset();
    DnsServerOptions options;
    options.no_canary = true;
    auto opened = DnsSide::start(options, directory, world);
    ASSERT_TRUE(opened) << opened.error().message;
    dns = *std::move(opened);
    target = std::make_unique<EdgeTarget>(*dns, directory, world);
  }
  void SetUp() override {
    ASSERT_TRUE(disk.make_directories(directory));
    open();
  }
  static Delta delta(std::uint64_t from, std::uint64_t to) {
    ZoneChange change{ZoneChange::Kind::Edit, "Z1", snapshots::dns::wire("one.test."), {}, {}};
    if (from == 0) {
      change.kind = ZoneChange::Kind::Replace;
      change.puts.push_back(snapshots::dns::soa("one.test."));
    }
    change.puts.push_back(snapshots::dns::address("www.one.test.", static_cast<char>(to)));
    return {from, to, {change}};
  }
  Result<void> apply(const Delta& made, const StoreId& of) {
    return target->apply(of, made.from, made.to, encode(made));
  }

  std::unique_ptr<DnsSide> dns;
  std::unique_ptr<EdgeTarget> target;
  StoreId store = StoreId::draw(random);
};

TEST_F(EdgeTargetTest, WhatWasTakenIsThereAfterARestart) {
  ASSERT_TRUE(apply(delta(0, 5), store));
  ASSERT_TRUE(apply(delta(5, 6), store));
  EXPECT_EQ(target->holds(), (snapshots::feed::Position{store, 6}));
  open();
  EXPECT_EQ(target->holds(), (snapshots::feed::Position{store, 6}));
}

TEST_F(EdgeTargetTest, WhatDoesNotFitChangesNothing) {
  ASSERT_TRUE(apply(delta(0, 5), store));
  EXPECT_FALSE(apply(delta(7, 8), store));
  EXPECT_FALSE(target->apply(store, 5, 6, "bytes"));
  EXPECT_FALSE(target->apply(store, 5, 7, encode(delta(5, 6)))) << "another delta than was said";
  Delta unknown = delta(5, 6);
  unknown.zones[0].zone_id = "Z2";
  EXPECT_FALSE(apply(unknown, store));
  EXPECT_EQ(target->holds().revision, 5u);
  EXPECT_TRUE(apply(delta(5, 6), store));
}

TEST_F(EdgeTargetTest, AnImageOfAnotherStoreReplacesAllAlsoOnDisk) {
  ASSERT_TRUE(apply(delta(0, 50), store));
  const StoreId other = StoreId::draw(random);
  ASSERT_TRUE(apply(delta(0, 3), other));
  open();
  EXPECT_EQ(target->holds(), (snapshots::feed::Position{other, 3}));
}

TEST_F(EdgeTargetTest, RefusedPackagesAreKeptButNotForEver) {
  for (std::uint64_t i = 1; i <= kRefusedKeptMax + 5; ++i) {
    clock.advance(std::chrono::seconds(1));
    target->keep_refused(i, i + 1, "bytes", "no SOA");
  }
  const auto kept = disk.list(directory + "/refused").value();
  EXPECT_EQ(kept.size(), 2 * kRefusedKeptMax);
  EXPECT_THAT(kept.back(), HasSubstr("-21-22.reason"));
  EXPECT_EQ(disk.read(directory + "/refused/" + kept.back()).value(), "no SOA\n");
}

TEST_F(EdgeTargetTest, WhatTheControlSaidOfHealthIsKeptForARestartWithoutIt) {
  target->set_health("sick", false);
  target->set_health("gone", false);
  target->forget_health_but({"sick"});
  dns->health().save();
  open();
  auto& table = *dns->health().table();
  EXPECT_FALSE(table.healthy(table.slot_of("sick")));
  EXPECT_TRUE(table.healthy(table.slot_of("gone")));
}

class EdgeFilesTest : public EdgeTest {
 protected:
  net::CertificateAndKey authority =
      net::make_certificate_authority("test", clock.now(), hours(24 * 3650)).value();
  std::string sign(const std::string& request, bool for_server = true) {
    net::CertificateTerms terms;
    terms.common_name = "fra1";
    terms.for_client = true;
    terms.for_server = for_server;
    terms.now = clock.now();
    terms.lifetime = hours(24 * 90);
    return net::sign_certificate_request(request, authority, terms).value();
  }
  void join(bool for_server = true) {
    const auto asked = net::make_certificate_request().value();
    ASSERT_TRUE(write_identity(disk, directory,
                               {"127.0.0.1:4567", "fra1", authority.certificate_pem,
                                sign(asked.request_pem, for_server), asked.key_pem}));
  }
};

TEST_F(EdgeFilesTest, SaysWhatToDoBeforeItHasJoined) {
  EXPECT_THAT(EdgeFiles::open(disk, clock, metrics, directory).error().message,
              HasSubstr("meridian edge join"));
}

TEST_F(EdgeFilesTest, RenewsWhenAThirdIsLeftAndKeepsTheNewOne) {
  join();
  auto files = EdgeFiles::open(disk, clock, metrics, directory).value();
  EXPECT_EQ(files->identity().control, "127.0.0.1:4567");
  EXPECT_FALSE(files->renewal_request());
  clock.advance(hours(24 * 61));
  const auto request = files->renewal_request();
  ASSERT_TRUE(request);
  EXPECT_FALSE(files->renew({"fra2", sign(*request), ""})) << "of another edge";
  const std::string other_key = sign(net::make_certificate_request()->request_pem);
  EXPECT_FALSE(files->renew({"fra1", other_key, ""})) << "of another key";
  const std::string renewed = sign(*request);
  ASSERT_TRUE(files->renew({"fra1", renewed, ""}));
  EXPECT_FALSE(files->renewal_request());
  EXPECT_EQ(read_identity(disk, directory)->certificate_pem, renewed);
  EXPECT_TRUE(EdgeFiles::open(disk, clock, metrics, directory));
}

TEST_F(EdgeFilesTest, WhatNoOtherEdgeMayBeShownIsRenewedAtOnce) {
  join(false);
  auto files = EdgeFiles::open(disk, clock, metrics, directory).value();
  std::string told;
  files->on_renewed([&](const EdgeIdentity& identity) { told = identity.certificate_pem; });
  const auto request = files->renewal_request();
  ASSERT_TRUE(request);
  const std::string renewed = sign(*request);
  ASSERT_TRUE(files->renew({"fra1", renewed, ""}));
  EXPECT_EQ(told, renewed);
  EXPECT_FALSE(files->renewal_request());
}

TEST(Dial, TakesAddressesAndNames) {
  EXPECT_EQ(look_up("127.0.0.1:4567")->to_string(), "127.0.0.1:4567");
  EXPECT_TRUE(look_up("localhost:4567")->ip.is_loopback());
  EXPECT_FALSE(look_up("localhost"));
}

}  // namespace
}  // namespace meridian::apps
