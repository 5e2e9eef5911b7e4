// Health checks as stored, and the names of their types. The layout has a version of its own.
#include <algorithm>
#include <array>

#include "services/route53/resources.h"
#include "store/fields.h"

namespace meridian::services::route53 {
namespace {

constexpr std::uint8_t kVersion = 2;  // 2: the alarm

// By HealthCheckType.
constexpr std::array<std::string_view, 8> kTypes = {
    "HTTP", "HTTPS",      "HTTP_STR_MATCH",    "HTTPS_STR_MATCH",
    "TCP",  "CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"};

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
  Writer& texts(const std::vector<std::string>& values) {
    count(values.size());
    for (const std::string& value : values) text(value);
    return *this;
  }
};

class Reader : public store::FieldReader {
 public:
  explicit Reader(std::string_view bytes) : FieldReader(bytes, kVersion) {}
  std::vector<std::string> texts() {
    std::vector<std::string> values(count(4));
    for (std::string& value : values) value = text();
    return values;
  }
  HealthCheckType type() {
    const std::uint8_t value = u8();
    if (value >= kTypes.size()) spoil();
    return static_cast<HealthCheckType>(value);
  }
};

}  // namespace

std::string_view to_string(HealthCheckType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::optional<HealthCheckType> parse_health_check_type(std::string_view text) {
  const auto found = std::ranges::find(kTypes, text);
  if (found == kTypes.end()) return std::nullopt;
  return static_cast<HealthCheckType>(found - kTypes.begin());
}

std::string encode(const HealthCheckResource& check) {
  const HealthCheckConfig& config = check.config;
  return Writer()
      .text(check.id)
      .text(check.account)
      .text(check.caller_reference)
      .u64(check.version)
      .u8(static_cast<std::uint8_t>(config.type))
      .text(config.ip_address)
      .text(config.fully_qualified_domain_name)
      .u16(config.port)
      .text(config.resource_path)
      .text(config.search_string)
      .u8(config.request_interval)
      .u8(config.failure_threshold)
      .flag(config.measure_latency)
      .flag(config.enable_sni)
      .flag(config.inverted)
      .flag(config.disabled)
      .texts(config.regions)
      .texts(config.child_health_checks)
      .u16(config.health_threshold)
      .text(config.alarm_region)
      .text(config.alarm_name)
      .text(config.insufficient_data_health_status)
      .text(config.routing_control_arn)
      .text(check.alarm)
      .take();
}

Result<HealthCheckResource> decode_health_check(std::string_view bytes) {
  Reader in(bytes);
  HealthCheckResource check;
  check.id = in.text();
  check.account = in.text();
  check.caller_reference = in.text();
  check.version = in.u64();
  HealthCheckConfig& config = check.config;
  config.type = in.type();
  config.ip_address = in.text();
  config.fully_qualified_domain_name = in.text();
  config.port = in.u16();
  config.resource_path = in.text();
  config.search_string = in.text();
  config.request_interval = in.u8();
  config.failure_threshold = in.u8();
  config.measure_latency = in.flag();
  config.enable_sni = in.flag();
  config.inverted = in.flag();
  config.disabled = in.flag();
  config.regions = in.texts();
  config.child_health_checks = in.texts();
  config.health_threshold = in.u16();
  config.alarm_region = in.text();
  config.alarm_name = in.text();
  config.insufficient_data_health_status = in.text();
  config.routing_control_arn = in.text();
  if (in.version() >= 2) check.alarm = in.text();
  return in.finish(std::move(check), "health check");
}

}  // namespace meridian::services::route53
