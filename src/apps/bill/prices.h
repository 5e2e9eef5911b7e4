// AWS's list prices as a file says them (docs/use/prices.toml): numbers, and where they were read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace meridian::apps::bill {

struct PriceRegion {
  std::string name, covers;
  std::vector<double> per_gb;  // one a tier
  double http = 0, https = 0;  // per 10,000
};

struct Prices {
  std::string as_of;
  std::vector<std::string> sources;    // "CloudFront: https://…"
  std::vector<double> transfer_up_to;  // GB of a month; one less than tiers
  std::vector<PriceRegion> regions;
  double free_gb = 0, free_requests = 0, free_invalidation_paths = 0;
  double invalidation_path = 0;
  double zone = 0, zones_at_that = 0, more_zones = 0;
  double million_queries = 0, millions_at_that = 0, more_million_queries = 0;
  double health_check = 0, health_check_feature = 0;
  double million_realtime_lines = 0;
  std::vector<double> storage_up_to, storage_per_gb;  // of S3, as for transfer
  double shard_hour = 0, million_put_units = 0, extended_shard_hour = 0;
  double on_demand_hour = 0, on_demand_gb_in = 0;

  const PriceRegion* region(std::string_view name) const;
};

Result<Prices> parse_prices(std::string_view toml);
std::string_view shipped_prices();  // docs/use/prices.toml

}  // namespace meridian::apps::bill
