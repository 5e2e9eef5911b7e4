#include "engines/cdn/cdn_engine.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <thread>

#include "engines/cdn/disk/disk_tier.h"
#include "engines/cdn/engine_worker.h"
#include "net/pin_worker.h"
#include "upstream/stub_resolver.h"

namespace meridian::engines::cdn {
namespace {

// RFC 6761 §6.3: localhost never leaves the machine.
class OriginNames final : public upstream::Names {
 public:
  OriginNames(net::Loop& loop, Random& random, const std::vector<net::Address>& resolvers, Metrics& metrics)
      : loop_(loop) {
    if (!resolvers.empty()) dns_ = std::make_unique<upstream::StubResolver>(loop, random, resolvers, metrics);
  }
  std::unique_ptr<upstream::NameLookup> look_up(const std::string& name, OnFound on_found) override {
    const bool local = name == "localhost" || name.ends_with(".localhost");
    if (dns_ && !local) return dns_->look_up(name, std::move(on_found));
    struct Known final : upstream::NameLookup {
      std::unique_ptr<net::Timer> timer;
    };
    auto known = std::make_unique<Known>();
    known->timer = loop_.after(Duration::zero(), [local, on_found = std::move(on_found)] {
      if (local) return on_found(net::IpAddress::v4({127, 0, 0, 1}));
      on_found(fail(ErrorCode::Unavailable, "no DNS server is known"));
    });
    return known;
  }

