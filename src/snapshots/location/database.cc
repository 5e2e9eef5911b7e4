#include "snapshots/location/database.h"

#include <cstring>
#include <unordered_map>

#include "formats/geo_db/geo_db.h"
#include "formats/regions/countries.h"

namespace meridian::snapshots::location {
namespace {

// What two places must share to be one.
std::string identity(const Place& place) {
  std::string key;
  for (const Code& code : {place.continent, place.country, place.subdivision})
    key.append(code.letters.data(), code.letters.size());
  for (const float degrees : {place.latitude, place.longitude}) {
    std::array<char, sizeof degrees> bytes;
    std::memcpy(bytes.data(), &degrees, sizeof degrees);
    key.append(bytes.data(), bytes.size());
  }
  key.push_back(place.has_point ? '+' : '-');
  return key;
}

Place place_of(const geo_db::Record& record) {
  Place place;
  place.country = Code::of(record.country);
  // Databases and Route 53 differ about a few countries; the policies are Route 53's.
  const std::string_view continent = regions::continent_of(record.country);
  if (!continent.empty()) {
    place.continent = Code::of(continent);
  } else if (regions::is_continent(record.continent)) {
    place.continent = Code::of(record.continent);
  }
  if (place.country.known()) place.subdivision = Code::of(record.subdivision);
  if (record.has_point) place.set_point(record.latitude, record.longitude);
  return place;
}

// The places of a database by the number of the record, each only once.
class Places {
 public:
  explicit Places(const geo_db::GeoDatabase& database, std::vector<Place>& places)
      : database_(database), places_(places) {
    places_.assign(1, Place{});
    by_identity_.emplace(identity(Place{}), 0);
  }

  std::uint32_t value_of(std::uint32_t record) {
    const auto [entry, is_new] = by_record_.try_emplace(record, 0);
    if (is_new) entry->second = intern(place_of(database_.record(record)));
    return entry->second;
  }

 private:
  std::uint32_t intern(const Place& place) {
    const auto [entry, is_new] =
        by_identity_.try_emplace(identity(place), static_cast<std::uint32_t>(places_.size()));
    if (is_new) places_.push_back(place);
    return entry->second;
  }

  const geo_db::GeoDatabase& database_;
  std::vector<Place>& places_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_record_;
  std::unordered_map<std::string, std::uint32_t> by_identity_;
};

template <typename Key>
Result<void> fill(const geo_db::GeoDatabase& database, geo_db::Family family, Places& places,
                  RangeTable<Key>& table) {
  bool too_many = false;
  TRY(database.each_block(family, [&](const geo_db::Block& block) {
    constexpr unsigned kWidth = sizeof(Key) * 8;
    const auto first = static_cast<Key>(block.first);
    const auto hosts = block.bits >= kWidth ? Key{0} : static_cast<Key>(~Key{0}) >> block.bits;
    too_many = too_many || table.ranges() >= Database::kRangesMax;
    if (!too_many) table.append({first, static_cast<Key>(first | hosts), places.value_of(block.record)});
  }));
  if (too_many) return fail(ErrorCode::Limit, "the database has more than 32,000,000 ranges of addresses");
  table.finish();
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
