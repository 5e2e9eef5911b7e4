#include "apps/control/edge_locations.h"

#include <set>

#include "base/disk.h"
#include "base/log.h"
#include "formats/pops/regional_caches.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

constexpr double kHundredths = 100;

struct Kept {
  std::vector<feed::ServedAt> locations;
  std::string tier_address;
};

// What keep() wrote: one frame, or two.
std::optional<Kept> read_kept(std::string_view text) {
  feed::FrameReader reader;
  reader.add(as_bytes(text));
  const auto first = reader.next();
  const auto* locations = first && *first ? std::get_if<feed::Locations>(&**first) : nullptr;
  if (!locations) return std::nullopt;
  Kept kept{locations->locations, {}};
  const auto second = reader.next();
  if (const auto* at = second && *second ? std::get_if<feed::TierAt>(&**second) : nullptr)
    kept.tier_address = at->address;
  return kept;
}

}  // namespace

ServedLocation located(const feed::ServedAt& at) {
  return {.code = at.code,
          .latitude = at.latitude / kHundredths,
          .longitude = at.longitude / kHundredths,
          .addresses = at.addresses,
          .price_class = static_cast<snapshots::cdn::PriceClass>(at.price_class)};
}

namespace {

// Edges at one location are one answer with all their addresses.
void add(std::map<std::string, ServedLocation>& to, const feed::ServedAt& at) {
  ServedLocation& location = to.try_emplace(at.code, located(at)).first->second;
  for (const net::IpAddress& address : at.addresses)
    if (std::ranges::find(location.addresses, address) == location.addresses.end())
      location.addresses.push_back(address);
}

}  // namespace

Result<std::unique_ptr<EdgeLocations>> EdgeLocations::open(const World& world, net::Loop& loop,
                                                           std::string directory,
                                                           const std::vector<std::string>& edges,
                                                           Duration live_time,
                                                           std::vector<ServedLocation> own) {
  TRY(world.disk.make_directories(directory));
  std::unique_ptr<EdgeLocations> opened(
      new EdgeLocations(world, loop, std::move(directory), live_time, std::move(own)));
  for (const std::string& name : edges) {
    const auto text = world.disk.read(opened->directory_ + "/" + name);
    if (auto kept = text ? read_kept(*text) : std::nullopt)
      opened->edges_[name] = {std::move(kept->locations), std::move(kept->tier_address),
                              loop.clock().monotonic()};
  }
  return opened;
}

bool EdgeLocations::is_live(const Edge& edge) const {
  return !edge.lost_at || loop_.clock().monotonic() - *edge.lost_at < live_time_;
}

std::vector<ServedLocation> EdgeLocations::now() const {
  const bool all = std::ranges::none_of(edges_, [&](const auto& each) { return is_live(each.second); });
  std::map<std::string, ServedLocation> by_code;
  for (const ServedLocation& own : own_) by_code[own.code] = own;
  for (const auto& [name, edge] : edges_)
    if (all || is_live(edge))
      for (const feed::ServedAt& at : edge.locations) add(by_code, at);
  std::vector<ServedLocation> out;
  for (auto& [code, location] : by_code) out.push_back(std::move(location));
  return out;
}

snapshots::cdn::TierMap EdgeLocations::tiers() const {
  snapshots::cdn::TierMap map;
  for (const auto& [name, edge] : edges_) {
    if (!is_live(edge)) continue;
    std::set<std::string> regions;
    for (const feed::ServedAt& at : edge.locations) regions.emplace(pops::regional_cache_of(at.code));
    map.edges.push_back({name, edge.tier_address, {regions.begin(), regions.end()}});
  }
  return map;
}

void EdgeLocations::start(Publish publish, PublishTiers publish_tiers) {
  publish_ = std::move(publish);
  publish_tiers_ = std::move(publish_tiers);
  look_again();
}

void EdgeLocations::tell() {
  if (publish_) publish_(now());
  if (publish_tiers_) publish_tiers_(tiers());
  look_again();
}

// When the first of those that were lost is so for too long.
void EdgeLocations::look_again() {
  timer_.reset();
  std::optional<MonotonicTime> first;
  for (const auto& [name, edge] : edges_)
    if (edge.lost_at && is_live(edge)) first = std::min(first.value_or(*edge.lost_at), *edge.lost_at);
  if (first) timer_ = loop_.after(*first + live_time_ - loop_.clock().monotonic(), [this] { tell(); });
}

void EdgeLocations::located(const std::string& name, const std::vector<feed::ServedAt>& locations,
                            const std::string& tier_address) {
  const auto found = edges_.find(name);
  const bool is_news = found == edges_.end() || found->second.locations != locations ||
                       found->second.tier_address != tier_address;
  const Edge& edge = edges_[name] = {locations, tier_address, std::nullopt};
  if (is_news) keep(name, edge);
  tell();
}

void EdgeLocations::keep(const std::string& name, const Edge& edge) {
  std::string text = feed::encode(feed::Locations{edge.locations});
  if (!edge.tier_address.empty()) text += feed::encode(feed::TierAt{edge.tier_address});
  const auto kept = world_.disk.replace(directory_ + "/" + name, as_bytes(text));
  if (!kept)
    world_.logger.error("feed", "where an edge is would not be known after a restart",
                        {{"edge", name}, {"why", kept.error().message}});
}

void EdgeLocations::lost(const std::string& edge) {
  const auto found = edges_.find(edge);
  if (found == edges_.end()) return;
  found->second.lost_at = loop_.clock().monotonic();
  look_again();
}

void EdgeLocations::removed(const std::string& edge) {
  if (edges_.erase(edge) == 0) return;
  (void)world_.disk.remove(directory_ + "/" + edge);
  tell();
}

}  // namespace meridian::apps
