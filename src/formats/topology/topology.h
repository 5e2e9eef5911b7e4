// The topology file of an operator (meridian.toml): where client networks, Regions and edge locations are.
// TOML, strict: what is not known is refused with its line, so that nothing misspelt is silently without
// effect.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/regions/regions.h"
#include "net/address.h"

namespace meridian::topology {

inline constexpr std::size_t kFileBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kClientsMax = 100'000;
inline constexpr std::size_t kEdgeLocationsMax = 10'000;

struct Coordinates {
  double latitude = 0, longitude = 0;  // degrees
};

// [[client]] cidr, and of country, continent, subdivision, latitude with longitude, or region, whose point is
// taken.
struct ClientNetwork {
  net::Cidr block;
  std::string continent, country, subdivision;  // codes that geo.h lists; "" is not said
  std::optional<Coordinates> point;
  std::optional<regions::RegionIndex> region;  // never together with `point`
};

// [[region]] code, latitude, longitude: a Region of AWS's that is elsewhere here.
struct RegionPlace {
  regions::RegionIndex region = regions::kNoRegion;
  Coordinates point;
};

// [[edge-location]] code, latitude, longitude, addresses: what a server with one of these addresses is
// called.
struct EdgeLocation {
  std::string code;  // "FRA50-C1"
  Coordinates point;
  std::vector<net::IpAddress> addresses;
};

struct Topology {
  std::vector<ClientNetwork> clients;
  std::vector<RegionPlace> regions;
  std::vector<EdgeLocation> edge_locations;
};

Result<Topology> parse_topology(std::string_view text);

}  // namespace meridian::topology
