// Which objects are gone by an invalidation: each purge is a line in the log of its distribution, and an
// object that was there before it is held against the lines that it has not seen when it is next looked up. A
// purge therefore costs the same whatever it hits, and counts at once, also for what is under way from the
// origin.
//
// Rule: an object takes its place in the log (newest()) before its origin is asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace meridian::engines::cdn {

// Older lines become one: everything that is as old as them counts as purged.
inline constexpr std::size_t kPurgeLinesMax = 10'000;
inline constexpr std::size_t kTagsMax = 50;  // of an object (CF:invalidation-specifying-tags)
inline constexpr std::size_t kTagBytesMax = 256;

class PurgeLog {
 public:
  // A path with its query as it is in the key, `*` at its end standing for anything, or `#tag`.
  void purge(std::string_view item);
  std::uint64_t newest() const { return newest_.load(std::memory_order_acquire); }
  // Whether a line after `seen` is about this object. Sets `seen` to the newest when none is.
  bool purged(std::string_view uri, const std::vector<std::string>& tags,
              std::atomic<std::uint64_t>& seen) const;

 private:
  struct Line {
    enum class Kind : std::uint8_t { Exact, Prefix, Tag } kind = Kind::Exact;
    std::string text;
  };
  std::atomic<std::uint64_t> newest_{0};
  mutable std::shared_mutex mutex_;
  std::deque<Line> lines_;
  std::uint64_t before_first_ = 0;  // the number of the line before lines_.front()
};

// The logs of all distributions that have ever been asked for here.
class PurgeLogs {
 public:
  std::shared_ptr<PurgeLog> of(std::string_view distribution_id);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PurgeLog>, std::less<>> logs_;
};

// The members of a tag header's values: separated by commas, in lower case, at most kTagsMax.
std::vector<std::string> read_tags(std::string_view value);

}  // namespace meridian::engines::cdn
