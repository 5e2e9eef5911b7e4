// Policies of caches bounded by bytes, to be asked a trace: ask() says whether it was a hit, and remembers
// what was not. Rule: every object costs kObjectBytes beside its size and every remembered key of a gone one
// kGhostBytes, so that no policy has memory for nothing.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>
#include <vector>

namespace meridian::sim {

inline constexpr std::uint64_t kObjectBytes = 200;
inline constexpr std::uint64_t kGhostBytes = 16;

// nginx's proxy_cache and Varnish's malloc store forget what was longest not asked for. Varnish moves an
// object to the front no more often than every `lazy` requests (its lru_interval).
template <typename Key>
class Lru {
 public:
  explicit Lru(std::uint64_t bytes_max, std::uint64_t lazy = 0) : bytes_max_(bytes_max), lazy_(lazy) {}

  bool ask(Key key, std::uint64_t size) {
    ++now_;
    if (const auto at = where_.find(key); at != where_.end()) {
      if (now_ - at->second->moved >= lazy_) {
        at->second->moved = now_;
        order_.splice(order_.begin(), order_, at->second);
      }
      return true;
    }
    const std::uint64_t cost = size + kObjectBytes;
    if (cost > bytes_max_ / 2) return false;
    order_.push_front({key, cost, now_});
    where_.emplace(key, order_.begin());
    for (bytes_ += cost; bytes_ > bytes_max_;) {
      bytes_ -= order_.back().cost;
      where_.erase(order_.back().key);
      order_.pop_back();
    }
    return false;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Key key;
    std::uint64_t cost, moved;
  };
  const std::uint64_t bytes_max_, lazy_;
  std::uint64_t bytes_ = 0, now_ = 0;
  std::list<Entry> order_;
  std::unordered_map<Key, typename std::list<Entry>::iterator> where_;
};

// Zhang et al., NSDI 2024.
template <typename Key>
class Sieve {
 public:
  explicit Sieve(std::uint64_t bytes_max) : bytes_max_(bytes_max), hand_(order_.end()) {}

  bool ask(Key key, std::uint64_t size) {
    if (const auto at = where_.find(key); at != where_.end()) return at->second->visited = true;
    const std::uint64_t cost = size + kObjectBytes;
    if (cost > bytes_max_ / 2) return false;
    while (bytes_ + cost > bytes_max_) evict();
    order_.push_front({key, cost, false});
    where_.emplace(key, order_.begin());
    bytes_ += cost;
    return false;
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Key key;
    std::uint64_t cost;
    bool visited;
  };
  using Place = typename std::list<Entry>::iterator;
  Place newer(Place at) { return at == order_.begin() ? order_.end() : std::prev(at); }
  void evict() {
    if (hand_ == order_.end()) hand_ = std::prev(order_.end());
    while (std::exchange(hand_->visited, false)) {
      hand_ = newer(hand_);
      if (hand_ == order_.end()) hand_ = std::prev(order_.end());
    }
    const Place gone = hand_;
    hand_ = newer(gone);
    bytes_ -= gone->cost;
    where_.erase(gone->key);
    order_.erase(gone);
  }

  const std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::list<Entry> order_;  // the newest first
  Place hand_;
  std::unordered_map<Key, Place> where_;
};

// Yang et al., SOSP 2023: a tenth for what is new, the rest for what was asked for again, and the keys of
// what was new and is gone. `again`: how often something new is asked for until it counts as that.
template <typename Key>
class S3Fifo {
 public:
  explicit S3Fifo(std::uint64_t bytes_max, unsigned small_percent = 10, unsigned again = 2)
      : bytes_max_(bytes_max), small_max_(bytes_max * small_percent / 100), again_(again) {}

  bool ask(Key key, std::uint64_t size) {
    if (const auto at = where_.find(key); at != where_.end()) {
      at->second->uses = std::min(at->second->uses + 1, 3u);
      return true;
    }
    const std::uint64_t cost = size + kObjectBytes;
    if (cost > bytes_max_ / 2) return false;
    const bool known = forget_ghost(key);
    while (bytes() + cost > bytes_max_) evict();
    add(known ? main_ : small_, {key, cost, 0});
    return false;
  }
  std::uint64_t bytes() const { return small_.bytes + main_.bytes + ghosts_.size() * kGhostBytes; }

