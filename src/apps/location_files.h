// Where clients are, from the operator's files: a topology, GeoIP databases, a latency table; read anew when
// they change. Rule: what was read last and is whole stays in use until the next is whole too, file by file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "formats/topology/topology.h"
#include "net/loop.h"
#include "snapshots/location/location.h"

namespace meridian::apps {

class LocationFiles {
 public:
  // Reads all of them; an error names the file.
  static Result<std::unique_ptr<LocationFiles>> open(const LocationOptions& options, Disk& disk);

  bool any() const { return !files_.empty(); }

  struct Refreshed {
    bool is_new = false;                // locations() says something else now
    bool settling = false;              // a file has just changed and may still be written: ask again soon
    std::vector<std::string> failures;  // each once, with the file's name
  };
  // Reads the files that changed; with `at_once` also what has only just done so.
  Refreshed refresh(bool at_once);

  std::unique_ptr<const snapshots::location::Locations> locations() const;
  // The edge location that one of the addresses is of; null when the topology has none.
  const topology::EdgeLocation* edge_location(const std::vector<net::Address>& addresses) const;
  const topology::EdgeLocation* edge_location(const std::string& code) const;
  // By the paths of the options.
  const std::string& database_path(std::size_t index) const { return database_paths_[index]; }

 private:
  struct File {
    std::string path;
    std::size_t bytes_max;
    std::function<Result<void>(const std::string& bytes)> take;
    FileVersion read = {}, seen = {};
    bool missing = false;
  };
  explicit LocationFiles(const LocationOptions& options, Disk& disk);
  Result<void> read(File& file, const FileVersion& version);
  void look_at(File& file, bool at_once, Refreshed& refreshed);

  Disk& disk_;
  const bool with_details_;
  std::vector<File> files_;
  std::vector<std::string> database_paths_;
  topology::Topology topology_;
  std::vector<std::shared_ptr<const snapshots::location::Database>> databases_;
  std::vector<std::shared_ptr<const geo_db::GeoDatabase>> details_;  // none: nobody asks for them
  std::vector<topology::LatencyRow> latency_;
};

// Looks at the files every ten seconds, and publishes what they say when it changes. Lives on the loop's
// thread, which a large database keeps for seconds.
class LocationWatch {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(10), kSettleTime = std::chrono::seconds(1);
  using Publish = std::function<void(std::unique_ptr<const snapshots::location::Locations>)>;

  LocationWatch(net::Loop& loop, LocationFiles& files, Logger& logger, Metrics& metrics, Publish publish);
  void look(bool at_once);

 private:
  void tell(const snapshots::location::Locations& locations);

  net::Loop& loop_;
  LocationFiles& files_;
  Logger& logger_;
  Metrics& metrics_;
  Counter &reloads_, &failures_;
  Publish publish_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
