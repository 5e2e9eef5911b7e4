#include "snapshots/location/location.h"

#include <fmt/format.h>

#include "formats/geo/geo.h"

namespace meridian::snapshots::location {
namespace {

using Key6 = unsigned __int128;

template <typename Key>
Key key_of(const net::IpAddress& address) {
  Key key = 0;
  for (const char byte : address.bytes()) key = static_cast<Key>(key << 8 | static_cast<std::uint8_t>(byte));
  return key;
}

template <typename Key>
Key host_mask(unsigned bits) {
  constexpr unsigned kWidth = sizeof(Key) * 8;
  return bits >= kWidth ? Key{0} : static_cast<Key>(static_cast<Key>(~Key{0}) >> bits);
}

// A row takes from the block around it what it has not itself.
void inherit(std::vector<Locations::LatencyRow>& rows) {
  std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.block; });
  std::vector<const Locations::LatencyRow*> around;
  for (Locations::LatencyRow& row : rows) {
    while (!around.empty() && !around.back()->block.contains(row.block.base)) around.pop_back();
    if (!around.empty()) {
      for (std::size_t i = 0; i < row.us.size(); ++i)
        if (row.us[i] == 0) row.us[i] = around.back()->us[i];
    }
    around.push_back(&row);
  }
}

template <typename Key>
typename RangeTable<Key>::Range range_of(const net::Cidr& block, std::size_t value) {
  const Key first = key_of<Key>(block.base);
  return {first, static_cast<Key>(first | host_mask<Key>(block.bits)), static_cast<std::uint32_t>(value)};
}

}  // namespace

Locations::Blocks Locations::Blocks::of(const std::vector<net::Cidr>& blocks) {
  std::vector<RangeTable<std::uint32_t>::Range> v4;
  std::vector<RangeTable<Key6>::Range> v6;
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (blocks[i].base.is_v4()) {
      v4.push_back(range_of<std::uint32_t>(blocks[i], i));
    } else {
      v6.push_back(range_of<Key6>(blocks[i], i));
    }
  }
  return {RangeTable<std::uint32_t>::flatten(std::move(v4)), RangeTable<Key6>::flatten(std::move(v6))};
}

Locations::Locations(Sources sources)
    : databases_(std::move(sources.databases)), details_(std::move(sources.details)) {
  for (Network& network : sources.networks) {
    networks_.push_back(network.place);
    network_blocks_.push_back(network.block);
  }
  inherit(sources.latency);
  for (LatencyRow& row : sources.latency) {
    latency_rows_.push_back(row.us);
    latency_blocks_.push_back(row.block);
  }
  by_network_ = Blocks::of(network_blocks_);
  by_latency_ = Blocks::of(latency_blocks_);
  for (std::size_t i = 0; i < regions::kRegionCount; ++i)
    region_points_[i] = Point::of(static_cast<double>(regions::all()[i].latitude),
                                  static_cast<double>(regions::all()[i].longitude));
  for (const auto& [region, point] : sources.regions) region_points_[region] = point;
}

Located Locations::locate(const net::IpAddress& address, unsigned bits) const {
  if (address.is_v4()) {
    const auto key = key_of<std::uint32_t>(address) & ~host_mask<std::uint32_t>(bits);
    return locate_in(by_network_.v4, by_latency_.v4, key,
                     [key](const Database& database) { return database.find_v4(key); });
  }
  const auto key = key_of<Key6>(address) & ~host_mask<Key6>(bits);
  return locate_in(by_network_.v6, by_latency_.v6, key,
                   [half = static_cast<std::uint64_t>(key >> 64)](const Database& database) {
                     return database.find_v6(half);
                   });
}

template <typename Key, typename Find>
Located Locations::locate_in(const RangeTable<Key>& by_network, const RangeTable<Key>& by_latency, Key key,
                             Find find) const {
  const auto row = by_latency.find(key), network = by_network.find(key);
  Located located{networks_.data(), Source::Nothing, 0, row.value};
  // Whatever was asked counts: had this address been in another range of it, the answer could be another.
  unsigned prefix_bits = std::max(row.prefix_bits, network.prefix_bits);
  if (network.value != 0) {
    located.place = &networks_[network.value];
    located.source = Source::Operator;
  } else {
    for (const auto& database : databases_) {
      const auto found = find(*database);
      prefix_bits = std::max(prefix_bits, found.prefix_bits);
      if (found.value == 0) continue;
      located.place = &database->place(found.value);
      located.source = Source::Database;
      break;
    }
  }
  located.prefix_bits = static_cast<std::uint8_t>(prefix_bits);
  return located;
}

geo_db::Details Locations::details(const net::IpAddress& address) const {
  geo_db::Details told;
  for (const auto& database : details_) {
    const auto record = database->find(address);
    if (!record) continue;
    geo_db::Details here = database->details(*record);
    if (told.city.empty()) told.city = std::move(here.city);
    if (told.metro_code.empty()) told.metro_code = std::move(here.metro_code);
    if (told.postal_code.empty()) told.postal_code = std::move(here.postal_code);
    if (told.time_zone.empty()) told.time_zone = std::move(here.time_zone);
    if (told.network == 0) told.network = here.network;
  }
  return told;
}

Place Locations::region_place(regions::RegionIndex region) const {
  const regions::Region& facts = regions::all()[region];
  Place place;
  place.country = Code::of(facts.country);
  place.subdivision = Code::of(facts.subdivision);
  if (const geo::Country* country = geo::find_country(facts.country))
    place.continent = Code::of(country->continent);
  const Point& point = region_points_[region];
  constexpr double kDegree = 3.14159265358979323846 / 180;
  place.set_point(std::asin(static_cast<double>(point.z)) / kDegree,
                  std::atan2(static_cast<double>(point.y), static_cast<double>(point.x)) / kDegree);
  return place;
}

std::vector<net::IpAddress> Locations::spread_clients(std::size_t count) const {
  std::vector<std::uint32_t> known;
  const auto add = [&known](const RangeTable<std::uint32_t>& table) {
    for (std::size_t i = 0; i < table.ranges(); ++i)
      if (table.value(i) != 0) known.push_back(table.first(i));
  };
  add(by_network_.v4);
  if (!databases_.empty()) add(databases_[0]->v4());
  std::vector<net::IpAddress> out;
  const std::size_t taken = std::min(count, known.size());
  for (std::size_t i = 0; i < taken; ++i) {
    const std::uint32_t at = known[i * known.size() / taken];
    out.push_back(
        net::IpAddress::v4({static_cast<std::uint8_t>(at >> 24), static_cast<std::uint8_t>(at >> 16),
                            static_cast<std::uint8_t>(at >> 8), static_cast<std::uint8_t>(at)}));
  }
  return out;
}

std::string Locations::describe(const Located& client) const {
  std::string text = "nothing is known of this client";
  if (client.source == Source::Operator) {
    const auto index = static_cast<std::size_t>(client.place - networks_.data());
    text = fmt::format("network {} of the topology", network_blocks_[index].to_string());
  }
  for (const auto& database : databases_) {
    if (client.source != Source::Database || !database->owns(*client.place)) continue;
    text =
        fmt::format("database {} of {}", database->name(), format_iso8601(database->built()).substr(0, 10));
    break;
  }
  if (client.latency_row != 0)
    text += fmt::format("; latencies measured for {}", latency_blocks_[client.latency_row].to_string());
  return text;
}

}  // namespace meridian::snapshots::location
