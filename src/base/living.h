// A table of what lives elsewhere: whoever makes the same thing again finds the one that is still in use.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <unordered_map>

namespace meridian {

template <typename Key, typename T>
class Living {
 public:
  // Null: nobody has it any more.
  std::shared_ptr<const T> find(const Key& key) const {
    const auto found = all_.find(key);
    return found == all_.end() ? nullptr : found->second.lock();
  }
  void put(const Key& key, const std::shared_ptr<const T>& value) {
    if (all_.size() >= sweep_at_) {
      std::erase_if(all_, [](const auto& each) { return each.second.expired(); });
      sweep_at_ = std::max(kSweepAtMin, 2 * all_.size());
    }
    all_[key] = value;
  }

 private:
  static constexpr std::size_t kSweepAtMin = 64;

  std::unordered_map<Key, std::weak_ptr<const T>> all_;
  std::size_t sweep_at_ = kSweepAtMin;  // the dead go whenever there is twice as much as lived
};

}  // namespace meridian
