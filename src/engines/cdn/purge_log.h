// Which objects are gone by an invalidation: each purge is a line in the log of its distribution, and an
// object that was there before it is held against the lines that it has not seen when it is next looked up. A
// purge therefore costs the same whatever it hits, and counts at once, also for what is under way from the
// origin.
//
// Rule: an object takes its place in the log (newest()) before its origin is asked.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
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

struct PurgeCount {
  std::uint64_t number = 0;
  std::string item;
  std::uint64_t copies = 0;
  bool operator==(const PurgeCount&) const = default;
};

class PurgeLog {
 public:
  explicit PurgeLog(std::string distribution_id = {}, Counter* taken = nullptr)
      : distribution_id_(std::move(distribution_id)), taken_(taken) {}
  const std::string& distribution_id() const { return distribution_id_; }

  // A path with its query as it is in the key, `*` at its end standing for anything, or `#tag`.
  void purge(std::string_view item);
  std::uint64_t newest() const { return newest_.load(std::memory_order_acquire); }
  // A line as it was before a restart; false: it does not follow.
  bool restore(std::uint64_t number, std::string_view item);
  // Every line that still counts, as it was given: `each` takes its number and its item.
  void each_line(const std::function<void(std::uint64_t, std::string_view)>& each) const;
  // Whether a line after `seen` is about this object. Sets `seen` to the newest when none is. One comparison
  // where nothing was purged since; else as many looks as the object has tags and the prefixes have lengths.
  bool purged(std::string_view uri, const std::vector<std::string>& tags,
              std::atomic<std::uint64_t>& seen) const;
  // A copy that was as old as `seen` is let go because it is purged: counted for the earliest line that took
  // it. What nobody looks at and no room is made of is not counted.
  void count_taken(std::string_view uri, const std::vector<std::string>& tags, std::uint64_t seen) const;
  // The lines that took something, the latest first.
  std::vector<PurgeCount> counts(std::size_t lines_max) const;

 private:
  struct Line {
    enum class Kind : std::uint8_t { Exact, Prefix, Tag };
    Kind kind = Kind::Exact;
    std::string text;
  };
  static std::string item_of(const Line& line);
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Newest = std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>>;

  Newest& newest_of(Line::Kind kind) { return newest_of_[static_cast<std::size_t>(kind)]; }
  std::uint64_t newest_line(Line::Kind kind, std::string_view text) const;  // 0: none
  bool is_after(Line::Kind kind, std::string_view text, std::uint64_t seen) const {
    return newest_line(kind, text) > seen;
  }
  void add(std::string_view item);  // under the lock
  void forget_oldest();

  const std::string distribution_id_;
  std::atomic<std::uint64_t> newest_{0};
  mutable std::shared_mutex mutex_;
  std::deque<Line> lines_;
  std::array<Newest, 3> newest_of_;                        // of each text the number of its newest line
  std::map<std::size_t, std::size_t> prefix_sizes_;        // how many prefixes have it
  std::uint64_t before_first_ = 0;                         // the number of the line before lines_.front()
  Counter* const taken_;                                   // of all logs; null: nobody counts
  mutable std::mutex copies_mutex_;                        // taken after the other
  mutable std::map<std::uint64_t, std::uint64_t> copies_;  // by the numbers of lines that took some
};

// The logs of all distributions that have ever been asked for here.
class PurgeLogs {
 public:
  // In all logs that are made from now on.
  void count_in(Counter& taken) { taken_ = &taken; }
  std::shared_ptr<PurgeLog> of(std::string_view distribution_id);
  // `each` takes the distribution, the number and the item.
  void each_line(const std::function<void(std::string_view, std::uint64_t, std::string_view)>& each) const;
  void clear();

 private:
  Counter* taken_ = nullptr;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PurgeLog>, std::less<>> logs_;
};

// The members of a tag header's values: separated by commas, in lower case, at most kTagsMax.
std::vector<std::string> read_tags(std::string_view value);

}  // namespace meridian::engines::cdn
