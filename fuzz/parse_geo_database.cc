// Databases of where addresses are: any bytes are read to the end or refused, and compile to a table that can
// be asked.
#include <cstdint>

#include "snapshots/location/location.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  using namespace meridian::snapshots::location;
  const auto database =
      Database::compile("fuzz", std::string_view(reinterpret_cast<const char*>(data), data ? size : 0));
  if (!database) return 0;
  std::shared_ptr<const geo_db::GeoDatabase> details =
      *geo_db::open_geo_database(std::string_view(reinterpret_cast<const char*>(data), size));
  const Locations locations({.databases = {*database}, .details = {std::move(details)}});
  for (const auto* address : {"0.0.0.0", "192.0.2.7", "255.255.255.255", "::", "2001:db8::1", "ffff::"}) {
    const Located found = locations.locate(*net::IpAddress::parse(address), 128);
    (void)locations.describe(found);
    (void)locations.latency_us(found, 0);
    (void)locations.details(*net::IpAddress::parse(address));
  }
  return 0;
}
