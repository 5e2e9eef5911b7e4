// How a log store is read: the blocks and recent events in question, merged by position.
#include <algorithm>
#include <queue>

#include "store/log_store/log_store.h"

namespace meridian::store {
namespace {

constexpr int kAttemptsMax = 4;  // of a read whose segments go or are written anew meanwhile

// The events of one block, or of one stream's recent ones, in the order of reading. A block is read when its
// turn comes.
struct Cursor {
  std::uint64_t stream = 0;
  LogPosition at;  // of the next event; before a block is read, one that none of its events is before
  const LogSegment* segment = nullptr;
  const LogBlock* block = nullptr;  // null once it is read
  std::string bytes;
  std::vector<LogEventView> events;
  std::size_t next = 0;
};

std::span<const LogEventView> within(std::span<const LogEventView> events, const LogRead& wanted) {
  const auto first = std::ranges::lower_bound(events, wanted.from, {}, &LogEventView::at);
  const auto end = std::ranges::lower_bound(first, events.end(), wanted.to, {}, &LogEventView::at);
  return {first, end};
}

std::span<const LogBlock> of_group(const LogSegment& segment, std::uint64_t group) {
  const auto found = std::ranges::equal_range(segment.blocks, group, {},
                                              [](const LogBlock& block) { return block.key.group; });
  return {found.begin(), found.end()};
}

std::vector<Cursor> cursors_of(const LogSegment& segment, const LogRead& wanted) {
  std::vector<Cursor> cursors;
  for (const LogBlock& block : of_group(segment, wanted.group)) {
    if (block.last < wanted.from || block.first >= wanted.to) continue;
    if (!std::ranges::binary_search(wanted.streams, block.key.stream)) continue;
    Cursor cursor;
    cursor.stream = block.key.stream;
    cursor.at = wanted.forward ? block.first : block.last;
    cursor.segment = &segment;
    cursor.block = &block;
    cursors.push_back(std::move(cursor));
  }
  return cursors;
}

// What to read first is on top.
class Cursors {
 public:
  explicit Cursors(bool forward) : before_{forward} {}
  void push(Cursor cursor) {
    heap_.push_back(std::move(cursor));
    std::ranges::push_heap(heap_, before_);
  }
  bool empty() const { return heap_.empty(); }
  Cursor pop() {
    std::ranges::pop_heap(heap_, before_);
    Cursor cursor = std::move(heap_.back());
    heap_.pop_back();
    return cursor;
  }

