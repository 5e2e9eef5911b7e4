// For this room's tests: a store in memory, an engine that does what the test says, and a watcher between
// them.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <set>

#include "compilers/dns/watcher.h"

#include "formats/dns/rdata.h"
#include "services/route53/resources.h"
#include "store/memory/memory_store.h"

namespace meridian::compilers::dns {

namespace route53 = services::route53;
using meridian::dns::Name;
using meridian::dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;

inline Name name(const std::string& text) {
  return Name::parse(text).value();
}

// An engine that takes a snapshot over when the test says so.
class FakeSink final : public DnsSink {
 public:
  explicit FakeSink(Random& random) : snapshot_(DnsSnapshot::empty(random)) {}
  const DnsSnapshot& latest() const override { return *snapshot_; }
  Result<void> examine(const Delta& delta) override {
    if (unavailable > 0 && unavailable-- > 0)
      return fail(ErrorCode::Unavailable, "no canary", ErrorSource::Self, true);
    std::set<std::string> found;
    for (const auto& zone : delta.zones)
      for (const auto& set : zone.puts)
        if (const std::string label = set.owner.substr(1, static_cast<std::size_t>(set.owner[0]));
            poisons.contains(label))
          found.insert(label);
    for (const std::set<std::string>& fatal : fatal_together)
      if (std::ranges::includes(found, fatal)) return invalid("it died of " + *fatal.begin());
    return {};
  }
  Result<void> publish(const Delta& delta, std::unique_ptr<const DnsSnapshot> next) override {
    TRY(examine(delta));
    EXPECT_EQ(delta.to, next->revision());
    deltas.push_back(delta);
    snapshot_ = std::move(next);
    if (serves_at_once) served = snapshot_->revision();
    return {};
  }
  std::uint64_t served_revision() const override { return served; }

  bool serves_at_once = true;
  std::atomic<std::uint64_t> served{0};
  std::atomic<int> unavailable{0};  // times that it cannot say anything about a delta
  std::set<std::string> poisons{"poison", "half", "other-half"};  // labels
  std::vector<std::set<std::string>> fatal_together{{"poison"}, {"half", "other-half"}};
  std::vector<Delta> deltas;

 private:
  std::unique_ptr<const DnsSnapshot> snapshot_;
};

class DnsWatcherTest : public testing::Test {
 protected:
  void begin() {
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
  Logger logger{clock, open("/dev/null", O_WRONLY | O_CLOEXEC), LogFormat::Text, LogLevel::Error};
  Metrics metrics;
  store::MemoryStore store{clock, store::Delivery::Pumped};
  FakeSink sink{random};
  std::unique_ptr<DnsWatcher> watcher;
};

}  // namespace meridian::compilers::dns
