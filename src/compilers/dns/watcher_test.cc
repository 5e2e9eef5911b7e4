#include "compilers/dns/watcher.h"

#include <gtest/gtest.h>

#include "formats/dns/rdata.h"
#include "services/route53/resources.h"
#include "store/memory/memory_store.h"

namespace meridian::compilers::dns {
namespace {

namespace route53 = services::route53;
using meridian::dns::Name;
using meridian::dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;

Name name(const std::string& text) {
  return Name::parse(text).value();
}

// An engine that takes a snapshot over when the test says so.
class FakeSink final : public DnsSink {
 public:
  explicit FakeSink(Random& random) : snapshot_(DnsSnapshot::empty(random)) {}
  const DnsSnapshot& latest() const override { return *snapshot_; }
  Result<void> examine(const Delta&) override { return {}; }
  Result<void> publish(const Delta& delta, std::unique_ptr<const DnsSnapshot> next) override {
    if (refusals > 0 && refusals-- > 0) return invalid("the sink refuses it");
    EXPECT_EQ(delta.to, next->revision());
    deltas.push_back(delta);
    snapshot_ = std::move(next);
    if (serves_at_once) served = snapshot_->revision();
    return {};
  }
  std::uint64_t served_revision() const override { return served; }

  bool serves_at_once = true;
  std::atomic<std::uint64_t> served{0};
  std::atomic<int> refusals{0};  // of the next deltas
  std::vector<Delta> deltas;

 private:
  std::unique_ptr<const DnsSnapshot> snapshot_;
};

class DnsWatcherTest : public testing::Test {
 protected:
  void open() {
    watcher = std::make_unique<DnsWatcher>(store, sink, clock, logger, metrics);
    ASSERT_TRUE(watcher->start());
  }
  static store::Put record(const char* zone, const std::string& owner, Type type, const std::string& text) {
    route53::RecordSetResource set;
    set.id = {name(owner), type, ""};
    set.ttl = 60;
    set.records.push_back({text, meridian::dns::parse_rdata(type, text).value()});
    return {route53::record_set_key(zone, set.id), route53::encode(set), 0};
  }
  store::Revision make_zone(const char* id, const std::string& apex) {
    route53::HostedZoneResource zone;
    zone.id = id;
    zone.name = name(apex);
    return store
        .commit({{},
                 {{route53::zone_key(id), route53::encode(zone), 0},
                  record(id, apex, Type::SOA, "ns.example. host.example. 1 7200 900 1209600 86400"),
                  record(id, apex, Type::NS, "ns.example.")},
                 {}})
        .value();
  }
  std::size_t zones() const { return sink.latest().zone_count(); }

  ManualClock clock{SystemTime{}};
  SeededRandom random{1};
  Logger logger{clock, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  store::MemoryStore store{clock, store::Delivery::Pumped};
  FakeSink sink{random};
  std::unique_ptr<DnsWatcher> watcher;
};

TEST_F(DnsWatcherTest, AnEmptyStoreIsUpToDate) {
  open();
  EXPECT_EQ(zones(), 0u);
  EXPECT_EQ(watcher->acknowledged(), 0u);
}

TEST_F(DnsWatcherTest, PublishesWhatWasThereAndWhatComes) {
  make_zone("Z1", "one.test.");
  open();
  EXPECT_EQ(zones(), 1u);
  auto revision = make_zone("Z2", "two.test.");
  store.deliver();
  EXPECT_EQ(zones(), 2u);
  EXPECT_EQ(watcher->acknowledged(), revision);
}

TEST_F(DnsWatcherTest, ACommitThatIsNoneOfDnsIsAcknowledgedWithoutADelta) {
  make_zone("Z1", "one.test.");
  open();
  auto deltas = sink.deltas.size();
  auto revision = store.commit({{}, {{"iam/users/x", "y", 0}}, {}}).value();
  store.deliver();
  EXPECT_EQ(sink.deltas.size(), deltas);
  EXPECT_EQ(watcher->acknowledged(), revision);
}

TEST_F(DnsWatcherTest, AZoneThatCannotBeServedDoesNotKeepTheOthersAway) {
  make_zone("Z1", "one.test.");
  make_zone("Z2", "two.test.");
  const auto soa = record("Z1", "one.test.", Type::SOA, "ns.example. host.example. 1 2 3 4 5");
  ASSERT_TRUE(store.commit({{}, {{soa.key, "damaged", 0}}, {}}));
  open();
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
  open();
  sink.serves_at_once = false;
  auto first = make_zone("Z1", "one.test.");
  store.deliver();
  EXPECT_LT(watcher->acknowledged(), first);
  sink.served = first;
  EXPECT_EQ(watcher->acknowledged(), first);
}

TEST_F(DnsWatcherTest, ResumesFromWhatIsOnDiskWithoutCompilingItAgain) {
  make_zone("Z1", "one.test.");
  open();
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
  open();
  watcher.reset();
  store::MemoryStore other(clock, store::Delivery::Pumped);
  DnsWatcher fresh(other, sink, clock, logger, metrics);
  ASSERT_TRUE(fresh.start());
  EXPECT_EQ(zones(), 0u) << "zones that the store does not have must go";
}

TEST_F(DnsWatcherTest, ARefusedDeltaIsNotAcknowledgedUntilItIsTaken) {
  make_zone("Z1", "one.test.");
  open();
  sink.refusals = 1;
  auto revision = make_zone("Z2", "two.test.");
  store.deliver();
  while (watcher->acknowledged() < revision) std::this_thread::yield();
  watcher.reset();
  EXPECT_EQ(sink.refusals, 0);
  EXPECT_EQ(zones(), 2u) << "acknowledged without being served";
}

// A store whose watch the test can lose and whose reads it can make fail.
class FailingStore final : public store::Store {
 public:
  explicit FailingStore(store::Store& inner) : inner_(inner) {}
  Result<store::Revision> commit(store::Transaction transaction) override {
    return inner_.commit(std::move(transaction));
  }
  Result<std::optional<store::KeyValue>> get(std::string_view key, store::Revision at) override {
    return inner_.get(key, at);
  }
  Result<store::Range> range(std::string_view prefix, const store::RangeOptions& options) override {
    if (failures > 0 && failures-- > 0) return fail(ErrorCode::Unavailable, "no disk", ErrorSource::Storage);
    return inner_.range(prefix, options);
  }
  store::Revision revision() const override { return inner_.revision(); }
  Result<std::unique_ptr<store::Watch>> watch(std::string prefix, store::Revision from,
                                              std::function<void(const store::EventBatch&)> on_batch,
                                              std::function<void(Error)> on_lost) override {
    lose = on_lost;
    return inner_.watch(std::move(prefix), from, std::move(on_batch), std::move(on_lost));
  }
  Result<void> compact(store::Revision revision) override { return inner_.compact(revision); }
  Result<store::LeaseId> grant_lease(Duration ttl) override { return inner_.grant_lease(ttl); }
  Result<void> keep_alive(store::LeaseId lease) override { return inner_.keep_alive(lease); }
  Result<void> revoke_lease(store::LeaseId lease) override { return inner_.revoke_lease(lease); }

  std::atomic<int> failures{0};
  std::function<void(Error)> lose;

 private:
  store::Store& inner_;
};

TEST_F(DnsWatcherTest, ALostWatchIsReplacedThoughTheStoreCannotBeReadAtFirst) {
  make_zone("Z1", "one.test.");
  FailingStore failing(store);
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
