#include "services/route53/health_check_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "net/public_address.h"

namespace meridian::services::route53 {
namespace {

namespace api = gen::route53;
using Refusal = std::optional<std::string>;

constexpr std::uint8_t kDefaultInterval = 30;  // seconds
constexpr std::uint8_t kDefaultFailureThreshold = 3;

// Sets of types, as bits.
constexpr unsigned bit(HealthCheckType type) {
  return 1u << static_cast<unsigned>(type);
}
constexpr unsigned kMatching = bit(HealthCheckType::HttpStrMatch) | bit(HealthCheckType::HttpsStrMatch);
constexpr unsigned kEncrypted = bit(HealthCheckType::Https) | bit(HealthCheckType::HttpsStrMatch);
constexpr unsigned kHttp = kMatching | kEncrypted | bit(HealthCheckType::Http);
constexpr unsigned kTcp = bit(HealthCheckType::Tcp);
constexpr unsigned kEndpoint = kHttp | kTcp;
constexpr unsigned kCalculated = bit(HealthCheckType::Calculated);
constexpr unsigned kMetric = bit(HealthCheckType::CloudWatchMetric);
constexpr unsigned kRecoveryControl = bit(HealthCheckType::RecoveryControl);

bool is_in(HealthCheckType type, unsigned set) {
  return (bit(type) & set) != 0;
}

template <typename T>
bool given(const std::optional<T>& member) {
  if constexpr (requires { member->empty(); }) return member && !member->empty();
  return member.has_value();
}

bool on(const std::optional<bool>& member) {
  return member.value_or(false);
}

// A member of the settings, and the types that have it. "an metric region" is AWS's.
struct Part {
  bool given;
  std::string_view name;
  unsigned types;
};

std::vector<Part> parts_of(const api::HealthCheckConfig& input) {
  return {{given(input.IPAddress), "an IP address", kEndpoint},
          {given(input.Port), "a port", kEndpoint},
          {given(input.FullyQualifiedDomainName), "a fully qualified domain name", kEndpoint},
          {given(input.ResourcePath), "a resource path", kHttp},
          {given(input.SearchString), "a search string", kMatching},
          {given(input.RequestInterval), "a request interval", kEndpoint},
          {given(input.FailureThreshold), "a failure threshold", kEndpoint},
          {on(input.MeasureLatency), "latency measurement", kEndpoint},
          {on(input.EnableSNI), "SNI", kEncrypted},
          {given(input.Regions), "regions", kEndpoint},
          {given(input.HealthThreshold), "a health threshold", kCalculated},
          {given(input.ChildHealthChecks), "child health checks", kCalculated},
          {given(input.AlarmIdentifier), "an metric region", kMetric},
          {given(input.InsufficientDataHealthStatus), "an insufficient data health state", kMetric},
          {given(input.RoutingControlArn), "a routing control ARN", kRecoveryControl}};
}

std::string_view subject(HealthCheckType type) {
  if (is_in(type, kCalculated)) return "Calculated";
  if (is_in(type, kMetric)) return "CloudWatch metric";
  if (is_in(type, kRecoveryControl)) return "Recovery control";
  return "Basic";
}

std::string invalid_parameter(std::string_view why) {
  return fmt::format("Invalid parameter : {}", why);
}

std::string must_have(HealthCheckType type, std::string_view what) {
  return invalid_parameter(fmt::format("{} health checks must have {} specified.", subject(type), what));
}

Refusal check_parts(HealthCheckType type, const api::HealthCheckConfig& input) {
  for (const Part& part : parts_of(input)) {
    if (!part.given || is_in(type, part.types)) continue;
    if (type == HealthCheckType::Tcp && (part.types & kHttp) != 0)
      return fmt::format("TCP health checks must not have {} specified.", part.name);
    return invalid_parameter(
        fmt::format("{} health checks must not have {} specified.", subject(type), part.name));
  }
  if (is_in(type, kMatching) && !given(input.SearchString)) return must_have(type, "a search string");
  if (is_in(type, kCalculated) && !input.HealthThreshold) return must_have(type, "a health threshold");
  if (is_in(type, kMetric) && !input.AlarmIdentifier) return must_have(type, "an metric region");
  if (is_in(type, kRecoveryControl) && !input.RoutingControlArn)
    return must_have(type, "a routing control ARN");
  return std::nullopt;
}

Refusal check_address(const api::HealthCheckConfig& input, HealthCheckTargets targets) {
  if (!given(input.IPAddress)) return std::nullopt;
  const auto address = net::IpAddress::parse(*input.IPAddress);
  if (!address) return invalid_parameter(fmt::format("'{}' is not an IP address.", *input.IPAddress));
  if (targets == HealthCheckTargets::Public && !net::is_public(*address))
    return invalid_parameter(fmt::format(
        "The IP address {} is in a local, private, non-routable, or multicast range.", *input.IPAddress));
  return std::nullopt;
}

Refusal check_domain_name(HealthCheckType type, const api::HealthCheckConfig& input) {
  const bool has_address = given(input.IPAddress);
  if (!given(input.FullyQualifiedDomainName)) {
    if (has_address) return std::nullopt;
    return must_have(type, "either an IP address or a fully qualified domain name");
  }
  const std::string& name = *input.FullyQualifiedDomainName;
  if (has_address && type == HealthCheckType::Tcp)
    return "TCP health checks that have IP address must not have a fully qualified domain name specified.";
  if (name.find_first_of(";/?:@=&") != std::string::npos)
    return "Invalid fully qualified domain name: It may not contain reserved characters of RFC1738 "
           "\";/?:@=&\"";
  if (const auto parsed = parse_domain_name(name); !parsed)
    return "Invalid fully qualified domain name: " + parsed.error();
  return std::nullopt;
}

// What would break the request line or a header of the probe.
bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return '!' <= c && c <= '~'; });
}

