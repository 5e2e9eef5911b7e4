#include "compilers/dns/watcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "services/route53/resources.h"

namespace meridian::compilers::dns {
namespace {

using snapshots::dns::CidrCollection;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::DnsZone;
using snapshots::dns::ZoneChange;

// A delta with only the first zones of another, and what they share.
Delta first_zones(const Delta& delta, std::size_t count) {
  const auto first = delta.zones.begin();
  return {delta.from,
          delta.to,
          {first, first + static_cast<std::ptrdiff_t>(count)},
          delta.collection_puts,
          delta.collection_removes};
}

constexpr auto kRetryPause =
    std::chrono::milliseconds(250);  // of real time, after the store could not be read

}  // namespace

class DnsWatcher::State {
 public:
  State(store::Store& store, DnsSink& sink, const Clock& clock, Logger& logger, Metrics& metrics,
        SecondaryOptions secondaries)
      : secondaries_(std::move(secondaries)),
        store_(store),
        sink_(sink),
        clock_(clock),
        logger_(logger),
        seconds_(metrics.histogram("meridian_dns_compile_seconds",
                                   "From a commit's event to its publication.",
                                   {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1})),
        refused_(metrics.counter("meridian_dns_compile_refused_total",
                                 "Resources left out of DNS because they cannot be served.")),
        revision_(metrics.gauge("meridian_config_generation", "The newest store revision compiled.",
                                {{"engine", "dns"}})),
        quarantine_(store, logger, metrics) {}

  ~State() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (recovery_.joinable()) recovery_.join();
    watch_.reset();
  }

  Result<void> start(bool afresh) {
    TRY(quarantine_.load());
    // Another version of this program may survive what this zone broke before.
    TRY(quarantine_.retry_all());
    const store::Revision goal = store_.revision();
    const std::uint64_t kept = sink_.latest().revision();
    if (afresh || kept == 0 || kept > goal || !resume(kept)) {
      auto begun = start_afresh();
      if (!begun && !begun.error().retry) return begun;
      if (!begun) compile_everything_again();
    }
    // Not before: until here watch_ and the sink are this thread's.
    recovery_ = std::thread([this] { recover_when_lost(); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return compiled_ >= goal || lost_; });
    return {};
  }

  store::Revision acknowledged() const {
    std::lock_guard lock(mutex_);
    const std::uint64_t served = sink_.served_revision();
    // What was served once stays so: the commit that is being published right now takes nothing back.
    acknowledged_ = std::max(acknowledged_, served >= published_ ? compiled_ : std::min(compiled_, served));
    return acknowledged_;
  }
  bool serves(std::string_view zone_id, store::Revision revision) const {
    return revision <= acknowledged() && !quarantine_.holds_back(zone_id, revision);
  }
  Result<store::Revision> take_back(const std::string& zone_id, store::Revision since, store::Revision seen,
                                    std::string why) {
    auto item = TRY(store_.get(services::route53::zone_key(zone_id)));
    if (!item) return 0;
    // What came after the deaths may be the cure. It comes whole, as whoever died has left the zone out.
    const bool changed_since = item->modified > seen;
    return put_into_quarantine(changed_since ? QuarantinedZone::Cause::Retry : QuarantinedZone::Cause::Served,
                               zone_id, since, seen, std::move(why));
  }
  std::vector<QuarantinedZone> quarantined() const { return quarantine_.all(); }

 private:
  // Follows the store from the revision of the snapshot that the sink has already. False when that is
  // compacted.
  bool resume(std::uint64_t kept) {
    zones_.clear();
    sink_.latest().for_each_zone([&](const DnsZone& zone) { zones_[zone.id()] = zone.apex(); });
    // A zone that is in quarantine since it was made is in no snapshot.
    for (const QuarantinedZone& quarantined : quarantine_.all())
      if (auto zone = zone_now(quarantined.zone_id)) zones_[zone->id] = zone->name.lower().wire();
    {
      std::lock_guard lock(mutex_);
      compiled_ = published_ = kept;
    }
    return follow(kept).has_value();
  }

  // Compiles everything there is into a full image, then follows.
  Result<void> start_afresh() {
    store::RangeOptions at;
    at.revision = store_.revision();
    if (at.revision > 0 || sink_.latest().revision() > 0) {
      auto zones = TRY(store_.range(services::route53::kZonesPrefix, at));
      auto record_sets = TRY(store_.range(services::route53::kRecordSetsPrefix, at));
      auto collections = TRY(store_.range(services::route53::kCidrCollectionsPrefix, at));
      Compiled compiled =
          compile_image({zones.items, record_sets.items, collections.items}, at.revision, zones_);
      stands_in_.clear();
      for (const store::KeyValue& item : zones.items) keep_back(item, compiled.delta);
      TRY(publish(std::move(compiled), at.revision, true));
    }
    return follow(at.revision);
  }

