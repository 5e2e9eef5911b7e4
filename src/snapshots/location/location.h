// Where clients are, for every engine that answers by it: DNS now, the CDN later. An immutable snapshot made
// of operator's CIDRs, GeoIP databases and latency tables; whoever reloads publishes the next one.
//
// Rule: lookups take no lock and allocate nothing. What a lookup says holds for every address that shares its
// first `prefix_bits` bits, so that an answer made of it may be cached for that prefix (RFC 7871 §7.2.1).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/regions/regions.h"
#include "net/address.h"

namespace meridian::snapshots::location {

// Two or three upper-case letters or digits; zero bytes behind them, all zero: unknown.
struct Code {
  std::array<char, 3> letters{};

  static Code of(std::string_view text) {
    Code code;
    for (std::size_t i = 0; i < text.size() && i < code.letters.size(); ++i) code.letters[i] = text[i];
    return code;
  }
  std::string_view text() const {
    std::size_t size = 0;
    while (size < letters.size() && letters[size] != '\0') ++size;
    return {letters.data(), size};
  }
  bool known() const { return letters[0] != '\0'; }
  bool operator==(const Code&) const = default;
};

// A point on the globe as a unit vector: the nearer of two is the one with the greater dot product.
struct Point {
  float x = 0, y = 0, z = 0;

  static Point of(double latitude, double longitude) {  // degrees
    const double radian = 3.14159265358979323846 / 180;
    const double phi = latitude * radian, lambda = longitude * radian;
    return {static_cast<float>(std::cos(phi) * std::cos(lambda)),
            static_cast<float>(std::cos(phi) * std::sin(lambda)), static_cast<float>(std::sin(phi))};
  }
  float dot(const Point& other) const { return x * other.x + y * other.y + z * other.z; }
};
inline constexpr double kEarthRadiusKm = 6371.0088;  // IUGG mean
inline float great_circle_km(const Point& a, const Point& b) {
  // By the chord: the arc cosine of the dot product loses every digit at short distances.
  const float x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
  const float half_chord = std::sqrt(x * x + y * y + z * z) / 2;
  return static_cast<float>(2 * kEarthRadiusKm) * std::asin(half_chord < 1 ? half_chord : 1.0F);
}

struct Place {
  Code continent;    // AF AN AS EU NA OC SA
  Code country;      // ISO 3166-1 alpha-2
  Code subdivision;  // the part of ISO 3166-2 behind the country: "CA" of US-CA
  bool has_point = false;
  Point point;
  float latitude = 0, longitude = 0;  // degrees, of `point`
};

enum class Source : std::uint8_t { Nothing, Operator, Database };

struct Located {
  const Place* place = nullptr;  // never null; of the Locations asked
  Source source = Source::Nothing;
  std::uint8_t prefix_bits = 0;   // of the family asked
  std::uint32_t latency_row = 0;  // for latency_us(); 0: nothing is measured for this client
};

class Locations {
 public:
  // Of an address, or of a prefix of `bits` bits (EDNS Client Subnet): only what holds for the whole prefix
  // counts as known, and prefix_bits may then be greater than `bits` (RFC 7871 §7.2.1: the answer differs
  // inside the prefix).
  Located locate(const net::IpAddress& address, unsigned bits) const;

  // Round trip between the client and a Region in microseconds: measured where a table has it, else the
  // great-circle model. Larger than any measured one when the client's place is unknown.
  std::uint32_t latency_us(const Located& client, regions::RegionIndex region) const;

  // Where a Region is, for geoproximity and explain: as AWS says, unless the operator's topology puts it
  // elsewhere.
  const Point& region_point(regions::RegionIndex region) const;

  // For explain: which CIDR, database (by file name and build date) or table said so.
  std::string describe(const Located& client) const;
};

}  // namespace meridian::snapshots::location
