// The records of all shards, in a log store. Rules: within a shard records are read in the order in which
// they were put, and never one before another that was there first; a sequence number is given once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "services/kinesis/resources.h"
#include "store/log_store/log_store.h"
#include "store/store.h"

namespace meridian::services::kinesis {

struct ShardRecord {
  std::string_view partition_key, data;
};

struct ReadRecord {
  store::LogPosition at;
  std::string partition_key, data;
};

struct ShardPage {
  std::vector<ReadRecord> records;
  store::LogPosition next;     // where the rest is, or will be
  std::int64_t behind_ms = 0;  // how old the oldest record is that was not read; 0: there is none
};

// 56 digits, as AWS has them.
std::string sequence_number(const store::LogPosition& at);
std::optional<store::LogPosition> parse_sequence_number(std::string_view text);

// What streams were given, for AWS/Kinesis: by whose and where, and their names.
struct Incoming {
  std::uint64_t records = 0, bytes = 0;
};
using IncomingByStream = std::map<std::pair<std::pair<std::string, std::string>, std::string>, Incoming>;

class ShardLog {
 public:
  static constexpr std::size_t kRecordsPerPageMax = 10'000;
  static constexpr std::size_t kPageBytesMax = 10 * 1024 * 1024;

  ShardLog(store::LogStore& log, const Clock& clock) : log_(log), clock_(clock) {}

  // Into one shard; a position for each. Some may have been kept when it fails.
  Result<std::vector<store::LogPosition>> put(const StreamResource& stream, std::uint32_t shard,
                                              std::span<const ShardRecord> records);
  Result<ShardPage> read(const StreamResource& stream, std::uint32_t shard, store::LogPosition from,
                         std::size_t limit);
  // Since it was last asked.
  IncomingByStream take_incoming();
  // Behind the newest record.
  store::LogPosition end(const StreamResource& stream, std::uint32_t shard);
  // Records before it have expired.
  store::LogPosition trim_horizon(const StreamResource& stream) const;

  // Frees what has expired, and what streams had that are gone.
  Result<void> forget(store::Store& store);

 private:
  store::LogPosition& last(std::uint64_t stream, std::uint32_t shard);  // under mutex_

  store::LogStore& log_;
  const Clock& clock_;
  std::mutex mutex_;
  IncomingByStream incoming_;
  // Of the newest record of each shard, as far as anybody asked.
  std::map<std::uint64_t, std::map<std::uint64_t, store::LogPosition>> last_;
};

}  // namespace meridian::services::kinesis
