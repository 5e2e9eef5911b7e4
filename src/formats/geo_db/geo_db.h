// Databases of where addresses are, in MaxMind's .mmdb format: their blocks in order, and what is told of
// each. In two schemas: MaxMind's own (country.iso_code, subdivisions[0].iso_code, location.latitude ...) and
// the flat one of ip-location-db (country_code, state1, latitude ...).
//
// Rule: a database is bytes from outside. Whatever they are, reading ends after kVisitsPerNode steps for each
// node that the file has.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/address.h"

namespace meridian::geo_db {

inline constexpr std::size_t kDetailBytesMax = 128;  // of each text of Details; longer ones are not told
inline constexpr std::size_t kDatabaseBytesMax = std::size_t{1} << 31;
inline constexpr std::uint64_t kVisitsPerNode =
    2;  // a tree is visited once; aliases of IPv4 in IPv6 are not followed

struct Metadata {
  std::string type;               // "GeoLite2-City"
  std::uint64_t build_epoch = 0;  // Unix time, seconds
  unsigned ip_version = 0;        // 4, or 6 with IPv4 in ::/96
  std::uint32_t nodes = 0;
};

enum class Family : std::uint8_t { V4, V6 };

// `first` is an IPv4 address, or the first half of an IPv6 address: blocks longer than /64 are told as the
// /64 of their first address (no network is given less, and half the memory does).
struct Block {
  std::uint64_t first = 0;
  unsigned bits = 0;
  std::uint32_t record = 0;  // for GeoDatabase::record(); the same number, the same record
};

struct Record {
  std::string country, continent;  // codes; "": not told
  std::string
      subdivision;  // the code behind "US-"; the flat schema has names: known where Route 53 lists them
  bool has_point = false;
  double latitude = 0, longitude = 0;
};

// What routing does not ask for; "": not told. In both schemas, and of databases of networks (GeoLite2-ASN).
struct Details {
  std::string city;  // in English
  std::string metro_code, postal_code;
  std::string time_zone;      // "America/Los_Angeles"
  std::uint32_t network = 0;  // the number of the autonomous system; 0: not told
};

class GeoDatabase {
 public:
  virtual ~GeoDatabase() = default;
  virtual const Metadata& metadata() const = 0;
  // In the order of addresses, without overlap; blocks of which nothing is told are left out.
  virtual Result<void> each_block(Family family, const std::function<void(const Block&)>& each) const = 0;
  // What is not of the expected type is as if it were not told.
  virtual Record record(std::uint32_t record) const = 0;
  // Of the block that the address is in. Thread-safe, and so is details().
  virtual std::optional<std::uint32_t> find(const net::IpAddress& address) const = 0;
  virtual Details details(std::uint32_t record) const = 0;
};

Result<std::unique_ptr<GeoDatabase>> open_geo_database(std::string_view bytes);

}  // namespace meridian::geo_db
