// The arithmetic of a bill: what there was, at what it costs. Pure.
// Rule: what is not counted is said; nothing is guessed.
#pragma once

#include <string>
#include <vector>

#include "apps/bill/prices.h"

namespace meridian::apps::bill {

struct DistributionUsage {
  std::string id, name;
  double requests = 0, bytes = 0;
  double invalidation_paths = 0;
};
struct StreamUsage {
  std::string name;
  bool on_demand = false, takes_realtime_lines = false;
  double shards = 0, hours = 0;  // of each shard; since the stream was made
  double retention_hours = 24;
  double records = 0, bytes = 0;
};
struct BucketUsage {
  std::string name;
  double bytes = 0;  // on the days that were counted, their mean
};
struct Usage {
  std::vector<DistributionUsage> distributions;
  double months = 1;  // of AWS's months: what costs by the month is taken by its part
  double zones = 0, queries = 0;
  double health_checks = 0, health_check_features = 0;
  std::vector<StreamUsage> streams;
  std::vector<BucketUsage> buckets;
};

// Where viewers are, and by what part of them; the parts are 1 together.
struct Share {
  const PriceRegion* region = nullptr;
  double part = 1;
};
// "europe", or "europe=60", "japan=40". None: the first region.
Result<std::vector<Share>> parse_shares(const Prices& prices, const std::vector<std::string>& words);

struct Line {
  std::string what, quantity, rate;  // "Data transfer, Europe", "12.4 GB", "0.085 per GB"
  double amount = 0;
};
struct Statement {
  std::vector<Line> lines;
  double total() const;
};
Statement make_statement(const Usage& usage, const Prices& prices, const std::vector<Share>& shares,
                         double https_part);
// What `quantity` costs, the first `up_to[0]` of it at rates[0] and so on.
double tiered(double quantity, const std::vector<double>& up_to, const std::vector<double>& rates);

}  // namespace meridian::apps::bill
