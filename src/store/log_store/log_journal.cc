#include "store/log_store/log_journal.h"

#include "base/bytes.h"

namespace meridian::store {
namespace {

constexpr std::string_view kMagic = "MLOGJNL1";
constexpr std::size_t kRecordHeadBytes = 8, kEventHeadBytes = 12, kSequenceBytes = 8;

void put_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  store_u32(reinterpret_cast<std::uint8_t*>(bytes.data()) + at, value);
}

std::unexpected<Error> damaged(const char* why) {
  return fail(ErrorCode::Corrupt, why, ErrorSource::Storage);
}

}  // namespace

std::string journal_header(std::uint64_t next_sequence) {
  std::string out(kMagic);
  append_u64(out, next_sequence);
  return out;
}

Result<std::uint64_t> read_journal_header(std::string_view bytes) {
  ByteReader in(bytes);
  if (as_text(in.take(kMagic.size())) != kMagic) return damaged("it is no journal of this version");
  const std::uint64_t next = in.u64();
  if (!in.ok()) return damaged("it ends within its header");
  return next;
}

// u32 size of what follows the checksum, u32 checksum, group, stream, ingestion, count, events, first
// sequence.
std::string begin_record(const LogStreamKey& key, std::int64_t ingested_ms,
                         std::span<const LogEvent> events) {
  std::size_t size = 64;
  for (const LogEvent& event : events) size += kEventHeadBytes + event.message.size();
  std::string out;
  out.reserve(size);
  out.resize(kRecordHeadBytes);
  append_u64(out, key.group);
  append_u64(out, key.stream);
  append_u64(out, static_cast<std::uint64_t>(ingested_ms));
  append_u32(out, static_cast<std::uint32_t>(events.size()));
  for (const LogEvent& event : events) {
    append_u64(out, static_cast<std::uint64_t>(event.time_ms));
    append_sized(out, event.message);
  }
  put_u32(out, 0, static_cast<std::uint32_t>(out.size() - kRecordHeadBytes + kSequenceBytes));
  put_u32(out, 4, crc32c(as_bytes(out).subspan(kRecordHeadBytes)));
  return out;
}

void finish_record(std::string& record, std::uint64_t first_sequence) {
  const std::uint32_t so_far = load_u32(as_bytes(record).data() + 4);
  append_u64(record, first_sequence);
  put_u32(record, 4, crc32c(as_bytes(record).last(kSequenceBytes), so_far));
}

Result<JournalRecord> read_record(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint32_t size = in.u32();
  const std::uint32_t checksum = in.u32();
  const Bytes body = in.take(size);
  if (!in.ok() || size < kSequenceBytes) return damaged("it ends within a record");
  if (crc32c(body) != checksum) return damaged("a record's checksum does not hold");
  ByteReader fields(body.first(size - kSequenceBytes));
  std::uint64_t sequence = ByteReader(body.last(kSequenceBytes)).u64();
  JournalRecord record;
  record.bytes = kRecordHeadBytes + size;
  record.key.group = fields.u64();
  record.key.stream = fields.u64();
  const auto ingested = static_cast<std::int64_t>(fields.u64());
  const std::uint32_t count = fields.u32();
  if (count > fields.remaining() / kEventHeadBytes) return damaged("a record counts more than it has");
  record.events.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto time = static_cast<std::int64_t>(fields.u64());
    record.events.push_back({{time, sequence++}, ingested, fields.sized()});
  }
  if (!fields.ok() || !fields.at_end()) return damaged("a record's fields do not fit");
  return record;
}

}  // namespace meridian::store
