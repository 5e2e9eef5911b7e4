#include "services/route53/routing_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "formats/geo/geo.h"
#include "formats/regions/regions.h"

namespace meridian::services::route53 {
namespace {

using dns::Type;

constexpr std::int32_t kLatitudeMax = 9000;  // hundredths of a degree
constexpr std::int32_t kLongitudeMax = 18000;

auto members(const GeoLocation& at) {
  return std::tie(at.continent_code, at.country_code, at.subdivision_code);
}
auto members(const CidrRoutingConfig& config) {
  return std::tie(config.collection_id, config.location_name);
}
auto members(const GeoProximityLocation& at) {
  return std::tie(at.aws_region, at.local_zone_group, at.coordinates, at.bias);
}

template <typename T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b ? members(*a) == members(*b) : !a && !b;
}

// "[continent = (NA, North America)]", as AWS describes a place.
std::string described(const GeoLocation& at) {
  auto name_of = [](const auto* found) { return found ? found->name : std::string_view("Unknown"); };
  if (!at.continent_code.empty())
    return fmt::format("[continent = ({}, {})]", at.continent_code,
                       name_of(geo::find_continent(at.continent_code)));
  if (at.country_code == kAnyCountry) return "[country = (*, Default)]";
  std::string country =
      fmt::format("country = ({}, {})", at.country_code, name_of(geo::find_country(at.country_code)));
  if (at.subdivision_code.empty()) return fmt::format("[{}]", country);
  return fmt::format("[{}, subdivision = ({}, {})]", country, at.subdivision_code,
                     name_of(geo::find_subdivision(at.country_code, at.subdivision_code)));
}

std::string_view rank(const RecordSetResource& set) {
  return set.failover == "PRIMARY" ? "primary" : "secondary";
}

std::string name_and_type(const RecordSetResource& set) {
  return fmt::format("RRSet with DNS name {}, type {}", aws_name(set.id.name), dns::to_string(set.id.type));
}

std::string with_identifier(const RecordSetResource& set) {
  return fmt::format("{}, SetIdentifier {}", name_and_type(set), set.id.set_identifier);
}

// The record set as AWS names it in conflicts: with what its policy chooses by.
std::string with_choice(const RecordSetResource& set) {
  std::string text = with_identifier(set);
  switch (policy_kind(set)) {
    case PolicyKind::Latency:
      return fmt::format("{}, and Region Name={}", text, set.region);
    case PolicyKind::Failover:
      return fmt::format("{}, and marked as {}", text, rank(set));
    case PolicyKind::Geolocation:
      return fmt::format("{}, and routing to {}", text, described(*set.geo_location));
    case PolicyKind::IpBased:
      return fmt::format("{}, and CIDR location {} of collection {}", text, set.cidr_routing->location_name,
                         set.cidr_routing->collection_id);
    default:
      return text;
  }
}

// AWS worded this for each policy anew; those of geoproximity and IP-based routing are ours.
std::string other_kind_exists(const RecordSetResource& set) {
  std::string what = with_choice(set);
  auto no_other = [&](std::string_view kind) {
    return fmt::format(
        "{} cannot be created because a non-{} RRSet with the same name and type already exists.", what,
        kind);
  };
  switch (policy_kind(set)) {
    case PolicyKind::Weighted:
      return what + " cannot be created as a non-weighted set exists with the same name and type.";
    case PolicyKind::Multivalue:
      return what +
             " cannot be created because a non multivalue answer rrset exists with the same name and type.";
    case PolicyKind::Latency:
      return no_other("latency");
    case PolicyKind::Failover:
      return no_other("failover");
    case PolicyKind::Geolocation:
      return no_other("GEO");
    case PolicyKind::Geoproximity:
      return no_other("geoproximity");
    case PolicyKind::IpBased:
      return no_other("CIDR");
    case PolicyKind::Simple:
      break;
  }
  return name_and_type(set) + " cannot be created as other RRSets exist with the same name and type.";
}

// Two record sets of one kind that a client could not choose between; empty when it can.
std::string same_choice_exists(const RecordSetResource& set, const RecordSetResource& other) {
  auto refuse = [&](std::string_view existing) {
    return fmt::format("{} cannot be created because a {} already exists.", with_choice(set), existing);
  };
  switch (policy_kind(set)) {
    case PolicyKind::Latency:
      return set.region == other.region ? refuse("latency RRSet with the same name, type and region") : "";
    case PolicyKind::Failover:
      return set.failover == other.failover
                 ? refuse(fmt::format("{} failover RRSet with the same name and type", rank(set)))
                 : "";
    case PolicyKind::Geolocation:
      return same(set.geo_location, other.geo_location)
                 ? refuse("GEO RRSet with the same name, type and location")
                 : "";
    case PolicyKind::IpBased:
      if (set.cidr_routing->collection_id != other.cidr_routing->collection_id)
        return refuse("CIDR RRSet with the same name and type and another collection");
      return same(set.cidr_routing, other.cidr_routing)
                 ? refuse("CIDR RRSet with the same name, type and location")
                 : "";
    default:
      return "";
  }
}

class PolicyCheck {
 public:
  PolicyCheck(const RecordSetResource& set, const CidrCollections& collections)
      : set_(set), collections_(collections) {}

