// One layer of caches: an edge location, a regional edge cache, an Origin Shield. It answers from what it
// remembers, or from the tier behind it, or from the origin.
// Rule: of all requests for a key one asks, and the others get what it gets, while it is still arriving; but
// what the origin does not want shared, each asks for itself.
#pragma once

#include <memory>
#include <string>

#include "engines/cdn/ask.h"
#include "engines/cdn/cache.h"
#include "engines/cdn/disk/disk_cache.h"

namespace meridian::engines::cdn {

namespace slices {
class Slices;
}

// For so long nobody waits for another's answer after the origin said that answers are not to be shared.
inline constexpr rules::Seconds kAloneTime{60};

// One question under way, and who waits for the answer.
class Flight {
 public:
  Flight(Worker& its, std::shared_ptr<const Ask> what, std::shared_ptr<const Object> stale)
      : worker(its), ask(std::move(what)), previous(std::move(stale)) {}
  Worker& worker;
  const std::shared_ptr<const Ask> ask;
  std::shared_ptr<const Object> previous;
  std::vector<std::shared_ptr<Waiter>> waiters;  // under the lock of the slot
};

class Tier {
 public:
  // Of an edge location, in front of the regional cache of `region`; "": of none.
  Tier(std::string name, std::string region, std::size_t cache_bytes)
      : name_(std::move(name)), region_(std::move(region)), is_location_(true), cache_(cache_bytes) {}
  // Of a Region.
  Tier(std::string region, std::size_t cache_bytes) : name_(region), region_(region), cache_(cache_bytes) {}
  // What any of the tiers keeps that share bodies with this one.
  void share_bodies(std::size_t object_bytes_max) { object_bytes_max_ = object_bytes_max; }

  // What needs nobody else: a fresh copy, or one that stands in.
  std::optional<Answer> find(const Key& key, rules::Time now);
  // Answers once, on the waiter's loop, perhaps inside; not at all when the waiter is cancelled.
  void ask(const std::shared_ptr<Waiter>& waiter);
  // The same from the origin, whoever else asks; what it says is kept.
  void ask_alone(const std::shared_ptr<Waiter>& waiter, std::shared_ptr<const Object> previous);

  const std::string& name() const { return name_; }
  Cache& cache() { return cache_; }
  const std::string& region() const { return region_; }
  bool is_location() const { return is_location_; }
  void forget(const Key& key);
  // What is kept is kept there, too, and looked for. It outlives every question.
  void keep_on(disk::DiskCache& disk) { disk_ = &disk; }
  void forget_on_disk(const Key& key) const {
    if (disk_) disk_->forget(key);
  }
  // What is too large to be kept in one piece, or came in part, is kept there. It outlives every object.
  void slice_into(slices::Slices& slices) { slices_ = &slices; }
  // From now on what is missing of an object in slices is asked for as `ask` would be. False: it comes from a
  // tier that may be waiting for `ask`, which is of a shield.
  static bool ask_as(const std::shared_ptr<const Object>& object, Worker& worker,
                     std::shared_ptr<const Ask> ask);

  // What a request does with what is there.
  enum class Choice : std::uint8_t {
    Serve,
    StandIn,          // the copy has expired, but the origin failed a moment ago
    ServeAndRefresh,  // stale-while-revalidate
    AskAlone,         // answers are not to be shared
    Join,             // another request has asked
    Ask,
  };
  // For explain. Nothing counts as visited.
  struct Held {
    std::shared_ptr<const Object> object;  // null: none
    Choice choice = Choice::Ask;
    Purged purged{};       // what it is, or what was there and is not any more
    bool on_disk = false;  // and not in memory
    bool serves() const {
      return choice == Choice::Serve || choice == Choice::StandIn || choice == Choice::ServeAndRefresh;
    }
  };
  Held look(const Key& key, rules::Time now);
  // The same of the disk, of what memory does not have; `told` on the worker's loop. False: nothing is there.
  bool look_on_disk(const Key& key, Worker& worker, const std::shared_ptr<const Ask>& ask,
                    std::function<void(Held)> told);

 private:
  static Choice choose(Cache::Slot& slot, rules::Time now);
  static std::optional<Answer> usable(Cache::Slot& slot, Choice choice);
  std::size_t object_bytes_max() const { return std::max(object_bytes_max_, cache_.object_bytes_max()); }
  void begin(const std::shared_ptr<Flight>& flight);
  void from_disk(const std::shared_ptr<Flight>& flight, const disk::DiskCache::Found& read);
  // With its slices, where it has them; null: it may not be served.
  std::shared_ptr<Object> open(Worker& worker, const std::shared_ptr<const Ask>& ask,
                               const disk::DiskCache::Found& read) const;
  // Of an object in slices, which nobody would find without it.
  void keep_head(const Key& key, const std::shared_ptr<const Object>& object) const;
  FetchTerms terms(Worker& worker, const std::shared_ptr<const Ask>& ask,
                   std::shared_ptr<const Object> previous);
  void fetch(const std::shared_ptr<Flight>& flight);
  void landed(const std::shared_ptr<Flight>& flight, Answer answer);
  void remember(const Ask& ask, const Object* previous, Answer& answer, Cache::Slot& slot, rules::Time now);
  void give(const std::vector<std::shared_ptr<Waiter>>& waiters, const Worker& here, const Answer& answer);
  void settle(const Key& key);

  const std::string name_, region_;
  const bool is_location_ = false;
  std::size_t object_bytes_max_ = 0;
  Cache cache_;
  disk::DiskCache* disk_ = nullptr;   // may be null
  slices::Slices* slices_ = nullptr;  // null: what is too large for the cache is not kept
};

}  // namespace meridian::engines::cdn
