// What CloudWatch Logs keeps in the store: groups, streams, metric filters, resource policies. The events are
// in the log store, under the ids that groups and streams have here. Rule: an id is never used again, so that
// what was deleted and made anew begins empty.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::services::logs {

// Whose and where: groups of one name in two regions are two.
struct Place {
  std::string account;  // 12 digits
  std::string region;

  bool operator==(const Place&) const = default;
};

struct GroupResource {
  Place place;
  std::string name;
  std::uint64_t id = 0;
  SystemTime created_at;
  std::int32_t retention_days = 0;  // 0: events never expire
  std::uint32_t metric_filters = 0;
  bool deletion_protected = false;
  std::map<std::string, std::string> tags;
};

struct StreamResource {
  std::string name;
  std::uint64_t id = 0;
  SystemTime created_at;
};

struct MetricFilterResource {
  std::string name;
  std::string pattern;
  std::string metric_name, metric_namespace, metric_value;
  std::optional<double> default_value;
  std::map<std::string, std::string> dimensions;
  std::string unit;  // "None" where none was given
  SystemTime created_at;
};

struct PolicyResource {
  std::string name;          // "" of a policy of one group
  std::string resource_arn;  // "" of a policy of the account
  std::string document;      // JSON
  std::string revision;      // of a policy of one group
  SystemTime updated_at;
};

// How many there are of what is bounded.
struct CountResource {
  std::uint64_t count = 0;
};

inline constexpr std::string_view kGroupsPrefix = "logs/groups/";
std::string groups_prefix(const Place& place);
std::string group_key(const Place& place, std::string_view name);
std::string group_count_key(const Place& place);
std::string streams_prefix(std::uint64_t group);
std::string stream_key(std::uint64_t group, std::string_view name);
std::string stream_count_key(std::uint64_t group);
std::string metric_filters_prefix(std::uint64_t group);
std::string metric_filter_key(std::uint64_t group, std::string_view name);
std::string account_policies_prefix(const Place& place);
std::string account_policy_key(const Place& place, std::string_view name);
std::string group_policy_key(std::uint64_t group);

std::string group_arn(const Place& place, std::string_view name);
std::string stream_arn(const Place& place, std::string_view group, std::string_view stream);

std::string encode(const GroupResource& group);
std::string encode(const StreamResource& stream);
std::string encode(const MetricFilterResource& filter);
std::string encode(const PolicyResource& policy);
std::string encode(const CountResource& count);
Result<GroupResource> decode_group(std::string_view bytes);
Result<StreamResource> decode_stream(std::string_view bytes);
Result<MetricFilterResource> decode_metric_filter(std::string_view bytes);
Result<PolicyResource> decode_policy(std::string_view bytes);
Result<CountResource> decode_count(std::string_view bytes);

}  // namespace meridian::services::logs
