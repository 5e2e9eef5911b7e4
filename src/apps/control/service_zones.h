// The records of AWS's own zones: each distribution's name, which leads to the edge locations nearest to the
// client, and S3's website endpoints. They are ordinary rows of the store, in zones that no account has, so
// that the DNS compiler, the engine and explain serve them like any other.
//
// Rule: what is in the store is exactly what follows from the distributions and the locations; a start puts
// it right, whatever was there before.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/address.h"
#include "services/route53/resources.h"
#include "snapshots/cdn/distribution.h"
#include "store/follower.h"

namespace meridian::apps {

// Where a location answers viewers.
struct ServedLocation {
  std::string code;                       // "FRA50-C1"
  double latitude = 0, longitude = 0;     // degrees
  std::vector<net::IpAddress> addresses;  // of both families
  // The cheapest class whose distributions it serves.
  snapshots::cdn::PriceClass price_class = snapshots::cdn::PriceClass::Class100;
};

struct ServiceAddresses {
  std::vector<ServedLocation> locations;
  std::vector<net::IpAddress> s3_website;  // none: this deployment serves no website endpoints
};

class ServiceZones final : private store::FollowerReader {
 public:
  static constexpr std::uint32_t kTtl = 60;  // seconds, as CloudFront's
  // Of a class: what DNS compares for one answer. Further ones are left out, with a line in the log.
  static constexpr std::size_t kLocationsMax = 100;

  ServiceZones(store::Store& store, ServiceAddresses addresses, Logger& logger);

  // Returns when all that is there now has its records.
  Result<void> start();
  // Names lead to these from now on. Thread-safe; after start().
  void set_locations(std::vector<ServedLocation> locations);

 private:
  using Rows = std::map<std::string, std::string>;

  void all(store::Range range) override;
  void changed(const store::EventBatch& batch) override;
  Rows standing_rows(const services::route53::ServiceZone& zone) const;
  // Puts the zone right: `wanted` are all its rows.
  Result<void> put_right(std::string_view zone_id, const Rows& wanted);
  Result<void> write(store::Transaction transaction);
  std::vector<ServedLocation> locations() const;

  store::Store& store_;
  mutable std::mutex mutex_;
  ServiceAddresses addresses_;  // the locations: under the mutex
  std::mutex rewriting_;        // one at a time puts the locations' rows right
  Logger& logger_;
  std::map<std::string, std::string, std::less<>> names_;  // of distributions, by their keys
  Result<void> first_ = {};
  store::Follower follower_;  // the last: it calls until it is gone
};

}  // namespace meridian::apps
