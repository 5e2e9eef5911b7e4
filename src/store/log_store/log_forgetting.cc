// How a log store frees what nobody wants any more: whole segments, or segments written anew with less in
// them.
#include <algorithm>

#include "store/log_store/log_store.h"

namespace meridian::store {

Result<void> LogStore::forget(const Kept& kept) {
  const std::lock_guard one_at_a_time(forgetting_);
  std::map<std::uint64_t, std::optional<LogKept>> groups;
  Segments segments;
  {
    // Before anybody is asked: what is made later has no events in here.
    const std::lock_guard lock(mutex_);
    segments = segments_;
    for (const auto& [key, stream] : active_.log->streams()) groups[key.group];
  }
  for (const auto& segment : segments)
    for (const LogBlock& block : segment->blocks) groups[block.key.group];
  for (auto& [group, keep] : groups) keep = TRY(kept(group));

  const Wanted wanted = [&](const LogStreamKey& key, LogPosition last) {
    const auto known = groups.find(key.group);
    if (known == groups.end()) return true;
    const std::optional<LogKept>& keep = known->second;
    return keep && last.time_ms >= keep->from_ms && keep->streams.contains(key.stream);
  };
  for (const auto& segment : segments) TRY(forget_of(segment, wanted));
  std::unique_lock lock(mutex_);
  // Its turn comes with the next call, when it is a segment.
  return has_unwanted(wanted) ? turn_journal(lock) : Result<void>();
}

bool LogStore::has_unwanted(const Wanted& wanted) const {
  return std::ranges::any_of(active_.log->streams(), [&](const auto& each) {
    return !wanted(each.first, each.second.events.back().at);
  });
}

Result<void> LogStore::forget_of(const std::shared_ptr<const LogSegment>& segment, const Wanted& wanted) {
  std::uint64_t unwanted = 0;
  std::size_t unwanted_blocks = 0;
  for (const LogBlock& block : segment->blocks) {
    if (wanted(block.key, block.last)) continue;
    unwanted += block.size;
    ++unwanted_blocks;
  }
  if (unwanted_blocks == 0) return {};
  if (unwanted_blocks == segment->blocks.size()) {
    replace_segment(segment, nullptr);
    return {};
  }
  if (unwanted * 2 < segment->bytes) return {};
  {
    const std::lock_guard lock(mutex_);
    if (files_bytes() + segment->bytes - unwanted > options_.bytes_max) return {};
  }
  auto less = without_unwanted(*segment, wanted);
  // Damaged, or gone already: it stays until its turn to go.
  if (!less && (less.error().code == ErrorCode::Corrupt || less.error().code == ErrorCode::NotFound))
    return {};
  replace_segment(segment, TRY(std::move(less)));
  return {};
}

Result<std::shared_ptr<const LogSegment>> LogStore::without_unwanted(const LogSegment& segment,
                                                                     const Wanted& wanted) {
  LogSegmentWriter writer;
  for (const LogBlock& block : segment.blocks)
    if (wanted(block.key, block.last)) writer.add(block, TRY(read_block(disk_, segment, block)));
  LogSegment less{.number = segment.number, .version = segment.version + 1};
  less.path = segment_path(less.number, less.version);
  less.last_sequence = segment.last_sequence;
  auto written = writer.finish(less.last_sequence);
  less.bytes = written.bytes.size();
  less.blocks = std::move(written.blocks);
  TRY(disk_.replace(less.path, as_bytes(written.bytes)));
  return std::make_shared<const LogSegment>(std::move(less));
}

void LogStore::replace_segment(const std::shared_ptr<const LogSegment>& before,
                               std::shared_ptr<const LogSegment> after) {
  std::unique_lock lock(mutex_);
  const auto place = std::ranges::find(segments_, before);
  if (place == segments_.end()) {  // dropped meanwhile, to make room
    lock.unlock();
    if (after) remove_file(after->path);
    return;
  }
  segments_bytes_ -= before->bytes;
  if (after) {
    segments_bytes_ += after->bytes;
    *place = std::move(after);
  } else {
    segments_.erase(place);
  }
  show_size();
  lock.unlock();
  remove_file(before->path);
}

}  // namespace meridian::store