 private:
  struct Entry {
    Key key;
    std::uint64_t cost;
    unsigned uses;
  };
  struct Queue {
    std::list<Entry> order;  // the newest first
    std::uint64_t bytes = 0;
  };
  void add(Queue& queue, Entry entry) {
    queue.bytes += entry.cost;
    queue.order.push_front(entry);
    where_[entry.key] = queue.order.begin();
  }
  Entry take_oldest(Queue& queue) {
    const Entry entry = queue.order.back();
    queue.bytes -= entry.cost;
    where_.erase(entry.key);
    queue.order.pop_back();
    return entry;
  }
  bool forget_ghost(Key key) {
    const auto at = ghosts_.find(key);
    if (at == ghosts_.end()) return false;
    ghost_order_.erase(at->second);
    ghosts_.erase(at);
    return true;
  }
  void evict() {
    if (!small_.order.empty() && (small_.bytes > small_max_ || main_.order.empty())) {
      Entry entry = take_oldest(small_);
      if (entry.uses >= again_) {
        entry.uses = 0;
        return add(main_, entry);
      }
      ghost_order_.push_front(entry.key);
      ghosts_[entry.key] = ghost_order_.begin();
      // As many as there are objects that were asked for again.
      while (ghosts_.size() > std::max<std::size_t>(main_.order.size(), 16)) {
        ghosts_.erase(ghost_order_.back());
        ghost_order_.pop_back();
      }
      return;
    }
    while (!main_.order.empty()) {
      Entry entry = take_oldest(main_);
      if (entry.uses == 0) return;
      --entry.uses;
      add(main_, entry);
    }
  }

  const std::uint64_t bytes_max_, small_max_;
  const unsigned again_;
  Queue small_, main_;
  std::unordered_map<Key, typename std::list<Entry>::iterator> where_;
  std::list<Key> ghost_order_;
  std::unordered_map<Key, typename std::list<Key>::iterator> ghosts_;
};

// Objects in one memory, and those that are longer than `object_max` in another, in slices that come and go
// for themselves: two of S3Fifo, as engines/cdn has them.
class SplitS3Fifo {
 public:
  SplitS3Fifo(std::uint64_t bytes_max, unsigned slices_percent, std::uint64_t object_max)
      : object_max_(object_max),
        objects_(bytes_max - bytes_max * slices_percent / 100, 10, 1),
        slices_(bytes_max * slices_percent / 100, 10, 1) {}

  // How much of it was there; a hit is all of it.
  std::uint64_t ask_bytes(std::uint64_t key, std::uint64_t size) {
    if (size <= object_max_) return objects_.ask(key, size) ? size : 0;
    std::uint64_t there = 0;
    for (std::uint64_t at = 0; at < size; at += kSliceBytes) {
      const std::uint64_t part = std::min(kSliceBytes, size - at);
      there += slices_.ask(slice_key(key, at), part) ? part : 0;
    }
    return there;
  }
  bool ask(std::uint64_t key, std::uint64_t size) { return ask_bytes(key, size) == size; }
  std::uint64_t bytes() const { return objects_.bytes() + slices_.bytes(); }

 private:
  static constexpr std::uint64_t kSliceBytes = 1 << 20;
  // Keys are spread over all of 64 bits.
  static std::uint64_t slice_key(std::uint64_t key, std::uint64_t at) {
    return key + at * 0x9e3779b97f4a7c15ULL;
  }

  const std::uint64_t object_max_;
  S3Fifo<std::uint64_t> objects_, slices_;
};

// How often keys were asked for lately: four counters of four bits each a key, halved after ten times as many
// requests as there are counters (Einziger et al., TinyLFU, 2017).
class FrequencySketch {
 public:
  explicit FrequencySketch(std::size_t keys)
      : counters_(std::bit_ceil(std::max<std::size_t>(keys, 64))), mask_(counters_.size() - 1) {}
  void add(std::uint64_t key) {
    for (unsigned row = 0; row < 4; ++row) {
      std::uint64_t& word = counters_[place(key, row)];
      const unsigned shift = shift_of(key, row);
      if ((word >> shift & 15) < 15) word += std::uint64_t{1} << shift;
    }
    if (++added_ < 10 * counters_.size()) return;
    added_ /= 2;
    for (std::uint64_t& word : counters_) word = word >> 1 & 0x7777777777777777ULL;
  }
  unsigned count(std::uint64_t key) const {
    unsigned least = 15;
    for (unsigned row = 0; row < 4; ++row)
      least = std::min(least, static_cast<unsigned>(counters_[place(key, row)] >> shift_of(key, row) & 15));
    return least;
  }
  std::uint64_t bytes() const { return counters_.size() * 8; }

