#include "store/conformance.h"

#include <atomic>
#include <map>
#include <thread>

#include "base/random.h"

namespace meridian::store {

using namespace std::chrono_literals;

std::function<void(const EventBatch&)> WatchLog::on_batch() {
  return [this](const EventBatch& batch) {
    std::lock_guard lock(mutex_);
    batches_.push_back(batch);
    changed_.notify_all();
  };
}

std::function<void(Error)> WatchLog::on_lost() {
  return [this](Error error) {
    std::lock_guard lock(mutex_);
    lost_ = std::move(error);
    changed_.notify_all();
  };
}

bool WatchLog::wait_for_revision(Revision revision) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience,
                           [&] { return !batches_.empty() && batches_.back().revision >= revision; });
}

bool WatchLog::wait_for_loss() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return lost_.has_value(); });
}

bool WatchLog::wait_for_revision_or_loss(Revision revision) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(
      lock, kPatience, [&] { return lost_ || (!batches_.empty() && batches_.back().revision >= revision); });
}

std::vector<EventBatch> WatchLog::batches() const {
  std::lock_guard lock(mutex_);
  return batches_;
}

std::optional<Error> WatchLog::lost() const {
  std::lock_guard lock(mutex_);
  return lost_;
}

Conformance::Conformance() : clock_(SystemTime(1h)), store_(GetParam()(clock_)) {}

Revision Conformance::put(const std::string& key, const std::string& value, LeaseId lease) {
  auto revision = store_->commit({{}, {{key, value, lease}}, {}});
  EXPECT_TRUE(revision) << revision.error().message;
  return revision.value_or(0);
}

Revision Conformance::erase(const std::string& key) {
  auto revision = store_->commit({{}, {}, {key}});
  EXPECT_TRUE(revision) << revision.error().message;
  return revision.value_or(0);
}

std::optional<KeyValue> Conformance::get(const std::string& key, Revision at) {
  auto item = store_->get(key, at);
  EXPECT_TRUE(item) << item.error().message;
  return item.value_or(std::nullopt);
}

std::vector<std::string> Conformance::keys(std::string_view prefix, const RangeOptions& options) {
  auto range = store_->range(prefix, options);
  EXPECT_TRUE(range) << range.error().message;
  std::vector<std::string> out;
  if (range)
    for (const KeyValue& item : range->items) out.push_back(item.key);
  return out;
}

std::unique_ptr<Watch> Conformance::watch(WatchLog& log, const std::string& prefix, Revision from) {
  auto made = store_->watch(prefix, from, log.on_batch(), log.on_lost());
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : nullptr;
}

namespace {

using Strings = std::vector<std::string>;
using State = std::map<std::string, std::string>;

template <typename T>
ErrorCode code_of(const Result<T>& result) {
  return result ? ErrorCode::Internal : result.error().code;
}

State state_of(const Range& range) {
  State out;
  for (const KeyValue& item : range.items) out[item.key] = item.value;
  return out;
}

// Random small transactions over few keys; states[r] is what the store holds at revision r.
std::vector<State> random_history(Store& store, std::uint64_t seed, int commits) {
  SeededRandom random(seed);
  std::vector<State> states(1);
  for (int i = 0; i < commits; ++i) {
    Transaction transaction;
    State next = states.back();
    for (int key = 0; key < 12; ++key) {
      std::string name = "k/" + std::to_string(key);
      switch (random.below(6)) {
        case 0:
          next[name] = std::to_string(i);
          transaction.puts.push_back({name, next[name], 0});
          break;
        case 1:
          next.erase(name);
          transaction.deletes.push_back(name);
          break;
      }
    }
    EXPECT_EQ(store.commit(transaction).value_or(0), states.size());
    states.push_back(std::move(next));
  }
  return states;
}

}  // namespace

// Transactions.

TEST_P(Conformance, StartsEmptyAtRevisionZero) {
  EXPECT_EQ(store_->revision(), 0u);
  EXPECT_EQ(get("k"), std::nullopt);
  Range range = *store_->range("");
  EXPECT_TRUE(range.items.empty());
  EXPECT_FALSE(range.more);
  EXPECT_EQ(range.revision, 0u);
}

