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
  const Locations locations({.databases = {*database}});
  for (const auto* address : {"0.0.0.0", "192.0.2.7", "255.255.255.255", "::", "2001:db8::1", "ffff::"}) {
    const Located found = locations.locate(*net::IpAddress::parse(address), 128);
    (void)locations.describe(found);
    (void)locations.latency_us(found, 0);
  }
  return 0;
}
