// A place on earth as routing needs it: codes of continent, country and state, and a point.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

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
  bool operator==(const Point&) const = default;
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

  bool operator==(const Place&) const = default;
  void set_point(double degrees_north, double degrees_east) {
    has_point = true;
    point = Point::of(degrees_north, degrees_east);
    latitude = static_cast<float>(degrees_north);
    longitude = static_cast<float>(degrees_east);
  }
};

}  // namespace meridian::snapshots::location
