// The events of a journal in memory, sorted as they are read. Rule: messages stay where they are for as long
// as this lives, so that whoever holds it may read them without the lock of its owner.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/log_store/log_event.h"

namespace meridian::store {

class RecentLog {
 public:
  struct Stream {
    std::vector<LogEventView> events;  // by position
    std::int64_t ingested_last_ms = 0;
    std::uint64_t message_bytes = 0;
  };
  using Streams = std::map<LogStreamKey, Stream>;

  // A finished record of a journal (log_journal.h).
  Result<void> add(std::string record);

  const Streams& streams() const { return streams_; }
  bool empty() const { return streams_.empty(); }

 private:
  std::deque<std::string> records_;
  Streams streams_;
};

}  // namespace meridian::store
