#include "store/log_store/log_segment.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::store {
namespace {

// Of a block: reading one event costs so much, and the index an 80th to a 400th of it.
constexpr std::size_t kBlockBytes = 32 * 1024;
constexpr std::uint32_t kMagic = 0x4d4c5331;  // "MLS1"
constexpr std::size_t kTrailerBytes = 28, kIndexEntryBytes = 80, kEventHeadBytes = 28;

std::unexpected<Error> damaged(const std::string& path, const char* why) {
  return fail(ErrorCode::Corrupt, path + ": " + why, ErrorSource::Storage);
}

void append_position(std::string& out, const LogPosition& at) {
  append_u64(out, static_cast<std::uint64_t>(at.time_ms));
  append_u64(out, at.sequence);
}
LogPosition read_position(ByteReader& in) {
  const auto time = static_cast<std::int64_t>(in.u64());
  return {time, in.u64()};
}

void append_entry(std::string& out, const LogBlock& block) {
  append_u64(out, block.key.group);
  append_u64(out, block.key.stream);
  append_position(out, block.first);
  append_position(out, block.last);
  append_u64(out, static_cast<std::uint64_t>(block.ingested_last_ms));
  append_u32(out, block.offset);
  append_u32(out, block.size);
  append_u32(out, block.checksum);
  append_u32(out, block.events);
  append_u64(out, block.message_bytes);
}

LogBlock read_entry(ByteReader& in) {
  LogBlock block;
  block.key.group = in.u64();
  block.key.stream = in.u64();
  block.first = read_position(in);
  block.last = read_position(in);
  block.ingested_last_ms = static_cast<std::int64_t>(in.u64());
  block.offset = in.u32();
  block.size = in.u32();
  block.checksum = in.u32();
  block.events = in.u32();
  block.message_bytes = in.u64();
  return block;
}

}  // namespace

void LogSegmentWriter::add(const LogStreamKey& key, std::span<const LogEventView> events) {
  while (!events.empty()) {
    LogBlock block{.key = key, .first = events.front().at, .offset = static_cast<std::uint32_t>(out_.size())};
    for (const LogEventView& event : events) {
      append_position(out_, event.at);
      append_u64(out_, static_cast<std::uint64_t>(event.ingested_ms));
      append_sized(out_, event.message);
      block.last = event.at;
      block.ingested_last_ms = std::max(block.ingested_last_ms, event.ingested_ms);
      block.message_bytes += event.message.size();
      ++block.events;
      if (out_.size() - block.offset >= kBlockBytes) break;
    }
    events = events.subspan(block.events);
    block.size = static_cast<std::uint32_t>(out_.size() - block.offset);
    block.checksum = crc32c(as_bytes(out_).subspan(block.offset));
    blocks_.push_back(block);
  }
}

void LogSegmentWriter::add(const LogBlock& block, std::string_view bytes) {
  blocks_.push_back(block);
  blocks_.back().offset = static_cast<std::uint32_t>(out_.size());
  out_ += bytes;
}

// Behind the blocks: their index; its offset, last sequence, count and checksum; the magic number.
LogSegmentWriter::Written LogSegmentWriter::finish(std::uint64_t last_sequence) {
  const std::size_t start = out_.size();
  for (const LogBlock& block : blocks_) append_entry(out_, block);
  append_u64(out_, start);
  append_u64(out_, last_sequence);
  append_u32(out_, static_cast<std::uint32_t>(blocks_.size()));
  append_u32(out_, crc32c(as_bytes(out_).subspan(start)));
  append_u32(out_, kMagic);
  return {std::move(out_), std::move(blocks_)};
}

Result<LogSegment> open_segment(Disk& disk, std::string path) {
  LogSegment segment;
  segment.bytes = TRY(disk.version(path)).size;
  if (segment.bytes < kTrailerBytes) return damaged(path, "it is too short for a segment");
  const std::string trailer = TRY(disk.read_part(path, segment.bytes - kTrailerBytes, kTrailerBytes));
  ByteReader in(trailer);
  const std::uint64_t start = in.u64();
  segment.last_sequence = in.u64();
  const std::uint64_t count = in.u32();
  const std::uint32_t checksum = in.u32();
  if (in.u32() != kMagic) return damaged(path, "it does not end as a segment of this version");
  if (start > segment.bytes - kTrailerBytes ||
      segment.bytes - kTrailerBytes - start != count * kIndexEntryBytes)
    return damaged(path, "its index does not fit");
  const std::string index = TRY(disk.read_part(path, start, count * kIndexEntryBytes));
  if (crc32c(as_bytes(trailer).first(kTrailerBytes - 8), crc32c(as_bytes(index))) != checksum)
    return damaged(path, "the checksum of its index does not hold");
  ByteReader entries(index);
  segment.blocks.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    segment.blocks.push_back(read_entry(entries));
    const LogBlock& block = segment.blocks.back();
    if (block.offset > start || block.size > start - block.offset)
      return damaged(path, "a block lies outside");
  }
  segment.path = std::move(path);
  return segment;
}

Result<std::string> read_block(Disk& disk, const LogSegment& segment, const LogBlock& block) {
  std::string bytes = TRY(disk.read_part(segment.path, block.offset, block.size));
  if (bytes.size() != block.size || crc32c(as_bytes(bytes)) != block.checksum)
    return damaged(segment.path, "a block's checksum does not hold");
  return bytes;
}

Result<std::vector<LogEventView>> decode_block(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<LogEventView> events;
  events.reserve(bytes.size() / (kEventHeadBytes + 64));
  while (in.ok() && !in.at_end()) {
    const LogPosition at = read_position(in);
    const auto ingested = static_cast<std::int64_t>(in.u64());
    events.push_back({at, ingested, in.sized()});
  }
  if (!in.ok()) return damaged("a block of a log", "it cannot be read");
  return events;
}

}  // namespace meridian::store
