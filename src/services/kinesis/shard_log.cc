#include "services/kinesis/shard_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace meridian::services::kinesis {
namespace {

constexpr std::string_view kSequenceStart = "49";
constexpr std::size_t kNumberDigits = 27;
constexpr std::size_t kEventOverhead = 12;  // as LogSink counts a batch
constexpr std::size_t kScannedAtOnce = 1000;

std::int64_t milliseconds(SystemTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

std::string message_of(const ShardRecord& record) {
  std::string out;
  append_sized(out, record.partition_key);
  return out.append(record.data);
}

Result<ReadRecord> record_of(const store::StoredLogEvent& event) {
  ByteReader in(event.message);
  ReadRecord out{event.at, std::string(in.sized()), {}};
  if (!in.ok()) return fail(ErrorCode::Corrupt, "a record of a stream cannot be read", ErrorSource::Storage);
  out.data = event.message.substr(in.position());
  return out;
}

using Streams = std::map<std::uint64_t, StreamResource>;

Result<Streams> streams_by_id(store::Store& store) {
  Streams streams;
  store::RangeOptions options{.limit = kScannedAtOnce};
  for (bool more = true; more;) {
    const store::Range range = TRY(store.range(kStreamsPrefix, options));
    for (const store::KeyValue& item : range.items) {
      StreamResource stream = TRY(decode_stream(item.value));
      streams.emplace(stream.id, std::move(stream));
    }
    more = range.more;
    if (more) options = {.limit = kScannedAtOnce, .start_after = range.items.back().key};
  }
  return streams;
}

// A shard's stream in the log store: from 1, as 0 is nobody's.
std::uint64_t stream_of(std::uint32_t shard) {
  return std::uint64_t{shard} + 1;
}

}  // namespace

std::string sequence_number(const store::LogPosition& at) {
  return fmt::format("{}{:0{}}{:0{}}", kSequenceStart, at.time_ms, kNumberDigits, at.sequence, kNumberDigits);
}

std::optional<store::LogPosition> parse_sequence_number(std::string_view text) {
  if (text.size() != kSequenceStart.size() + 2 * kNumberDigits || !text.starts_with(kSequenceStart))
    return std::nullopt;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  text.remove_prefix(kSequenceStart.size());
  store::LogPosition at;
  const auto read = [](std::string_view digits, auto& number) {
    return std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
  };
  if (!read(text.substr(0, kNumberDigits), at.time_ms) || !read(text.substr(kNumberDigits), at.sequence))
    return std::nullopt;
  return at;
}

store::LogPosition& ShardLog::last(std::uint64_t stream, std::uint32_t shard) {
  const auto [known, fresh] = last_.try_emplace(stream);
  if (fresh)
    for (const auto& [id, facts] : log_.streams_of(stream)) known->second[id] = facts.last;
  return known->second[stream_of(shard)];
}

Result<std::vector<store::LogPosition>> ShardLog::put(const StreamResource& stream, std::uint32_t shard,
                                                      std::span<const ShardRecord> records) {
  std::vector<store::LogPosition> out;
  std::vector<std::string> messages;
  for (const ShardRecord& record : records) messages.push_back(message_of(record));
  const std::lock_guard lock(mutex_);
  store::LogPosition& newest = last(stream.id, shard);
  for (std::size_t i = 0; i < messages.size();) {
    // A clock that was set back must not put a record before those that were read already.
    const std::int64_t time = std::max(milliseconds(clock_.now()), newest.time_ms);
    std::vector<store::LogEvent> events;
    std::size_t bytes = 0;
    for (; i < messages.size(); ++i) {
      bytes += messages[i].size() + kEventOverhead;
      if (!events.empty() && bytes > store::kLogBatchBytesMax) break;
      events.push_back({time, messages[i]});
    }
    const std::uint64_t first = TRY(log_.append({stream.id, stream_of(shard)}, events));
    for (std::size_t each = 0; each < events.size(); ++each) out.push_back({time, first + each});
    newest = out.back();
  }
  Incoming& incoming = incoming_[{{stream.place.account, stream.place.region}, stream.name}];
  incoming.records += records.size();
  for (const ShardRecord& record : records)
    incoming.bytes += record.data.size() + record.partition_key.size();
  return out;
}

IncomingByStream ShardLog::take_incoming() {
  const std::lock_guard lock(mutex_);
  return std::exchange(incoming_, {});
}

Result<ShardPage> ShardLog::read(const StreamResource& stream, std::uint32_t shard, store::LogPosition from,
                                 std::size_t limit) {
  const std::uint64_t id = stream_of(shard);
  store::LogRead wanted{.group = stream.id, .streams = {&id, 1}};
  wanted.from = std::max(from, trim_horizon(stream));
  wanted.events_max = std::min(limit, kRecordsPerPageMax);
  wanted.bytes_max = kPageBytesMax;
  const store::LogPage page = TRY(log_.read(wanted));
  ShardPage out;
  out.next = from;
  for (const store::StoredLogEvent& event : page.events) {
    out.records.push_back(TRY(record_of(event)));
    out.next = {event.at.time_ms, event.at.sequence + 1};
  }
  if (page.more && !out.records.empty())
    out.behind_ms = std::max<std::int64_t>(1, milliseconds(clock_.now()) - out.next.time_ms);
  return out;
}

store::LogPosition ShardLog::end(const StreamResource& stream, std::uint32_t shard) {
  const std::lock_guard lock(mutex_);
  const store::LogPosition newest = last(stream.id, shard);
  return {newest.time_ms, newest.sequence + 1};
}

store::LogPosition ShardLog::trim_horizon(const StreamResource& stream) const {
  return store::LogPosition::start_of(
      milliseconds(clock_.now() - std::chrono::hours(stream.retention_hours)));
}

Result<void> ShardLog::forget(store::Store& store) {
  std::optional<Streams> streams;  // read when somebody asks: those of all records that there are by then
  TRY(log_.forget([&](std::uint64_t id) -> Result<std::optional<store::LogKept>> {
    if (!streams) streams = TRY(streams_by_id(store));
    const auto known = streams->find(id);
    if (known == streams->end()) return std::nullopt;
    store::LogKept kept{.from_ms = trim_horizon(known->second).time_ms};
    for (std::uint32_t shard = 0; shard < known->second.shards; ++shard)
      kept.streams.insert(stream_of(shard));
    return kept;
  }));
  const std::lock_guard lock(mutex_);
  if (streams) std::erase_if(last_, [&](const auto& each) { return !streams->contains(each.first); });
  return {};
}

}  // namespace meridian::services::kinesis