  // The whole store is watched, not only Route 53's keys: so the compiled revision keeps up with commits of
  // others.
  Result<void> follow(store::Revision from) {
    watch_ = TRY(store_.watch(
        "", from, [this](const store::EventBatch& batch) { on_batch(batch); },
        [this](const Error& error) {
          logger_.warn("dns", "the watch of the store was lost; compiling everything again",
                       {{"why", error.message}});
          compile_everything_again();
        }));
    return {};
  }

  // A lost watch cannot be replaced from inside its own callback.
  void recover_when_lost() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return lost_ || stopping_; });
      if (stopping_) return;
      lock.unlock();
      watch_.reset();
      lock.lock();
      lost_ = false;
      lock.unlock();
      auto again = start_afresh();
      if (!again) logger_.error("dns", "cannot follow the store", {{"why", again.error().message}});
      lock.lock();
      if (again) continue;
      lost_ = true;
      changed_.wait_for(lock, kRetryPause, [&] { return stopping_; });
    }
  }

  void on_batch(const store::EventBatch& batch) {
    {
      // On top of a commit that is not served, nothing may count as served.
      std::lock_guard lock(mutex_);
      if (lost_) return;
    }
    const MonotonicTime began = clock_.monotonic();
    Compiled compiled = compile_commit(batch, sink_.latest().revision(), zones_);
    auto done = heed_quarantine(batch, compiled.delta);
    if (done) done = publish(std::move(compiled), batch.revision, false);
    // The change must not count as served; whatever stood in its way cannot stand in a full image.
    if (!done) compile_everything_again();
    seconds_.observe(std::chrono::duration<double>(clock_.monotonic() - began).count());
  }

  Result<void> publish(Compiled compiled, store::Revision revision, bool image) {
    leave_out_malformed(compiled);
    for (const RefusedItem& item : compiled.refused) {
      refused_.add();
      logger_.error("dns", "a resource cannot be served and is left out",
                    {{"key", item.key}, {"why", item.reason}});
    }
    // A zone's own values have their part in its serial.
    const bool only_serials = secondaries_.revision_serials && !compiled.written.empty();
    written_ = std::move(compiled.written);
    if (!compiled.delta.changes_nothing() || image || only_serials) {
      if (auto served = offer(compiled.delta, image); !served) {
        logger_.error("dns", "a change is not served yet",
                      {{"revision", revision}, {"why", served.error().message}});
        return served;
      }
    }
    {
      std::lock_guard lock(mutex_);
      compiled_ = revision;
    }
    revision_.set(static_cast<double>(revision));
    changed_.notify_all();
    return {};
  }

  // Publishes the delta without the zones that break engines. Those go into quarantine and stay as they are.
  // An error has `retry` set.
  Result<void> offer(Delta& delta, bool image) {
    for (;;) {
      auto taken = publish_whole(delta);
      if (taken) break;
      if (taken.error().retry) return taken;
      if (delta.zones.empty())
        return fail(ErrorCode::Unavailable, taken.error().message, ErrorSource::Self, true);
      auto [at, why] = TRY(find_guilty(delta, taken.error().message));
      ZoneChange& guilty = delta.zones[at];
      (void)put_into_quarantine(QuarantinedZone::Cause::Examined, guilty.zone_id, delta.to, delta.to,
                                std::move(why));
      if (!image || !stand_in(guilty))
        delta.zones.erase(delta.zones.begin() + static_cast<std::ptrdiff_t>(at));
      if (delta.changes_nothing() && !image) return {};
    }
    for (const ZoneChange& change : delta.zones)
      if (!stands_in_.contains(change.zone_id)) quarantine_.lift(change.zone_id);
    return {};
  }

  // An error with `retry` set is no verdict on what the delta holds.
  Result<void> publish_whole(const Delta& compiled) {
    Delta amended;
    if (secondaries_.revision_serials)
      amended = amend_for_secondaries(compiled, written_, zones_, sink_.latest(), secondaries_);
    const Delta& delta = secondaries_.revision_serials ? amended : compiled;
    auto next = apply(sink_.latest(), delta);
    if (!next) {
      logger_.error("dns", "a change cannot be applied; DNS serves the state before it",
                    {{"revision", delta.to}, {"why", next.error().message}});
      return fail(next.error().code, next.error().message, ErrorSource::Self, true);
    }
    store::Revision before = 0;
    {
      std::lock_guard lock(mutex_);
      // Before publish(): acknowledged() must not count the old snapshot as this one.
      before = std::exchange(published_, delta.to);
    }
    auto taken = sink_.publish(delta, *std::move(next));
    if (!taken) {
      std::lock_guard lock(mutex_);
      published_ = before;
    }
    return taken;
  }

  struct Guilty {
    std::size_t at;
    std::string why;
  };
  // The last zone of the shortest beginning of the delta that is refused: found in as many trials as the
  // number of zones has binary digits, whether it breaks engines by itself or together with those before it.
  Result<Guilty> find_guilty(const Delta& delta, std::string why) {
    std::size_t good = 0, bad = delta.zones.size();
    while (bad - good > 1) {
      const std::size_t middle = good + (bad - good) / 2;
      auto examined = sink_.examine(first_zones(delta, middle));
      if (examined) {
        good = middle;
        continue;
      }
      if (examined.error().retry) return std::unexpected(examined.error());
      bad = middle;
      why = examined.error().message;
    }
    return Guilty{bad - 1, std::move(why)};
  }

  void compile_everything_again() {
    std::lock_guard lock(mutex_);
    lost_ = true;
    changed_.notify_all();
  }

  // What quarantine makes of a commit: a zone that waits in it comes whole; one that goes into it because
  // engines died of it goes back to what it was.
  Result<void> heed_quarantine(const store::EventBatch& batch, Delta& delta) {
    stands_in_.clear();
    auto waits = [this](const ZoneChange& change) {
      return change.kind == ZoneChange::Kind::Remove ? std::nullopt : quarantine_.find(change.zone_id);
    };
    // After a restart, commits come again that were known already when engines died.
    std::erase_if(delta.zones, [&](const ZoneChange& change) {
      const auto quarantined = waits(change);
      return quarantined && batch.revision <= quarantined->tried;
    });
    for (ZoneChange& change : delta.zones)
      if (waits(change)) change = TRY(zone_at(change.zone_id, change.apex, batch.revision));
    for (const store::Event& event : batch.events) {
      if (!event.item.key.starts_with(kQuarantinePrefix) || event.kind != store::Event::Kind::Put) continue;
      auto zone = decode_quarantined(event.item);
      if (!zone || !zones_.contains(zone->zone_id) || !quarantine_.find(zone->zone_id)) continue;
      const std::string& apex = zones_.at(zone->zone_id);
      if (zone->cause == QuarantinedZone::Cause::Retry)
        delta.zones.push_back(TRY(zone_at(zone->zone_id, apex, batch.revision)));
      if (zone->cause != QuarantinedZone::Cause::Served) continue;
      delta.zones.push_back(TRY(zone_at(zone->zone_id, apex, zone->since - 1)));
      stands_in_.insert(zone->zone_id);
    }
    return {};
  }

  // In a full image: a zone in quarantine that has not changed since its newest state was refused stays as it
  // was before.
  void keep_back(const store::KeyValue& item, Delta& image) {
    auto zone = services::route53::decode_hosted_zone(item.value);
    auto quarantined = zone ? quarantine_.find(zone->id) : std::nullopt;
    if (!quarantined || item.modified > quarantined->tried ||
        quarantined->cause == QuarantinedZone::Cause::Retry)
      return;
    auto at = std::ranges::find(image.zones, zone->id, &ZoneChange::zone_id);
    if (at != image.zones.end() && !stand_in(*at)) image.zones.erase(at);
  }

  // Puts what was served before the quarantine in the place of a zone's newest state. False when there is
  // nothing, or it was in that place already.
  bool stand_in(ZoneChange& change) {
    auto quarantined = quarantine_.find(change.zone_id);
    if (!quarantined || !stands_in_.insert(change.zone_id).second) return false;
    auto before = zone_at(change.zone_id, change.apex, quarantined->since - 1);
    if (before && before->kind == ZoneChange::Kind::Replace) {
      change = *std::move(before);
      return true;
    }
    // When the store has forgotten it: what is served is as old.
    bool found = false;
    sink_.latest().for_each_zone([&](const DnsZone& zone) {
      if (before || zone.id() != change.zone_id) return;
      change = whole(zone, sink_.latest().health_table());
      found = true;
    });
    return found;
  }

  // The whole zone as the store had it at a revision; a Remove when it was not there.
  Result<ZoneChange> zone_at(const std::string& zone_id, const std::string& apex, store::Revision revision) {
    const ZoneChange none{ZoneChange::Kind::Remove, zone_id, apex, {}, {}};
    if (revision == 0) return none;
    auto item = TRY(store_.get(services::route53::zone_key(zone_id), revision));
    if (!item) return none;
    store::RangeOptions at;
    at.revision = revision;
    auto record_sets = TRY(store_.range(services::route53::record_sets_prefix(zone_id), at));
    auto hidden = TRY(store_.range(services::route53::hidden_record_sets_prefix(zone_id), at));
    std::ranges::move(hidden.items, std::back_inserter(record_sets.items));
    ZoneIndex index;
    Compiled compiled = compile_image({std::span(&*item, 1), record_sets.items, {}}, revision, index);
    return compiled.delta.zones.size() == 1 ? std::move(compiled.delta.zones[0]) : none;
  }

  Result<store::Revision> put_into_quarantine(QuarantinedZone::Cause cause, const std::string& zone_id,
                                              store::Revision since, store::Revision tried, std::string why) {
    auto zone = zone_now(zone_id);
    return quarantine_.put(
        {cause, zone_id, zone ? zone->name.to_string() : "", since, tried, std::move(why), clock_.now()});
  }
  std::optional<services::route53::HostedZoneResource> zone_now(const std::string& zone_id) {
    auto item = store_.get(services::route53::zone_key(zone_id));
    if (!item || !*item) return std::nullopt;
    auto zone = services::route53::decode_hosted_zone((*item)->value);
    return zone ? std::optional(*std::move(zone)) : std::nullopt;
  }

  // The service checks what it stores, so this finds nothing but corruption or a bug; one bad zone must not
  // keep the others from changing.
  void leave_out_malformed(Compiled& compiled) {
    const bool well_formed = check(compiled.delta).has_value();
    std::erase_if(compiled.delta.collection_puts, [&](const CidrCollection& collection) {
      const Result<void> good =
          well_formed ? Result<void>{}
                      : check(Delta{compiled.delta.from, compiled.delta.to, {}, {collection}, {}});
      if (!good) compiled.refused.push_back({collection.id, good.error().message});
      return !good;
    });
    std::erase_if(compiled.delta.zones, [&](const ZoneChange& change) {
      Result<void> good =
          well_formed ? Result<void>{} : check(Delta{compiled.delta.from, compiled.delta.to, {change}});
      if (good && change.kind == ZoneChange::Kind::Replace && !has_soa(change))
        good = invalid("the zone has no SOA");
      if (good) return false;
      compiled.refused.push_back({change.zone_id, good.error().message});
      // Later changes of a zone that is not served are none of DNS's.
      if (change.kind == ZoneChange::Kind::Replace) zones_.erase(change.zone_id);
      return true;
    });
  }
  static bool has_soa(const ZoneChange& change) {
    return std::ranges::any_of(change.puts,
                               [](const auto& set) { return set.type == meridian::dns::Type::SOA; });
  }

  const SecondaryOptions secondaries_;
  std::vector<ZoneRevision> written_;  // by what is being published
  store::Store& store_;
  DnsSink& sink_;
  const Clock& clock_;
  Logger& logger_;
  Histogram& seconds_;
  Counter& refused_;
  Gauge& revision_;
  Quarantine quarantine_;
  // Of the thread that publishes:
  ZoneIndex zones_;
  std::set<std::string>
      stands_in_;  // zones that the delta at hand shows as they were before their quarantine

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::Revision compiled_ = 0;   // the newest commit that was looked at
  store::Revision published_ = 0;  // the newest commit that changed the snapshot
  mutable store::Revision acknowledged_ = 0;
  bool lost_ = false, stopping_ = false;
  std::unique_ptr<store::Watch> watch_;
  std::thread recovery_;
};

DnsWatcher::DnsWatcher(store::Store& store, DnsSink& sink, const Clock& clock, Logger& logger,
                       Metrics& metrics, SecondaryOptions secondaries)
    : state_(std::make_unique<State>(store, sink, clock, logger, metrics, std::move(secondaries))) {}
DnsWatcher::~DnsWatcher() = default;
Result<void> DnsWatcher::start(bool afresh) {
  return state_->start(afresh);
}
store::Revision DnsWatcher::acknowledged() const {
  return state_->acknowledged();
}
bool DnsWatcher::serves(std::string_view zone_id, store::Revision revision) const {
  return state_->serves(zone_id, revision);
}
Result<store::Revision> DnsWatcher::take_back(const std::string& zone_id, store::Revision since,
                                              store::Revision seen, std::string why) {
  return state_->take_back(zone_id, since, seen, std::move(why));
}
std::vector<QuarantinedZone> DnsWatcher::quarantined() const {
  return state_->quarantined();
}

}  // namespace meridian::compilers::dns