 private:
  net::Loop& loop_;
  std::unique_ptr<upstream::StubResolver> dns_;
};

// Edges show each other certificates of the control's authority, and nothing else is believed.
upstream::TlsTrust trust_of(std::shared_ptr<net::TlsClientContext> tls) {
  return {.http1 = {tls, tls}, .http2 = {}};
}

std::string make_via_host(Random& random) {
  return random.text(32, "0123456789abcdef") + ".cloudfront.net";
}

}  // namespace

EngineShared::EngineShared(const CdnEngineOptions& options,
                           std::unique_ptr<const snapshots::cdn::CdnSnapshot> first, Random& random,
                           Metrics& metrics)
    : snapshot(std::move(first)),
      locations(std::make_unique<const snapshots::location::Locations>()),
      rings(std::make_unique<const TierRings>()),
      counters(metrics),
      slices(options.slice_bytes, metrics),
      key_secret{random.next(), random.next()} {
  for (const CdnLocation& location : options.locations) {
    via_hosts.push_back(via_hosts.empty() ? options.via_host : make_via_host(random));
    tiers.push_back(std::make_unique<Tier>(location.code, location.region, options.location_cache_bytes));
    if (location.region.empty() || !options.has_regional_caches) continue;
    auto& tier = regions[location.region];
    if (!tier) tier = std::make_unique<Tier>(location.region, options.regional_cache_bytes);
  }
  std::size_t largest = 0;
  for (const auto& [region, tier] : regions) largest = std::max(largest, tier->cache().object_bytes_max());
  for (const auto& tier : tiers) tier->share_bodies(largest);
  for (const auto& tier : tiers) tier->slice_into(slices);
  for (const auto& [region, tier] : regions) tier->slice_into(slices);
}

EngineWorker::EngineWorker(net::Loop& loop, const CdnEngineOptions& options, EngineShared& shared,
                           upstream::TlsTrust trust, upstream::Names* names, Random& random, Metrics& metrics)
    : random_(random.next()),
      own_names_(names ? nullptr : std::make_unique<OriginNames>(loop, random_, options.resolvers, metrics)),
      origins_(loop, names ? *names : *own_names_, std::move(trust), metrics),
      peers_(options.tiers.edge.empty()
                 ? nullptr
                 : std::make_unique<upstream::OriginClient>(loop, names ? *names : *own_names_,
                                                            trust_of(options.tiers.client_tls), metrics)),
      routes_(shared.regions, shared.rings, loop.clock()),
      worker_({loop, origins_, random_, shared.counters, routes_, shared.purge_clock, options.signer,
               options.via_host, peers_.get(), options.tiers.has_tls}),
      served_(shared.snapshot, shared.purges),
      locations_(shared.locations),
      tier_server_(worker_, served_, shared.key_secret),
      tier_peers_(loop, tier_server_, options.limits, metrics) {
  RequestLog* const log = options.logs ? &options.logs->open() : nullptr;
  for (std::size_t i = 0; i < options.locations.size(); ++i) {
    SiteSettings settings;
    settings.pop = options.locations[i].code;
    settings.via_host = shared.via_hosts[i];
    settings.key_secret = shared.key_secret;
    const auto& https = options.locations[i].https;
    settings.https_port = https.empty() ? options.https_port : https.front().port;
    settings.cache_status = options.cache_status;
    settings.log = log;
    if (options.locations.size() > 1)
      settings.requests = &metrics.counter("meridian_cdn_location_requests_total",
                                           "Requests of viewers, where several locations are in one process",
                                           {{"location", settings.pop}});
    sites_.push_back(std::make_unique<Site>(worker_, *shared.tiers[i], served_, locations_, settings));
    viewers_.push_back(std::make_unique<Viewers>(loop, *sites_.back(), options.limits, metrics));
  }
}

EngineWorker::~EngineWorker() = default;

Result<net::Address> EngineWorker::listen_to_tiers(const net::Address& address,
                                                   const net::ListenOptions& options,
                                                   std::shared_ptr<net::TlsServerContext> tls) {
  return tier_peers_.listen(address, options, std::move(tls));
}

void EngineWorker::show_to_tiers(std::shared_ptr<net::TlsClientContext> tls) {
  if (peers_) peers_->set_trust(trust_of(std::move(tls)));
}

Result<net::Address> EngineWorker::listen(std::size_t index, const net::Address& address,
                                          const net::ListenOptions& options,
                                          std::shared_ptr<net::TlsServerContext> tls) {
  const bool is_tls = tls != nullptr;
  const net::Address bound = TRY(viewers_[index]->listen(address, options, std::move(tls)));
  // A port that the system chose is known only now.
  std::uint16_t& port = sites_[index]->settings.https_port;
  if (is_tls && port == 0) port = bound.port;
  return bound;
}

void EngineWorker::explain(ExplainAsk ask, Explained::OnDone done) {
  const auto found = std::ranges::find_if(
      sites_, [&](const auto& site) { return ask.location.empty() || site->settings.pop == ask.location; });
  if (found == sites_.end())
    return done(invalid(fmt::format("there is no edge location {} here", ask.location)));
  if (explained_.size() >= kExplainedMax)
    return done(fail(ErrorCode::Unavailable, "too many requests are being explained"));
  const std::uint64_t id = ++last_explained_;
  auto made = std::make_unique<Explained>(**found, std::move(ask), std::move(done),
                                          [this, id] { explained_.erase(id); });
  Explained& explained = *made;
  explained_.emplace(id, std::move(made));
  explained.begin();
}

struct CdnEngine::Thread {
  explicit Thread(std::unique_ptr<net::Loop> its) : loop(std::move(its)) {}
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<EngineWorker> worker;
  std::atomic<std::uint64_t> revision{0};
  std::thread thread;
};

CdnEngine::CdnEngine(CdnEngineOptions options, std::unique_ptr<const snapshots::cdn::CdnSnapshot> first,
                     Random& random, Metrics& metrics, MakeLoop make_loop)
    : options_(std::move(options)), random_(random), metrics_(metrics), make_loop_(std::move(make_loop)) {
  if (options_.via_host.empty()) options_.via_host = make_via_host(random_);
  shared_ = std::make_unique<EngineShared>(options_, std::move(first), random_, metrics_);
  shared_->purges.count_in(metrics_.counter("meridian_cdn_purged_copies_total",
                                            "Copies in memory that were let go for an invalidation"));
}

void CdnEngine::stop() {
  for (const auto& thread : threads_) {
    if (!thread->thread.joinable()) continue;
    thread->loop->stop();
    thread->thread.join();
  }
  // Its threads tell loops, which are still there.
  if (disk_) disk_->stop();
}

// No loop runs any more when the first of them goes: their workers share objects.
CdnEngine::~CdnEngine() {
  stop();
  for (const auto& thread : threads_) thread->worker.reset();
}

Result<void> CdnEngine::keep_on_disk(Disk& disk, const std::string& directory, std::uint64_t bytes_max) {
  // What a Region's cache here has, it keeps for the locations in front of it.
  std::map<std::string, Tier*> asking;
  for (const auto& tier : shared_->tiers)
    if (!shared_->regions.contains(tier->region())) asking[tier->name()] = tier.get();
  for (const auto& [region, tier] : shared_->regions) asking[region] = tier.get();
  std::vector<std::string> names;
  for (const auto& [name, tier] : asking) names.push_back(name);
  disk_ = TRY(disk::DiskTier::open({disk, shared_->purges, random_, metrics_}, directory, bytes_max, names));
  shared_->key_secret = disk_->key_secret();
  for (const auto& [name, tier] : asking) tier->keep_on(disk_->cache(name));
  return {};
}

std::optional<std::uint64_t> CdnEngine::purged_revision() const {
  if (!disk_ || !disk_->journal().has_begun()) return std::nullopt;
  return disk_->journal().revision().value_or(0);
}

// One that cannot be written leaves no journal, so that nothing on disk is used after a restart.
void CdnEngine::purges_told(std::uint64_t revision) {
  if (disk_) (void)disk_->journal().told(revision);
}

Result<void> CdnEngine::start() {
  upstream::TlsTrust trust;
  if (!options_.origin_ca_pem.empty()) trust = TRY(upstream::TlsTrust::of(options_.origin_ca_pem));
  for (unsigned i = 0; i < std::max(1u, options_.workers); ++i) {
    threads_.push_back(std::make_unique<Thread>(make_loop_()));
    Thread& thread = *threads_.back();
    thread.worker =
        std::make_unique<EngineWorker>(*thread.loop, options_, *shared_, trust, nullptr, random_, metrics_);
    thread.revision = latest().revision();
  }
  if (auto bound = bind(); !bound) {
    threads_.clear();
    bound_.clear();
    return bound;
  }
  return {};
}

Result<void> CdnEngine::begin() {
  for (const auto& thread : threads_) {
    thread->thread = std::thread([loop = thread->loop.get()] { loop->run(); });
    pthread_setname_np(thread->thread.native_handle(), "cdn");
  }
  if (!options_.pin_workers) return {};
  const std::vector<int> cpus = net::allowed_cpus();
  for (std::size_t i = 0; i < threads_.size(); ++i)
    TRY(net::pin_worker(threads_[i]->thread, cpus[i % cpus.size()]));
  return {};
}

// The first worker learns the ports; the others share them.
Result<void> CdnEngine::bind() {
  const net::ListenOptions sockets{.reuse_port = true, .backlog = 4096};
  for (std::size_t location = 0; location < options_.locations.size(); ++location) {
    const auto open = [&](const std::vector<net::Address>& addresses,
                          const std::shared_ptr<net::TlsServerContext>& tls) -> Result<void> {
      for (net::Address address : addresses) {
        for (const auto& thread : threads_)
          address = TRY(thread->worker->listen(location, address, sockets, tls));
        bound_.push_back(address);
      }
      return {};
    };
    TRY(open(options_.locations[location].http, nullptr));
    TRY(open(options_.locations[location].https, options_.tls));
  }
  if (options_.tiers.listen) {
    net::Address address = *options_.tiers.listen;
    for (const auto& thread : threads_)
      address = TRY(thread->worker->listen_to_tiers(address, sockets, options_.tiers.server_tls));
    tier_address_ = address;
  }
  return {};
}

net::Loop& CdnEngine::loop(unsigned worker) {
  return *threads_[worker]->loop;
}

void CdnEngine::publish(std::unique_ptr<const snapshots::cdn::CdnSnapshot> next) {
  const std::uint64_t revision = next->revision();
  shared_->snapshot.publish(std::move(next));
  for (const auto& thread : threads_)
    thread->loop->post([thread = thread.get(), revision] { thread->revision = revision; });
}

const snapshots::cdn::CdnSnapshot& CdnEngine::latest() const {
  return shared_->snapshot.latest();
}

void CdnEngine::publish_locations(std::unique_ptr<const snapshots::location::Locations> next) {
  shared_->locations.publish(std::move(next));
}

void CdnEngine::publish_tiers(const snapshots::cdn::TierMap& map) {
  metrics_.gauge("meridian_cdn_tier_edges", "Edges that ask one another, this one among them")
      .set(static_cast<double>(map.edges.size()));
  shared_->rings.publish(std::make_unique<const TierRings>(map, options_.tiers.edge));
}

void CdnEngine::show_to_tiers(std::shared_ptr<net::TlsClientContext> tls) {
  for (const auto& thread : threads_)
    thread->loop->post([thread = thread.get(), tls] { thread->worker->show_to_tiers(tls); });
}

PurgeClock& CdnEngine::purge_clock() {
  return shared_->purge_clock;
}

std::uint64_t CdnEngine::served_revision() const {
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& thread : threads_) least = std::min(least, thread->revision.load());
  return threads_.empty() ? 0 : least;
}

void CdnEngine::explain(ExplainAsk ask, std::function<void(Result<Explanation>)> done) {
  const auto shared = std::make_shared<ExplainAsk>(std::move(ask));
  threads_.front()->loop->post([worker = threads_.front()->worker.get(), shared, done = std::move(done)] {
    worker->explain(std::move(*shared), done);
  });
}

void CdnEngine::purge(std::string_view distribution_id, std::string_view item, StaleSince stale_since) {
  if (!disk_) return shared_->purges.of(distribution_id)->purge(item, stale_since);
  (void)disk_->journal().purge(distribution_id, item, stale_since);
}

}  // namespace meridian::engines::cdn
