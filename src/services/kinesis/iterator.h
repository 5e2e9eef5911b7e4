// A place in a shard, as callers carry it around. Rule: what they send back is read as bytes of unknown
// origin; whether the stream is theirs is asked again each time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/log_store/log_event.h"

namespace meridian::services::kinesis {

struct ShardIterator {
  std::uint64_t stream = 0;
  std::string stream_name;
  std::uint32_t shard = 0;
  store::LogPosition at;
  SystemTime made_at{};
};

std::string encode(const ShardIterator& iterator);
std::optional<ShardIterator> decode_iterator(std::string_view text);

}  // namespace meridian::services::kinesis
