// Which value holds for a key, when values hold for ranges of keys: a longest-prefix match, flattened. Keys
// are addresses.
//
// Rule: the block that find() tells is the largest that holds the key and lies in one range, so that what was
// found holds for all of it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace meridian::snapshots::location {

template <typename Key>  // unsigned
class RangeTable {
 public:
  struct Range {
    Key first, last;
    std::uint32_t value;
  };
  struct Found {
    std::uint32_t value = 0;
    unsigned prefix_bits = 0;
  };

  // Of ranges that hold one another or do not meet, as address blocks do: the innermost wins. 0 is the value
  // of all other keys. Of equal ranges the later wins.
  static RangeTable flatten(std::vector<Range> ranges) {
    std::ranges::stable_sort(ranges, [](const Range& a, const Range& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    RangeTable table;
    std::vector<Range> open;
    const auto close_before = [&](Key key) {
      while (!open.empty() && open.back().last < key) {
        const Key after = static_cast<Key>(open.back().last + 1);
        open.pop_back();
        table.begin(after, open.empty() ? 0 : open.back().value);
      }
    };
    for (const Range& range : ranges) {
      close_before(range.first);
      table.begin(range.first, range.value);
      open.push_back(range);
    }
    close_before(static_cast<Key>(~Key{0}));
    table.finish();
    return table;
  }

  // For ranges that come in order and do not meet; finish() after the last.
  void append(const Range& range) {
    begin(range.first, range.value);
    if (range.last != static_cast<Key>(~Key{0})) begin(static_cast<Key>(range.last + 1), 0);
  }
  void finish() {
    starts_.shrink_to_fit();
    values_.shrink_to_fit();
    levels_.clear();
    for (std::span<const Key> below = starts_; below.size() > kFan;) {
      std::vector<Key> level;
      level.reserve(below.size() / kFan + 1);
      for (std::size_t i = 0; i < below.size(); i += kFan) level.push_back(below[i]);
      levels_.push_back(std::move(level));
      below = levels_.back();
    }
  }

  Found find(Key key) const {
    std::size_t at = 0;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) at = step(*level, at, key);
    at = step(starts_, at, key);
    unsigned bits = 0;
    if (at > 0) bits = 1 + common_bits(key, static_cast<Key>(starts_[at] - 1));
    if (at + 1 < starts_.size()) bits = std::max(bits, 1 + common_bits(key, starts_[at + 1]));
    return {values_[at], bits};
  }

  std::size_t ranges() const { return starts_.size(); }
  bool empty() const { return starts_.size() == 1 && values_.front() == 0; }
  std::size_t bytes() const {
    std::size_t sum = starts_.capacity() * sizeof(Key) + values_.capacity() * sizeof(std::uint32_t);
    for (const auto& level : levels_) sum += level.capacity() * sizeof(Key);
    return sum;
  }

 private:
  // One cache line of IPv4 addresses: measured best among 8, 16 and 32.
  static constexpr std::size_t kFan = 16;

  // Up to the next begin() this value holds.
  void begin(Key first, std::uint32_t value) {
    if (starts_.back() == first) {
      starts_.pop_back();
      values_.pop_back();
    }
    if (!values_.empty() && values_.back() == value) return;
    starts_.push_back(first);
    values_.push_back(value);
  }

  // Which of the `kFan` keys from `parent` on is the last that is not greater than `key`.
  static std::size_t step(const std::vector<Key>& level, std::size_t parent, Key key) {
    const std::size_t first = parent * kFan, last = std::min(first + kFan, level.size());
    std::size_t at = first;
    for (std::size_t i = first + 1; i < last; ++i) at += level[i] <= key;
    return at;
  }

  static unsigned common_bits(Key a, Key b) {
    const Key differs = static_cast<Key>(a ^ b);
    if constexpr (sizeof(Key) <= 8) {
      return static_cast<unsigned>(std::countl_zero(differs));
    } else {
      const auto high = static_cast<std::uint64_t>(differs >> 64);
      return static_cast<unsigned>(high ? std::countl_zero(high)
                                        : 64 + std::countl_zero(static_cast<std::uint64_t>(differs)));
    }
  }

  std::vector<Key> starts_{0};
  std::vector<std::uint32_t> values_{0};
  std::vector<std::vector<Key>> levels_;  // each holds every kFan-th key of the one before
};

}  // namespace meridian::snapshots::location
