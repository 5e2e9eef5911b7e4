// Which objects an invalidation has hit: each purge is a line in the log of its distribution, and an object
// that was there before it is held against the lines that it has not seen when it is next looked up. A purge
// therefore costs the same whatever it hits, and counts at once, also for what is under way from the origin.
// What a purge hits is gone; what a soft one hits has expired, and is held against its line until it is
// renewed.
//
// Rule: an object takes its place in the log (newest()) before its origin is asked.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/metrics.h"

namespace meridian::engines::cdn {

// Older lines become one: everything that is as old as them counts as purged.
inline constexpr std::size_t kPurgeLinesMax = 10'000;
inline constexpr std::size_t kTagsMax = 50;  // of an object (CF:invalidation-specifying-tags)
inline constexpr std::size_t kTagBytesMax = 256;

// What purges have made of a copy.
struct Purged {
  enum class How : std::uint8_t { Not, Stale, Gone };
  How how = How::Not;
  std::uint64_t line = 0;            // the first that did it; 0: older than the log
  std::chrono::sys_seconds since{};  // Stale: it counts as expired since then

  bool at_all() const { return how != How::Not; }
  bool gone() const { return how == How::Gone; }
};

// Of a soft purge, from when on what it hits counts as expired; none: a hard one.
using StaleSince = std::optional<std::chrono::sys_seconds>;

struct PurgeCount {
  std::uint64_t number = 0;
  std::string item;
  std::uint64_t copies = 0;
  bool soft = false;
  std::uint64_t on_disk = 0;  // copies of their own
  bool operator==(const PurgeCount&) const = default;
};

class PurgeLog {
 public:
  explicit PurgeLog(std::string distribution_id = {}, Counter* taken = nullptr)
      : distribution_id_(std::move(distribution_id)), taken_(taken) {}
  const std::string& distribution_id() const { return distribution_id_; }

  // A path with its query as it is in the key, `*` at its end standing for anything, or `#tag`.
  void purge(std::string_view item, StaleSince stale_since = {});
  std::uint64_t newest() const { return newest_.load(std::memory_order_acquire); }
  // A line as it was before a restart; false: it does not follow.
  bool restore(std::uint64_t number, std::string_view item, StaleSince stale_since = {});
  // Every line that still counts, as it was given: `each` takes its number, its item and since when.
  using EachLine = std::function<void(std::uint64_t, std::string_view, StaleSince)>;
  void each_line(const EachLine& each) const;
  // What the lines after `seen` have made of this object. Sets `seen` to the newest when none is about it.
  // One comparison where nothing was purged since; else as many looks as the object has tags and the prefixes
  // have lengths.
  Purged purged(std::string_view uri, const std::vector<std::string>& tags,
                std::atomic<std::uint64_t>& seen) const {
    if (seen.load(std::memory_order_relaxed) == newest()) return {};
    return look(uri, tags, seen);
  }
  // A copy is let go, or renewed, of which that was found: counted for its line. What nobody looks at and no
  // room is made of is not counted.
  void count(const Purged& purged) const;
  // The same of a copy on disk.
  void count_on_disk(const Purged& purged) const;
  // Of a line as it was given; "": it is forgotten.
  std::string item(std::uint64_t number) const;
  // The lines that took something, the latest first.
  std::vector<PurgeCount> counts(std::size_t lines_max) const;

 private:
  struct Line {
    enum class Kind : std::uint8_t { Exact, Prefix, Tag };
    Kind kind = Kind::Exact;
    std::string text;
    StaleSince stale_since;
  };
  // The numbers of the lines of one text, the oldest first.
  struct Numbers {
    std::vector<std::uint64_t> hard, soft;
    std::vector<std::uint64_t>& of(const Line& line) { return line.stale_since ? soft : hard; }
  };
  static std::string item_of(const Line& line);
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Texts = std::unordered_map<std::string, Numbers, TextHash, std::equal_to<>>;

  Texts& texts(Line::Kind kind) { return texts_[static_cast<std::size_t>(kind)]; }
  Purged look(std::string_view uri, const std::vector<std::string>& tags,
              std::atomic<std::uint64_t>& seen) const;
  // Under the lock, as the rest.
  const Line& line(std::uint64_t number) const { return lines_[number - before_first_ - 1]; }
  struct Copies {
    std::uint64_t in_memory = 0, on_disk = 0;
  };
  void count(const Purged& purged, std::uint64_t Copies::*which) const;
  void add(std::string_view item, StaleSince stale_since);
  void forget_oldest();

  const std::string distribution_id_;
  std::atomic<std::uint64_t> newest_{0};
  mutable std::shared_mutex mutex_;
  std::deque<Line> lines_;
  std::array<Texts, 3> texts_;                       // by kinds of lines
  std::map<std::size_t, std::size_t> prefix_sizes_;  // how many prefixes have it
  std::uint64_t before_first_ = 0;                   // the number of the line before lines_.front()
  Counter* const taken_;                             // of all logs, in memory; null: nobody counts
  mutable std::mutex copies_mutex_;                  // taken after the other
  mutable std::map<std::uint64_t, Copies> copies_;   // by the numbers of lines that took some
};

// The logs of all distributions that have ever been asked for here.
class PurgeLogs {
 public:
  // In all logs that are made from now on.
  void count_in(Counter& taken) { taken_ = &taken; }
  std::shared_ptr<PurgeLog> of(std::string_view distribution_id);
  // `each` takes the distribution, and what PurgeLog::each_line() gives.
  using EachLine = std::function<void(std::string_view, std::uint64_t, std::string_view, StaleSince)>;
  void each_line(const EachLine& each) const;
  void clear();

 private:
  Counter* taken_ = nullptr;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PurgeLog>, std::less<>> logs_;
};

// The members of a tag header's values: separated by commas, in lower case, at most kTagsMax.
std::vector<std::string> read_tags(std::string_view value);

}  // namespace meridian::engines::cdn
