#include "apps/bill/prices.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/toml/section.h"

namespace meridian::apps::bill {
namespace {

using toml_reader::Section;

constexpr double kPriceMax = 1e6, kAmountMax = 1e15;

Result<std::vector<double>> numbers(const Section& section, std::string_view key) {
  const toml::node* const node = section.member(key);
  const toml::array* const list = node ? node->as_array() : nullptr;
  if (!list || list->empty()) return section.refuse(key, fmt::format("'{}' is a list of numbers", key));
  std::vector<double> out;
  for (const toml::node& item : *list) {
    const auto value = item.is_number() ? item.value<double>() : std::nullopt;
    if (!value || !(*value >= 0 && *value <= kAmountMax))
      return section.refuse(key, "a price is not negative");
    out.push_back(*value);
  }
  return out;
}

Result<double> number(const Section& section, std::string_view key, double most = kPriceMax) {
  const auto value = TRY(section.number(key, 0, most));
  if (!value) return section.refuse(fmt::format("[{}] needs '{}'", section.name(), key));
  return *value;
}

template <typename Each>
Result<void> for_each_table(const toml::table& file, std::string_view name,
                            std::initializer_list<std::string_view> known, Each each) {
  const toml::array* const list = file[name].as_array();
  if (!list) return invalid(fmt::format("there is no [[{}]]", name));
  for (const toml::node& node : *list) TRY(each(TRY(Section::of(node, name, known))));
  return {};
}

Result<Section> table(const toml::table& file, std::string_view name,
                      std::initializer_list<std::string_view> known) {
  const toml::node* const node = file.get(name);
  if (!node) return invalid(fmt::format("there is no [{}]", name));
  return Section::of(*node, name, known);
}

Result<void> read_regions(const toml::table& file, Prices& out) {
  const Section transfer = TRY(table(file, "transfer", {"up_to"}));
  out.transfer_up_to = TRY(numbers(transfer, "up_to"));
  if (!std::ranges::is_sorted(out.transfer_up_to)) return transfer.refuse("up_to", "tiers rise");
  return for_each_table(file, "region", {"name", "covers", "per_gb", "http", "https"},
                        [&](const Section& section) -> Result<void> {
                          PriceRegion region;
                          region.name = TRY(section.required_text("name"));
                          region.covers = TRY(section.required_text("covers"));
                          region.per_gb = TRY(numbers(section, "per_gb"));
                          region.http = TRY(number(section, "http"));
                          region.https = TRY(number(section, "https"));
                          if (region.per_gb.size() != out.transfer_up_to.size() + 1)
                            return section.refuse("per_gb", "a price a tier, and one beyond them");
                          out.regions.push_back(std::move(region));
                          return {};
                        });
}

Result<void> read_storage(const toml::table& file, Prices& out) {
  const Section s3 = TRY(table(file, "s3", {"up_to", "per_gb"}));
  out.storage_up_to = TRY(numbers(s3, "up_to"));
  out.storage_per_gb = TRY(numbers(s3, "per_gb"));
  if (!std::ranges::is_sorted(out.storage_up_to)) return s3.refuse("up_to", "tiers rise");
  if (out.storage_per_gb.size() != out.storage_up_to.size() + 1)
    return s3.refuse("per_gb", "a price a tier, and one beyond them");
  return {};
}

Result<void> read_streams(const toml::table& file, Prices& out) {
  const Section kinesis = TRY(
      table(file, "kinesis",
            {"shard_hour", "million_put_units", "extended_shard_hour", "on_demand_hour", "on_demand_gb_in"}));
  out.shard_hour = TRY(number(kinesis, "shard_hour"));
  out.million_put_units = TRY(number(kinesis, "million_put_units"));
  out.extended_shard_hour = TRY(number(kinesis, "extended_shard_hour"));
  out.on_demand_hour = TRY(number(kinesis, "on_demand_hour"));
  out.on_demand_gb_in = TRY(number(kinesis, "on_demand_gb_in"));
  return {};
}

Result<Prices> read(const toml::table& file) {
  Prices out;
  out.as_of = file["as_of"].value_or(std::string());
  if (out.as_of.empty()) return invalid("there is no 'as_of'");
  TRY(for_each_table(file, "source", {"what", "page"}, [&](const Section& section) -> Result<void> {
    const std::string what = TRY(section.required_text("what"));
    out.sources.push_back(fmt::format("{}: {}", what, TRY(section.required_text("page"))));
    return {};
  }));
  TRY(read_regions(file, out));
  const Section free = TRY(table(file, "free", {"gb", "requests", "invalidation_paths"}));
  out.free_gb = TRY(number(free, "gb", kAmountMax));
  out.free_requests = TRY(number(free, "requests", kAmountMax));
  out.free_invalidation_paths = TRY(number(free, "invalidation_paths", kAmountMax));
  const Section cdn = TRY(table(file, "cloudfront", {"invalidation_path", "million_realtime_lines"}));
  out.invalidation_path = TRY(number(cdn, "invalidation_path"));
  out.million_realtime_lines = TRY(number(cdn, "million_realtime_lines"));
  const Section dns = TRY(table(file, "route53",
                                {"zone", "zones_at_that", "more_zones", "million_queries", "millions_at_that",
                                 "more_million_queries", "health_check", "health_check_feature"}));
  out.zone = TRY(number(dns, "zone"));
  out.zones_at_that = TRY(number(dns, "zones_at_that", kAmountMax));
  out.more_zones = TRY(number(dns, "more_zones"));
  out.million_queries = TRY(number(dns, "million_queries"));
  out.millions_at_that = TRY(number(dns, "millions_at_that", kAmountMax));
  out.more_million_queries = TRY(number(dns, "more_million_queries"));
  out.health_check = TRY(number(dns, "health_check"));
  out.health_check_feature = TRY(number(dns, "health_check_feature"));
  TRY(read_storage(file, out));
  TRY(read_streams(file, out));
  return out;
}

}  // namespace

const PriceRegion* Prices::region(std::string_view name) const {
  const auto found = std::ranges::find(regions, name, &PriceRegion::name);
  return found == regions.end() ? nullptr : &*found;
}

Result<Prices> parse_prices(std::string_view toml) {
  return toml_reader::parse(toml, read);
}

}  // namespace meridian::apps::bill
