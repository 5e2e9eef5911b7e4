#include "store/log_store/log_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "store/log_store/log_journal.h"

namespace meridian::store {
namespace {

constexpr std::string_view kJournalEnd = ".journal", kSegmentEnd = ".segment";
constexpr std::size_t kEventBytes = 12;  // beside its message

// "000000000042-1.segment" → 42, 1; "000000000042.journal" → 42, 0.
struct FileNumber {
  std::uint64_t number = 0;
  unsigned version = 0;
};
std::optional<FileNumber> parse_name(std::string_view name, std::string_view end) {
  if (!name.ends_with(end)) return std::nullopt;
  name.remove_suffix(end.size());
  FileNumber out;
  const char* last = name.data() + name.size();
  auto [at, error] = std::from_chars(name.data(), last, out.number);
  if (error != std::errc()) return std::nullopt;
  if (at != last && *at == '-') {
    const auto version = std::from_chars(at + 1, last, out.version);
    if (version.ec != std::errc()) return std::nullopt;
    at = version.ptr;
  }
  return at == last ? std::optional(out) : std::nullopt;
}

std::string metric(const LogStoreOptions& options, std::string_view what) {
  return fmt::format("meridian_{}_{}", options.name, what);
}

std::int64_t milliseconds(SystemTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace

LogStore::LogStore(Disk& disk, std::string directory, const Clock& clock, Logger& logger, Metrics& metrics,
                   const LogStoreOptions& options)
    : disk_(disk),
      directory_(std::move(directory)),
      clock_(clock),
      logger_(logger),
      options_(options),
      journal_bytes_max_(std::min(options.journal_bytes_max, options.bytes_max / 8)),
      appended_(metrics.counter(metric(options, "events_total"), "Events that were kept")),
      dropped_(metrics.counter(metric(options, "dropped_events_total"),
                               "Events that went, the oldest first, to stay within the bound of bytes")),
      damaged_(metrics.counter(metric(options, "damaged_total"),
                               "Parts that could not be read: files, blocks, ends of journals")),
      size_gauge_(metrics.gauge(metric(options, "bytes"), "Bytes on disk")) {
  metrics.gauge(metric(options, "bytes_max"), "Bytes that there may be on disk")
      .set(static_cast<double>(options.bytes_max));
}

LogStore::~LogStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (sorter_.joinable()) sorter_.join();
}

Result<std::unique_ptr<LogStore>> LogStore::open(Disk& disk, std::string directory, const Clock& clock,
                                                 Logger& logger, Metrics& metrics,
                                                 const LogStoreOptions& options) {
  TRY(disk.make_directories(directory));
  std::unique_ptr<LogStore> store(new LogStore(disk, std::move(directory), clock, logger, metrics, options));
  TRY(store->load());
  if (options.sorting == LogStoreOptions::Sorting::OnThread)
    store->sorter_ = std::thread([raw = store.get()] { raw->sort_on_thread(); });
  return store;
}

std::string LogStore::journal_path(std::uint64_t number) const {
  return fmt::format("{}/{:012}{}", directory_, number, kJournalEnd);
}
std::string LogStore::segment_path(std::uint64_t number, unsigned version) const {
  return fmt::format("{}/{:012}-{}{}", directory_, number, version, kSegmentEnd);
}

Result<void> LogStore::load() {
  const std::vector<std::string> names = TRY(disk_.list(directory_));
  for (const std::string& name : names)
    if (name.ends_with(".new")) remove_file(directory_ + "/" + name);
  TRY(load_segments(names));
  TRY(load_journals(names));
  // The bound may be smaller than it was.
  std::vector<std::string> doomed;
  {
    const std::lock_guard lock(mutex_);
    doomed = make_room(0);
    show_size();
  }
  for (const std::string& path : doomed) remove_file(path);
  return {};
}

Result<void> LogStore::load_segments(const std::vector<std::string>& names) {
  std::map<std::uint64_t, unsigned> newest;
  for (const std::string& name : names) {
    const auto file = parse_name(name, kSegmentEnd);
    if (!file) continue;
    const auto [known, fresh] = newest.try_emplace(file->number, file->version);
    if (fresh) continue;
    remove_file(segment_path(file->number, std::min(known->second, file->version)));
    known->second = std::max(known->second, file->version);
  }
  for (const auto& [number, version] : newest) {
    const std::string path = segment_path(number, version);
    auto opened = open_segment(disk_, path);
    if (!opened && opened.error().code != ErrorCode::Corrupt) return std::unexpected(opened.error());
    if (!opened) {
      // Kept as it is, without events, until its turn to go.
      damaged_.add();
      logger_.error("logs", opened.error().message);
      opened = LogSegment{.path = path, .bytes = TRY(disk_.version(path)).size};
    }
    opened->number = number;
    opened->version = version;
    segments_bytes_ += opened->bytes;
    next_number_ = std::max(next_number_, number + 1);
    next_sequence_ = std::max(next_sequence_, opened->last_sequence + 1);
    segments_.push_back(std::make_shared<LogSegment>(*std::move(opened)));
  }
  return {};
}

// The last journal goes on; the one before was being sorted.
Result<void> LogStore::load_journals(const std::vector<std::string>& names) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    const auto file = parse_name(name, kJournalEnd);
    if (!file) continue;
    const bool sorted =
        std::ranges::any_of(segments_, [&](const auto& each) { return each->number == file->number; });
    if (sorted)
      remove_file(journal_path(file->number));
    else
      numbers.push_back(file->number);
  }
  for (const std::uint64_t number : numbers) {
    Journal journal = TRY(read_journal(number));
    next_number_ = std::max(next_number_, number + 1);
    if (number == numbers.back() && !journal.torn) {
      active_ = std::move(journal);
      break;
    }
    std::unique_lock lock(mutex_);
    TRY(await_sorting(lock));
    if (!journal.log->empty()) finished_ = std::make_shared<Journal>(std::move(journal));
  }
  if (active_.number == 0) active_ = TRY(new_journal());
  return {};
}

