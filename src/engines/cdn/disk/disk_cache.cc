#include "engines/cdn/disk/disk_cache.h"

#include <algorithm>

#include "engines/cdn/object_record.h"

namespace meridian::engines::cdn::disk {
namespace {

constexpr std::uint64_t kSegmentsMin = 8;
constexpr std::uint64_t kKeptAgainPart = 4;  // of a segment that is removed, at most so much is kept

Labels at(const std::string& location) {
  return {{"location", location}};
}

}  // namespace

DiskCache::DiskCache(const DiskCacheParts& parts, std::string directory, std::uint64_t bytes_max)
    : bytes_max_(bytes_max),
      segment_bytes_(std::min(kSegmentBytesMax, bytes_max / kSegmentsMin)),
      object_bytes_max_(std::min(kObjectBytesMax, segment_bytes_ / 2)),
      errands_(parts.errands),
      purges_(parts.purges),
      segments_(parts.disk, std::move(directory), segment_bytes_),
      hits_(parts.metrics.counter("meridian_cdn_disk_hits_total",
                                  "Objects that were read from the cache on disk", at(parts.location))),
      bad_records_(parts.metrics.counter("meridian_cdn_disk_bad_records_total",
                                         "Records on disk that are not what was written, and were not served",
                                         at(parts.location))),
      written_bytes_(parts.metrics.counter("meridian_cdn_disk_written_bytes_total",
                                           "Bytes of objects written to the cache on disk",
                                           at(parts.location))),
      dropped_(parts.metrics.counter("meridian_cdn_disk_dropped_writes_total",
                                     "Objects not written because the disk is behind", at(parts.location))),
      kept_again_(parts.metrics.counter("meridian_cdn_disk_kept_again_total",
                                        "Objects written once more because they were asked for",
                                        at(parts.location))),
      purged_(parts.metrics.counter("meridian_cdn_disk_purged_copies_total",
                                    "Copies on disk that were found to be taken by an invalidation",
                                    at(parts.location))),
      errors_(parts.metrics.counter("meridian_cdn_disk_errors_total",
                                    "Reads and writes that the disk refused", at(parts.location))),
      bytes_gauge_(
          parts.metrics.gauge("meridian_cdn_disk_bytes", "Bytes of the cache on disk", at(parts.location))),
      objects_gauge_(parts.metrics.gauge("meridian_cdn_disk_objects", "Objects in the cache on disk",
                                         at(parts.location))) {}

Result<std::unique_ptr<DiskCache>> DiskCache::open(const DiskCacheParts& parts, std::string directory,
                                                   std::uint64_t bytes_max) {
  if (bytes_max < kBytesMin) return invalid("a cache on disk has at least 8 MiB a location");
  std::unique_ptr<DiskCache> cache(new DiskCache(parts, std::move(directory), bytes_max));
  TRY(cache->segments_.open(
      [&](const Segments::Entry& entry) { cache->index_.put(entry.key, entry.place); }));
  TRY(cache->make_room());
  cache->count();
  return cache;
}

bool DiskCache::has(const Key& key) const {
  std::lock_guard lock(index_mutex_);
  return index_.find(key).has_value();
}

void DiskCache::forget(const Key& key) {
  std::lock_guard lock(index_mutex_);
  if (const auto place = index_.find(key)) index_.erase(key, *place);
}

bool DiskCache::read(const Key& key, std::function<void(Found)> done) {
  return errands_.run([this, key, done = std::move(done)] { done(read_now(key, Reading::Asked)); });
}

bool DiskCache::look(const Key& key, std::function<void(Found)> done) {
  return errands_.run([this, key, done = std::move(done)] { done(read_now(key, Reading::Looked)); });
}

std::string DiskCache::read_record(const Key& key, Reading how,
                                   const std::function<Verdict(std::string_view)>& check) {
  std::optional<Index::Place> place;
  {
    std::lock_guard lock(index_mutex_);
    place = index_.find(key);
    if (how == Reading::Asked) index_.ask(key);
  }
  if (!place) return {};
  auto record = segments_.read(*place);
  const Verdict verdict = record ? check(*record) : Verdict::Damaged;
  if (verdict != Verdict::Good) {
    // Its segment may just have been removed; all else is damage.
    std::lock_guard lock(index_mutex_);
    if (index_.erase(key, *place) && verdict == Verdict::Damaged) bad_records_.add();
    return {};
  }
  if (how == Reading::Asked) hits_.add();
  return *std::move(record);
}

DiskCache::Found DiskCache::read_now(const Key& key, Reading how) {
  Found found;
  read_record(key, how, [&](std::string_view record) { return judge(record, key, how, found); });
  return found;
}

DiskCache::Verdict DiskCache::judge(std::string_view record, const Key& key, Reading how, Found& found) {
  auto read = read_disk_record(record, key);
  if (!read) return Verdict::Damaged;
  const auto log = purges_.of(read->distribution_id);
  read->object->purges = log;
  const Purged purged = read->object->purged();
  if (purged.gone() && how == Reading::Asked) {
    log->count_on_disk(purged);
    purged_.add();
    return Verdict::Purged;
  }
  found = {std::move(read->object), read->generation};
  return Verdict::Good;
}

// Also of a slice, which is its head's to be purged.
DiskCache::Verdict DiskCache::judge_any(std::string_view record, const Key& key) {
  Found found;
  const auto head = parse_record_head(record);
  if (head && head->kind != RecordKind::Slice) return judge(record, key, Reading::Asked, found);
  return head && read_slice_record(record, key) ? Verdict::Good : Verdict::Damaged;
}

bool DiskCache::read_slice(const Key& key, std::function<void(std::string_view)> done) {
  return errands_.run([this, key, done = std::move(done)] {
    std::string_view slice;
    const std::string record = read_record(key, Reading::Asked, [&](std::string_view bytes) {
      const auto read = read_slice_record(bytes, key);
      if (read) slice = *read;
      return read ? Verdict::Good : Verdict::Damaged;
    });
    // Its end.
    done(std::string_view(record).substr(record.size() - slice.size()));
  });
}

void DiskCache::write(const Key& key, std::shared_ptr<const Object> object) {
  const std::uint64_t size = object->body->size();
  if (size > object_bytes_max_ || !is_recordable(*object)) return;
  write_later(key, size, [key, object = std::move(object)] {
    return object->gone() ? std::string() : write_disk_record(key, *object);
  });
}

void DiskCache::write_slice(const Key& key, SharedBytes slice) {
  const std::uint64_t size = slice.bytes.size();
  write_later(key, size, [key, slice = std::move(slice)] { return write_slice_record(key, slice.bytes); });
}

void DiskCache::write_later(const Key& key, std::uint64_t size, std::function<std::string()> record) {
  if (waiting_bytes_.fetch_add(size) + size > kWaitingBytesMax) {
    waiting_bytes_ -= size;
    return dropped_.add();
  }
  const bool runs = errands_.run([this, key, size, record = std::move(record)] {
    write_now(key, record());
    waiting_bytes_ -= size;
  });
  if (runs) return;
  waiting_bytes_ -= size;
  dropped_.add();
}

void DiskCache::write_now(const Key& key, std::string_view record) {
  if (record.empty() || record.size() > segment_bytes_) return;
  std::lock_guard lock(writing_);
  Result<void> done;
  if (!segments_.fits(record.size())) done = make_room();
  if (done) done = put(key, record);
  if (!done) errors_.add();
  count();
}

Result<void> DiskCache::put(const Key& key, std::string_view record) {
  const Index::Place place = TRY(segments_.append(key, record));
  written_bytes_.add(record.size());
  std::lock_guard lock(index_mutex_);
  index_.put(key, place);
  return {};
}

// Begins a segment; the oldest ones go until it will fit.
Result<void> DiskCache::make_room() {
  std::vector<std::pair<Key, std::string>> again;
  while (segments_.count() > 0 && segments_.bytes() + segment_bytes_ > bytes_max_) TRY(reclaim(again));
  TRY(segments_.begin());
  for (const auto& [key, record] : again) {
    if (!segments_.fits(record.size())) break;
    TRY(put(key, record));
    kept_again_.add();
  }
  return {};
}

Result<void> DiskCache::reclaim(std::vector<std::pair<Key, std::string>>& again) {
  const std::uint32_t oldest = segments_.oldest();
  std::uint64_t kept = 0;
  for (const auto& [key, record] : again) kept += record.size();
  if (const auto entries = segments_.entries(oldest)) {
    for (const Segments::Entry& entry : *entries) {
      bool asked = false;
      {
        std::lock_guard lock(index_mutex_);
        asked = index_.find(entry.key) == entry.place && index_.take_asked(entry.key);
        index_.erase(entry.key, entry.place);
      }
      if (!asked || kept + entry.place.size > segment_bytes_ / kKeptAgainPart) continue;
      auto record = segments_.read(entry.place);
      const Verdict verdict = record ? judge_any(*record, entry.key) : Verdict::Damaged;
      if (verdict == Verdict::Damaged) bad_records_.add();
      if (verdict != Verdict::Good) continue;
      kept += record->size();
      again.emplace_back(entry.key, *std::move(record));
    }
  }
  return segments_.remove(oldest);
}

void DiskCache::count() {
  bytes_ = segments_.bytes();
  bytes_gauge_.set(static_cast<double>(segments_.bytes()));
  objects_gauge_.set(static_cast<double>(objects()));
}

std::uint64_t DiskCache::bytes() const {
  return bytes_;
}

std::size_t DiskCache::objects() const {
  std::lock_guard lock(index_mutex_);
  return index_.size();
}

std::size_t DiskCache::index_bytes() const {
  std::lock_guard lock(index_mutex_);
  return index_.bytes();
}

}  // namespace meridian::engines::cdn::disk
