// What a log store keeps of an event, and the order in which it is read: by time, and events of one
// millisecond as they came. Rule: a position is never given to two events of a store, and never changes.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace meridian::store {

struct LogPosition {
  std::int64_t time_ms = 0;
  std::uint64_t sequence = 0;

  auto operator<=>(const LogPosition&) const = default;
  static constexpr LogPosition start_of(std::int64_t time_ms) { return {time_ms, 0}; }
  static constexpr LogPosition end() {
    return {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::uint64_t>::max()};
  }
};

// Ids are the caller's: of a group or stream that was deleted and made again, a new one.
struct LogStreamKey {
  std::uint64_t group = 0, stream = 0;

  auto operator<=>(const LogStreamKey&) const = default;
};

struct LogEventView {
  LogPosition at;
  std::int64_t ingested_ms = 0;
  std::string_view message;
};

struct StoredLogEvent {
  std::uint64_t stream = 0;
  LogPosition at;
  std::int64_t ingested_ms = 0;
  std::string message;
};

}  // namespace meridian::store
