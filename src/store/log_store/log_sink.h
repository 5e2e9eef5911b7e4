// LogSink: where a part of the server puts log lines (Route 53's query logs and the like), without knowing
// who keeps them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::store {

// A stream as users name it.
struct LogDestination {
  std::string account, region, group, stream;

  auto operator<=>(const LogDestination&) const = default;
};

struct LogEvent {
  std::int64_t time_ms = 0;  // since 1970, UTC
  std::string_view message;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  // All or nothing, from any thread; what it has acknowledged survives kill -9. NotFound: there is no such
  // group; the stream is made when it is not there. Limit: more than kLogBatchBytesMax at once.
  // Batches of hundreds of events cost the least.
  virtual Result<void> append(const LogDestination& destination, std::span<const LogEvent> events) = 0;
};

inline constexpr std::size_t kLogBatchBytesMax = 1536 * 1024;  // messages, and 12 bytes for each

}  // namespace meridian::store