TEST_P(Conformance, EveryCommitTakesExactlyOneRevision) {
  EXPECT_EQ(*store_->commit({{}, {{"a", "1", 0}, {"b", "2", 0}}, {}}), 1u);
  EXPECT_EQ(*store_->commit({{}, {}, {"absent"}}), 2u);
  EXPECT_EQ(*store_->commit({}), 3u);
  EXPECT_EQ(store_->revision(), 3u);
  EXPECT_EQ(store_->range("")->revision, 3u);
}

TEST_P(Conformance, AKeyKnowsWhenItWasCreatedAndModified) {
  put("other");
  put("k", "1");
  put("k", "2");
  KeyValue item = get("k").value();
  EXPECT_EQ(item.key, "k");
  EXPECT_EQ(item.value, "2");
  EXPECT_EQ(item.created, 2u);
  EXPECT_EQ(item.modified, 3u);
  EXPECT_EQ(item.lease, 0u);
  erase("k");
  EXPECT_EQ(get("k"), std::nullopt);
  put("k", "3");
  EXPECT_EQ(get("k")->created, 5u);
}

TEST_P(Conformance, AnUnmetPreconditionWritesNothing) {
  Revision first = put("guard", "1");
  put("guard", "2");
  for (const Precondition& unmet : {Precondition{"guard", first}, Precondition{"guard", 0},
                                    Precondition{"guard", 99}, Precondition{"absent", first}}) {
    auto result = store_->commit({{{"absent", 0}, unmet}, {{"a", "x", 0}}, {"guard"}});
    EXPECT_EQ(code_of(result), ErrorCode::Conflict);
  }
  EXPECT_EQ(store_->revision(), 2u);
  EXPECT_EQ(keys(""), (Strings{"guard"}));
}

TEST_P(Conformance, MetPreconditionsLetTheTransactionThrough) {
  EXPECT_TRUE(store_->commit({{{"a", 0}}, {{"a", "1", 0}}, {}}));
  Revision modified = get("a")->modified;
  EXPECT_TRUE(store_->commit({{{"a", modified}, {"a", modified}, {"b", 0}}, {{"b", "1", 0}}, {"a"}}));
  EXPECT_TRUE(store_->commit({{{"a", 0}}, {{"c", "1", 0}}, {}}));  // a key that was deleted does not exist
  EXPECT_EQ(keys(""), (Strings{"b", "c"}));
}

TEST_P(Conformance, MalformedTransactionsAreInvalid) {
  EXPECT_EQ(code_of(store_->commit({{}, {{"", "v", 0}}, {}})), ErrorCode::Invalid);
  EXPECT_EQ(code_of(store_->commit({{}, {}, {""}})), ErrorCode::Invalid);
  EXPECT_EQ(code_of(store_->commit({{{"", 0}}, {}, {}})), ErrorCode::Invalid);
  EXPECT_EQ(code_of(store_->commit({{}, {{"k", "1", 0}, {"k", "2", 0}}, {}})), ErrorCode::Invalid);
  EXPECT_EQ(code_of(store_->commit({{}, {{"k", "1", 0}}, {"k"}})), ErrorCode::Invalid);
  EXPECT_EQ(code_of(store_->commit({{}, {}, {"k", "k"}})), ErrorCode::Invalid);
  EXPECT_EQ(store_->revision(), 0u);
}

TEST_P(Conformance, LimitsHoldToTheByte) {
  std::string key(kKeySizeMax, 'k'), value(kValueSizeMax, 'v');
  put(key, value);
  EXPECT_EQ(get(key)->value, value);
  EXPECT_EQ(code_of(store_->commit({{}, {{key + "k", "v", 0}}, {}})), ErrorCode::Limit);
  EXPECT_EQ(code_of(store_->commit({{}, {{"k", value + "v", 0}}, {}})), ErrorCode::Limit);

  Transaction many;
  for (std::size_t i = 0; i < kTransactionOperationsMax; ++i)
    many.puts.push_back({"m" + std::to_string(i), "v", 0});
  EXPECT_TRUE(store_->commit(many));
  EXPECT_EQ(keys("m").size(), kTransactionOperationsMax);
  many.deletes.push_back("one more");
  EXPECT_EQ(code_of(store_->commit(many)), ErrorCode::Limit);

  Transaction heavy;
  for (std::size_t i = 0; i <= kTransactionBytesMax / kValueSizeMax; ++i)
    heavy.puts.push_back({"h" + std::to_string(i), value, 0});
  EXPECT_EQ(code_of(store_->commit(heavy)), ErrorCode::Limit);
}

