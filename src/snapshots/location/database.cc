#include "snapshots/location/database.h"

#include <bit>

#include "formats/geo/geo.h"
#include "formats/geo_db/geo_db.h"

namespace meridian::snapshots::location {
namespace {

Place place_of(const geo_db::Record& record) {
  Place place;
  place.country = Code::of(record.country);
  // Databases and Route 53 differ about a few countries; the policies are Route 53's.
  const geo::Country* country = geo::find_country(record.country);
  if (country) {
    place.continent = Code::of(country->continent);
  } else if (geo::find_continent(record.continent)) {
    place.continent = Code::of(record.continent);
  }
  if (place.country.known()) place.subdivision = Code::of(record.subdivision);
  if (record.has_point) place.set_point(record.latitude, record.longitude);
  return place;
}

// Numbers found by a hash and an equality that the caller has: open addressing, since with std::unordered_map
// its millions of lookups were nine tenths of the time to compile.
class Index {
 public:
  // The value put for what `same` says is the same, else `make()`, which is put. No value is kEmpty.
  template <typename Same, typename Make>
  std::uint32_t find_or_put(std::uint64_t hash, Same same, Make make) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    for (std::size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[i];
      if (slot.value == kEmpty) {
        slot = {hash, make()};
        ++used_;
        return slot.value;
      }
      if (slot.hash == hash && same(slot.value)) return slot.value;
    }
  }

 private:
  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t value = kEmpty;
  };

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.value == kEmpty) continue;
      std::size_t i = slot.hash & (slots_.size() - 1);
      while (slots_[i].value != kEmpty) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::size_t used_ = 0;
};

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t hash = (a ^ (b << 32 | b >> 32)) * 0x9e37'79b9'7f4a'7c15;
  return hash ^ hash >> 29;
}

std::uint64_t hash_of(const Place& place) {
  std::uint64_t codes = place.has_point;
  for (const Code& code : {place.continent, place.country, place.subdivision})
    for (const char letter : code.letters) codes = codes * 61 + static_cast<unsigned char>(letter);
  return mix(codes, std::uint64_t{std::bit_cast<std::uint32_t>(place.latitude)} << 32 |
                        std::bit_cast<std::uint32_t>(place.longitude));
}

// The places of a database by the number of the record, each only once.
class Places {
 public:
  Places(const geo_db::GeoDatabase& database, std::vector<Place>& places)
      : database_(database), places_(places) {
    intern(Place{});
  }

  std::uint32_t value_of(std::uint32_t record) {
    // The hash is the key: mix() of one number with a constant loses nothing.
    return by_record_.find_or_put(
        mix(record, 0), [](std::uint32_t) { return true; },
        [&] { return intern(place_of(database_.record(record))); });
  }

 private:
  std::uint32_t intern(const Place& place) {
    return by_place_.find_or_put(
        hash_of(place), [&](std::uint32_t value) { return places_[value] == place; },
        [&] {
          places_.push_back(place);
          return static_cast<std::uint32_t>(places_.size() - 1);
        });
  }

  const geo_db::GeoDatabase& database_;
  std::vector<Place>& places_;
  Index by_record_, by_place_;
};

template <typename Key>
Result<void> fill(const geo_db::GeoDatabase& database, geo_db::Family family, Places& places,
                  RangeTable<Key>& table) {
  typename RangeTable<Key>::Builder builder;
  bool too_many = false;
  TRY(database.each_block(family, [&](const geo_db::Block& block) {
    constexpr unsigned kWidth = sizeof(Key) * 8;
    const auto first = static_cast<Key>(block.first);
    const auto hosts = block.bits >= kWidth ? Key{0} : static_cast<Key>(~Key{0}) >> block.bits;
    too_many = too_many || builder.ranges() >= Database::kRangesMax;
    if (!too_many) builder.append({first, static_cast<Key>(first | hosts), places.value_of(block.record)});
  }));
  if (too_many) return fail(ErrorCode::Limit, "the database has more than 32,000,000 ranges of addresses");
  table = std::move(builder).finish();
  return {};
}

}  // namespace

Result<std::shared_ptr<const Database>> Database::compile(std::string name, std::string_view mmdb) {
  const auto read = TRY(geo_db::open_geo_database(mmdb));
  std::shared_ptr<Database> database(new Database);
  database->name_ = std::move(name);
  database->type_ = read->metadata().type;
  // What a hostile file says of its age must not overflow nanoseconds.
  constexpr std::uint64_t kEpochMax = 4'102'444'800;  // the year 2100
  database->built_ = SystemTime(std::chrono::seconds(std::min(read->metadata().build_epoch, kEpochMax)));
  Places places(*read, database->places_);
  TRY(fill(*read, geo_db::Family::V4, places, database->v4_));
  TRY(fill(*read, geo_db::Family::V6, places, database->v6_));
  database->places_.shrink_to_fit();
  return database;
}

}  // namespace meridian::snapshots::location