 private:
  struct Before {
    bool forward;
    bool operator()(const Cursor& a, const Cursor& b) const { return forward ? a.at > b.at : a.at < b.at; }
  };
  Before before_;
  std::vector<Cursor> heap_;
};

}  // namespace

Result<LogPage> LogStore::read(const LogRead& wanted) const {
  for (int attempt = 1;; ++attempt) {
    auto page = merge(wanted, sources(wanted));
    if (page || page.error().code != ErrorCode::NotFound || attempt == kAttemptsMax) return page;
  }
}

LogStore::Sources LogStore::sources(const LogRead& wanted) const {
  Sources sources;
  const std::lock_guard lock(mutex_);
  sources.segments = segments_;
  const auto add = [&](const std::shared_ptr<const RecentLog>& log) {
    sources.held.push_back(log);
    const RecentLog::Streams& streams = log->streams();
    for (auto at = streams.lower_bound({wanted.group, 0});
         at != streams.end() && at->first.group == wanted.group; ++at) {
      if (!std::ranges::binary_search(wanted.streams, at->first.stream)) continue;
      auto events = within(at->second.events, wanted);
      // One more than can be used tells that there are more.
      if (events.size() > wanted.events_max)
        events = wanted.forward ? events.first(wanted.events_max + 1) : events.last(wanted.events_max + 1);
      if (!events.empty())
        sources.recent.emplace_back(at->first.stream,
                                    std::vector<LogEventView>(events.begin(), events.end()));
    }
  };
  if (finished_) add(finished_->log);
  add(active_.log);
  return sources;
}

Result<LogPage> LogStore::merge(const LogRead& wanted, const Sources& sources) const {
  Cursors cursors(wanted.forward);
  const auto begin = [&](Cursor cursor, std::span<const LogEventView> events) {
    if (events.empty()) return;
    cursor.events.assign(events.begin(), events.end());
    if (!wanted.forward) std::ranges::reverse(cursor.events);
    cursor.at = cursor.events.front().at;
    cursors.push(std::move(cursor));
  };
  for (const auto& segment : sources.segments)
    for (Cursor& cursor : cursors_of(*segment, wanted)) cursors.push(std::move(cursor));
  for (const auto& [stream, events] : sources.recent) {
    Cursor cursor;
    cursor.stream = stream;
    begin(std::move(cursor), events);
  }

  LogPage page;
  std::size_t bytes = 0;
  while (!cursors.empty()) {
    Cursor cursor = cursors.pop();
    if (cursor.block != nullptr) {
      auto read = read_block(disk_, *cursor.segment, *std::exchange(cursor.block, nullptr));
      if (read) {
        cursor.bytes = *std::move(read);
        const auto events = TRY(decode_block(cursor.bytes));
        begin(std::move(cursor), within(events, wanted));
      } else if (read.error().code == ErrorCode::Corrupt) {
        damaged_.add();
        logger_.error("logs", read.error().message);
      } else {
        return std::unexpected(read.error());
      }
      continue;
    }
    const LogEventView& event = cursor.events[cursor.next];
    bytes += event.message.size();
    if (page.events.size() == wanted.events_max || (bytes > wanted.bytes_max && !page.events.empty())) {
      page.more = true;
      break;
    }
    page.events.push_back({cursor.stream, event.at, event.ingested_ms, std::string(event.message)});
    if (++cursor.next == cursor.events.size()) continue;
    cursor.at = cursor.events[cursor.next].at;
    cursors.push(std::move(cursor));
  }
  return page;
}

// Indexes are long, and do not change: only what is recent is looked at under the lock.
LogStore::Segments LogStore::with_recent(const std::function<void(const RecentLog&)>& visit) const {
  const std::lock_guard lock(mutex_);
  if (finished_) visit(*finished_->log);
  visit(*active_.log);
  return segments_;
}

std::map<std::uint64_t, LogStreamFacts> LogStore::streams_of(std::uint64_t group) const {
  std::map<std::uint64_t, LogStreamFacts> facts;
  const auto add = [&](std::uint64_t stream, LogPosition first, LogPosition last, std::int64_t ingested) {
    const auto [known, fresh] = facts.try_emplace(stream, LogStreamFacts{first, last, ingested});
    if (fresh) return;
    known->second.first = std::min(known->second.first, first);
    known->second.last = std::max(known->second.last, last);
    known->second.ingested_last_ms = std::max(known->second.ingested_last_ms, ingested);
  };
  const auto add_recent = [&](const RecentLog& log) {
    for (auto at = log.streams().lower_bound({group, 0});
         at != log.streams().end() && at->first.group == group; ++at)
      add(at->first.stream, at->second.events.front().at, at->second.events.back().at,
          at->second.ingested_last_ms);
  };
  for (const auto& segment : with_recent(add_recent))
    for (const LogBlock& block : of_group(*segment, group))
      add(block.key.stream, block.first, block.last, block.ingested_last_ms);
  return facts;
}

std::map<std::uint64_t, std::uint64_t> LogStore::message_bytes_by_group() const {
  std::map<std::uint64_t, std::uint64_t> bytes;
  const auto add_recent = [&](const RecentLog& log) {
    for (const auto& [key, stream] : log.streams()) bytes[key.group] += stream.message_bytes;
  };
  for (const auto& segment : with_recent(add_recent))
    for (const LogBlock& block : segment->blocks) bytes[block.key.group] += block.message_bytes;
  return bytes;
}

}  // namespace meridian::store