TEST_P(Conformance, KeysAndValuesAreAnyBytes) {
  Strings names{std::string("\0", 1),
                std::string("\0\0", 2),
                "a",
                std::string("a\0b", 3),
                "a\xff",
                "b",
                "\xff",
                "\xff\xff"};
  for (const std::string& name : names) put(name, name);
  EXPECT_EQ(keys(""), names);
  EXPECT_EQ(keys("a"), (Strings{"a", std::string("a\0b", 3), "a\xff"}));
  EXPECT_EQ(keys("\xff"), (Strings{"\xff", "\xff\xff"}));
  EXPECT_EQ(get(std::string("a\0b", 3))->value, std::string("a\0b", 3));
  put("empty", "");
  EXPECT_EQ(get("empty")->value, "");
}

// Ranges.

TEST_P(Conformance, PagesCoverAPrefixExactlyOnce) {
  put("a");
  put("c");
  Strings expected;
  for (int i = 0; i < 25; ++i) expected.push_back("b/" + std::string(1, static_cast<char>('a' + i)));
  for (const std::string& key : expected) put(key);
  Strings seen;
  RangeOptions options;
  options.limit = 5;
  for (int page = 0; page < 5; ++page) {
    Range range = *store_->range("b/", options);
    ASSERT_EQ(range.items.size(), 5u);
    EXPECT_EQ(range.more, page < 4);
    for (const KeyValue& item : range.items) seen.push_back(item.key);
    options.start_after = range.items.back().key;
  }
  EXPECT_EQ(seen, expected);
  EXPECT_TRUE(keys("b/", options).empty());
}

TEST_P(Conformance, ARangeMayStartAtOrAfterAKey) {
  for (const char* key : {"a", "b/1", "b/2", "b/2x", "b/3", "c"}) put(key);
  auto start_at = [&](const char* key) {
    return keys("b/", {.limit = 0, .start_after = {}, .start_at = key, .revision = 0});
  };
  auto start_after = [&](const char* key) {
    return keys("b/", {.limit = 0, .start_after = key, .start_at = {}, .revision = 0});
  };
  EXPECT_EQ(start_at("b/2"), (Strings{"b/2", "b/2x", "b/3"}));
  EXPECT_EQ(start_after("b/2"), (Strings{"b/2x", "b/3"}));
  EXPECT_EQ(start_at("b/20"), (Strings{"b/2x", "b/3"}));
  EXPECT_EQ(start_at("a").size(), 4u);
  EXPECT_EQ(start_after("a").size(), 4u);
  EXPECT_TRUE(start_at("c").empty());
  EXPECT_TRUE(start_after("b/3").empty());
  EXPECT_EQ(
      code_of(store_->range("b/", {.limit = 0, .start_after = "b/1", .start_at = "b/1", .revision = 0})),
      ErrorCode::Invalid);
}

TEST_P(Conformance, EveryRevisionCanBeReadAgain) {
  std::vector<State> states = random_history(*store_, 1, 150);
  for (Revision at = 1; at < states.size(); ++at) {
    Range range = *store_->range("k/", {.limit = 0, .start_after = {}, .start_at = {}, .revision = at});
    EXPECT_EQ(range.revision, at);
    ASSERT_EQ(state_of(range), states[at]) << "at revision " << at;
    for (int key = 0; key < 12; ++key) {
      std::string name = "k/" + std::to_string(key);
      auto item = get(name, at);
      ASSERT_EQ(item.has_value(), states[at].contains(name));
      if (item) {
        EXPECT_EQ(item->value, states[at][name]);
        EXPECT_LE(item->modified, at);
      }
    }
    State paged;
    RangeOptions options{.limit = 2, .start_after = {}, .start_at = {}, .revision = at};
    for (bool more = true; more;) {
      Range page = *store_->range("k/", options);
      paged.merge(state_of(page));
      more = page.more;
      if (more) options.start_after = page.items.back().key;
    }
    ASSERT_EQ(paged, states[at]) << "paged at revision " << at;
  }
  EXPECT_EQ(code_of(store_->get("k/1", states.size())), ErrorCode::Invalid);
}

// Compaction.

