#include "services/route53/traffic_policy_document.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "formats/geo/geo.h"
#include "formats/regions/regions.h"
#include "services/route53/document_members.h"
#include "services/route53/record_values.h"
#include "services/route53/routing_policy.h"

namespace meridian::services::route53 {
namespace {

using Members = DocumentMembers;

constexpr std::string_view kFormat2015 = "2015-10-01", kFormat2023 = "2023-05-09";
constexpr std::string_view kLocationPrefix = "aws:route53:";
constexpr std::size_t kHealthCheckIdSizeMax = 64;  // the model's HealthCheckId
constexpr std::int64_t kWeightMax = 255, kBiasMax = 99;

struct RuleKind {
  RuleType type;
  std::string_view name;
  std::string_view list;  // empty: Primary and Secondary
};
constexpr RuleKind kRuleKinds[] = {
    {RuleType::Failover, "failover", ""},
    {RuleType::Geo, "geo", "Locations"},
    {RuleType::Geoproximity, "geoproximity", "GeoproximityLocations"},
    {RuleType::Latency, "latency", "Regions"},
    {RuleType::Multivalue, "multivalue", "Items"},
    {RuleType::Weighted, "weighted", "Items"},
};
constexpr std::string_view kRuleNames = "failover, geo, geoproximity, latency, multivalue, weighted";
constexpr std::string_view kEndpointTypes[] = {"value",
                                               "cloudfront",
                                               "application-load-balancer",
                                               "elastic-load-balancer",
                                               "network-load-balancer",
                                               "elastic-beanstalk",
                                               "s3-website"};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class DocumentReader {
 public:
  Checked<TrafficPolicyDocument> read(std::string_view text);

 private:
  void read_head(const Members& document);
  void read_start(const Members& document);
  void read_endpoint(const Members& members, TrafficEndpoint& endpoint);
  void read_rule(const Members& members, TrafficRule& rule);
  void read_failover(const Members& members, TrafficRule& rule);
  void read_list(const Members& members, const RuleKind& kind, TrafficRule& rule);
  TrafficRuleItem read_item(const Members& members, RuleType type);
  void read_target(const Members& members, RuleType type, TrafficRuleItem& item);
  void read_geo(const Members& members, GeoLocation& at);
  void read_geoproximity(const Members& members, GeoProximityLocation& location);
  void read_located(const Members& members, GeoProximityLocation& location);
  void read_coordinates(const Members& members, GeoProximityLocation& location);
  void read_region(const Members& members, std::string_view name, GeoProximityLocation& location);
  void read_latency(const Members& members, TrafficRuleItem& item);
  void read_weight(const Members& members, TrafficRuleItem& item);
  std::optional<TrafficReference> resolve(const Members& members, std::string_view member, bool is_rule);
  void check_repeats(const Members& members, const RuleKind& kind, const TrafficRule& rule);
  void check_depths();
  void name_circle(const std::vector<std::size_t>& waiting_for);

  TrafficPolicyDocument out_;
  bool has_2023_locations_ = false;
  std::map<std::string, std::size_t, std::less<>> endpoint_indexes_, rule_indexes_;
  DocumentProblems problems_;
};

Checked<TrafficPolicyDocument> DocumentReader::read(std::string_view text) {
  const auto characters = std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
  if (static_cast<std::size_t>(characters) > kDocumentCharactersMax)
    return std::unexpected(fmt::format("The document is longer than {} characters.", kDocumentCharactersMax));
  auto tree = json::parse(text);
  if (!tree) return std::unexpected("The document is not valid JSON: " + tree.error().message);
  const auto* object = tree->get<json::Object>();
  if (!object) return std::unexpected("The document must be a JSON object.");
  const Members document(problems_, *object, "");
  read_head(document);

  // Ids first: references may lead ahead.
  auto endpoints = document.object("Endpoints"), rules = document.object("Rules");
  auto ids_of = [](const std::optional<Members>& members, auto& indexes) {
    if (!members) return;
    for (const auto& [id, _] : members->all()) indexes.emplace(id, indexes.size());
  };
  ids_of(endpoints, endpoint_indexes_);
  ids_of(rules, rule_indexes_);
  auto read_each = [this](const std::optional<Members>& members, auto& list, auto read) {
    if (!members) return;
    for (const auto& [id, value] : members->all()) {
      auto& item = list.emplace_back();
      item.id = id;
      if (const auto* definition = value.template get<json::Object>()) {
        (this->*read)(Members(problems_, *definition, id), item);
      } else {
        Members(problems_, json::Object(), id).refuse("the definition must be an object.");
      }
    }
  };
  read_each(endpoints, out_.endpoints, &DocumentReader::read_endpoint);
  read_each(rules, out_.rules, &DocumentReader::read_rule);
  read_start(document);
  if (problems_.empty()) check_depths();
  if (!problems_.empty()) return std::unexpected(problems_.text());
  return std::move(out_);
}

void DocumentReader::read_head(const Members& document) {
  document.expect_only(
      {"AWSPolicyFormatVersion", "RecordType", "StartEndpoint", "StartRule", "Endpoints", "Rules"});
  if (const auto* version = document.required_text("AWSPolicyFormatVersion")) {
    has_2023_locations_ = *version == kFormat2023;
    if (*version != kFormat2015 && !has_2023_locations_)
      document.refuse("AWSPolicyFormatVersion must be one of {}, {}, but is {}.", kFormat2015, kFormat2023,
                      *version);
  }
  const auto* name = document.required_text("RecordType");
  if (!name) return;
  const auto type = dns::parse_type(*name);
  // Spelled as in the API. SOA, NS and DS say who serves a zone: record sets of them have no routing policy.
  const bool routed = type && is_record_type(*type) && dns::to_string(*type) == *name &&
                      *type != dns::Type::SOA && *type != dns::Type::NS && *type != dns::Type::DS;
  if (!routed) return document.refuse("RecordType {} is not a type that a traffic policy can have.", *name);
  out_.record_type = *type;
}

void DocumentReader::read_start(const Members& document) {
  const bool rule = document.has("StartRule");
  if (document.has("StartEndpoint") == rule)
    return document.refuse("exactly one of StartEndpoint and StartRule is required.");
  if (auto start = resolve(document, rule ? "StartRule" : "StartEndpoint", rule)) out_.start = *start;
}

void DocumentReader::read_endpoint(const Members& members, TrafficEndpoint& endpoint) {
  members.expect_only({"Type", "Region", "Value"});
  const auto *type = members.required_text("Type"), *value = members.required_text("Value");
  if (type && std::ranges::find(kEndpointTypes, *type) == std::end(kEndpointTypes))
    return members.refuse("Type must be one of {}, but is {}.", fmt::join(kEndpointTypes, ", "), *type);
  if (type && *type != "value")
    return members.refuse("endpoints of Type {} are not available in this version.", *type);
  if (members.has("Region")) members.refuse("Region is only for endpoints of Type s3-website.");
  if (!type || !value) return;
  auto record = parse_record_value(out_.record_type, *value);
  if (record) {
    endpoint.record = *std::move(record);
  } else {
    members.refuse("Value is not valid for RecordType {}: {}", dns::to_string(out_.record_type),
                   record.error());
  }
}

void DocumentReader::read_rule(const Members& members, TrafficRule& rule) {
  const auto* name = members.required_text("RuleType");
  if (!name) return;
  const auto* kind = std::ranges::find(kRuleKinds, *name, &RuleKind::name);
  if (kind == std::end(kRuleKinds))
    return members.refuse("RuleType must be one of {}, but is {}.", kRuleNames, *name);
  rule.type = kind->type;
  if (rule.type == RuleType::Multivalue && out_.record_type == dns::Type::CNAME)
    members.refuse("a multivalue rule cannot be of RecordType CNAME.");
  if (rule.type == RuleType::Failover) {
    read_failover(members, rule);
  } else {
    read_list(members, *kind, rule);
  }
}

void DocumentReader::read_failover(const Members& members, TrafficRule& rule) {
  members.expect_only({"RuleType", "Primary", "Secondary"});
  for (std::string_view name : {"Primary", "Secondary"}) {
    auto inner = members.required_object(name);
    if (!inner) continue;
    rule.items.push_back(read_item(*inner, rule.type));
    rule.items.back().primary = name == "Primary";
  }
}

void DocumentReader::read_list(const Members& members, const RuleKind& kind, TrafficRule& rule) {
  members.expect_only({"RuleType", kind.list});
  const json::Array* list = members.list(kind.list);
  if (!list) return;
  const std::size_t most = rule.type == RuleType::Geoproximity ? kGeoproximitySetsMax : kPolicySetsMax;
  if (list->size() > most) return members.refuse("{} cannot have more than {} elements.", kind.list, most);
  for (std::size_t i = 0; i < list->size(); ++i)
    if (auto inner = members.element(*list, kind.list, i)) rule.items.push_back(read_item(*inner, rule.type));
  check_repeats(members, kind, rule);
}

TrafficRuleItem DocumentReader::read_item(const Members& members, RuleType type) {
  TrafficRuleItem item;
  switch (type) {
    case RuleType::Failover:
      members.expect_only({"EndpointReference", "RuleReference", "EvaluateTargetHealth", "HealthCheck"});
      break;
    case RuleType::Geo:
      read_geo(members, item.geo_location);
      break;
    case RuleType::Geoproximity:
      read_geoproximity(members, item.geo_proximity);
      break;
    case RuleType::Latency:
      read_latency(members, item);
      break;
    case RuleType::Multivalue:
      members.expect_only({"EndpointReference", "HealthCheck"});
      break;
    case RuleType::Weighted:
      read_weight(members, item);
      break;
  }
  // The page names no default. Its own examples fail over between endpoints and rules without asking for it.
  item.evaluate_target_health = members.boolean("EvaluateTargetHealth", true);
  if (const auto* id = members.text("HealthCheck")) {
    if (id->empty() || id->size() > kHealthCheckIdSizeMax)
      members.refuse("HealthCheck must have from 1 to {} characters.", kHealthCheckIdSizeMax);
    item.health_check_id = *id;
  }
  read_target(members, type, item);
  return item;
}

void DocumentReader::read_target(const Members& members, RuleType type, TrafficRuleItem& item) {
  const bool rule = members.has("RuleReference");
  if (type == RuleType::Multivalue) {
    if (!members.has("EndpointReference")) return members.refuse("EndpointReference is required.");
    if (rule) return;  // refused as no element of the format
  } else if (members.has("EndpointReference") == rule) {
    return members.refuse("exactly one of EndpointReference and RuleReference is required.");
  }
  if (auto target = resolve(members, rule ? "RuleReference" : "EndpointReference", rule))
    item.target = *target;
}

void DocumentReader::read_geo(const Members& members, GeoLocation& at) {
  members.expect_only({"EndpointReference", "RuleReference", "IsDefault", "Continent", "Country",
                       "Subdivision", "EvaluateTargetHealth", "HealthCheck"});
  auto code_of = [&](std::string_view name) {
    const auto* text = members.text(name);
    return text ? *text : std::string();
  };
  at = {code_of("Continent"), code_of("Country"), code_of("Subdivision")};
  const bool has_place = members.has("Continent") || members.has("Country") || members.has("Subdivision");
  const bool is_default = members.boolean("IsDefault", at.country_code == "*");
  if (is_default && !has_place) at.country_code = "*";
  if (is_default != (at.country_code == "*"))
    return members.refuse("IsDefault is for the location with Country *, or with no place, and true there.");
  if (members.has("Continent") && (members.has("Country") || members.has("Subdivision")))
    return members.refuse("Continent cannot be combined with Country or Subdivision.");
  if (members.has("Continent")) {
    if (!geo::find_continent(at.continent_code))
      members.refuse("Continent {} is not a continent code.", at.continent_code);
    return;
  }
  if (!members.has("Country") && has_place) return members.refuse("Country is required with Subdivision.");
  if (!members.has("Country") && !is_default)
    return members.refuse("one of Continent, Country and IsDefault is required.");
  if (!is_default && !geo::find_country(at.country_code))
    return members.refuse("Country {} is not a country code.", at.country_code);
  if (members.has("Subdivision") && !geo::find_subdivision(at.country_code, at.subdivision_code))
    members.refuse("Subdivision {} is not a subdivision code of Country {}.", at.subdivision_code,
                   at.country_code);
}

void DocumentReader::read_geoproximity(const Members& members, GeoProximityLocation& location) {
  if (has_2023_locations_) {
    members.expect_only(
        {"EndpointReference", "RuleReference", "Location", "Bias", "EvaluateTargetHealth", "HealthCheck"});
    if (auto inner = members.required_object("Location")) read_located(*inner, location);
  } else {
    members.expect_only({"EndpointReference", "RuleReference", "Region", "Latitude", "Longitude", "Bias",
                         "EvaluateTargetHealth", "HealthCheck"});
    const bool coordinates = members.has("Latitude") || members.has("Longitude");
    if (coordinates == members.has("Region")) {
      members.refuse("exactly one of Region, and Latitude with Longitude, is required.");
    } else if (coordinates) {
      read_coordinates(members, location);
    } else {
      read_region(members, "Region", location);
    }
  }
  const auto text = members.number("Bias");
  if (!text) return;
  const auto bias = whole_number(*text);
  if (!bias || *bias < -kBiasMax || *bias > kBiasMax)
    return members.refuse("Bias must be a whole number from -{} to {}, but is {}.", kBiasMax, kBiasMax,
                          *text);
  location.bias = static_cast<std::int32_t>(*bias);
}

void DocumentReader::read_located(const Members& members, GeoProximityLocation& location) {
  const auto* type = members.required_text("Type");
  if (!type) return;
  if (*type == "Coordinate") {
    members.expect_only({"Type", "Latitude", "Longitude"});
    return read_coordinates(members, location);
  }
  if (*type == "LocalZone") return members.refuse("Type LocalZone is not available in this version.");
  if (*type != "Region")
    return members.refuse("Type must be one of Region, LocalZone, Coordinate, but is {}.", *type);
  members.expect_only({"Type", "LocationName"});
  read_region(members, "LocationName", location);
}

void DocumentReader::read_coordinates(const Members& members, GeoProximityLocation& location) {
  auto degrees = [&](std::string_view name, std::int32_t most) {
    if (!members.has(name)) members.refuse("{} is required.", name);
    auto text = members.number(name);
    const auto hundredths = text ? hundredths_of_degree(*text) : std::nullopt;
    if (text && (!hundredths || std::abs(*hundredths) > most * 100))
      members.refuse("{} must be degrees from -{} to {} with at most two decimals, but is {}.", name, most,
                     most, *text);
    return text.value_or("");
  };
  std::string latitude = degrees("Latitude", 90);
  location.coordinates.emplace(std::move(latitude), degrees("Longitude", 180));
}

// "aws:route53:us-east-1" names a Region.
void DocumentReader::read_region(const Members& members, std::string_view name,
                                 GeoProximityLocation& location) {
  const auto* text = members.required_text(name);
  if (!text) return;
  if (text->starts_with(kLocationPrefix)) location.aws_region = text->substr(kLocationPrefix.size());
  if (regions::find(location.aws_region) == regions::kNoRegion)
    members.refuse("{} must be {} and the code of a Region, but is {}.", name, kLocationPrefix, *text);
}

void DocumentReader::read_latency(const Members& members, TrafficRuleItem& item) {
  members.expect_only(
      {"EndpointReference", "RuleReference", "Region", "EvaluateTargetHealth", "HealthCheck"});
  const auto* region = members.required_text("Region");
  if (!region) return;
  item.region = *region;
  if (regions::find(*region) == regions::kNoRegion)
    members.refuse("Region {} is not the code of a Region.", *region);
}

void DocumentReader::read_weight(const Members& members, TrafficRuleItem& item) {
  members.expect_only(
      {"EndpointReference", "RuleReference", "Weight", "EvaluateTargetHealth", "HealthCheck"});
  if (!members.has("Weight")) return members.refuse("Weight is required.");
  const auto text = members.number("Weight");
  if (!text) return;
  const auto weight = whole_number(*text);
  if (!weight || *weight < 0 || *weight > kWeightMax)
    return members.refuse("Weight must be a whole number from 0 to {}, but is {}.", kWeightMax, *text);
  item.weight = static_cast<std::uint8_t>(*weight);
}

std::optional<TrafficReference> DocumentReader::resolve(const Members& members, std::string_view member,
                                                        bool is_rule) {
  const auto* id = members.required_text(member);
  if (!id) return std::nullopt;
  const auto& these = is_rule ? rule_indexes_ : endpoint_indexes_;
  const auto& others = is_rule ? endpoint_indexes_ : rule_indexes_;
  if (auto found = these.find(*id); found != these.end()) return TrafficReference{is_rule, found->second};
  const std::string_view wanted = is_rule ? "a rule" : "an endpoint",
                         other = is_rule ? "an endpoint" : "a rule";
  if (others.contains(*id)) {
    members.refuse("{} must be the ID of {}, but {} is {}.", member, wanted, *id, other);
  } else {
    members.refuse("{} must be the ID of {}, but {} is not defined.", member, wanted, *id);
  }
  return std::nullopt;
}

// Two record sets of a group may not stand for the same place: no query could tell them apart.
void DocumentReader::check_repeats(const Members& members, const RuleKind& kind, const TrafficRule& rule) {
  if (rule.type != RuleType::Geo && rule.type != RuleType::Latency) return;
  std::set<std::string> seen;
  for (const TrafficRuleItem& item : rule.items) {
    const GeoLocation& at = item.geo_location;
    std::string place = rule.type == RuleType::Latency ? item.region
                        : !at.continent_code.empty()   ? "continent " + at.continent_code
                        : at.subdivision_code.empty()  ? at.country_code
                                                       : at.country_code + "-" + at.subdivision_code;
    if (place.empty()) continue;  // named as a problem before
    auto [found, fresh] = seen.insert(std::move(place));
    if (!fresh) members.refuse("{} has more than one element for {}.", kind.list, *found);
  }
}

// Heights from the leaves up, so that no document makes this recurse. What still waits in the end stands
// above a circle or in one.
void DocumentReader::check_depths() {
  const std::size_t count = out_.rules.size();
  std::vector<std::size_t> heights(count, 1), waiting_for(count, 0), ready;
  std::vector<std::vector<std::size_t>> parents(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (const TrafficRuleItem& item : out_.rules[i].items) {
      if (!item.target.is_rule) continue;
      parents[item.target.index].push_back(i);
      ++waiting_for[i];
    }
    if (waiting_for[i] == 0) ready.push_back(i);
  }
  while (!ready.empty()) {
    const std::size_t rule = ready.back();
    ready.pop_back();
    if (heights[rule] == kRuleDepthMax + 1)
      problems_.add(
          fmt::format("{}: more than {} rules lie below one another.", out_.rules[rule].id, kRuleDepthMax));
    for (std::size_t parent : parents[rule]) {
      heights[parent] = std::max(heights[parent], heights[rule] + 1);
      if (--waiting_for[parent] == 0) ready.push_back(parent);
    }
  }
  name_circle(waiting_for);
}

void DocumentReader::name_circle(const std::vector<std::size_t>& waiting_for) {
  auto waits = std::ranges::find_if(waiting_for, [](std::size_t count) { return count > 0; });
  if (waits == waiting_for.end()) return;
  // From a rule that waits, some rule that waits is always the next: the walk ends in a circle.
  std::vector<std::size_t> walked;
  std::vector<bool> seen(waiting_for.size(), false);
  auto at = static_cast<std::size_t>(waits - waiting_for.begin());
  while (!seen[at]) {
    seen[at] = true;
    walked.push_back(at);
    at = std::ranges::find_if(out_.rules[at].items, [&](const TrafficRuleItem& item) {
           return item.target.is_rule && waiting_for[item.target.index] > 0;
         })->target.index;
  }
  std::vector<std::string_view> ids;
  for (auto i = std::ranges::find(walked, at); i != walked.end(); ++i) ids.push_back(out_.rules[*i].id);
  const std::string_view id = out_.rules[at].id;
  problems_.add(fmt::format("{}: the rule leads back to itself: {} -> {}.", id, fmt::join(ids, " -> "), id));
}

}  // namespace

Checked<TrafficPolicyDocument> parse_traffic_policy_document(std::string_view text) {
  return DocumentReader().read(text);
}

}  // namespace meridian::services::route53