Result<LogStore::Journal> LogStore::read_journal(std::uint64_t number) {
  const std::string path = journal_path(number);
  const std::string bytes = TRY(disk_.read(path));
  Journal journal;
  journal.number = number;
  const auto spoiled = [&](std::string_view why) {
    damaged_.add();
    logger_.warn("logs",
                 fmt::format("{}: {}; cut off at byte {} of {}", path, why, journal.bytes, bytes.size()));
  };
  const auto next = read_journal_header(bytes);
  if (!next) {
    // Of a size that nothing acknowledged fits in, it was torn as it was made.
    if (bytes.size() > kJournalHeaderBytes)
      TRY(disk_.rename(path, path + ".damaged"));
    else
      remove_file(path);
    spoiled(next.error().message);
    journal.torn = true;
    return journal;
  }
  next_sequence_ = std::max(next_sequence_, *next);
  journal.bytes = kJournalHeaderBytes;
  while (journal.bytes < bytes.size()) {
    const auto record = read_record(std::string_view(bytes).substr(journal.bytes));
    if (!record) {
      spoiled(record.error().message);
      TRY(disk_.truncate(path, journal.bytes));
      break;
    }
    TRY(journal.log->add(bytes.substr(journal.bytes, record->bytes)));
    journal.bytes += record->bytes;
    if (!record->events.empty())
      next_sequence_ = std::max(next_sequence_, record->events.back().at.sequence + 1);
  }
  journal.file = TRY(disk_.append_to(path));
  return journal;
}

Result<LogStore::Journal> LogStore::new_journal() {
  Journal journal;
  journal.number = next_number_;
  const std::string path = journal_path(journal.number), header = journal_header(next_sequence_);
  TRY(disk_.remove(path));
  journal.file = TRY(disk_.append_to(path));
  TRY(journal.file->append(as_bytes(header)));
  journal.bytes = header.size();
  ++next_number_;
  return journal;
}

Result<std::uint64_t> LogStore::append(const LogStreamKey& key, std::span<const LogEvent> events) {
  std::size_t size = 0;
  for (const LogEvent& event : events) size += kEventBytes + event.message.size();
  std::string record = begin_record(key, milliseconds(clock_.now()), events);
  if (size > kLogBatchBytesMax || kJournalHeaderBytes + record.size() + 8 > journal_bytes_max_)
    return fail(ErrorCode::Limit, fmt::format("a batch of {} bytes of log events is too large", size),
                ErrorSource::Caller);
  std::unique_lock lock(mutex_);
  if (events.empty()) return next_sequence_;
  while (active_.torn || active_.bytes + record.size() + 8 > journal_bytes_max_) TRY(turn_journal(lock));
  const std::uint64_t first = next_sequence_;
  finish_record(record, first);
  TRY(write(record));
  next_sequence_ += events.size();
  TRY(active_.log->add(std::move(record)));
  appended_.add(events.size());
  show_size();
  return first;
}