TEST_P(Conformance, CompactionForgetsThePastAndNothingElse) {
  std::vector<State> states = random_history(*store_, 2, 60);
  EXPECT_EQ(code_of(store_->compact(61)), ErrorCode::Invalid);
  for (Revision oldest : {Revision{20}, Revision{10}, Revision{45}, Revision{60}}) {
    ASSERT_TRUE(store_->compact(oldest));
    Revision kept = std::max<Revision>(oldest, 20);
    EXPECT_EQ(code_of(store_->get("k/1", kept - 1)), ErrorCode::Compacted);
    EXPECT_EQ(
        code_of(store_->range("k/", {.limit = 0, .start_after = {}, .start_at = {}, .revision = kept - 1})),
        ErrorCode::Compacted);
    for (Revision at = kept; at < states.size(); ++at)
      ASSERT_EQ(
          state_of(*store_->range("k/", {.limit = 0, .start_after = {}, .start_at = {}, .revision = at})),
          states[at]);
    EXPECT_EQ(state_of(*store_->range("k/")), states.back());
  }
  EXPECT_EQ(put("k/after"), 61u);
}

TEST_P(Conformance, AWatchFromForgottenHistoryIsRefused) {
  for (int i = 0; i < 10; ++i) put("k");
  ASSERT_TRUE(store_->compact(6));
  auto too_old = store_->watch(
      "", 3, [](const EventBatch&) { ADD_FAILURE(); }, [](Error) {});
  if (!too_old) {
    EXPECT_EQ(too_old.error().code, ErrorCode::Compacted);
  } else {
    WatchLog log;
    auto watching = watch(log, "", 3);
    ASSERT_TRUE(log.wait_for_loss());
    EXPECT_EQ(log.lost()->code, ErrorCode::Compacted);
  }
  WatchLog log;
  auto watching = watch(log, "", 6);
  ASSERT_TRUE(log.wait_for_revision(10));
  EXPECT_EQ(log.batches().size(), 4u);
  EXPECT_EQ(log.batches().front().revision, 7u);
}

TEST_P(Conformance, AWatcherThatFallsBehindCompactionHasNoGap) {
  std::mutex gate;
  std::unique_lock closed(gate);
  WatchLog log;
  auto keep = log.on_batch();
  auto watching = *store_->watch(
      "", 0,
      [&](const EventBatch& batch) {
        std::lock_guard wait(gate);
        keep(batch);
      },
      log.on_lost());
  constexpr Revision kCommits = 600;
  for (Revision i = 0; i < kCommits; ++i) put("k");
  EXPECT_TRUE(store_->compact(kCommits));
  closed.unlock();
  EXPECT_TRUE(log.wait_for_revision_or_loss(put("k")));
  auto batches = log.batches();
  for (std::size_t i = 0; i < batches.size(); ++i) ASSERT_EQ(batches[i].revision, i + 1);
  if (log.lost()) {
    EXPECT_EQ(log.lost()->code, ErrorCode::Compacted);
  }
}

// Watches.

TEST_P(Conformance, AWatchReplaysThenFollows) {
  put("a/1", "1");
  put("b/1", "x");
  WatchLog log;
  auto watching = watch(log, "a/", 0);
  auto committed =
      store_->commit({{}, {{"a/3", "3", 0}, {"b/2", "x", 0}, {"a/2", "2", 0}}, {"a/1", "a/absent"}});
  ASSERT_TRUE(log.wait_for_revision(committed.value_or(0)));
  auto batches = log.batches();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].revision, 1u);
  EXPECT_EQ(batches[0].events[0].item.value, "1");
  const auto& events = batches[1].events;
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].kind, Event::Kind::Delete);
  EXPECT_EQ(events[0].item.key, "a/1");
  EXPECT_EQ(events[0].item.modified, 3u);
  EXPECT_EQ(events[1].kind, Event::Kind::Put);
  EXPECT_EQ(events[1].item.key, "a/2");
  EXPECT_EQ(events[1].item.created, 3u);
  EXPECT_EQ(events[2].item.key, "a/3");
  EXPECT_EQ(events[2].item.value, "3");
}

TEST_P(Conformance, AWatchFromTheFutureIsInvalid) {
  put("k");
  EXPECT_EQ(code_of(store_->watch(
                "", 2, [](const EventBatch&) {}, [](Error) {})),
            ErrorCode::Invalid);
}

