#include "compilers/dns/quarantine.h"

#include "compilers/dns/watcher_fixture.h"
#include "snapshots/dns/lookup_name.h"

namespace meridian::compilers::dns {
namespace {

class QuarantineTest : public DnsWatcherTest {
 protected:
  void SetUp() override {
    make_zone("Z1", "one.test.");
    make_zone("Z2", "two.test.");
    begin();
  }
  store::Revision put(std::vector<store::Put> puts) {
    // As the service does: every change of a zone rewrites the zone's key.
    std::set<std::string> touched;
    for (const store::Put& record : puts) touched.insert(route53::parse_record_set_key(record.key)->zone_id);
    for (const std::string& id : touched) {
      const std::string key = route53::zone_key(id);
      puts.push_back({key, store.get(key).value()->value, 0});
    }
    const store::Revision revision = store.commit({{}, std::move(puts), {}}).value();
    store.deliver();
    return revision;
  }
  store::Revision put(const char* zone, const std::string& owner) {
    return put({record(zone, owner, Type::A, "192.0.2.1")});
  }
  store::Revision remove(const char* zone, const std::string& owner) {
    const std::string key = route53::zone_key(zone);
    const store::Revision revision =
        store
            .commit({{},
                     {{key, store.get(key).value()->value, 0}},
                     {route53::record_set_key(zone, {name(owner), Type::A, ""})}})
            .value();
    store.deliver();
    return revision;
  }
  bool serves_name(const std::string& owner) const {
    snapshots::dns::LookupName lookup(sink.latest().hash_key(), name(owner).wire());
    const auto* zone = sink.latest().find_zone(lookup, lookup.labels());
    return zone && zone->find(lookup, lookup.labels());
  }
  void restart() {
    watcher.reset();
    watcher = std::make_unique<DnsWatcher>(store, sink, clock, logger, metrics);
    const store::Revision newest = store.revision();
    std::atomic<bool> started = false;
    std::thread pump([&] {
      while (!started) store.deliver();
    });
    EXPECT_TRUE(watcher->start());
    started = true;
    pump.join();
    EXPECT_GE(watcher->acknowledged(), newest);
  }
};

TEST_F(QuarantineTest, APoisonedZoneStaysAsItWasAndNobodyElseNotices) {
  const auto good = put("Z1", "www.one.test.");
  const auto bad = put("Z1", "poison.one.test.");
  const auto others = put("Z2", "www.two.test.");
  EXPECT_TRUE(serves_name("www.one.test."));
  EXPECT_FALSE(serves_name("poison.one.test."));
  EXPECT_TRUE(serves_name("www.two.test."));
  EXPECT_TRUE(watcher->serves("Z1", good));
  EXPECT_FALSE(watcher->serves("Z1", bad));
  EXPECT_TRUE(watcher->serves("Z2", others));
  ASSERT_EQ(watcher->quarantined().size(), 1u);
  EXPECT_EQ(watcher->quarantined()[0].zone_id, "Z1");
  EXPECT_EQ(watcher->quarantined()[0].since, bad);
  EXPECT_EQ(watcher->quarantined()[0].reason, "it died of poison");
}

TEST_F(QuarantineTest, TakingThePoisonAwayLiftsItAndWhatWaitedIsServed) {
  const auto bad = put("Z1", "poison.one.test.");
  const auto waiting = put("Z1", "later.one.test.");
  EXPECT_FALSE(serves_name("later.one.test."));
  EXPECT_FALSE(watcher->serves("Z1", waiting));
  const auto cure = remove("Z1", "poison.one.test.");
  EXPECT_TRUE(serves_name("later.one.test."));
  EXPECT_TRUE(watcher->serves("Z1", cure));
  EXPECT_TRUE(watcher->serves("Z1", waiting));
  EXPECT_FALSE(watcher->serves("Z1", bad)) << "a change that failed stays so";
  EXPECT_TRUE(watcher->quarantined().empty());
  const auto after = put("Z1", "after.one.test.");
  EXPECT_TRUE(watcher->serves("Z1", after));
  EXPECT_EQ(sink.deltas.back().zones[0].kind, snapshots::dns::ZoneChange::Kind::Edit) << "compiled whole";
}

TEST_F(QuarantineTest, OfACommitOfSeveralZonesOnlyTheGuiltyOneIsHeldBack) {
  make_zone("Z3", "three.test.");
  store.deliver();
  const auto revision = put({record("Z1", "www.one.test.", Type::A, "192.0.2.1"),
                             record("Z2", "poison.two.test.", Type::A, "192.0.2.1"),
                             record("Z3", "www.three.test.", Type::A, "192.0.2.1")});
  EXPECT_TRUE(serves_name("www.one.test."));
  EXPECT_TRUE(serves_name("www.three.test."));
  EXPECT_FALSE(serves_name("poison.two.test."));
  EXPECT_TRUE(watcher->serves("Z1", revision));
  EXPECT_FALSE(watcher->serves("Z2", revision));
  EXPECT_TRUE(watcher->serves("Z3", revision));
}

TEST_F(QuarantineTest, OfZonesThatBreakEnginesOnlyTogetherOneIsHeldBack) {
  put({record("Z1", "half.one.test.", Type::A, "192.0.2.1"),
       record("Z2", "other-half.two.test.", Type::A, "192.0.2.1")});
  EXPECT_NE(serves_name("half.one.test."), serves_name("other-half.two.test."));
  EXPECT_EQ(watcher->quarantined().size(), 1u);
}

TEST_F(QuarantineTest, AZoneThatIsPoisonedFromTheStartWaitsAndGoesQuietly) {
  route53::HostedZoneResource zone;
  zone.id = "Z3";
  zone.name = name("three.test.");
  store
      .commit({{},
               {{route53::zone_key("Z3"), route53::encode(zone), 0},
                record("Z3", "three.test.", Type::SOA, "ns.example. host.example. 1 7200 900 1209600 86400"),
                record("Z3", "poison.three.test.", Type::A, "192.0.2.1")},
               {}})
      .value();
  store.deliver();
  EXPECT_EQ(zones(), 2u);
  restart();
  remove("Z3", "poison.three.test.");
  EXPECT_EQ(zones(), 3u);
  put("Z3", "poison.three.test.");
  EXPECT_EQ(watcher->quarantined().size(), 1u);
  store.commit({{}, {}, {route53::zone_key("Z3")}}).value();
  store.deliver();
  EXPECT_EQ(zones(), 2u);
  EXPECT_TRUE(watcher->quarantined().empty());
}

TEST_F(QuarantineTest, ARestartForgetsNothing) {
  const auto bad = put("Z1", "poison.one.test.");
  put("Z2", "www.two.test.");
  restart();
  EXPECT_FALSE(watcher->serves("Z1", bad));
  EXPECT_FALSE(serves_name("poison.one.test."));
  EXPECT_EQ(watcher->quarantined().size(), 1u);
  remove("Z1", "poison.one.test.");
  restart();
  EXPECT_TRUE(watcher->quarantined().empty());
  EXPECT_FALSE(watcher->serves("Z1", bad));
}

TEST_F(QuarantineTest, AVersionThatSurvivesItServesItAfterItsStart) {
  put("Z1", "poison.one.test.");
  sink.poisons.erase("poison");
  restart();
  EXPECT_TRUE(serves_name("poison.one.test."));
  EXPECT_TRUE(watcher->quarantined().empty());
}

TEST_F(QuarantineTest, AFullImageShowsTheZoneAsItWasBefore) {
  put("Z1", "www.one.test.");
  put("Z1", "poison.one.test.");
  // As after a loss of the snapshot on disk.
  watcher.reset();
  FakeSink fresh(random);
  DnsWatcher other(store, fresh, clock, logger, metrics);
  std::atomic<bool> started = false;
  std::thread pump([&] {
    while (!started) store.deliver();
  });
  ASSERT_TRUE(other.start());
  started = true;
  pump.join();
  EXPECT_EQ(fresh.latest().zone_count(), 2u);
  EXPECT_EQ(other.quarantined().size(), 1u);
  snapshots::dns::LookupName lookup(fresh.latest().hash_key(), name("www.one.test.").wire());
  EXPECT_NE(fresh.latest().find_zone(lookup, 3)->find(lookup, 3), nullptr);
}

TEST_F(QuarantineTest, WhatEnginesDiedOfIsTakenBackUntilTheZoneChanges) {
  put("Z1", "www.one.test.");
  const auto fatal = put("Z1", "fatal.one.test.");
  const auto others = put("Z2", "www.two.test.");
  EXPECT_TRUE(watcher->serves("Z1", fatal));
  watcher->take_back("Z1", fatal, others, "an edge died");
  EXPECT_FALSE(watcher->serves("Z1", fatal)) << "at once";
  store.deliver();
  EXPECT_FALSE(serves_name("fatal.one.test."));
  EXPECT_TRUE(serves_name("www.one.test."));
  EXPECT_TRUE(serves_name("www.two.test."));
  EXPECT_TRUE(watcher->serves("Z2", others));
  restart();
  EXPECT_FALSE(serves_name("fatal.one.test.")) << "nobody tries again what engines died of";
  const auto cure = remove("Z1", "fatal.one.test.");
  EXPECT_TRUE(watcher->serves("Z1", cure));
  EXPECT_FALSE(watcher->serves("Z1", fatal));
  EXPECT_TRUE(watcher->quarantined().empty());
}

TEST_F(QuarantineTest, WhatWasCuredBeforeTheDeathIsKnownComesWhole) {
  const auto fatal = put("Z1", "fatal.one.test.");
  const auto cure = remove("Z1", "fatal.one.test.");
  watcher->take_back("Z1", fatal, fatal, "an edge died");
  store.deliver();
  EXPECT_EQ(sink.deltas.back().zones.at(0).kind, snapshots::dns::ZoneChange::Kind::Replace);
  EXPECT_TRUE(watcher->quarantined().empty());
  EXPECT_TRUE(watcher->serves("Z1", cure));
  EXPECT_FALSE(watcher->serves("Z1", fatal));
  EXPECT_EQ(watcher->take_back("Z404", fatal, fatal, "of a zone that is gone").value(), 0u);
  EXPECT_TRUE(watcher->quarantined().empty());
}

TEST_F(QuarantineTest, AZoneThatEnginesDiedOfAtOnceGoesWhole) {
  const auto made = make_zone("Z3", "three.test.");
  store.deliver();
  EXPECT_EQ(zones(), 3u);
  watcher->take_back("Z3", made, made, "an edge died");
  store.deliver();
  EXPECT_EQ(zones(), 2u);
}

TEST_F(QuarantineTest, FailedChangesAreRememberedUpToALimit) {
  store::Revision first = 0, last = 0;
  for (std::size_t i = 0; i <= kFailedChangesMax; ++i) {
    last = put("Z1", "poison.one.test.");
    if (first == 0) first = last;
    remove("Z1", "poison.one.test.");
  }
  EXPECT_FALSE(watcher->serves("Z1", last));
  EXPECT_TRUE(watcher->serves("Z1", first)) << "forgotten";
  EXPECT_EQ(store.range(kFailedPrefix).value().items.size(), kFailedChangesMax);
}

}  // namespace
}  // namespace meridian::compilers::dns
