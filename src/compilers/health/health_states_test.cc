#include "compilers/health/health_states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/random.h"
#include "store/failing_store.h"
#include "store/memory/memory_store.h"

namespace meridian::compilers::health {
namespace {

using services::route53::HealthCheckConfig;
using services::route53::HealthCheckType;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class Told final : public HealthSink {
 public:
  void set(const std::string& id, bool healthy) override {
    now[id] = healthy;
    changes.emplace_back(id, healthy);
  }
  void configured(const services::route53::HealthCheckResource& check) override {
    thresholds[check.id] = check.config.failure_threshold;
  }
  void removed(const std::string& id) override { thresholds.erase(id); }
  std::map<std::string, bool> now;
  std::vector<std::pair<std::string, bool>> changes;
  std::map<std::string, int> thresholds;
};

class HealthStatesTest : public testing::Test {
 protected:
  static HealthCheckConfig calculated(std::vector<std::string> children, std::uint16_t threshold) {
    return {.type = HealthCheckType::Calculated,
            .child_health_checks = std::move(children),
            .health_threshold = threshold};
  }
  static store::Put stored(const std::string& id, const HealthCheckConfig& config) {
    return {
        services::route53::health_check_key(id),
        services::route53::encode(services::route53::HealthCheckResource{id, "123456789012", id, 1, config}),
        0};
  }
  void commit(store::Transaction transaction) {
    ASSERT_TRUE(store.commit(std::move(transaction)));
    store.deliver();
  }
  void put(const std::string& id, const HealthCheckConfig& config = {}) {
    commit({.preconditions = {}, .puts = {stored(id, config)}, .deletes = {}});
  }
  void remove(const std::string& id) {
    commit({.preconditions = {}, .puts = {}, .deletes = {services::route53::health_check_key(id)}});
  }
  void start(Findings findings = {}) {
    states = std::make_unique<HealthStates>(store, told, logger);
    ASSERT_TRUE(states->start(std::move(findings), {}));
    told.changes.clear();
  }