Refusal check_endpoint(HealthCheckType type, const api::HealthCheckConfig& input,
                       HealthCheckTargets targets) {
  if (auto refusal = check_address(input, targets)) return refusal;
  if (auto refusal = check_domain_name(type, input)) return refusal;
  if (type == HealthCheckType::Tcp && !input.Port) return must_have(type, "a port");
  if (input.ResourcePath && !is_visible(*input.ResourcePath))
    return invalid_parameter("The resource path may contain printable ASCII characters only.");
  if (input.RequestInterval && *input.RequestInterval != 10 && *input.RequestInterval != 30)
    return invalid_parameter("The request interval must be 10 or 30 seconds.");
  const auto regions = input.Regions.value_or(std::vector<std::string>());
  if (std::set(regions.begin(), regions.end()).size() != regions.size())
    return invalid_parameter("A region must not be specified twice.");
  return std::nullopt;
}

Refusal check_others(const api::HealthCheckConfig& input) {
  const auto children = input.ChildHealthChecks.value_or(std::vector<std::string>());
  if (std::set(children.begin(), children.end()).size() != children.size())
    return invalid_parameter("A child health check must not be specified twice.");
  if (input.RoutingControlArn && (!input.RoutingControlArn->starts_with("arn:") ||
                                  !input.RoutingControlArn->contains(":route53-recovery-control:")))
    return invalid_parameter(
        fmt::format("'{}' is not the ARN of a routing control.", *input.RoutingControlArn));
  return std::nullopt;
}

std::uint16_t default_port(HealthCheckType type) {
  return is_in(type, kEncrypted) ? 443 : 80;
}

std::optional<std::string> text(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional(value);
}
std::optional<std::vector<std::string>> texts(const std::vector<std::string>& values) {
  return values.empty() ? std::nullopt : std::optional(values);
}

// Which of the members that ResetElements can name is both set and reset.
Refusal apply_resets(const api::UpdateHealthCheckRequest& update, api::HealthCheckConfig& config) {
  for (const std::string& element : update.ResetElements.value_or(std::vector<std::string>())) {
    const auto reset = [](const auto& asked, auto& member) {
      member.reset();
      return !given(asked);
    };
    const bool alone = element == "ChildHealthChecks"
                           ? reset(update.ChildHealthChecks, config.ChildHealthChecks)
                       : element == "FullyQualifiedDomainName"
                           ? reset(update.FullyQualifiedDomainName, config.FullyQualifiedDomainName)
                       : element == "Regions" ? reset(update.Regions, config.Regions)
                                              : reset(update.ResourcePath, config.ResourcePath);
    if (!alone) return invalid_parameter(fmt::format("{} is both specified and reset.", element));
  }
  return std::nullopt;
}

}  // namespace

