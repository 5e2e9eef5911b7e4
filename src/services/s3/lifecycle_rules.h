// A bucket's lifecycle: its rules, and what is due by them when.
// Rules: everything here is computed from records and times alone; days are counted as AWS counts them, to
// the midnight (UTC) that follows the day on which they are over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "services/s3/resources.h"

namespace meridian::services::s3 {

inline constexpr std::string_view kLifecycleSetting = "lifecycle";

struct LifecycleRule {
  std::string id;
  bool enabled = true;

  // How the filter was written; answers write it so again.
  enum class Form : std::uint8_t { OldPrefix, Empty, Prefix, Tag, SizeGreater, SizeLess, And };
  Form form = Form::Empty;
  std::optional<std::string> prefix;
  TextPairs tags;
  std::optional<std::uint64_t> greater_than, less_than;  // bytes

  // What it does; of the first three at most one.
  std::optional<std::uint32_t> days;
  std::optional<SystemTime> date;
  std::optional<bool> lone_markers;  // ExpiredObjectDeleteMarker
  std::optional<std::uint32_t> noncurrent_days, noncurrent_kept;
  std::optional<std::uint32_t> abort_days;
};
using LifecycleRules = std::vector<LifecycleRule>;

std::string encode_rules(const LifecycleRules& rules);
Result<LifecycleRules> decode_rules(std::string_view bytes);

// The midnight after which something of that time is `days` old.
SystemTime midnight_after(SystemTime time, std::uint32_t days);
SystemTime midnight_of(SystemTime time);  // at or before it

struct Due {
  SystemTime at;
  const LifecycleRule* rule;
};
// Of an object that is current: the earliest that a rule says.
std::optional<Due> expiration_of(const LifecycleRules& rules, std::string_view key,
                                 const ObjectResource& object);
// Of an upload that is not ended.
std::optional<Due> abortion_of(const LifecycleRules& rules, std::string_view key, SystemTime initiated);
// Of a version that is not current, since another one came; `newer` others of its kind are newer.
std::optional<Due> noncurrent_expiration_of(const LifecycleRules& rules, std::string_view key,
                                            const ObjectResource& version, SystemTime since,
                                            std::size_t newer);
// Of a delete marker under which nothing is left.
std::optional<Due> lone_marker_expiration_of(const LifecycleRules& rules, std::string_view key,
                                             const ObjectResource& marker);

// What all keys that a rule could mean begin with.
std::string common_prefix_of(const LifecycleRules& rules);

// The value of x-amz-expiration.
std::string expiration_header(const Due& due);

}  // namespace meridian::services::s3
