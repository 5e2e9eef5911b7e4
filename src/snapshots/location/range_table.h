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

  // Takes ranges that come in order and do not meet.
  class Builder {
   public:
    void append(const Range& range) {
      begin(range.first, range.value);
      if (range.last != kGreatest) begin(static_cast<Key>(range.last + 1), 0);
    }
    // From `first` on, up to the next begin(), this value holds.
    void begin(Key first, std::uint32_t value) {
      if (starts_.back() == first) {
        starts_.pop_back();
        values_.pop_back();
      }
      if (!values_.empty() && values_.back() == value) return;
      starts_.push_back(first);
      values_.push_back(value);
    }
    std::size_t ranges() const { return values_.size(); }
    RangeTable finish() && { return RangeTable(std::move(starts_), std::move(values_)); }

   private:
    std::vector<Key> starts_{0};
    std::vector<std::uint32_t> values_{0};
  };

  RangeTable() : RangeTable({0}, {0}) {}

  // Of ranges that hold one another or do not meet, as address blocks do: the innermost wins. 0 is the value
  // of all other keys. Of equal ranges the later wins.
  static RangeTable flatten(std::vector<Range> ranges) {
    std::ranges::stable_sort(ranges, [](const Range& a, const Range& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    Builder builder;
    std::vector<Range> open;
    const auto close_before = [&](Key key) {
      while (!open.empty() && open.back().last < key) {
        const Key after = static_cast<Key>(open.back().last + 1);
        open.pop_back();
        builder.begin(after, open.empty() ? 0 : open.back().value);
      }
    };
    for (const Range& range : ranges) {
      close_before(range.first);
      builder.begin(range.first, range.value);
      open.push_back(range);
    }
    close_before(kGreatest);
    return std::move(builder).finish();
  }

  Found find(Key key) const {
    std::size_t at = 0;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) at = step(*level, at, key);
    at = std::min(step(starts_, at, key), values_.size() - 1);
    unsigned bits = 0;
    if (at > 0) bits = 1 + common_bits(key, static_cast<Key>(starts_[at] - 1));
    if (at + 1 < values_.size()) bits = std::max(bits, 1 + common_bits(key, starts_[at + 1]));
    return {values_[at], bits};
  }

  std::size_t ranges() const { return values_.size(); }
  Key first(std::size_t range) const { return starts_[range]; }
  std::uint32_t value(std::size_t range) const { return values_[range]; }
  std::size_t bytes() const {
    std::size_t sum = starts_.capacity() * sizeof(Key) + values_.capacity() * sizeof(std::uint32_t);
    for (const auto& level : levels_) sum += level.capacity() * sizeof(Key);
    return sum;
  }

 private:
  static constexpr std::size_t kFan = 16;  // a cache line of IPv4 addresses
  static constexpr Key kGreatest = static_cast<Key>(~Key{0});

  RangeTable(std::vector<Key> starts, std::vector<std::uint32_t> values)
      : starts_(std::move(starts)), values_(std::move(values)) {
    values_.shrink_to_fit();
    pad(starts_);
    std::vector<Key> level = sample(starts_);
    for (; level.size() > 1; level = sample(levels_.back())) {
      pad(level);
      levels_.push_back(std::move(level));
    }
  }

  static std::vector<Key> sample(const std::vector<Key>& below) {
    std::vector<Key> level;
    level.reserve(below.size() / kFan + kFan);
    for (std::size_t i = 0; i < below.size(); i += kFan) level.push_back(below[i]);
    return level;
  }
  static void pad(std::vector<Key>& level) {
    level.resize((level.size() + kFan - 1) / kFan * kFan, kGreatest);
    level.shrink_to_fit();
  }

  // Which of the kFan keys below `parent` is the last that is not greater than `key`: without a branch, as
  // none could be foretold.
  static std::size_t step(const std::vector<Key>& level, std::size_t parent, Key key) {
    // The greatest key is not greater than the filling either, and may have been led there.
    const std::size_t first = std::min(parent * kFan, level.size() - kFan);
    const Key* keys = level.data() + first;
    std::size_t not_greater = 0;
    for (std::size_t i = 0; i < kFan; ++i) not_greater += keys[i] <= key ? 1 : 0;
    return first + not_greater - 1;
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

  std::vector<Key> starts_;  // filled up to a multiple of kFan with the greatest key
  std::vector<std::uint32_t> values_;
  std::vector<std::vector<Key>> levels_;  // each holds every kFan-th key of the one before
};

}  // namespace meridian::snapshots::location