  ManualClock clock{SystemTime(std::chrono::seconds(1'700'000'000))};
  Logger logger{clock, STDERR_FILENO, LogFormat::Text, LogLevel::Error};
  store::MemoryStore store{clock, store::Delivery::Pumped};
  Told told;
  std::unique_ptr<HealthStates> states;
};

TEST_F(HealthStatesTest, WhatWasFoundBeforeCountsFromTheStart) {
  put("a");
  put("b");
  put("sum", calculated({"a", "b"}, 2));
  states = std::make_unique<HealthStates>(store, told, logger);
  ASSERT_TRUE(states->start({{"b", false}, {"deleted", false}}, {{"gone", true}, {"a", true}}));
  EXPECT_THAT(told.changes, UnorderedElementsAre(Pair("a", true), Pair("b", false), Pair("sum", false)));
  EXPECT_THAT(states->findings(), ElementsAre(Pair("b", false)));
  EXPECT_THAT(states->said(), ElementsAre(Pair("a", true)));
}

TEST_F(HealthStatesTest, WhatIsSaidCountsUntilItIsTakenBack) {
  put("a", {.inverted = true});
  start();
  states->find("a", true);
  EXPECT_FALSE(told.now.at("a"));
  ASSERT_TRUE(states->say("a", false));
  EXPECT_TRUE(told.now.at("a"));
  states->find("a", true);
  states->find("a", false);
  states->find("a", true);
  EXPECT_TRUE(told.now.at("a"));
  const auto shown = states->states().at(0);
  EXPECT_EQ(shown.found, true);
  EXPECT_EQ(shown.said, false);
  ASSERT_TRUE(states->say("a", std::nullopt));
  EXPECT_FALSE(told.now.at("a"));
  EXPECT_THAT(states->said(), IsEmpty());
}

TEST_F(HealthStatesTest, ACheckMayBeSpokenOfAsSoonAsItIsThere) {
  start();
  ASSERT_TRUE(store.commit({.preconditions = {}, .puts = {stored("a", {})}, .deletes = {}}));
  ASSERT_TRUE(states->say("a", false));
  EXPECT_FALSE(told.now.at("a"));
  store.deliver();
  EXPECT_FALSE(told.now.at("a"));
}

TEST_F(HealthStatesTest, WhoProbesHearsOfSettings) {
  put("a", {.failure_threshold = 2});
  start();
  EXPECT_THAT(told.thresholds, ElementsAre(Pair("a", 2)));
  put("a", {.failure_threshold = 5});
  put("b", {.failure_threshold = 1});
  EXPECT_THAT(told.thresholds, ElementsAre(Pair("a", 5), Pair("b", 1)));
  remove("a");
  EXPECT_THAT(told.thresholds, ElementsAre(Pair("b", 1)));
}

TEST_F(HealthStatesTest, AFlipReachesItsParentsOnce) {
  put("a");
  put("b");
  put("any", calculated({"a", "b"}, 1));
  put("all", calculated({"a", "b"}, 2));
  start();
  states->find("a", false);
  EXPECT_THAT(told.changes, ElementsAre(Pair("a", false), Pair("all", false)));
  told.changes.clear();
  states->find("a", false);
  EXPECT_THAT(told.changes, IsEmpty());
  states->find("b", false);
  EXPECT_THAT(told.changes, ElementsAre(Pair("b", false), Pair("any", false)));
}

TEST_F(HealthStatesTest, NothingCanBeFoundOrSaidAboutSome) {
  put("a");
  put("sum", calculated({"a"}, 1));
  start();
  EXPECT_EQ(states->say("none", true).error().code, ErrorCode::NotFound);
  EXPECT_EQ(states->say("sum", true).error().code, ErrorCode::Conflict);
  states->find("none", false);
  states->find("sum", false);
  EXPECT_THAT(told.changes, IsEmpty());
  EXPECT_THAT(states->findings(), IsEmpty());
}

TEST_F(HealthStatesTest, SettingsAreFollowed) {
  start();
  put("a");
  EXPECT_THAT(told.changes, ElementsAre(Pair("a", true)));
  put("a", {.inverted = true});
  EXPECT_FALSE(told.now.at("a"));
  states->find("a", false);
  EXPECT_TRUE(told.now.at("a"));
  put("a", {.inverted = true, .disabled = true});
  EXPECT_FALSE(told.now.at("a"));
  put("sum", calculated({"a"}, 1));
  EXPECT_FALSE(told.now.at("sum"));
  put("sum", calculated({"a"}, 0));
  EXPECT_TRUE(told.now.at("sum"));
  const auto all = states->states();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, "a");
  EXPECT_FALSE(all[0].healthy);
  EXPECT_EQ(all[0].found, false);
  EXPECT_TRUE(all[0].disabled);
}

TEST_F(HealthStatesTest, ADeletedCheckIsHealthyAndForgotten) {
  put("a");
  put("sum", calculated({"a"}, 1));
  start({{"a", false}});
  EXPECT_FALSE(told.now.at("sum"));
  remove("a");
  EXPECT_THAT(told.now, ElementsAre(Pair("a", true), Pair("sum", true)));
  EXPECT_THAT(states->findings(), IsEmpty());
  remove("sum");
  EXPECT_THAT(states->states(), IsEmpty());
}

TEST_F(HealthStatesTest, AnUnreadableCheckKeepsItsState) {
  put("a");
  start({{"a", false}});
  commit({.preconditions = {}, .puts = {{services::route53::health_check_key("a"), "?"}}, .deletes = {}});
  EXPECT_FALSE(told.now.at("a"));
}

TEST_F(HealthStatesTest, ALostWatchIsReplacedThoughTheStoreCannotBeReadAtFirst) {
  put("a");
  put("b");
  store::FailingStore failing(store);
  states = std::make_unique<HealthStates>(failing, told, logger);
  ASSERT_TRUE(states->start({{"a", false}, {"b", false}}, {}));
  ASSERT_TRUE(store.commit({.preconditions = {},
                            .puts = {stored("new", {.inverted = true})},
                            .deletes = {services::route53::health_check_key("a")}}));
  failing.failures = 1;
  const auto lose = failing.lose;  // the next watch() replaces it
  lose(Error{ErrorCode::Compacted, "too far behind", ErrorSource::Caller, false});
  while (states->states().front().id != "b" || states->states().size() != 2) std::this_thread::yield();
  states.reset();
  EXPECT_THAT(told.now, ElementsAre(Pair("a", true), Pair("b", false), Pair("new", false)));
}

// Written from the rules, over everything at once.
class Reference {
 public:
  std::map<std::string, HealthCheckConfig> checks;
  std::map<std::string, bool> found;

  bool healthy(const std::string& id) const {
    const auto at = checks.find(id);
    if (at == checks.end()) return true;
    const HealthCheckConfig& config = at->second;
    bool raw = true;
    if (config.type == HealthCheckType::Calculated) {
      long good = 0;
      for (const auto& child : config.child_health_checks)
        if (healthy(child)) ++good;
      raw = good >= config.health_threshold;
    } else if (const auto seen = found.find(id); seen != found.end()) {
      raw = seen->second;
    }
    if (config.disabled) raw = true;
    return config.inverted ? !raw : raw;
  }
};

TEST_F(HealthStatesTest, AgreeWithTheReferenceWhateverHappens) {
  SeededRandom random{7};
  Reference reference;
  start();
  const auto plain_id = [&] { return "p" + std::to_string(random.below(8)); };
  for (int step = 0; step < 4000; ++step) {
    switch (random.below(6)) {
      case 0: {
        const std::string id = plain_id();
        const HealthCheckConfig config{.inverted = random.below(3) == 0, .disabled = random.below(5) == 0};
        put(id, config);
        reference.checks[id] = config;
        break;
      }
      case 1: {
        std::set<std::string> children;
        for (auto i = random.below(6); i > 0; --i) children.insert(plain_id());
        auto config =
            calculated({children.begin(), children.end()}, static_cast<std::uint16_t>(random.below(6)));
        config.inverted = random.below(4) == 0;
        config.disabled = random.below(6) == 0;
        const std::string id = "c" + std::to_string(random.below(4));
        put(id, config);
        reference.checks[id] = config;
        break;
      }
      case 2: {
        const std::string id = random.below(2) ? plain_id() : "c" + std::to_string(random.below(4));
        remove(id);
        reference.checks.erase(id);
        reference.found.erase(id);
        break;
      }
      default: {
        const std::string id = plain_id();
        const bool healthy = random.below(2) == 0;
        states->find(id, healthy);
        if (reference.checks.contains(id)) reference.found[id] = healthy;
      }
    }
    for (const auto& [id, healthy] : told.now) ASSERT_EQ(healthy, reference.healthy(id)) << id << " " << step;
    for (const auto& [id, config] : reference.checks) ASSERT_TRUE(told.now.contains(id)) << id;
  }
}

}  // namespace
}  // namespace meridian::compilers::health
