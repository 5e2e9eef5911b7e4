// toml++ stays behind this file: it throws, and is slow to compile.
#include "formats/topology/topology.h"

#include <fmt/format.h>

#include <set>

#include "formats/geo/geo.h"
#include "formats/toml/section.h"

namespace meridian::topology {
namespace {

using toml_reader::refused;
using toml_reader::Section;

Result<std::optional<Coordinates>> coordinates(const Section& section) {
  const auto latitude = TRY(section.number("latitude", -90, 90)),
             longitude = TRY(section.number("longitude", -180, 180));
  if (latitude.has_value() != longitude.has_value())
    return section.refuse("latitude and longitude go together");
  if (!latitude) return std::nullopt;
  return Coordinates{*latitude, *longitude};
}

Result<Coordinates> required_coordinates(const Section& section) {
  const auto point = TRY(coordinates(section));
  if (!point) return section.refuse(fmt::format("[[{}]] needs latitude and longitude", section.name()));
  return *point;
}

Result<regions::RegionIndex> region_of(const Section& section, const std::string& code) {
  const auto region = regions::find(code);
  if (region == regions::kNoRegion)
    return section.refuse(fmt::format("'{}' is no AWS Region", code.substr(0, 64)));
  return region;
}

// The codes as Route 53 lists them: a record set can name no other.
Result<void> set_codes(const Section& section, ClientNetwork& client) {
  client.country = TRY(section.text("country")).value_or("");
  client.continent = TRY(section.text("continent")).value_or("");
  client.subdivision = TRY(section.text("subdivision")).value_or("");
  if (!client.continent.empty() && !geo::find_continent(client.continent))
    return section.refuse("'continent' is one of AF, AN, AS, EU, NA, OC and SA");
  if (!client.country.empty()) {
    const geo::Country* country = geo::find_country(client.country);
    if (!country) return section.refuse("'country' is a code of two upper-case letters, such as DE");
    if (!client.continent.empty() && client.continent != country->continent)
      return section.refuse(fmt::format("Route 53 has {} in {}", country->code, country->continent));
    client.continent = country->continent;
  }
  if (!client.subdivision.empty() && !geo::find_subdivision(client.country, client.subdivision))
    return section.refuse("'subdivision' is a state of 'country' US, such as CA, or an oblast of UA");
  return {};
}

Result<ClientNetwork> client_network(const toml::node& node) {
  const auto section = TRY(Section::of(
      node, "client", {"cidr", "continent", "country", "subdivision", "latitude", "longitude", "region"}));
  ClientNetwork client;
  auto block = net::Cidr::parse(TRY(section.required_text("cidr")));
  if (!block) return section.refuse(block.error().message);
  client.block = *block;
  TRY(set_codes(section, client));
  client.point = TRY(coordinates(section));
  if (const auto code = TRY(section.text("region"))) {
    if (client.point) return section.refuse("either 'region' or coordinates");
    client.region = TRY(region_of(section, *code));
  }
  if (client.continent.empty() && !client.point && !client.region)
    return section.refuse("[[client]] needs a place: country, continent, region, or latitude and longitude");
  return client;
}

Result<RegionPlace> region_place(const toml::node& node) {
  const auto section = TRY(Section::of(node, "region", {"code", "latitude", "longitude"}));
  RegionPlace place;
  place.region = TRY(region_of(section, TRY(section.required_text("code"))));
  place.point = TRY(required_coordinates(section));
  return place;
}

bool is_location_code(std::string_view code) {
  return code.size() <= 32 && std::ranges::all_of(code, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Result<EdgeLocation> edge_location(const toml::node& node) {
  const auto section =
      TRY(Section::of(node, "edge-location", {"code", "latitude", "longitude", "addresses"}));
  EdgeLocation location;
  location.code = TRY(section.required_text("code"));
  if (!is_location_code(location.code))
    return section.refuse("'code' is upper-case letters, digits and hyphens, such as FRA50-C1");
  location.point = TRY(required_coordinates(section));
  const toml::node* addresses = section.member("addresses");
  if (!addresses || !addresses->is_array() || addresses->as_array()->empty())
    return section.refuse("[[edge-location]] needs 'addresses', a list of IP addresses");
  for (const toml::node& item : *addresses->as_array()) {
    auto address = net::IpAddress::parse(item.value_exact<std::string>().value_or(""));
    if (!address) return refused(item, address.error().message);
    location.addresses.push_back(*address);
  }
  return location;
}

// Every item of a section; `key_of` must tell them apart.
template <typename Item, typename Read, typename Key>
Result<std::vector<Item>> items(const toml::table& file, std::string_view name, std::size_t max, Read read,
                                Key key_of) {
  std::vector<Item> all;
  const toml::node* list = file.get(name);
  if (!list) return all;
  if (!list->is_array()) return refused(*list, fmt::format("'{}' is a list of tables: [[{}]]", name, name));
  if (list->as_array()->size() > max) return refused(*list, fmt::format("more than {} [[{}]]", max, name));
  std::set<decltype(key_of(std::declval<const Item&>()))> seen;
  for (const toml::node& node : *list->as_array()) {
    all.push_back(TRY(read(node)));
    if (!seen.insert(key_of(all.back())).second)
      return refused(node, fmt::format("this [[{}]] is there twice", name));
  }
  return all;
}

Result<Topology> read(const toml::table& file) {
  for (const auto& [key, value] : file) {
    if (key.str() != "client" && key.str() != "region" && key.str() != "edge-location")
      return refused(value,
                     fmt::format("'{}' is none of [[client]], [[region]] and [[edge-location]]", key.str()));
  }
  Topology topology;
  topology.clients = TRY(items<ClientNetwork>(file, "client", kClientsMax, client_network,
                                              [](const ClientNetwork& client) { return client.block; }));
  topology.regions = TRY(items<RegionPlace>(file, "region", regions::kRegionCount, region_place,
                                            [](const RegionPlace& place) { return place.region; }));
  topology.edge_locations =
      TRY(items<EdgeLocation>(file, "edge-location", kEdgeLocationsMax, edge_location,
                              [](const EdgeLocation& location) { return location.code; }));
  std::set<net::IpAddress> addresses;
  for (const EdgeLocation& location : topology.edge_locations) {
    for (const net::IpAddress& address : location.addresses)
      if (!addresses.insert(address).second)
        return invalid(fmt::format("{} is of two [[edge-location]]", address.to_string()));
  }
  return topology;
}

}  // namespace

Result<Topology> parse_topology(std::string_view text) {
  if (text.size() > kFileBytesMax) return fail(ErrorCode::Limit, "a topology file has at most 64 MiB");
  return toml_reader::parse(text, read);
}

}  // namespace meridian::topology
