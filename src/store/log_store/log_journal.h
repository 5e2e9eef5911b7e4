// The journal of a log store: batches as they came, one record each, in the file that is being written.
// Rule: reading stops before the first record that is not whole; nothing behind it is believed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/log_store/log_event.h"
#include "store/log_store/log_sink.h"

namespace meridian::store {

inline constexpr std::size_t kJournalHeaderBytes = 16;

// The first bytes of a journal: where sequences go on when it has no records.
std::string journal_header(std::uint64_t next_sequence);
Result<std::uint64_t> read_journal_header(std::string_view bytes);

// A record without its sequence, which finish_record() adds: so that only that has to be done one at a time.
std::string begin_record(const LogStreamKey& key, std::int64_t ingested_ms, std::span<const LogEvent> events);
void finish_record(std::string& record, std::uint64_t first_sequence);

// Messages point into the bytes that were read.
struct JournalRecord {
  LogStreamKey key;
  std::vector<LogEventView> events;  // as they came; their sequences follow one another
  std::size_t bytes = 0;             // of the whole record
};
// The record that `bytes` begin with.
Result<JournalRecord> read_record(std::string_view bytes);

}  // namespace meridian::store
