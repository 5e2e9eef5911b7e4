#include "apps/cdn_side.h"

#include <fmt/format.h>

#include <set>

#include "apps/explain_http.h"
#include "apps/process.h"
#include "formats/pops/regional_caches.h"

namespace meridian::apps {
namespace {

constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

// Without an authority no origin is believed, which a deployment whose origins have no TLS need not mind.
Result<std::string> read_authorities(const CdnOptions& options, Disk& disk) {
  std::string pem = disk.read(kSystemAuthorities).value_or("");
  if (!options.origin_ca.empty()) pem += "\n" + TRY(disk.read(options.origin_ca));
  return pem;
}

}  // namespace

Result<std::unique_ptr<CdnSide>> CdnSide::start(const CdnOptions& options,
                                                std::vector<net::Address> resolvers, const World& world,
                                                engines::cdn::RequestLogs* logs,
                                                const std::vector<std::string>& published,
                                                engines::cdn::TierOptions tiers) {
  std::unique_ptr<CdnSide> side(new CdnSide(world));
  engines::cdn::CdnEngineOptions engine;
  const auto locations = TRY(locations_of(options, published));
  std::set<std::string> regions;
  for (const CdnLocationOptions& named : locations) {
    engines::cdn::CdnLocation location;
    location.code = named.code;
    location.http = TRY(parse_addresses(named.http));
    location.https = TRY(parse_addresses(named.https));
    location.region = pops::regional_cache_of(named.code);
    regions.insert(location.region);
    engine.locations.push_back(std::move(location));
  }
  if (!options.tls_addresses.empty())
    engine.tls = TRY(net::make_tls_server_context(
        {.certificates = side->certificates_.published(), .protocols = {"h2", "http/1.1"}}));
  engine.workers = options.workers;
  engine.pin_workers = options.pin_workers;
  // A regional cache that one location alone asks would keep everything twice.
  engine.has_regional_caches = locations.size() > 1 || tiers.listen;
  engine.tiers = std::move(tiers);
  const CacheShares shares =
      cache_shares(options.cache_bytes, locations.size(), engine.has_regional_caches ? regions.size() : 0);
  engine.location_cache_bytes = shares.location;
  engine.regional_cache_bytes = shares.regional;
  engine.slice_bytes = options.slice_bytes;
  engine.cache_status = options.cache_status;
  engine.origin_ca_pem = TRY(read_authorities(options, world.disk));
  engine.resolvers = std::move(resolvers);
  engine.signer = &side->signer_;
  engine.logs = logs;
  side->engine_ = std::make_unique<engines::cdn::CdnEngine>(
      std::move(engine), std::make_unique<const snapshots::cdn::CdnSnapshot>(), world.random, world.metrics,
      [] { return net::make_loop(); });
  if (!options.disk.empty()) TRY(side->engine_->keep_on_disk(world.disk, options.disk, options.disk_bytes));
  if (const auto revision = side->engine_->purged_revision()) {
    side->purged_ = *revision;
    side->begun_ = true;
  }
  TRY(side->engine_->start());
  side->note_places(locations);
  return side;
}

void CdnSide::note_places(const std::vector<CdnLocationOptions>& locations) {
  auto bound = engine_->addresses().begin();
  const auto take = [&](std::size_t count, std::vector<net::Address>& all) {
    std::vector<net::Address> some(bound, bound + static_cast<std::ptrdiff_t>(count));
    bound += static_cast<std::ptrdiff_t>(count);
    all.insert(all.end(), some.begin(), some.end());
    return some;
  };
  for (const CdnLocationOptions& location : locations) {
    CdnPlace place{.code = location.code, .published = location.published};
    place.http = take(location.http.size(), addresses_);
    place.https = take(location.https.size(), tls_addresses_);
    places_.push_back(std::move(place));
  }
}

// An invalidation that nobody can tell any more may have been of anything.
void CdnSide::forget(const snapshots::cdn::Delta& delta, const snapshots::cdn::CdnSnapshot& next, Keep keep) {
  if (!std::exchange(begun_, true)) purged_ = delta.to;
  // Of a whole one nobody knows what it has seen, so that it counts as if it invalidated.
  if (delta.whole || keep == Keep::Nothing || !delta.invalidations.empty())
    engine_->purge_clock().begin({store_, delta.to});
  if (keep == Keep::Nothing || (delta.whole && delta.invalidations_after > purged_))
    for (const auto* snapshot : {&engine_->latest(), &next})
      snapshot->by_id().for_each([&](const std::string& id, const auto&) { engine_->purge(id, "/*"); });
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
  for (const snapshots::cdn::Invalidation& invalidation : delta.invalidations)
    if (invalidation.revision > purged_)
      for (const std::string& path : invalidation.paths)
        engine_->purge(invalidation.distribution_id, path,
                       invalidation.soft ? engines::cdn::StaleSince(now) : std::nullopt);
  purged_ = delta.to;
  engine_->purges_told(delta.to);
  engine_->purge_clock().finish({store_, delta.to});
}

void CdnSide::publish(const snapshots::cdn::Delta& delta, Keep keep) {
  const snapshots::cdn::CdnSnapshot& before = engine_->latest();
  auto next = snapshots::cdn::apply(before, delta);
  certificates_.show(before, delta, *next);
  if (delta.origin_keys) signer_.use(delta.origin_keys);
  if (delta.tier_map) engine_->publish_tiers(*delta.tier_map);
  forget(delta, *next, keep);
  engine_->publish(std::move(next));
}

void CdnSide::show(AdminSources& sources) {
  sources.explain_http = [this](const ExplainHttpQuery& query, Output output, http::Responder responder) {
    explain_http(engine(), query, output, std::move(responder));
  };
}

void CdnSide::add_loops(std::vector<Watchdog::Watched>& loops) {
  for (unsigned i = 0; i < engine_->workers(); ++i)
    loops.push_back({fmt::format("cdn-{}", i), &engine_->loop(i)});
}

}  // namespace meridian::apps
