#include "store/embedded/history.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::store {
namespace {

std::size_t size_of(const EventBatch& batch) {
  std::size_t bytes = sizeof(EventBatch);
  for (const Event& event : batch.events)
    bytes += sizeof(Event) + event.item.key.size() + event.item.value.size();
  return bytes;
}

Result<std::string> require(std::optional<std::string> bytes, std::string_view what) {
  if (!bytes)
    return fail(ErrorCode::Corrupt, fmt::format("store: the {} row is missing", what), ErrorSource::Storage);
  return *std::move(bytes);
}

Result<format::Compacted> read_compacted(Rocks& rocks, const Rocks::Snapshot* snapshot) {
  return format::decode_compacted(TRY(require(TRY(rocks.get(format::kCompactedKey, snapshot)), "compacted")));
}

}  // namespace

Result<format::Head> read_head(Rocks& rocks, const Rocks::Snapshot* snapshot) {
  return format::decode_head(TRY(require(TRY(rocks.get(format::kHeadKey, snapshot)), "head")));
}

Result<std::unique_ptr<History>> History::open(Rocks& rocks, Limits limits) {
  format::Compacted compacted = TRY(read_compacted(rocks, nullptr));
  return std::unique_ptr<History>(new History(rocks, limits, compacted));
}

void History::append(std::vector<std::shared_ptr<const EventBatch>> batches) {
  std::lock_guard lock(mutex_);
  for (auto& batch : batches) {
    recent_bytes_ += size_of(*batch);
    recent_.push_back(std::move(batch));
  }
  while (recent_.size() > kRecentBatchesMax || (recent_bytes_ > kRecentBytesMax && recent_.size() > 1)) {
    recent_bytes_ -= size_of(*recent_.front());
    recent_.pop_front();
  }
}

Result<WatchFeed::Batches> History::read_log(Revision after) {
  auto recent = TRY(read_recent(after));
  if (!recent.empty()) return recent;
  return read_stored(after);
}

Result<WatchFeed::Batches> History::read_recent(Revision after) const {
  std::lock_guard lock(mutex_);
  if (recent_.empty() || after + 1 < recent_.front()->revision) return WatchFeed::Batches();
  TRY(check_revision(after, compacted_.revision, recent_.back()->revision));
  auto first = recent_.begin() + static_cast<std::ptrdiff_t>(after + 1 - recent_.front()->revision);
  auto count = std::min<std::ptrdiff_t>(recent_.end() - first, kReadBatchesMax);
  return WatchFeed::Batches(first, first + count);
}

Result<WatchFeed::Batches> History::read_stored(Revision after) {
  Rocks::Snapshot snapshot(rocks_);
  format::Head head = TRY(read_head(rocks_, &snapshot));
  TRY(check(snapshot, after, head.revision));
  WatchFeed::Batches batches;
  std::size_t bytes = 0;
  auto collect = [&](std::string_view row, std::string_view value) -> Result<bool> {
    Revision revision = TRY(format::decode_log_key(row));
    if (revision != after + 1 + batches.size())
      return fail(ErrorCode::Corrupt, fmt::format("store: event log has a gap before revision {}", revision),
                  ErrorSource::Storage);
    batches.push_back(std::make_shared<EventBatch>(TRY(format::decode_log(revision, value))));
    bytes += value.size();
    return batches.size() < kReadBatchesMax && bytes < kReadBytesMax;
  };
  TRY(rocks_.scan(format::log_key(after + 1), format::log_key(head.revision + 1), snapshot, collect));
  if (batches.empty() && after < head.revision)
    return fail(ErrorCode::Corrupt, fmt::format("store: event log ends at {}", after), ErrorSource::Storage);
  return batches;
}

Result<void> History::check(const Rocks::Snapshot& snapshot, Revision at, Revision newest) {
  return check_revision(at, TRY(read_compacted(rocks_, &snapshot)).revision, newest);
}

Result<format::Undo> History::undone(const Rocks::Snapshot& snapshot, const KeySpan& span, Revision at,
                                     Revision newest) {
  format::Undo before;
  auto collect = [&](std::string_view, std::string_view value) -> Result<bool> {
    // The first change after `at` knows what the key was at `at`: later ones do not replace it.
    before.merge(TRY(format::decode_undo(value, span)));
    return true;
  };
  TRY(rocks_.scan(format::undo_key(at + 1), format::undo_key(newest + 1), snapshot, collect));
  return before;
}

format::Compacted History::compacted() const {
  std::lock_guard lock(mutex_);
  return compacted_;
}

Result<std::uint64_t> History::log_bytes_at(Revision revision) const {
  if (format::Compacted now = compacted(); now.revision == revision) return now.log_bytes;
  return format::decode_log_bytes(TRY(require(TRY(rocks_.get(format::log_key(revision))), "log")));
}

Result<void> History::compact(Revision revision) {
  std::lock_guard only_one(compacting_);
  format::Compacted before = compacted();
  if (revision <= before.revision) return {};
  format::Compacted after{revision, TRY(log_bytes_at(revision))};
  Rocks::Batch batch;
  batch.erase_range(format::log_key(before.revision + 1), format::log_key(revision + 1));
  batch.erase_range(format::undo_key(before.revision + 1), format::undo_key(revision + 1));
  batch.put(format::kCompactedKey, format::encode_compacted(after));
  // Not synced: a cut that loses this brings history back, which harms nobody.
  TRY(rocks_.write(batch, Rocks::Sync::No));
  std::lock_guard lock(mutex_);
  compacted_ = after;
  return {};
}

bool History::within(const format::Head& head, Revision oldest, std::uint64_t log_bytes,
                     std::uint64_t slack) const {
  auto fits = [&](std::uint64_t kept, std::uint64_t limit) { return kept <= limit + limit / 4 * slack; };
  return fits(head.revision - oldest, limits_.revisions) && fits(head.log_bytes - log_bytes, limits_.bytes);
}

bool History::overgrown(const format::Head& head) const {
  format::Compacted now = compacted();
  return !within(head, now.revision, now.log_bytes, 1);
}

Result<void> History::trim(const format::Head& head) {
  Revision low = compacted().revision, high = head.revision;
  while (low < high) {
    Revision middle = low + (high - low) / 2;
    if (within(head, middle, TRY(log_bytes_at(middle)), 0))
      high = middle;
    else
      low = middle + 1;
  }
  return compact(low);
}

}  // namespace meridian::store
