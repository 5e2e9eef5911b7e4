// LogStore: log events on disk, appended to a journal and, a segment at a time, sorted by stream and time, so
// that a range of time of one stream or of many is read without the rest.
//
// Rules: what append() has acknowledged survives kill -9; all files together stay within bytes_max, for which
// the segment written first goes first; an event keeps its position for as long as it is kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "store/log_store/log_event.h"
#include "store/log_store/log_segment.h"
#include "store/log_store/log_sink.h"
#include "store/log_store/recent_log.h"

namespace meridian::store {

struct LogStoreOptions {
  std::string name = "logs";                     // in metrics: "meridian_<name>_bytes"
  std::uint64_t bytes_max = 1024 * 1024 * 1024;  // of all files
  // Of a journal, and about so of a segment; at most an eighth of bytes_max. It is in memory while it is new.
  std::uint64_t journal_bytes_max = 16 * 1024 * 1024;
  // Where finished journals are sorted: on a thread of its own, or by the append() that fills one.
  enum class Sorting : bool { Here, OnThread } sorting = Sorting::OnThread;
};

struct LogRead {
  std::uint64_t group = 0;
  std::span<const std::uint64_t> streams{};     // ascending
  LogPosition from{}, to = LogPosition::end();  // from <= position < to
  bool forward = true;
  std::size_t events_max = 1000;
  std::size_t bytes_max = 1024 * 1024;  // of messages; the first event always fits
};

struct LogPage {
  std::vector<StoredLogEvent> events;  // in the order of reading
  bool more = false;                   // there were others, beyond a limit
};

struct LogStreamFacts {
  LogPosition first, last;
  std::int64_t ingested_last_ms = 0;
};

// What of a group is still wanted.
struct LogKept {
  std::int64_t from_ms = 0;                     // older events are not
  std::unordered_set<std::uint64_t> streams{};  // events of others are not
};

class LogStore {
 public:
  static Result<std::unique_ptr<LogStore>> open(Disk& disk, std::string directory, const Clock& clock,
                                                Logger& logger, Metrics& metrics,
                                                const LogStoreOptions& options = {});
  ~LogStore();

  // All or nothing, from any thread. Limit: more than kLogBatchBytesMax, or than a journal takes. The
  // sequence of the first of them; the others follow it.
  Result<std::uint64_t> append(const LogStreamKey& key, std::span<const LogEvent> events);

  Result<LogPage> read(const LogRead& wanted) const;

  // Of the group's streams that have events.
  std::map<std::uint64_t, LogStreamFacts> streams_of(std::uint64_t group) const;
  std::map<std::uint64_t, std::uint64_t> message_bytes_by_group() const;

  // Frees what is no longer wanted: segments of nothing else at once, others when half of them is such. Asks
  // `kept` for every group that has events; nothing: the group is gone.
  using Kept = std::function<Result<std::optional<LogKept>>(std::uint64_t group)>;
  Result<void> forget(const Kept& kept);

  std::uint64_t disk_bytes() const;
  std::size_t segment_count() const;

 private:
  using Segments = std::vector<std::shared_ptr<const LogSegment>>;
  struct Journal {
    std::uint64_t number = 0;
    std::unique_ptr<AppendFile> file;
    std::shared_ptr<RecentLog> log = std::make_shared<RecentLog>();
    std::uint64_t bytes = 0;
    bool torn = false;  // ends in what is no record: no more may follow
  };
  // What a read looks at: held while it does, whatever goes meanwhile.
  struct Sources {
    Segments segments;
    std::vector<std::pair<std::uint64_t, std::vector<LogEventView>>> recent;  // by stream
    std::vector<std::shared_ptr<const RecentLog>> held;
  };

  LogStore(Disk& disk, std::string directory, const Clock& clock, Logger& logger, Metrics& metrics,
           const LogStoreOptions& options);
  std::string journal_path(std::uint64_t number) const;
  std::string segment_path(std::uint64_t number, unsigned version) const;
  Result<void> load();
  Result<void> load_segments(const std::vector<std::string>& names);
  Result<void> load_journals(const std::vector<std::string>& names);
  Result<Journal> read_journal(std::uint64_t number);
  Result<Journal> new_journal();
  Result<void> write(const std::string& record);
  Result<void> turn_journal(std::unique_lock<std::mutex>& lock);
  Result<void> await_sorting(std::unique_lock<std::mutex>& lock);
  void sort_on_thread();
  void sort_finished(std::unique_lock<std::mutex>& lock);
  Result<std::shared_ptr<const LogSegment>> sort(const Journal& journal);
  std::vector<std::string> make_room(std::uint64_t bytes);
  void remove_file(const std::string& path);
  Sources sources(const LogRead& wanted) const;
  Segments with_recent(const std::function<void(const RecentLog&)>& visit) const;
  Result<LogPage> merge(const LogRead& wanted, const Sources& sources) const;
  using Wanted = std::function<bool(const LogStreamKey&, LogPosition last)>;
  Result<void> forget_of(const std::shared_ptr<const LogSegment>& segment, const Wanted& wanted);
  Result<std::shared_ptr<const LogSegment>> without_unwanted(const LogSegment& segment, const Wanted& wanted);
  void replace_segment(const std::shared_ptr<const LogSegment>& before,
                       std::shared_ptr<const LogSegment> after);
  void show_size();                               // under mutex_
  bool has_unwanted(const Wanted& wanted) const;  // under mutex_, the active journal
  std::uint64_t files_bytes() const;              // under mutex_

  Disk& disk_;
  const std::string directory_;
  const Clock& clock_;
  Logger& logger_;
  const LogStoreOptions options_;
  const std::uint64_t journal_bytes_max_;
  Counter& appended_;
  Counter& dropped_;
  Counter& damaged_;
  Gauge& size_gauge_;

  mutable std::mutex mutex_;  // of all that follows
  std::mutex forgetting_;     // forget() is one at a time
  std::condition_variable changed_;
  Segments segments_;  // by number
  std::uint64_t segments_bytes_ = 0;
  Journal active_;
  std::shared_ptr<const Journal> finished_;  // being sorted, or to be
  bool sort_failed_ = false, stopping_ = false;
  std::uint64_t next_number_ = 1, next_sequence_ = 1;
  std::thread sorter_;
};

}  // namespace meridian::store
