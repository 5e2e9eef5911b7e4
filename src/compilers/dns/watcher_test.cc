#include "compilers/dns/watcher_fixture.h"
#include "store/failing_store.h"

namespace meridian::compilers::dns {
namespace {

TEST_F(DnsWatcherTest, AnEmptyStoreIsUpToDate) {
  begin();
  EXPECT_EQ(zones(), 0u);
  EXPECT_EQ(watcher->acknowledged(), 0u);
}

TEST_F(DnsWatcherTest, PublishesWhatWasThereAndWhatComes) {
  make_zone("Z1", "one.test.");
  begin();
  EXPECT_EQ(zones(), 1u);
  auto revision = make_zone("Z2", "two.test.");
  store.deliver();
  EXPECT_EQ(zones(), 2u);
  EXPECT_EQ(watcher->acknowledged(), revision);
}

TEST_F(DnsWatcherTest, ACommitThatIsNoneOfDnsIsAcknowledgedWithoutADelta) {
  make_zone("Z1", "one.test.");
  begin();
  auto deltas = sink.deltas.size();
  auto revision = store.commit({{}, {{"iam/users/x", "y", 0}}, {}}).value();
  store.deliver();
  EXPECT_EQ(sink.deltas.size(), deltas);
  EXPECT_EQ(watcher->acknowledged(), revision);
}

TEST_F(DnsWatcherTest, CidrCollectionsAreServedByThemselvesAndAfterARestart) {
  route53::CidrCollectionResource offices;
  offices.id = "offices";
  offices.account = "123456789012";
  offices.name = "Offices";
  offices.locations = {{"berlin", {*net::Cidr::parse("192.0.2.0/24")}}};
  const auto location = [&]() -> std::string {
    const auto& latest = sink.latest();
    const auto* blocks =
        latest.find_collection(snapshots::dns::hash_of(latest.hash_key(), "offices"), "offices");
    return blocks ? std::string(blocks->lookup(*net::IpAddress::parse("192.0.2.7"), 32).location) : "none";
  };
  make_zone("Z1", "one.test.");
  const std::string key = route53::cidr_collection_key(offices.id);
  ASSERT_TRUE(store.commit({{}, {{key, route53::encode(offices), 0}}, {}}));
  begin();
  EXPECT_EQ(location(), "berlin");
  offices.locations[0].name = "bonn";
  const auto revision = store.commit({{}, {{key, route53::encode(offices), 0}}, {}}).value();
  store.deliver();
  EXPECT_EQ(location(), "bonn");
  EXPECT_EQ(watcher->acknowledged(), revision);
  EXPECT_EQ(zones(), 1u);
  ASSERT_TRUE(store.commit({{}, {}, {key}}));
  store.deliver();
  EXPECT_EQ(location(), "none");
}

TEST_F(DnsWatcherTest, ACollectionThatCannotBeServedKeepsNobodyElseAway) {
  route53::CidrCollectionResource wide;
  wide.id = "wide";
  wide.account = "123456789012";
  wide.name = "Wide";
  wide.locations = {{"all", {*net::Cidr::parse("0.0.0.0/0")}}};
  ASSERT_TRUE(store.commit({{}, {{route53::cidr_collection_key(wide.id), route53::encode(wide), 0}}, {}}));
  make_zone("Z1", "one.test.");
  begin();
  EXPECT_EQ(zones(), 1u);
  make_zone("Z2", "two.test.");
  store.deliver();
  EXPECT_EQ(zones(), 2u);
}

TEST_F(DnsWatcherTest, AZoneThatCannotBeServedDoesNotKeepTheOthersAway) {
  make_zone("Z1", "one.test.");
  make_zone("Z2", "two.test.");
  const auto soa = record("Z1", "one.test.", Type::SOA, "ns.example. host.example. 1 2 3 4 5");
  ASSERT_TRUE(store.commit({{}, {{soa.key, "damaged", 0}}, {}}));
  begin();
  EXPECT_EQ(zones(), 1u);
  // A later change of it neither stops the watcher nor waits for ever to be served.
  auto revision = store.commit({{}, {record("Z1", "www.one.test.", Type::A, "192.0.2.1")}, {}}).value();
  store.deliver();
  EXPECT_EQ(watcher->acknowledged(), revision);
  make_zone("Z3", "three.test.");
  store.deliver();
  EXPECT_EQ(zones(), 2u);
}

TEST_F(DnsWatcherTest, AcknowledgesOnlyWhatWorkersServe) {
  begin();
  sink.serves_at_once = false;
  auto first = make_zone("Z1", "one.test.");
  store.deliver();
  EXPECT_LT(watcher->acknowledged(), first);
  sink.served = first;
  EXPECT_EQ(watcher->acknowledged(), first);
}

TEST_F(DnsWatcherTest, ResumesFromWhatIsOnDiskWithoutCompilingItAgain) {
  make_zone("Z1", "one.test.");
  begin();
  watcher.reset();
  sink.deltas.clear();
  store.commit({{}, {record("Z1", "www.one.test.", Type::A, "192.0.2.1")}, {}}).value();
  watcher = std::make_unique<DnsWatcher>(store, sink, clock, logger, metrics);
  std::thread pump([&] {
    while (sink.deltas.empty()) store.deliver();
  });
  ASSERT_TRUE(watcher->start());
  pump.join();
  ASSERT_EQ(sink.deltas.size(), 1u);
  EXPECT_NE(sink.deltas[0].from, 0u) << "a full image was compiled";
  EXPECT_EQ(sink.deltas[0].zones[0].puts.size(), 1u);
}

TEST_F(DnsWatcherTest, ASnapshotOfAnotherStoreIsReplacedWhole) {
  make_zone("Z1", "one.test.");
  make_zone("Z2", "two.test.");
  begin();
  watcher.reset();
  store::MemoryStore other(clock, store::Delivery::Pumped);
  DnsWatcher fresh(other, sink, clock, logger, metrics);
  ASSERT_TRUE(fresh.start());
  EXPECT_EQ(zones(), 0u) << "zones that the store does not have must go";
}

TEST_F(DnsWatcherTest, WhatCannotBeTriedIsNotAcknowledgedUntilItIsServed) {
  make_zone("Z1", "one.test.");
  begin();
  sink.unavailable = 1;
  auto revision = make_zone("Z2", "two.test.");
  store.deliver();
  while (watcher->acknowledged() < revision) std::this_thread::yield();
  watcher.reset();
  EXPECT_EQ(sink.unavailable, 0);
  EXPECT_EQ(zones(), 2u) << "acknowledged without being served";
}

TEST_F(DnsWatcherTest, ALostWatchIsReplacedThoughTheStoreCannotBeReadAtFirst) {
  make_zone("Z1", "one.test.");
  store::FailingStore failing(store);
  watcher = std::make_unique<DnsWatcher>(failing, sink, clock, logger, metrics);
  ASSERT_TRUE(watcher->start());
  auto revision = make_zone("Z2", "two.test.");
  failing.failures = 2;
  const auto lose = failing.lose;  // the next watch() replaces it
  lose(Error{ErrorCode::Compacted, "too far behind", ErrorSource::Caller, false});
  while (watcher->acknowledged() < revision) std::this_thread::yield();
  watcher.reset();
  EXPECT_EQ(failing.failures, 0);
  EXPECT_EQ(zones(), 2u);
}

}  // namespace
}  // namespace meridian::compilers::dns
