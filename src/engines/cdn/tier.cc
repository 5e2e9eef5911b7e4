#include "engines/cdn/tier.h"

#include "engines/cdn/disk/disk_cache.h"
#include "engines/cdn/origin_fetch.h"
#include "engines/cdn/rules/error_page.h"
#include "engines/cdn/slice_fetch.h"
#include "engines/cdn/slices/sliced_body.h"
#include "engines/cdn/tier_fetch.h"
#include "engines/cdn/worker.h"

namespace meridian::engines::cdn {
namespace {

// What is not kept, and has come in part, is of use to who asked for that part.
bool will_do(const Answer& answer, const Ask& ask) {
  const auto& part = answer.object->part;
  return !part || (ask.range && ask.range->first >= part->first &&
                   std::min(ask.range->last, *answer.object->length - 1) <= part->last);
}

// What was there goes, or is renewed.
void replace(Cache::Slot& slot, std::shared_ptr<const Object> object) {
  if (slot.object && slot.object != object)
    if (const Purged purged = slot.object->purged(); purged.at_all()) slot.object->purges->count(purged);
  slot.object = std::move(object);
}

void let_go_purged(Cache::Slot& slot) {
  if (slot.object && slot.object->gone()) replace(slot, nullptr);
}

}  // namespace

Tier::Choice Tier::choose(Cache::Slot& slot, rules::Time now) {
  const Purged purged = slot.object ? slot.object->purged() : Purged();
  if (purged.gone()) {
    slot.object->purges->count(purged);
    slot.object.reset();
  }
  if (slot.object) {
    const rules::Use use = rules::judge(slot.object->life_as(purged, now), now);
    if (use == rules::Use::Fresh) return Choice::Serve;
    if (slot.stands_in_until > now) return Choice::StandIn;
    if (use == rules::Use::StaleWhileRevalidate) return Choice::ServeAndRefresh;
    // CF: no collapsing with max-age=0, no-cache, no-store and private.
    if (slot.object->life.fresh_s == 0) return Choice::AskAlone;
  }
  if (slot.alone_until > now) return Choice::AskAlone;
  return slot.flight ? Choice::Join : Choice::Ask;
}

std::optional<Answer> Tier::usable(Cache::Slot& slot, Choice choice) {
  if (choice != Choice::Serve && choice != Choice::StandIn && choice != Choice::ServeAndRefresh)
    return std::nullopt;
  slot.visited = true;
  return Answer{.object = slot.object,
                .outcome = Outcome::Hit,
                .stale = choice != Choice::Serve,
                .stands_in_until = choice == Choice::StandIn ? slot.stands_in_until : rules::Time{}};
}

std::optional<Answer> Tier::find(const Key& key, rules::Time now) {
  return cache_.with(key, [now](Cache::Slot& slot) -> std::optional<Answer> {
    const Choice choice = choose(slot, now);
    if (choice == Choice::ServeAndRefresh) return std::nullopt;  // ask() refreshes
    return usable(slot, choice);
  });
}

Tier::Held Tier::look(const Key& key, rules::Time now) {
  return cache_.with(key, [now](Cache::Slot& slot) {
    Held held;
    if (slot.object) held.purged = slot.object->purged();
    held.choice = choose(slot, now);
    held.object = slot.object;
    return held;
  });
}

void Tier::forget(const Key& key) {
  cache_.with(key, [](Cache::Slot& slot) { slot.object.reset(); });
}

void Tier::ask(const std::shared_ptr<Waiter>& waiter) {
  Worker& worker = waiter->worker;
  const rules::Time now = worker.now();
  std::optional<Answer> answer;
  std::shared_ptr<Flight> flight;
  std::shared_ptr<const Object> previous;
  bool alone = false;
  cache_.with(waiter->ask->key, [&](Cache::Slot& slot) {
    const Choice choice = choose(slot, now);
    answer = usable(slot, choice);
    previous = slot.object;
    switch (choice) {
      case Choice::Serve:
      case Choice::StandIn:
        return;
      case Choice::ServeAndRefresh:
        if (slot.flight) return;
        break;
      case Choice::AskAlone:
        alone = true;
        return;
      case Choice::Join:
        // Edges whose configurations differ for a moment must not wait for one another.
        alone = waiter->ask->at_shield && worker.routes.goes_on(*this, *slot.flight->ask);
        if (!alone) slot.flight->waiters.push_back(waiter);
        return;
      case Choice::Ask:
        break;
    }
    flight = slot.flight = std::make_shared<Flight>(worker, waiter->ask, previous);
    if (!answer) flight->waiters.push_back(waiter);
  });
  if (alone) return ask_alone(waiter, std::move(previous));
  if (flight) begin(flight);
  if (answer) waiter->answer(*std::move(answer));
}

// What memory does not have may be on disk, which is read elsewhere.
void Tier::begin(const std::shared_ptr<Flight>& flight) {
  const Key& key = flight->ask->key;
  const auto tell = [this, flight](disk::DiskCache::Found found) {
    flight->worker.loop.post([this, flight, found = std::move(found)] { from_disk(flight, found); });
  };
  if (!disk_ || flight->previous || !disk_->has(key) || !disk_->read(key, tell)) fetch(flight);
}

std::shared_ptr<Object> Tier::open(Worker& worker, const std::shared_ptr<const Ask>& ask,
                                   const disk::DiskCache::Found& read) const {
  if (!read.object || read.object->gone()) return nullptr;
  if (read.generation != 0) {
    if (!slices_ || !slices_->has_memory()) return nullptr;
    SliceFetch::read_in_slices(*slices_, *disk_, {&worker, this, ask, {}}, read.generation, *read.object);
  }
  return read.object;
}

bool Tier::look_on_disk(const Key& key, Worker& worker, const std::shared_ptr<const Ask>& ask,
                        std::function<void(Held)> told) {
  if (!disk_ || !disk_->has(key)) return false;
  return disk_->look(key, [this, &worker, ask, told = std::move(told)](disk::DiskCache::Found found) {
    worker.loop.post([this, &worker, ask, told, found = std::move(found)] {
      Held held{.object = open(worker, ask, found), .on_disk = true};
      if (found.object) held.purged = found.object->purged();
      if (held.object &&
          rules::judge(held.object->life_as(held.purged, worker.now()), worker.now()) == rules::Use::Fresh)
        held.choice = Choice::Serve;
      told(std::move(held));
    });
  });
}

void Tier::from_disk(const std::shared_ptr<Flight>& flight, const disk::DiskCache::Found& read) {
  std::shared_ptr<Object> found = open(flight->worker, flight->ask, read);
  if (!found) return fetch(flight);
  const rules::Time now = flight->worker.now();
  const rules::Use use = rules::judge(found->life_as(found->purged(), now), now);
  if (use == rules::Use::Fresh) return landed(flight, {.object = std::move(found), .outcome = Outcome::Hit});
  // It has expired, and may be renewed, or stand in.
  flight->previous = found;
  std::vector<std::shared_ptr<Waiter>> waiters;
  cache_.with(flight->ask->key, [&](Cache::Slot& slot) {
    if (!slot.object) slot.object = found;
    if (use == rules::Use::StaleWhileRevalidate) waiters.swap(flight->waiters);
  });
  if (!waiters.empty())
    give(waiters, flight->worker, {.object = std::move(found), .outcome = Outcome::Hit, .stale = true});
  fetch(flight);
}

FetchTerms Tier::terms(Worker& worker, const std::shared_ptr<const Ask>& ask,
                       std::shared_ptr<const Object> previous) {
  FetchTerms terms{std::move(previous), object_bytes_max(), [this, key = ask->key] { settle(key); }};
  if (slices_ && slices_->has_memory())
    terms.slice = [this, &worker, ask](Object& object, std::shared_ptr<Body> coming) {
      SliceFetch::keep_in_slices(*slices_, disk_, {&worker, this, ask, {}}, object, std::move(coming));
    };
  return terms;
}

bool Tier::ask_as(const std::shared_ptr<const Object>& object, Worker& worker,
                  std::shared_ptr<const Ask> ask) {
  const Tier* const tier = SliceFetch::ask_as(*object, worker, ask);
  if (!tier) return false;
  // What is old goes from disks, and this may have been the oldest of it.
  if (tier->disk_ && !tier->disk_->has(ask->key)) tier->keep_head(ask->key, object);
  return true;
}

void Tier::fetch(const std::shared_ptr<Flight>& flight) {
  TierFetch::start(flight->worker, *this, flight->ask, {terms(flight->worker, flight->ask, flight->previous)},
                   [this, flight](Answer answer) {
                     keep_head(flight->ask->key, answer.object);
                     landed(flight, std::move(answer));
                   });
}

// It is whole, and its length is known.
void Tier::settle(const Key& key) {
  std::shared_ptr<const Object> whole;
  cache_.with(key, [&](Cache::Slot& slot) {
    if (disk_) whole = slot.object;
  });
  if (whole && whole->life.fresh_s > 0) disk_->write(key, std::move(whole));
}

void Tier::keep_head(const Key& key, const std::shared_ptr<const Object>& object) const {
  if (disk_ && object->body->parts() && object->life.fresh_s > 0) disk_->write(key, object);
}

void Tier::remember(const Ask& ask, const Object* previous, Answer& answer, Cache::Slot& slot,
                    rules::Time now) {
  // CF:HTTPStatusCodes: instead of a 5xx, or of no answer, an expired copy.
  if (previous && !answer.stale && rules::is_origin_failure(answer.object->status) && slot.object) {
    const int status = answer.object->status;
    const Purged purged = slot.object->purged();
    const auto time = rules::stale_for_error(slot.object->life_as(purged, now), now,
                                             rules::error_minimum(*ask.distribution, status));
    if (time && !purged.gone()) {
      answer.object->let_go();
      answer = {.object = slot.object,
                .outcome = Outcome::RefreshHit,
                .stale = true,
                .stands_in_until = now + *time};
    }
  }
  const Object& object = *answer.object;
  if (ask.range && object.status == 416) return;  // it says nothing of the whole
  if (object.gone()) {
    let_go_purged(slot);
  } else if (object.kept &&
             (object.body->parts() || object.length_now().value_or(0) <= cache_.object_bytes_max())) {
    replace(slot, answer.object);
    slot.stands_in_until = answer.stands_in_until;
    slot.alone_until = {};
  } else {
    replace(slot, nullptr);
    if (!object.kept) slot.alone_until = now + kAloneTime;
  }
}

void Tier::landed(const std::shared_ptr<Flight>& flight, Answer answer) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  cache_.with(flight->ask->key, [&](Cache::Slot& slot) {
    if (slot.flight == flight) slot.flight.reset();
    waiters.swap(flight->waiters);
    remember(*flight->ask, flight->previous.get(), answer, slot, flight->worker.now());
  });
  // Who came after an invalidation does not get what was asked for before it.
  if (answer.object->purged().at_all())
    std::erase_if(waiters, [&](const std::shared_ptr<Waiter>& waiter) {
      if (waiter->ask->purges_seen <= flight->ask->purges_seen) return false;
      waiter->worker.loop.post([this, waiter] {
        if (waiter->waits()) ask(waiter);
      });
      return true;
    });
  give(waiters, flight->worker, answer);
}

