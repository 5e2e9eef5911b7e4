// Where clients are, for every engine that answers by it: DNS now, the CDN later. An immutable snapshot made
// of operator's CIDRs, GeoIP databases and latency tables; whoever reloads publishes the next one.
//
// Rule: lookups take no lock and allocate nothing. What a lookup says holds for every address that shares its
// first `prefix_bits` bits, so that an answer made of it may be cached for that prefix (RFC 7871 §7.2.1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/geo_db/geo_db.h"
#include "formats/regions/regions.h"
#include "formats/topology/latency_table.h"
#include "net/address.h"
#include "snapshots/location/database.h"
#include "snapshots/location/place.h"
#include "snapshots/location/range_table.h"

namespace meridian::snapshots::location {

enum class Source : std::uint8_t { Nothing, Operator, Database };

struct Located {
  const Place* place = nullptr;  // never null; of the Locations asked
  Source source = Source::Nothing;
  std::uint8_t prefix_bits = 0;   // of the family asked
  std::uint32_t latency_row = 0;  // for latency_us(); 0: nothing is measured for this client
};

// The model for what nobody measured: light in fibre makes 200 km/ms, cables are 1.3 times as long as the
// great circle, and the ends take 2 ms. Between the cities of Regions it is within a third of what is
// measured for most pairs.
inline constexpr std::uint32_t kModelBaseUs = 2000;
inline constexpr float kModelUsPerKm = 2 * 1.3F * 1000 / 200;
// Of a client whose place is unknown: more than any table may say.
inline constexpr std::uint32_t kUnknownLatencyUs = 1'000'000'000;

class Locations {
 public:
  struct Network {  // of an operator: said of all clients in it, whatever databases say
    net::Cidr block;
    Place place;
  };
  using LatencyRow = topology::LatencyRow;
  struct Sources {
    std::vector<Network> networks = {};                           // the innermost block counts
    std::vector<std::shared_ptr<const Database>> databases = {};  // the first that knows an address
    std::vector<LatencyRow> latency = {};  // for each Region the innermost block that has it
    std::vector<std::pair<regions::RegionIndex, Point>> regions = {};      // that are not where AWS has them
    std::vector<std::shared_ptr<const geo_db::GeoDatabase>> details = {};  // for details()
  };

  Locations() : Locations(Sources{}) {}  // nothing is known of any client
  explicit Locations(Sources sources);

  // Of an address, or of a prefix of `bits` bits (EDNS Client Subnet). When the prefix holds clients of
  // several places, the place is that of its first address and prefix_bits is greater than `bits`.
  Located locate(const net::IpAddress& address, unsigned bits) const;

  // What databases tell of an address that routing does not ask for: each from the first that tells it. Not
  // for a path that may not allocate; nothing without Sources::details.
  geo_db::Details details(const net::IpAddress& address) const;

  // Round trip between the client and a Region in microseconds: measured where a table has it, else by the
  // model.
  std::uint32_t latency_us(const Located& client, regions::RegionIndex region) const {
    const std::uint32_t measured = latency_rows_[client.latency_row][region];
    if (measured != 0) return measured;
    if (!client.place->has_point) return kUnknownLatencyUs;
    const float km = great_circle_km(client.place->point, region_points_[region]);
    return kModelBaseUs + static_cast<std::uint32_t>(km * kModelUsPerKm);
  }
  bool measured(const Located& client, regions::RegionIndex region) const {
    return latency_rows_[client.latency_row][region] != 0;
  }

  // Where a Region is, for geoproximity and explain: as AWS says, unless the operator's topology puts it
  // elsewhere.
  const Point& region_point(regions::RegionIndex region) const { return region_points_[region]; }
  Place region_place(regions::RegionIndex region) const;

  // For explain: which network, database (by file name and build date) and latency table's block said so.
  std::string describe(const Located& client) const;

  // The first addresses of at most `count` IPv4 ranges whose place is known, spread evenly over all of them:
  // those of the operator's networks and of the first database.
  std::vector<net::IpAddress> spread_clients(std::size_t count) const;

  std::size_t networks() const { return networks_.size() - 1; }
  std::size_t latency_rows() const { return latency_rows_.size() - 1; }
  const std::vector<std::shared_ptr<const Database>>& databases() const { return databases_; }

 private:
  using Key6 = unsigned __int128;
  struct Blocks {  // an operator's, which are few and may be as long as an address
    RangeTable<std::uint32_t> v4;
    RangeTable<Key6> v6;
    static Blocks of(const std::vector<net::Cidr>& blocks);  // [0] is none; the value is the index
  };

  template <typename Key, typename Find>
  Located locate_in(const RangeTable<Key>& by_network, const RangeTable<Key>& by_latency, Key key,
                    Find find) const;

  // [0] of each: nothing is known.
  std::vector<Place> networks_ = std::vector<Place>(1);
  std::vector<net::Cidr> network_blocks_ = std::vector<net::Cidr>(1), latency_blocks_ = network_blocks_;
  std::vector<std::array<std::uint32_t, regions::kRegionCount>> latency_rows_{{}};
  std::vector<std::shared_ptr<const Database>> databases_;
  std::vector<std::shared_ptr<const geo_db::GeoDatabase>> details_;
  std::array<Point, regions::kRegionCount> region_points_;
  Blocks by_network_, by_latency_;
};

}  // namespace meridian::snapshots::location
