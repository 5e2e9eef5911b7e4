#include "apps/location_files.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/spare_memory.h"
#include "formats/geo_db/geo_db.h"

namespace meridian::apps {
namespace {

using snapshots::location::Code;
using snapshots::location::Database;
using snapshots::location::Locations;
using snapshots::location::Place;
using snapshots::location::Point;

Place place_of(const topology::ClientNetwork& client) {
  Place place;
  place.continent = Code::of(client.continent);
  place.country = Code::of(client.country);
  place.subdivision = Code::of(client.subdivision);
  if (client.point) place.set_point(client.point->latitude, client.point->longitude);
  if (client.region) {
    const regions::Region& region = regions::all()[*client.region];
    place.set_point(static_cast<double>(region.latitude), static_cast<double>(region.longitude));
  }
  return place;
}

}  // namespace

LocationFiles::LocationFiles(const LocationOptions& options, Disk& disk)
    : disk_(disk),
      with_details_(options.details),
      database_paths_(options.geo_databases),
      databases_(options.geo_databases.size()),
      details_(options.details ? options.geo_databases.size() : 0) {
  if (!options.topology.empty()) {
    files_.push_back(
        {options.topology, topology::kFileBytesMax, [this](const std::string& text) -> Result<void> {
           topology_ = TRY(topology::parse_topology(text));
           return {};
         }});
  }
  for (std::size_t i = 0; i < database_paths_.size(); ++i) {
    const std::string name = std::filesystem::path(database_paths_[i]).filename();
    files_.push_back({database_paths_[i], geo_db::kDatabaseBytesMax,
                      [this, i, name](const std::string& bytes) -> Result<void> {
                        if (with_details_) details_[i] = TRY(geo_db::open_geo_database(bytes));
                        databases_[i] = TRY(Database::compile(name, bytes));
                        return {};
                      }});
  }
  if (!options.latency_table.empty()) {
    files_.push_back({options.latency_table, topology::kLatencyFileBytesMax,
                      [this](const std::string& text) -> Result<void> {
                        latency_ = TRY(topology::parse_latency_table(text));
                        return {};
                      }});
  }
}

Result<std::unique_ptr<LocationFiles>> LocationFiles::open(const LocationOptions& options, Disk& disk) {
  const GivesBackMemory at_the_end;
  std::unique_ptr<LocationFiles> files(new LocationFiles(options, disk));
  for (File& file : files->files_) TRY(files->read(file, TRY(disk.version(file.path))));
  return files;
}

Result<void> LocationFiles::read(File& file, const FileVersion& version) {
  // Before the bytes are: a change in between is found by the next look.
  file.read = file.seen = version;
  if (version.size > file.bytes_max)
    return fail(ErrorCode::Limit, fmt::format("{}: more than {} bytes", file.path, file.bytes_max));
  auto taken = file.take(TRY(disk_.read(file.path)));
  if (!taken) return fail(taken.error().code, fmt::format("{}: {}", file.path, taken.error().message));
  return {};
}

LocationFiles::Refreshed LocationFiles::refresh(bool at_once) {
  Refreshed refreshed;
  for (File& file : files_) look_at(file, at_once, refreshed);
  if (refreshed.is_new) give_back_memory();
  return refreshed;
}

void LocationFiles::look_at(File& file, bool at_once, Refreshed& refreshed) {
  const auto version = disk_.version(file.path);
  if (!version) {
    if (!file.missing || at_once) refreshed.failures.push_back(version.error().message);
    file.missing = true;
    return;
  }
  const bool was_missing = std::exchange(file.missing, false);
  if (*version == file.read && !was_missing) return;
  if (*version != file.seen && !at_once) {
    file.seen = *version;
    refreshed.settling = true;
    return;
  }
  if (auto done = read(file, *version); !done) {
    refreshed.failures.push_back(done.error().message);
  } else {
    refreshed.is_new = true;
  }
}

std::unique_ptr<const Locations> LocationFiles::locations() const {
  Locations::Sources sources;
  for (const auto& client : topology_.clients) sources.networks.push_back({client.block, place_of(client)});
  for (const auto& region : topology_.regions)
    sources.regions.emplace_back(region.region, Point::of(region.point.latitude, region.point.longitude));
  sources.databases = databases_;
  sources.latency = latency_;
  sources.details = details_;
  return std::make_unique<const Locations>(std::move(sources));
}

const topology::EdgeLocation* LocationFiles::edge_location(const std::string& code) const {
  const auto at = std::ranges::find(topology_.edge_locations, code, &topology::EdgeLocation::code);
  return at == topology_.edge_locations.end() ? nullptr : &*at;
}

const topology::EdgeLocation* LocationFiles::edge_location(const std::vector<net::Address>& addresses) const {
  for (const auto& location : topology_.edge_locations) {
    for (const net::Address& address : addresses)
      if (std::ranges::find(location.addresses, address.ip) != location.addresses.end()) return &location;
  }
  return nullptr;
}

LocationWatch::LocationWatch(net::Loop& loop, LocationFiles& files, Logger& logger, Metrics& metrics,
                             Publish publish)
    : loop_(loop),
      files_(files),
      logger_(logger),
      metrics_(metrics),
      reloads_(metrics.counter("meridian_location_reloads_total",
                               "Times that changed files of where clients are came into use.")),
      failures_(
          metrics.counter("meridian_location_reload_failures_total",
                          "Files of where clients are that could not be used; the last good ones are.")),
      publish_(std::move(publish)),
      timer_(loop_.after(kPeriod, [this] { look(false); })) {
  tell(*files_.locations());
}

void LocationWatch::look(bool at_once) {
  const auto refreshed = files_.refresh(at_once);
  timer_ = loop_.after(refreshed.settling ? kSettleTime : kPeriod, [this] { look(false); });
  for (const std::string& why : refreshed.failures) {
    failures_.add();
    logger_.warn("location", "a file cannot be used; what it said before is", {{"why", why}});
  }
  if (!refreshed.is_new) return;
  auto locations = files_.locations();
  tell(*locations);
  reloads_.add();
  logger_.info("location", "new places of clients",
               {{"networks", std::to_string(locations->networks())},
                {"databases", std::to_string(locations->databases().size())},
                {"latency_rows", std::to_string(locations->latency_rows())}});
  publish_(std::move(locations));
}

void LocationWatch::tell(const Locations& locations) {
  metrics_.gauge("meridian_location_networks", "Client networks of the topology.")
      .set(static_cast<double>(locations.networks()));
  metrics_.gauge("meridian_location_latency_rows", "Networks of the latency table.")
      .set(static_cast<double>(locations.latency_rows()));
  for (std::size_t i = 0; i < locations.databases().size(); ++i) {
    const Database& database = *locations.databases()[i];
    const Labels labels{{"database", files_.database_path(i)}};
    metrics_.gauge("meridian_location_database_ranges", "Ranges of addresses of a GeoIP database.", labels)
        .set(static_cast<double>(database.ranges()));
    metrics_.gauge("meridian_location_database_bytes", "Memory that a GeoIP database takes.", labels)
        .set(static_cast<double>(database.bytes()));
    metrics_
        .gauge("meridian_location_database_built_seconds", "When a GeoIP database was built, in Unix time.",
               labels)
        .set(std::chrono::duration<double>(database.built().time_since_epoch()).count());
  }
}

}  // namespace meridian::apps
