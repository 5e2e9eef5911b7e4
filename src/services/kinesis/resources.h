// What Kinesis keeps in the store: streams. Their records are in a log store, a stream's under its id, each
// shard's under its number. Rule: an id is never used again, so that a stream made anew begins empty.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace meridian::services::kinesis {

// Whose and where: streams of one name in two regions are two.
struct Place {
  std::string account;  // 12 digits
  std::string region;

  bool operator==(const Place&) const = default;
};

inline constexpr std::uint32_t kRetentionHoursLeast = 24, kRetentionHoursMost = 8760;

struct StreamResource {
  Place place;
  std::string name;
  std::uint64_t id = 0;
  SystemTime created_at;
  std::uint32_t shards = 1;
  std::uint32_t retention_hours = kRetentionHoursLeast;
  bool on_demand = false;
  std::map<std::string, std::string> tags;
};

inline constexpr std::string_view kStreamsPrefix = "kinesis/streams/";
std::string streams_prefix(const Place& place);
std::string stream_key(const Place& place, std::string_view name);
// How many shards there are in a place.
std::string shard_count_key(const Place& place);

std::string stream_arn(const Place& place, std::string_view name);
struct StreamName {
  Place place;
  std::string name;
};
Result<StreamName> parse_stream_arn(std::string_view arn);

std::string encode(const StreamResource& stream);
Result<StreamResource> decode_stream(std::string_view bytes);
std::string encode_count(const std::uint64_t& count);
Result<std::uint64_t> decode_count(std::string_view bytes);

}  // namespace meridian::services::kinesis
