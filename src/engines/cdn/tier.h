// One layer of caches: an edge location, a regional edge cache, an Origin Shield. It answers from what it
// remembers, or from the tier behind it, or from the origin.
// Rule: of all requests for a key one asks, and the others get what it gets, while it is still arriving; but
// what the origin does not want shared, each asks for itself.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engines/cdn/ask.h"
#include "engines/cdn/cache.h"

namespace meridian::engines::cdn {

// For so long nobody waits for another's answer after the origin said that answers are not to be shared.
inline constexpr rules::Seconds kAloneTime{60};

// One question under way, and who waits for the answer.
class Flight {
 public:
  Flight(Worker& its, std::shared_ptr<const Ask> what, std::shared_ptr<const Object> stale)
      : worker(its), ask(std::move(what)), previous(std::move(stale)) {}
  Worker& worker;
  const std::shared_ptr<const Ask> ask;
  const std::shared_ptr<const Object> previous;
  std::vector<std::shared_ptr<Waiter>> waiters;  // under the lock of the slot
};

class Tier {
 public:
  // By region.
  using Shields = std::map<std::string, std::unique_ptr<Tier>, std::less<>>;

  // Of an edge location; `behind` null: the origin is.
  Tier(std::string name, std::size_t cache_bytes, Tier* behind)
      : name_(std::move(name)), cache_(cache_bytes), behind_(behind) {}
  // Of a Region: an origin may name another one of them to stand before it.
  Tier(std::string region, std::size_t cache_bytes, const Shields& shields)
      : name_(std::move(region)), cache_(cache_bytes), shields_(&shields) {}

  // What needs nobody else: a fresh copy, or one that stands in.
  std::optional<Answer> find(const Key& key, rules::Time now);
  // Answers once, on the waiter's loop, perhaps inside; not at all when the waiter is cancelled.
  void ask(const std::shared_ptr<Waiter>& waiter);

  const std::string& name() const { return name_; }
  Cache& cache() { return cache_; }
  Tier* behind() const { return behind_; }
  // Of this request; null: the origin is.
  Tier* behind(const Ask& ask) const;
  void forget(const Key& key);

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
    bool purged = false;  // one was there
    bool serves() const {
      return choice == Choice::Serve || choice == Choice::StandIn || choice == Choice::ServeAndRefresh;
    }
  };
  Held look(const Key& key, rules::Time now);

 private:
  static Choice choose(Cache::Slot& slot, rules::Time now);
  static std::optional<Answer> usable(Cache::Slot& slot, Choice choice);
  std::size_t object_bytes_max() const;
  void begin(const std::shared_ptr<Flight>& flight);
  void landed(const std::shared_ptr<Flight>& flight, Answer answer);
  void remember(const Ask& ask, const Object* previous, Answer& answer, Cache::Slot& slot, rules::Time now);
  void ask_alone(const std::shared_ptr<Waiter>& waiter, std::shared_ptr<const Object> previous);
  void give(const std::vector<std::shared_ptr<Waiter>>& waiters, const Worker& here, const Answer& answer);
  void settle(const Key& key);

  const std::string name_;
  Cache cache_;
  Tier* const behind_ = nullptr;
  const Shields* const shields_ = nullptr;
};

}  // namespace meridian::engines::cdn
