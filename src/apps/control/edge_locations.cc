#include "apps/control/edge_locations.h"

#include "base/disk.h"
#include "base/log.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

constexpr double kHundredths = 100;

std::optional<std::vector<feed::ServedAt>> read_kept(std::string_view text) {
  feed::FrameReader reader;
  reader.add(as_bytes(text));
  const auto frame = reader.next();
  if (!frame || !*frame) return std::nullopt;
  const auto* locations = std::get_if<feed::Locations>(&**frame);
  return locations ? std::optional(locations->locations) : std::nullopt;
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
      opened->edges_[name] = {*std::move(kept), loop.clock().monotonic()};
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

void EdgeLocations::start(Publish publish) {
  publish_ = std::move(publish);
  look_again();
}

void EdgeLocations::tell() {
  if (publish_) publish_(now());
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

void EdgeLocations::located(const std::string& edge, const std::vector<feed::ServedAt>& locations) {
  const auto found = edges_.find(edge);
  if (found == edges_.end() || found->second.locations != locations) keep(edge, locations);
  edges_[edge] = {locations, std::nullopt};
  tell();
}

void EdgeLocations::keep(const std::string& edge, const std::vector<feed::ServedAt>& locations) {
  const auto kept =
      world_.disk.replace(directory_ + "/" + edge, as_bytes(feed::encode(feed::Locations{locations})));
  if (!kept)
    world_.logger.error("feed", "where an edge is would not be known after a restart",
                        {{"edge", edge}, {"why", kept.error().message}});
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
