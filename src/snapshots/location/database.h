// A GeoIP database as lookups need it: ranges of addresses and the distinct places they lead to. Compiled
// once from the .mmdb and then shared by every Locations that uses it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "snapshots/location/place.h"
#include "snapshots/location/range_table.h"

namespace meridian::snapshots::location {

class Database {
 public:
  static constexpr std::size_t kRangesMax = 32'000'000;

  // `name` is how describe() calls it: the file's name.
  static Result<std::shared_ptr<const Database>> compile(std::string name, std::string_view mmdb);

  // Of an IPv4 address, or of the first half of an IPv6 address; value 0: nothing is told.
  RangeTable<std::uint32_t>::Found find_v4(std::uint32_t address) const { return v4_.find(address); }
  RangeTable<std::uint64_t>::Found find_v6(std::uint64_t half) const { return v6_.find(half); }
  const Place& place(std::uint32_t value) const { return places_[value]; }
  const RangeTable<std::uint32_t>& v4() const { return v4_; }
  bool owns(const Place& place) const {
    return &place >= places_.data() && &place < places_.data() + places_.size();
  }

  const std::string& name() const { return name_; }
  const std::string& type() const { return type_; }
  SystemTime built() const { return built_; }
  std::size_t ranges() const { return v4_.ranges() + v6_.ranges(); }
  std::size_t places() const { return places_.size() - 1; }
  std::size_t bytes() const { return v4_.bytes() + v6_.bytes() + places_.capacity() * sizeof(Place); }

 private:
  Database() = default;

  std::string name_, type_;
  SystemTime built_;
  RangeTable<std::uint32_t> v4_;
  RangeTable<std::uint64_t> v6_;
  std::vector<Place> places_;  // [0]: nothing is known
};

}  // namespace meridian::snapshots::location
