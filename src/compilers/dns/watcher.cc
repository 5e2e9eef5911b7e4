#include "compilers/dns/watcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "services/route53/resources.h"

namespace meridian::compilers::dns {
namespace {

using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::DnsZone;
using snapshots::dns::ZoneChange;

constexpr auto kRetryPause =
    std::chrono::milliseconds(250);  // of real time, after the store could not be read

}  // namespace

class DnsWatcher::State {
 public:
  State(store::Store& store, DnsSink& sink, const Clock& clock, Logger& logger, Metrics& metrics)
      : store_(store),
        sink_(sink),
        clock_(clock),
        logger_(logger),
        seconds_(metrics.histogram("meridian_dns_compile_seconds",
                                   "From a commit's event to its publication.",
                                   {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1})),
        refused_(metrics.counter("meridian_dns_compile_refused_total",
                                 "Resources left out of DNS because they cannot be served.")),
        revision_(metrics.gauge("meridian_config_generation", "The newest store revision compiled.",
                                {{"engine", "dns"}})) {}

  ~State() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (recovery_.joinable()) recovery_.join();
    watch_.reset();
  }

  Result<void> start() {
    const store::Revision goal = store_.revision();
    const std::uint64_t kept = sink_.latest().revision();
    if (kept == 0 || kept > goal || !resume(kept)) TRY(start_afresh());
    // Not before: until here watch_ and the sink are this thread's.
    recovery_ = std::thread([this] { recover_when_lost(); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return compiled_ >= goal; });
    return {};
  }

  store::Revision acknowledged() const {
    std::lock_guard lock(mutex_);
    return sink_.served_revision() >= published_ ? compiled_ : std::min(compiled_, sink_.served_revision());
  }

 private:
  // Follows the store from the revision of the snapshot that the sink has already. False when that is
  // compacted.
  bool resume(std::uint64_t kept) {
    zones_.clear();
    sink_.latest().for_each_zone([&](const DnsZone& zone) { zones_[zone.id()] = zone.apex(); });
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
      TRY(publish(compile_image(zones.items, record_sets.items, at.revision, zones_), at.revision, true));
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
      lost_ = false;
      lock.unlock();
      watch_.reset();
      auto again = start_afresh();
      if (!again) logger_.error("dns", "cannot follow the store", {{"why", again.error().message}});
      lock.lock();
      if (again) continue;
      lost_ = true;
      changed_.wait_for(lock, kRetryPause, [&] { return stopping_; });
    }
  }

  void on_batch(const store::EventBatch& batch) {
    const MonotonicTime began = clock_.monotonic();
    // The change must not count as served; whatever stood in its way cannot stand in a full image.
    if (!publish(compile_commit(batch, sink_.latest().revision(), zones_), batch.revision, false))
      compile_everything_again();
    seconds_.observe(std::chrono::duration<double>(clock_.monotonic() - began).count());
  }

  Result<void> publish(Compiled compiled, store::Revision revision, bool image) {
    leave_out_malformed(compiled);
    for (const RefusedItem& item : compiled.refused) {
      refused_.add();
      logger_.error("dns", "a resource cannot be served and is left out",
                    {{"key", item.key}, {"why", item.reason}});
    }
    std::unique_ptr<const DnsSnapshot> next;
    if (!compiled.delta.zones.empty() || image) {
      auto applied = apply(sink_.latest(), compiled.delta);
      if (applied) {
        next = *std::move(applied);
      } else {
        logger_.error("dns", "a change cannot be applied; DNS serves the state before it",
                      {{"revision", revision}, {"why", applied.error().message}});
        if (!image) return std::unexpected(applied.error());
      }
    }
    const bool published = next != nullptr;
    if (published) {
      std::lock_guard lock(mutex_);
      published_ = revision;  // before publish(): acknowledged() must not count the old snapshot as this one
    }
    if (published) {
      if (auto taken = sink_.publish(compiled.delta, std::move(next)); !taken) {
        logger_.error("dns", "a change was refused; DNS serves the state before it",
                      {{"revision", revision}, {"why", taken.error().message}});
        return taken;
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

  void compile_everything_again() {
    std::lock_guard lock(mutex_);
    lost_ = true;
    changed_.notify_all();
  }

  // The service checks what it stores, so this finds nothing but corruption or a bug; one bad zone must not
  // keep the others from changing.
  void leave_out_malformed(Compiled& compiled) {
    const bool well_formed = check(compiled.delta).has_value();
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

  store::Store& store_;
  DnsSink& sink_;
  const Clock& clock_;
  Logger& logger_;
  Histogram& seconds_;
  Counter& refused_;
  Gauge& revision_;
  ZoneIndex zones_;  // of the thread that publishes

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  store::Revision compiled_ = 0;   // the newest commit that was looked at
  store::Revision published_ = 0;  // the newest commit that changed the snapshot
  bool lost_ = false, stopping_ = false;
  std::unique_ptr<store::Watch> watch_;
  std::thread recovery_;
};

DnsWatcher::DnsWatcher(store::Store& store, DnsSink& sink, const Clock& clock, Logger& logger,
                       Metrics& metrics)
    : state_(std::make_unique<State>(store, sink, clock, logger, metrics)) {}
DnsWatcher::~DnsWatcher() = default;
Result<void> DnsWatcher::start() {
  return state_->start();
}
store::Revision DnsWatcher::acknowledged() const {
  return state_->acknowledged();
}

}  // namespace meridian::compilers::dns
