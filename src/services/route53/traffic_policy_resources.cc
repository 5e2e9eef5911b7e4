#include "services/route53/traffic_policy_resources.h"

#include <fmt/format.h>

#include "store/fields.h"

namespace meridian::services::route53 {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
  Writer& type(dns::Type value) { return u16(static_cast<std::uint16_t>(value)); }
};

class Reader : public store::FieldReader {
 public:
  explicit Reader(std::string_view bytes) : FieldReader(bytes, kVersion) {}
  dns::Type type() { return static_cast<dns::Type>(u16()); }
  dns::Name name() {
    auto parsed = dns::Name::from_wire(bytes());
    if (!parsed) spoil();
    return parsed.value_or(dns::Name());
  }
};

std::uint64_t microseconds(SystemTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

}  // namespace

std::string traffic_policy_key(std::string_view policy_id) {
  return fmt::format("route53/traffic-policies/{}", policy_id);
}
std::string traffic_policy_versions_prefix(std::string_view policy_id) {
  return fmt::format("route53/traffic-policy-versions/{}/", policy_id);
}
std::string traffic_policy_version_key(std::string_view policy_id, std::uint32_t version) {
  return fmt::format("{}{:04}", traffic_policy_versions_prefix(policy_id), version);
}
std::string traffic_policy_document_key(std::string_view policy_id, std::uint32_t version) {
  return fmt::format("route53/traffic-policy-documents/{}/{:04}", policy_id, version);
}
std::string traffic_policy_instance_key(std::string_view instance_id) {
  return fmt::format("route53/traffic-policy-instances/{}", instance_id);
}
std::string traffic_policy_name_key(std::string_view account, std::string_view name) {
  return fmt::format("route53/index/traffic-policy-names/{}/{}", account, name);
}
std::string account_traffic_policies_prefix(std::string_view account) {
  return fmt::format("route53/index/account-traffic-policies/{}/", account);
}
std::string account_traffic_policy_key(const TrafficPolicyResource& policy) {
  return fmt::format("{}{:020}/{}", account_traffic_policies_prefix(policy.account),
                     microseconds(policy.created_at), policy.id);
}
std::string traffic_policy_instance_place(std::string_view zone_id, const dns::Name& name,
                                          std::string_view type) {
  return fmt::format("{}/{}{}{}", zone_id, reversed_name(name), '\0', type);
}
std::string account_traffic_policy_instances_prefix(std::string_view account) {
  return fmt::format("route53/index/account-traffic-policy-instances/{}/", account);
}
std::string zone_traffic_policy_instances_prefix() {
  return "route53/index/zone-traffic-policy-instances/";
}
std::string traffic_policy_users_prefix(std::string_view policy_id, std::uint32_t version) {
  return fmt::format("route53/index/traffic-policy-users/{}/{:04}/", policy_id, version);
}

std::string encode(const TrafficPolicyResource& policy) {
  return Writer()
      .text(policy.id)
      .text(policy.account)
      .text(policy.name)
      .time(policy.created_at)
      .u32(policy.last_version)
      .u32(policy.latest_version)
      .type(policy.latest_type)
      .u32(policy.version_count)
      .take();
}

Result<TrafficPolicyResource> decode_traffic_policy(std::string_view bytes) {
  Reader in(bytes);
  TrafficPolicyResource policy;
  policy.id = in.text();
  policy.account = in.text();
  policy.name = in.text();
  policy.created_at = in.time();
  policy.last_version = in.u32();
  policy.latest_version = in.u32();
  policy.latest_type = in.type();
  policy.version_count = in.u32();
  return in.finish(std::move(policy), "traffic policy");
}

std::string encode(const TrafficPolicyVersionResource& version) {
  return Writer().u32(version.version).type(version.type).optional_text(version.comment).take();
}

Result<TrafficPolicyVersionResource> decode_traffic_policy_version(std::string_view bytes) {
  Reader in(bytes);
  TrafficPolicyVersionResource version;
  version.version = in.u32();
  version.type = in.type();
  version.comment = in.optional_text();
  return in.finish(std::move(version), "traffic policy version");
}

std::string encode(const TrafficPolicyInstanceResource& instance) {
  return Writer()
      .text(instance.id)
      .text(instance.account)
      .text(instance.zone_id)
      .text(instance.name.wire())
      .type(instance.type)
      .u32(instance.ttl)
      .text(instance.policy_id)
      .u32(instance.policy_version)
      .take();
}

Result<TrafficPolicyInstanceResource> decode_traffic_policy_instance(std::string_view bytes) {
  Reader in(bytes);
  TrafficPolicyInstanceResource instance;
  instance.id = in.text();
  instance.account = in.text();
  instance.zone_id = in.text();
  instance.name = in.name();
  instance.type = in.type();
  instance.ttl = in.u32();
  instance.policy_id = in.text();
  instance.policy_version = in.u32();
  return in.finish(std::move(instance), "traffic policy instance");
}

}  // namespace meridian::services::route53