Result<void> LogStore::write(const std::string& record) {
  auto written = active_.file->append(as_bytes(record));
  if (written) {
    active_.bytes += record.size();
  } else if (!disk_.truncate(journal_path(active_.number), active_.bytes)) {
    active_.torn = true;
  }
  return written;
}

// Waits until no finished journal waits to be sorted.
Result<void> LogStore::await_sorting(std::unique_lock<std::mutex>& lock) {
  if (sorter_.joinable())
    changed_.wait(lock, [this] { return !finished_ || sort_failed_; });
  else if (finished_)
    sort_finished(lock);
  if (!finished_) return {};
  sort_failed_ = false;  // tried again, for whoever comes next
  changed_.notify_all();
  return fail(ErrorCode::Unavailable, "logs cannot be written to disk", ErrorSource::Storage, true);
}

Result<void> LogStore::turn_journal(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t before = active_.number;
  TRY(await_sorting(lock));
  if (active_.number != before) return {};  // another thread was here
  Journal next = TRY(new_journal());
  finished_ = std::make_shared<Journal>(std::exchange(active_, std::move(next)));
  if (sorter_.joinable())
    changed_.notify_all();
  else
    sort_finished(lock);
  return {};
}

void LogStore::sort_on_thread() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || (finished_ && !sort_failed_); });
    if (stopping_) return;
    sort_finished(lock);
  }
}

void LogStore::sort_finished(std::unique_lock<std::mutex>& lock) {
  const auto journal = finished_;
  lock.unlock();
  auto sorted = sort(*journal);
  lock.lock();
  sort_failed_ = !sorted;
  if (sorted) {
    segments_bytes_ += (*sorted)->bytes;
    segments_.push_back(*std::move(sorted));
    finished_.reset();
    show_size();
  } else {
    logger_.error("logs", "a journal cannot be sorted: " + sorted.error().message);
  }
  lock.unlock();
  if (!sort_failed_) remove_file(journal_path(journal->number));
  lock.lock();
  changed_.notify_all();
}

Result<std::shared_ptr<const LogSegment>> LogStore::sort(const Journal& journal) {
  LogSegmentWriter writer;
  LogSegment segment{.number = journal.number, .path = segment_path(journal.number, 0)};
  for (const auto& [key, stream] : journal.log->streams()) {
    writer.add(key, stream.events);
    for (const LogEventView& event : stream.events)
      segment.last_sequence = std::max(segment.last_sequence, event.at.sequence);
  }
  auto written = writer.finish(segment.last_sequence);
  segment.bytes = written.bytes.size();
  segment.blocks = std::move(written.blocks);
  std::vector<std::string> doomed;
  {
    const std::lock_guard lock(mutex_);
    doomed = make_room(segment.bytes);
  }
  for (const std::string& path : doomed) remove_file(path);
  TRY(disk_.replace(segment.path, as_bytes(written.bytes)));
  return std::make_shared<const LogSegment>(std::move(segment));
}

// So that `bytes` more fit, and a whole journal. The paths are those of files to remove.
std::vector<std::string> LogStore::make_room(std::uint64_t bytes) {
  std::vector<std::string> paths;
  const std::uint64_t others = bytes + journal_bytes_max_ + (finished_ ? finished_->bytes : 0);
  auto keep = segments_.begin();
  for (; keep != segments_.end() && segments_bytes_ + others > options_.bytes_max; ++keep) {
    for (const LogBlock& block : (*keep)->blocks) dropped_.add(block.events);
    segments_bytes_ -= (*keep)->bytes;
    paths.push_back((*keep)->path);
  }
  segments_.erase(segments_.begin(), keep);
  return paths;
}

void LogStore::remove_file(const std::string& path) {
  if (auto removed = disk_.remove(path); !removed) logger_.warn("logs", removed.error().message);
}

std::uint64_t LogStore::files_bytes() const {
  return segments_bytes_ + active_.bytes + (finished_ ? finished_->bytes : 0);
}
void LogStore::show_size() {
  size_gauge_.set(static_cast<double>(files_bytes()));
}
std::uint64_t LogStore::disk_bytes() const {
  const std::lock_guard lock(mutex_);
  return files_bytes();
}
std::size_t LogStore::segment_count() const {
  const std::lock_guard lock(mutex_);
  return segments_.size();
}

}  // namespace meridian::store