TEST_P(Conformance, ManyReconnectsUnderLoadLoseNothing) {
  constexpr Revision kCommits = 400;
  std::thread writer([&] {
    for (Revision i = 0; i < kCommits; ++i) put("k/" + std::to_string(i % 7), std::to_string(i));
  });
  std::vector<Revision> seen;
  while (seen.size() < kCommits) {
    WatchLog log;
    Revision from = seen.empty() ? 0 : seen.back();
    auto watching = watch(log, "k/", from);
    EXPECT_TRUE(log.wait_for_revision(std::min(from + 13, kCommits)));
    watching.reset();
    std::size_t before = seen.size();
    for (const EventBatch& batch : log.batches()) {
      EXPECT_EQ(batch.events.at(0).item.value, std::to_string(batch.revision - 1));
      seen.push_back(batch.revision);
    }
    if (seen.size() == before) break;
  }
  writer.join();
  ASSERT_EQ(seen.size(), kCommits);
  for (Revision i = 0; i < kCommits; ++i) ASSERT_EQ(seen[i], i + 1);
}

TEST_P(Conformance, ACallbackMayReadAndCommit) {
  WatchLog log;
  auto watching = watch(log, "copy/", 0);
  auto copier = *store_->watch(
      "k/", 0,
      [&](const EventBatch& batch) {
        EXPECT_EQ(get(batch.events[0].item.key)->modified, batch.revision);
        put("copy/" + batch.events[0].item.key);
      },
      [](Error) { ADD_FAILURE(); });
  put("k/1");
  ASSERT_TRUE(log.wait_for_revision(2));
  put("k/2");
  ASSERT_TRUE(log.wait_for_revision(4));
  EXPECT_EQ(keys("copy/"), (Strings{"copy/k/1", "copy/k/2"}));
}

TEST_P(Conformance, NoCallbackAfterTheWatchIsGone) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> gone{false};
    auto watching = *store_->watch(
        "", store_->revision(), [&](const EventBatch&) { EXPECT_FALSE(gone); }, [](Error) {});
    put("k");
    watching.reset();
    gone = true;
    put("k");
  }
  WatchLog log;  // what was committed last has passed every watcher by now
  auto watching = watch(log, "", 0);
  EXPECT_TRUE(log.wait_for_revision(store_->revision()));
}

TEST_P(Conformance, AWatchMayEndItselfAndTheStoreThenWaitsForIt) {
  std::atomic<int> calls{0};
  std::mutex gate;
  std::unique_lock closed(gate);
  std::unique_ptr<Watch> self = *store_->watch(
      "", 0,
      [&](const EventBatch&) {
        ++calls;
        std::lock_guard wait(gate);
        self.reset();
        std::this_thread::yield();
        ++calls;
      },
      [](Error) {});
  put("a");
  put("b");
  closed.unlock();
  WatchLog log;
  auto watching = watch(log, "", 0);
  ASSERT_TRUE(log.wait_for_revision(2));
  while (calls == 0) std::this_thread::yield();
  watching.reset();
  store_.reset();
  EXPECT_EQ(calls, 2);
}

// Leases.

TEST_P(Conformance, ALeaseThatRunsOutTakesItsKeysInOneCommit) {
  LeaseId lease = *store_->grant_lease(10s);
  EXPECT_NE(lease, 0u);
  put("a", "1", lease);
  put("b", "2", lease);
  put("c", "3");
  EXPECT_EQ(get("a")->lease, lease);
  WatchLog log;
  auto watching = watch(log, "", store_->revision());
  clock_.advance(9s);
  ASSERT_TRUE(store_->keep_alive(lease));
  clock_.advance(9s);
  ASSERT_TRUE(store_->keep_alive(lease));
  clock_.advance(10s);
  EXPECT_EQ(code_of(store_->keep_alive(lease)), ErrorCode::NotFound);
  ASSERT_TRUE(log.wait_for_revision(4));
  auto batches = log.batches();
  ASSERT_EQ(batches.size(), 1u);
  ASSERT_EQ(batches[0].events.size(), 2u);
  EXPECT_EQ(batches[0].events[0].kind, Event::Kind::Delete);
  EXPECT_EQ(batches[0].events[1].item.key, "b");
  EXPECT_EQ(keys(""), (Strings{"c"}));
}

