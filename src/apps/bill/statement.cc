#include "apps/bill/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace meridian::apps::bill {
namespace {

constexpr double kGigabyte = 1e9, kMillion = 1e6, kRequestsOfAPrice = 10'000;
constexpr double kStorageGigabyte = 1024.0 * 1024 * 1024;
constexpr double kPutUnitBytes = 25 * 1024;
constexpr double kRetentionHours = 24;  // that cost nothing more

// 1234567.0 as "1,234,567".
std::string counted(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

double beyond(double quantity, double free) {
  return std::max(0.0, quantity - free);
}

std::vector<Line> lines_of_streams(const Usage& usage, const Prices& prices) {
  double shard_hours = 0, extended = 0, units = 0, on_demand_hours = 0, gigabytes = 0, lines = 0;
  for (const StreamUsage& stream : usage.streams) {
    if (stream.takes_realtime_lines) lines += stream.records;
    if (stream.on_demand) {
      on_demand_hours += stream.hours;
      gigabytes += stream.bytes / kGigabyte;
      continue;
    }
    shard_hours += stream.shards * stream.hours;
    if (stream.retention_hours > kRetentionHours) extended += stream.shards * stream.hours;
    // How large each was nobody counts: a record is one unit at least.
    units += std::max(stream.records, stream.bytes / kPutUnitBytes);
  }
  std::vector<Line> out;
  const auto add = [&](const char* what, double quantity, const char* unit, double price, double of = 1) {
    if (quantity > 0)
      out.push_back(
          {what, counted(std::ceil(quantity)), fmt::format("{} per {}", price, unit), quantity / of * price});
  };
  add("Real-time log lines", lines, "million", prices.million_realtime_lines, kMillion);
  add("Kinesis shard hours", shard_hours, "hour", prices.shard_hour);
  add("Kinesis shard hours, longer kept", extended, "hour", prices.extended_shard_hour);
  add("Kinesis PUT units, at least", units, "million", prices.million_put_units, kMillion);
  add("Kinesis stream hours, on demand", on_demand_hours, "hour", prices.on_demand_hour);
  if (gigabytes > 0)
    out.push_back({"Kinesis data in, on demand", fmt::format("{:.3f} GB", gigabytes),
                   fmt::format("{} per GB", prices.on_demand_gb_in), gigabytes * prices.on_demand_gb_in});
  return out;
}

}  // namespace

double Statement::total() const {
  double sum = 0;
  for (const Line& line : lines) sum += line.amount;
  return sum;
}

double tiered(double quantity, const std::vector<double>& up_to, const std::vector<double>& rates) {
  double cost = 0, from = 0;
  for (std::size_t tier = 0; tier < rates.size() && quantity > from; ++tier) {
    const double until = tier < up_to.size() ? up_to[tier] : quantity;
    cost += (std::min(quantity, until) - from) * rates[tier];
    from = until;
  }
  return cost;
}

Result<std::vector<Share>> parse_shares(const Prices& prices, const std::vector<std::string>& words) {
  if (words.empty()) return std::vector{Share{&prices.regions.front(), 1}};
  std::vector<Share> shares;
  double sum = 0;
  for (const std::string& word : words) {
    const std::size_t equals = std::min(word.find('='), word.size());
    Share share{prices.region(std::string_view(word).substr(0, equals)), 100};
    if (!share.region) {
      std::string known;
      for (const PriceRegion& region : prices.regions) known += (known.empty() ? "" : ", ") + region.name;
      return invalid(fmt::format("'{}' is no price region: {}", word.substr(0, equals), known));
    }
    if (equals < word.size()) {
      const char* const end = word.data() + word.size();
      const auto read = std::from_chars(word.data() + equals + 1, end, share.part);
      if (read.ec != std::errc() || read.ptr != end || !(share.part >= 0 && share.part <= 100))
        return invalid(fmt::format("'{}': a part is a number of percent", word));
    }
    sum += share.part;
    share.part /= 100;
    shares.push_back(share);
  }
  if (std::abs(sum - 100) > 0.01) return invalid(fmt::format("the parts are {} % together, not 100", sum));
  return shares;
}

Statement make_statement(const Usage& usage, const Prices& prices, const std::vector<Share>& shares,
                         double https_part) {
  Statement out;
  const auto add = [&](std::string what, std::string quantity, std::string rate, double amount) {
    out.lines.push_back({std::move(what), std::move(quantity), std::move(rate), amount});
  };
  double requests = 0, bytes = 0, paths = 0;
  for (const DistributionUsage& one : usage.distributions) {
    requests += one.requests;
    bytes += one.bytes;
    paths += one.invalidation_paths;
  }
  const double gigabytes = bytes / kGigabyte;
  const double paid_gb = beyond(gigabytes, prices.free_gb * usage.months);
  const double paid_requests = beyond(requests, prices.free_requests * usage.months);
  if (!usage.distributions.empty()) {
    add("Data transfer out, free", fmt::format("{:.3f} GB", gigabytes - paid_gb), "", 0);
    add("Requests, free", counted(requests - paid_requests), "", 0);
  }
  std::vector<double> up_to = prices.transfer_up_to;
  for (double& bound : up_to) bound *= usage.months;
  for (const Share& share : shares) {
    const PriceRegion& region = *share.region;
    if (paid_gb > 0)
      add("Data transfer out, " + region.name, fmt::format("{:.3f} GB", paid_gb * share.part),
          fmt::format("{} per GB, less in tiers", region.per_gb.front()),
          tiered(paid_gb * share.part, up_to, region.per_gb));
    const double here = paid_requests * share.part;
    if (here * https_part > 0)
      add("HTTPS requests, " + region.name, counted(here * https_part),
          fmt::format("{} per 10,000", region.https), here * https_part / kRequestsOfAPrice * region.https);
    if (here * (1 - https_part) > 0)
      add("HTTP requests, " + region.name, counted(here * (1 - https_part)),
          fmt::format("{} per 10,000", region.http),
          here * (1 - https_part) / kRequestsOfAPrice * region.http);
  }
  const double paid_paths = beyond(paths, prices.free_invalidation_paths * usage.months);
  if (paths > 0) add("Invalidation paths, free", counted(paths - paid_paths), "", 0);
  if (paid_paths > 0)
    add("Invalidation paths", counted(paid_paths), fmt::format("{} each", prices.invalidation_path),
        paid_paths * prices.invalidation_path);
  if (usage.zones > 0)
    add("Hosted zones", counted(usage.zones),
        fmt::format("{} a month, {} from {:.0f} on", prices.zone, prices.more_zones, prices.zones_at_that),
        usage.months * tiered(usage.zones, {prices.zones_at_that}, {prices.zone, prices.more_zones}));
  if (usage.queries > 0)
    add("DNS queries", counted(usage.queries), fmt::format("{} per million", prices.million_queries),
        tiered(usage.queries / kMillion, {prices.millions_at_that * usage.months},
               {prices.million_queries, prices.more_million_queries}));
  if (usage.health_checks > 0)
    add("Health checks", counted(usage.health_checks), fmt::format("{} a month", prices.health_check),
        usage.months * usage.health_checks * prices.health_check);
  if (usage.health_check_features > 0)
    add("Their options", counted(usage.health_check_features),
        fmt::format("{} a month", prices.health_check_feature),
        usage.months * usage.health_check_features * prices.health_check_feature);
  for (Line& line : lines_of_streams(usage, prices)) out.lines.push_back(std::move(line));
  double stored = 0;
  for (const BucketUsage& bucket : usage.buckets) stored += bucket.bytes / kStorageGigabyte;
  if (stored > 0)
    add("S3 storage", fmt::format("{:.3f} GB", stored),
        fmt::format("{} per GB and month, less in tiers", prices.storage_per_gb.front()),
        usage.months * tiered(stored, prices.storage_up_to, prices.storage_per_gb));
  return out;
}

}  // namespace meridian::apps::bill
