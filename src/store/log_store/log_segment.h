// A finished part of a log: events sorted by stream and position, in blocks, and an index of the blocks at
// the end. Rule: a segment is written whole and never changed; reading never trusts its bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/result.h"
#include "store/log_store/log_event.h"

namespace meridian::store {

// Events of one stream that lie together.
struct LogBlock {
  LogStreamKey key;
  LogPosition first{}, last{};
  std::int64_t ingested_last_ms = 0;
  std::uint32_t offset = 0, size = 0, checksum = 0, events = 0;
  std::uint64_t message_bytes = 0;
};

struct LogSegment {
  std::uint64_t number = 0;  // in order of writing
  unsigned version = 0;      // rises when it is written again with less in it
  std::string path{};
  std::uint64_t bytes = 0;  // of the file
  std::uint64_t last_sequence = 0;
  std::vector<LogBlock> blocks{};  // by key and position
};

class LogSegmentWriter {
 public:
  // Streams in the order of their keys, each once, its events in order.
  void add(const LogStreamKey& key, std::span<const LogEventView> events);
  // A block of another segment, as it is there.
  void add(const LogBlock& block, std::string_view bytes);

  struct Written {
    std::string bytes;
    std::vector<LogBlock> blocks;
  };
  Written finish(std::uint64_t last_sequence);

 private:
  std::string out_;
  std::vector<LogBlock> blocks_;
};

// Reads the index. Corrupt: not a whole segment.
Result<LogSegment> open_segment(Disk& disk, std::string path);
Result<std::string> read_block(Disk& disk, const LogSegment& segment, const LogBlock& block);
// Messages point into the bytes.
Result<std::vector<LogEventView>> decode_block(std::string_view bytes);

}  // namespace meridian::store