TEST_P(Conformance, RevokingALeaseDeletesItsKeysAtOnce) {
  LeaseId lease = *store_->grant_lease(10s), other = *store_->grant_lease(10s);
  EXPECT_NE(lease, other);
  put("a", "1", lease);
  put("b", "2", other);
  ASSERT_TRUE(store_->revoke_lease(lease));
  EXPECT_EQ(keys(""), (Strings{"b"}));
  EXPECT_EQ(store_->revision(), 3u);
  EXPECT_EQ(code_of(store_->revoke_lease(lease)), ErrorCode::NotFound);
  EXPECT_EQ(code_of(store_->keep_alive(lease)), ErrorCode::NotFound);
}

TEST_P(Conformance, AKeyHangsOnTheLeaseOfItsLastPut) {
  LeaseId first = *store_->grant_lease(10s), second = *store_->grant_lease(10s);
  put("freed", "1", first);
  put("freed", "2");
  put("moved", "1", first);
  put("moved", "2", second);
  put("made again", "1", first);
  erase("made again");
  put("made again", "2");
  ASSERT_TRUE(store_->revoke_lease(first));
  EXPECT_EQ(keys(""), (Strings{"freed", "made again", "moved"}));
  ASSERT_TRUE(store_->revoke_lease(second));
  EXPECT_EQ(keys(""), (Strings{"freed", "made again"}));
}

TEST_P(Conformance, UnknownAndDeadLeasesAreRefused) {
  LeaseId lease = *store_->grant_lease(10s);
  EXPECT_EQ(code_of(store_->commit({{}, {{"k", "v", lease + 100}}, {}})), ErrorCode::NotFound);
  EXPECT_EQ(code_of(store_->keep_alive(lease + 100)), ErrorCode::NotFound);
  EXPECT_EQ(code_of(store_->revoke_lease(lease + 100)), ErrorCode::NotFound);
  clock_.advance(10s);
  EXPECT_EQ(code_of(store_->commit({{}, {{"k", "v", lease}}, {}})), ErrorCode::NotFound);
  EXPECT_EQ(code_of(store_->grant_lease(0s)), ErrorCode::Invalid);
  EXPECT_EQ(code_of(store_->grant_lease(-1s)), ErrorCode::Invalid);
  EXPECT_TRUE(keys("").empty());
}

// Many threads.

TEST_P(Conformance, ConcurrentIncrementsAddUp) {
  constexpr int kThreads = 8, kIncrements = 40;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      for (int done = 0; done < kIncrements;) {
        auto before = get("counter");
        Revision modified = before ? before->modified : 0;
        int value = before ? std::stoi(before->value) : 0;
        auto result =
            store_->commit({{{"counter", modified}}, {{"counter", std::to_string(value + 1), 0}}, {}});
        if (result) {
          EXPECT_GT(*result, modified);
          ++done;
        } else {
          EXPECT_EQ(result.error().code, ErrorCode::Conflict);
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get("counter")->value, std::to_string(kThreads * kIncrements));
  EXPECT_EQ(store_->revision(), static_cast<Revision>(kThreads * kIncrements));
}

TEST_P(Conformance, ReadersAndWatchersSeeWholeCommitsOnly) {
  constexpr int kWriters = 4, kCommits = 60;
  auto write_all = [&](const std::string& value) {
    Transaction transaction;
    for (const char* key : {"x/1", "x/2", "x/3"}) transaction.puts.push_back({key, value, 0});
    return store_->commit(std::move(transaction));
  };
  ASSERT_TRUE(write_all("first"));
  WatchLog log;
  auto watching = watch(log, "x/", 0);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    for (Revision last = 0; !done;) {
      Range range = *store_->range("x/");
      ASSERT_EQ(range.items.size(), 3u);
      for (const KeyValue& item : range.items) {
        EXPECT_EQ(item.value, range.items[0].value);
        EXPECT_EQ(item.modified, range.revision);
      }
      EXPECT_GE(range.revision, last);
      last = range.revision;
    }
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i)
    writers.emplace_back([&, i] {
      for (int commit = 0; commit < kCommits; ++commit)
        EXPECT_TRUE(write_all(std::to_string(i) + "/" + std::to_string(commit)));
    });
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  ASSERT_TRUE(log.wait_for_revision(kWriters * kCommits + 1));
  auto batches = log.batches();
  ASSERT_EQ(batches.size(), kWriters * kCommits + 1u);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    EXPECT_EQ(batches[i].revision, i + 1);
    EXPECT_EQ(batches[i].events.size(), 3u);
  }
}

}  // namespace meridian::store
