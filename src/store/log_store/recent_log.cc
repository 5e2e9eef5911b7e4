#include "store/log_store/recent_log.h"

#include <algorithm>

#include "store/log_store/log_journal.h"

namespace meridian::store {

Result<void> RecentLog::add(std::string bytes) {
  records_.push_back(std::move(bytes));
  JournalRecord record = TRY(read_record(records_.back()));
  Stream& stream = streams_[record.key];
  for (const LogEventView& event : record.events) {
    stream.ingested_last_ms = std::max(stream.ingested_last_ms, event.ingested_ms);
    stream.message_bytes += event.message.size();
  }
  const auto by_position = [](const LogEventView& a, const LogEventView& b) { return a.at < b.at; };
  if (!std::ranges::is_sorted(record.events, by_position)) std::ranges::sort(record.events, by_position);
  std::vector<LogEventView>& events = stream.events;
  const auto before = static_cast<std::ptrdiff_t>(events.size());
  events.insert(events.end(), record.events.begin(), record.events.end());
  // Most come in order of time; what does not is merged in from where it belongs.
  const auto middle = events.begin() + before;
  if (before > 0 && by_position(*middle, *(middle - 1)))
    std::inplace_merge(std::upper_bound(events.begin(), middle, *middle, by_position), middle, events.end(),
                       by_position);
  return {};
}

}  // namespace meridian::store