  std::vector<std::string> run() {
    PolicyKind kind = policy_kind(set_);
    if (kind == PolicyKind::Simple) return {};
    bool typed = set_.id.type != Type::NS && set_.id.type != Type::SOA && set_.id.type != Type::DS;
    if (!typed) refuse("RRSets of this type can only have the simple routing policy");
    if (kind == PolicyKind::Multivalue && set_.id.type == Type::CNAME)
      refuse("RRSets of this type cannot be multivalue answer RRSets");
    if (kind == PolicyKind::Multivalue && set_.alias) refuse("multivalue answer RRSets cannot be aliases");
    if (set_.failover == "PRIMARY" && !set_.alias && set_.health_check_id.empty())
      problems_.push_back(
          "A non-alias primary ResourceRecordSet must have an associated health check. No changes made.");
    if (set_.geo_location) check_place(*set_.geo_location);
    if (set_.geo_proximity) check_place(*set_.geo_proximity);
    if (set_.cidr_routing) check_location(*set_.cidr_routing);
    return std::move(problems_);
  }

 private:
  void refuse(std::string_view why) {
    problems_.push_back(fmt::format("{} cannot be created because {}.", with_identifier(set_), why));
  }

  void check_place(const GeoLocation& at) {
    auto known = [&] {
      if (!at.continent_code.empty()) return geo::find_continent(at.continent_code) != nullptr;
      if (!at.subdivision_code.empty())
        return geo::find_subdivision(at.country_code, at.subdivision_code) != nullptr;
      return at.country_code == kAnyCountry || geo::find_country(at.country_code) != nullptr;
    };
    if (!known()) refuse(fmt::format("the geolocation {} is not supported", described(at)));
  }

  void check_place(const GeoProximityLocation& at) {
    if (!at.local_zone_group.empty())
      refuse(fmt::format("the Local Zone Group {} is not available in this version", at.local_zone_group));
    if (!at.aws_region.empty() && regions::find(at.aws_region) == regions::kNoRegion)
      refuse(fmt::format("the AWS Region {} is not supported", at.aws_region));
    if (!at.coordinates) return;
    const auto& [latitude, longitude] = *at.coordinates;
    auto inside = [](const std::string& text, std::int32_t most) {
      auto value = hundredths_of_degree(text);
      return value && *value >= -most && *value <= most;
    };
    if (!inside(latitude, kLatitudeMax))
      refuse(fmt::format("the latitude {} is not between -90 and 90", latitude));
    if (!inside(longitude, kLongitudeMax))
      refuse(fmt::format("the longitude {} is not between -180 and 180", longitude));
  }

  void check_location(const CidrRoutingConfig& config) {
    auto collection = collections_.find(config.collection_id);
    if (collection == collections_.end())
      return refuse(fmt::format("the CIDR collection {} does not exist", config.collection_id));
    const auto& locations = collection->second.locations;
    if (config.location_name != kAnyCidrLocation &&
        std::ranges::find(locations, config.location_name, &CidrLocation::name) == locations.end())
      refuse(fmt::format("the CIDR collection {} has no location {}", config.collection_id,
                         config.location_name));
  }

  const RecordSetResource& set_;
  const CidrCollections& collections_;
  std::vector<std::string> problems_;
};

}  // namespace

PolicyKind policy_kind(const RecordSetResource& set) {
  if (set.weight) return PolicyKind::Weighted;
  if (!set.region.empty()) return PolicyKind::Latency;
  if (!set.failover.empty()) return PolicyKind::Failover;
  if (set.geo_location) return PolicyKind::Geolocation;
  if (set.multi_value_answer.value_or(false)) return PolicyKind::Multivalue;
  if (set.geo_proximity) return PolicyKind::Geoproximity;
  if (set.cidr_routing) return PolicyKind::IpBased;
  return PolicyKind::Simple;
}

bool same_routing(const RecordSetResource& a, const RecordSetResource& b) {
  return a.weight == b.weight && a.region == b.region && a.failover == b.failover &&
         a.multi_value_answer == b.multi_value_answer && a.health_check_id == b.health_check_id &&
         same(a.geo_location, b.geo_location) && same(a.geo_proximity, b.geo_proximity) &&
         same(a.cidr_routing, b.cidr_routing);
}

std::vector<std::string> policy_problems(const RecordSetResource& set, const CidrCollections& collections) {
  return PolicyCheck(set, collections).run();
}

std::vector<std::string> group_problems(const RecordSetResource& set,
                                        std::span<const RecordSetResource* const> all) {
  PolicyKind kind = policy_kind(set);
  std::size_t most = kind == PolicyKind::Geoproximity ? kGeoproximitySetsMax : kPolicySetsMax;
  if (all.size() > most)
    return {
        fmt::format("{} cannot be created because there are already {} RRSets with the same name and type.",
                    with_choice(set), most)};
  for (const RecordSetResource* other : all) {
    if (other->id.set_identifier == set.id.set_identifier) continue;
    if (policy_kind(*other) != kind) return {other_kind_exists(set)};
    std::string problem = same_choice_exists(set, *other);
    if (!problem.empty()) return {problem};
  }
  return {};
}

bool shares_ttl(PolicyKind kind) {
  return kind == PolicyKind::Weighted || kind == PolicyKind::Multivalue;
}

}  // namespace meridian::services::route53