void Tier::give(const std::vector<std::shared_ptr<Waiter>>& waiters, const Worker& here,
                const Answer& answer) {
  const bool shared = answer.object->kept || answer.stale;
  bool given = shared;
  // Of each worker one task for all that it has: five hundred wake-ups take longer than what they are for.
  struct Follower {
    std::shared_ptr<Waiter> waiter;
    bool collapsed;
  };
  std::vector<std::pair<Worker*, std::vector<Follower>>> followers;
  for (const std::shared_ptr<Waiter>& waiter : waiters) {
    const bool collapsed = &waiter != &waiters.front();
    if (&waiter->worker != &here || (shared && collapsed)) {
      auto of = std::ranges::find(followers, &waiter->worker, &decltype(followers)::value_type::first);
      if (of == followers.end()) of = followers.insert(of, {&waiter->worker, {}});
      of->second.push_back({waiter, collapsed});
    } else if (!waiter->waits()) {
      continue;
    } else if (shared || (will_do(answer, *waiter->ask) && !std::exchange(given, true))) {
      Answer its = answer;
      its.collapsed |= collapsed;
      waiter->answer(std::move(its));
    } else {
      ask_alone(waiter, nullptr);
    }
  }
  for (auto& [worker, its] : followers)
    worker->loop.post([this, its = std::move(its), answer, shared] {
      for (const Follower& follower : its) {
        Answer one = answer;
        one.collapsed |= follower.collapsed;
        if (shared)
          follower.waiter->answer(std::move(one));
        else if (follower.waiter->waits())
          ask_alone(follower.waiter, nullptr);
      }
    });
  if (!given) answer.object->body->abandon();
}

void Tier::ask_alone(const std::shared_ptr<Waiter>& waiter, std::shared_ptr<const Object> previous) {
  OriginFetch::start(waiter->worker, waiter->ask, terms(waiter->worker, waiter->ask, previous),
                     [this, waiter, previous](OriginFetch::Result result) {
                       Answer answer = to_answer(std::move(result));
                       cache_.with(waiter->ask->key, [&](Cache::Slot& slot) {
                         remember(*waiter->ask, previous.get(), answer, slot, waiter->worker.now());
                       });
                       give({waiter}, waiter->worker, answer);
                     });
}

}  // namespace meridian::engines::cdn