 private:
  static std::uint64_t spread(std::uint64_t key, unsigned row) {
    key = (key + row * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;
    return key ^ key >> 32;
  }
  std::size_t place(std::uint64_t key, unsigned row) const { return spread(key, row) & mask_; }
  static unsigned shift_of(std::uint64_t key, unsigned row) {
    return static_cast<unsigned>(spread(key, row) >> 60) / 4 * 16 + row * 4;
  }
  std::vector<std::uint64_t> counters_;
  const std::uint64_t mask_;
  std::uint64_t added_ = 0;
};

// W-TinyLFU by sizes: what leaves the window is let in when it was asked for more often than all together
// that have to go for it (Einziger et al., Lightweight Robust Size Aware Cache Management, 2021: AV).
template <typename Key>
class WTinyLfu {
 public:
  explicit WTinyLfu(std::uint64_t bytes_max, unsigned window_percent = 1)
      : sketch_(bytes_max / 16384),
        bytes_max_(bytes_max - std::min(bytes_max / 2, sketch_.bytes())),
        window_max_(bytes_max_ * window_percent / 100),
        protected_max_((bytes_max_ - window_max_) * 8 / 10) {}

  bool ask(Key key, std::uint64_t size) {
    sketch_.add(key);
    if (const auto at = where_.find(key); at != where_.end()) {
      touch(at->second);
      return true;
    }
    const std::uint64_t cost = size + kObjectBytes;
    if (cost > bytes_max_ / 2) return false;
    if (cost > window_max_) {
      admit({key, cost, Queue::Probation});
      return false;
    }
    push(Queue::Window, {key, cost, Queue::Window});
    while (bytes_[0] > window_max_) admit(take_oldest(Queue::Window));
    return false;
  }
  std::uint64_t bytes() const { return bytes_[0] + bytes_[1] + bytes_[2]; }

 private:
  enum class Queue : std::uint8_t { Window, Probation, Protected };
  struct Entry {
    Key key;
    std::uint64_t cost;
    Queue queue;
  };
  using Order = std::list<Entry>;
  static std::size_t index(Queue queue) { return static_cast<std::size_t>(queue); }
  void push(Queue queue, Entry entry) {
    entry.queue = queue;
    bytes_[index(queue)] += entry.cost;
    orders_[index(queue)].push_front(entry);
    where_[entry.key] = orders_[index(queue)].begin();
  }
  Entry take(typename Order::iterator at) {
    const Entry entry = *at;
    bytes_[index(entry.queue)] -= entry.cost;
    where_.erase(entry.key);
    orders_[index(entry.queue)].erase(at);
    return entry;
  }
  Entry take_oldest(Queue queue) { return take(std::prev(orders_[index(queue)].end())); }
  void touch(typename Order::iterator at) {
    Order& order = orders_[index(at->queue)];
    if (at->queue != Queue::Probation) return order.splice(order.begin(), order, at);
    push(Queue::Protected, take(at));
    while (bytes_[2] > protected_max_) push(Queue::Probation, take_oldest(Queue::Protected));
  }
  void admit(const Entry& candidate) {
    const std::uint64_t room = bytes_max_ - window_max_;
    if (candidate.cost > room) return;
    const unsigned uses = sketch_.count(candidate.key);
    unsigned theirs = 0;
    std::uint64_t freed = 0;
    std::vector<Key> victims;
    const std::uint64_t used = bytes_[1] + bytes_[2];
    for (const Queue queue : {Queue::Probation, Queue::Protected})
      for (auto at = orders_[index(queue)].rbegin();
           at != orders_[index(queue)].rend() && used - freed + candidate.cost > room; ++at) {
        theirs += sketch_.count(at->key);
        freed += at->cost;
        victims.push_back(at->key);
        if (theirs >= uses) return spare(victims.front());
      }
    for (const Key& victim : victims) take(where_[victim]);
    push(Queue::Probation, candidate);
  }
  // Who was held against a candidate and won goes to the front, so that the next one meets another.
  void spare(Key key) {
    const auto at = where_[key];
    Order& order = orders_[index(at->queue)];
    order.splice(order.begin(), order, at);
  }

  FrequencySketch sketch_;
  const std::uint64_t bytes_max_, window_max_, protected_max_;
  std::array<Order, 3> orders_;  // the newest first
  std::array<std::uint64_t, 3> bytes_{};
  std::unordered_map<Key, typename Order::iterator> where_;
};

}  // namespace meridian::sim