Checked<HealthCheckConfig> parse_health_check_config(const api::HealthCheckConfig& input,
                                                     HealthCheckTargets targets) {
  const auto type = parse_health_check_type(input.Type);
  if (!type) return std::unexpected(invalid_parameter(fmt::format("Unknown type '{}'.", input.Type)));
  Refusal refusal = check_parts(*type, input);
  const bool endpoint = is_in(*type, kEndpoint);
  if (!refusal) refusal = endpoint ? check_endpoint(*type, input, targets) : check_others(input);
  if (refusal) return std::unexpected(*std::move(refusal));

  HealthCheckConfig config;
  config.type = *type;
  config.inverted = on(input.Inverted);
  config.disabled = on(input.Disabled);
  if (endpoint) {
    config.ip_address = input.IPAddress.value_or("");
    config.fully_qualified_domain_name = input.FullyQualifiedDomainName.value_or("");
    config.port = static_cast<std::uint16_t>(input.Port.value_or(default_port(*type)));
    config.resource_path = input.ResourcePath.value_or("");
    config.search_string = input.SearchString.value_or("");
    config.request_interval = static_cast<std::uint8_t>(input.RequestInterval.value_or(kDefaultInterval));
    config.failure_threshold =
        static_cast<std::uint8_t>(input.FailureThreshold.value_or(kDefaultFailureThreshold));
    config.measure_latency = on(input.MeasureLatency);
    config.enable_sni = is_in(*type, kEncrypted) && input.EnableSNI.value_or(true);
    config.regions = input.Regions.value_or(std::vector<std::string>());
  }
  config.child_health_checks = input.ChildHealthChecks.value_or(std::vector<std::string>());
  config.health_threshold = static_cast<std::uint16_t>(input.HealthThreshold.value_or(0));
  if (input.AlarmIdentifier) {
    config.alarm_region = input.AlarmIdentifier->Region;
    config.alarm_name = input.AlarmIdentifier->Name;
    config.insufficient_data_health_status = input.InsufficientDataHealthStatus.value_or("LastKnownStatus");
  }
  config.routing_control_arn = input.RoutingControlArn.value_or("");
  return config;
}

Checked<HealthCheckConfig> update_health_check_config(const HealthCheckConfig& current,
                                                      const api::UpdateHealthCheckRequest& update,
                                                      HealthCheckTargets targets) {
  api::HealthCheckConfig config = shown(current);
  if (given(update.IPAddress) && !config.IPAddress)
    return std::unexpected(
        invalid_parameter("An IP address cannot be added to a health check that was created without one."));
  if (auto refusal = apply_resets(update, config)) return std::unexpected(*std::move(refusal));
  const auto change = [](const auto& asked, auto& member) {
    if (asked) member = asked;
  };
  if (given(update.IPAddress)) config.IPAddress = update.IPAddress;
  change(update.Port, config.Port);
  change(update.ResourcePath, config.ResourcePath);
  change(update.FullyQualifiedDomainName, config.FullyQualifiedDomainName);
  change(update.SearchString, config.SearchString);
  change(update.FailureThreshold, config.FailureThreshold);
  change(update.Inverted, config.Inverted);
  change(update.Disabled, config.Disabled);
  change(update.HealthThreshold, config.HealthThreshold);
  change(update.ChildHealthChecks, config.ChildHealthChecks);
  change(update.EnableSNI, config.EnableSNI);
  change(update.Regions, config.Regions);
  change(update.AlarmIdentifier, config.AlarmIdentifier);
  change(update.InsufficientDataHealthStatus, config.InsufficientDataHealthStatus);
  return parse_health_check_config(config, targets);
}

api::HealthCheckConfig shown(const HealthCheckConfig& config) {
  api::HealthCheckConfig out;
  out.Type = to_string(config.type);
  out.Inverted = config.inverted;
  out.Disabled = config.disabled;
  if (is_in(config.type, kEndpoint)) {
    out.IPAddress = text(config.ip_address);
    out.Port = config.port;
    out.ResourcePath = text(config.resource_path);
    out.FullyQualifiedDomainName = text(config.fully_qualified_domain_name);
    out.SearchString = text(config.search_string);
    out.RequestInterval = config.request_interval;
    out.FailureThreshold = config.failure_threshold;
    out.MeasureLatency = config.measure_latency;
    out.EnableSNI = config.enable_sni;
    out.Regions = texts(config.regions);
  }
  if (is_in(config.type, kCalculated)) {
    out.HealthThreshold = config.health_threshold;
    out.ChildHealthChecks = texts(config.child_health_checks);
  }
  if (is_in(config.type, kMetric)) {
    out.AlarmIdentifier = api::AlarmIdentifier{.Region = config.alarm_region, .Name = config.alarm_name};
    out.InsufficientDataHealthStatus = config.insufficient_data_health_status;
  }
  out.RoutingControlArn = text(config.routing_control_arn);
  return out;
}

}  // namespace meridian::services::route53
