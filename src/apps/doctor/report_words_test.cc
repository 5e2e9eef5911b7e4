#include "apps/doctor/report_words.h"

#include "apps/doctor/healthy_world.h"
#include "formats/json/json.h"

namespace meridian::apps::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Report : public HealthyWorld {
 protected:
  // The picture outlives the diagnosis, whose budgets point into it.
  Diagnosis diagnosis(const DiagnosisOptions& options = {}) {
    pictures.push_back(std::make_unique<Picture>(facts));
    return diagnose(*pictures.back(), all_rules(), options);
  }
  void break_some() {
    sets("app.example.com")[0]->HealthCheckId.reset();
    sets("example.com", "SOA")[0]->TTL = 3600;
    remove("example.com", "CAA");
    remove("_dmarc.example.com", "TXT");
  }
  std::vector<std::string> ids(const Diagnosis& diagnosis) {
    std::vector<std::string> out;
    for (const auto& part : diagnosis.parts) out.emplace_back(part.rule.id);
    return out;
  }
  std::vector<std::unique_ptr<Picture>> pictures;
};

TEST_F(Report, NothingFoundIsOneLine) {
  facts.zones.pop_back();
  facts.zones[0] = zone("Z1", "example.com", kServers);
  facts.checks.clear();
  facts.traffic_policies.clear();
  facts.instances.clear();
  EXPECT_EQ(to_text(diagnosis(), {}), "Nothing found in 1 hosted zone, 2 record sets, 0 health checks.\n");
}

TEST_F(Report, TheWorstComesFirst) {
  break_some();
  const Diagnosis all = diagnosis();
  EXPECT_EQ(all.parts.front().rule.severity, Severity::Error);
  EXPECT_EQ(all.parts.back().rule.severity, Severity::Hint);
  EXPECT_EQ(all.count(Severity::Hint), 2u);
  EXPECT_TRUE(all.any(Severity::Error));
}

TEST_F(Report, WhatIsIgnoredIsCountedAndNoMore) {
  break_some();
  const Diagnosis some =
      diagnosis({.zone_id = "", .ignored = {"failover-primary-without-check", "negative-ttl"}});
  EXPECT_THAT(ids(some), ElementsAre("no-dmarc", "no-caa"));
  EXPECT_FALSE(some.any(Severity::Warning));
  EXPECT_TRUE(some.any(Severity::Hint));
  EXPECT_THAT(to_text(some, {}),
              HasSubstr("\nIgnored: failover-primary-without-check (1), negative-ttl (1)\n"));
}

TEST_F(Report, OfOneZone) {
  break_some();
  config(kCheck1).Disabled = true;
  sets("dev.example.com", "SOA")[0]->TTL = 3600;
  facts.zones[0].zone.Config.reset();
  const Diagnosis dev = diagnosis({.zone_id = "Z2", .ignored = {}});
  EXPECT_THAT(ids(dev), ElementsAre("negative-ttl"));
  EXPECT_EQ(dev.zones, 1u);
  EXPECT_TRUE(dev.budgets.empty());
  EXPECT_THAT(ids(diagnosis({.zone_id = "Z1", .ignored = {}})), testing::Contains("check-disabled"))
      << "the check is one that its record sets go by";
}

TEST_F(Report, ATableThatFitsTheTerminal) {
  break_some();
  sets("example.com", "SOA")[0]->TTL = 900;  // no line can end inside its value
  add(weighted("a-name-that-is-long.below-one-that-is-long-as-well.example.com", "1.2.3.1", 1, kCheck1));
  for (const std::size_t columns : {80u, 132u}) {
    const std::string text = to_text(diagnosis(), {.columns = columns, .colours = false});
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      longest = std::max(longest, end - at);
      at = end + 1;
    }
    EXPECT_LE(longest, columns) << text;
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  }
}

TEST_F(Report, ColoursAreForTerminals) {
  break_some();
  EXPECT_THAT(to_text(diagnosis(), {.columns = 80, .colours = true}), StartsWith("\x1b[1;31mERROR\x1b[0m"));
}

TEST_F(Report, TheBudgetOfEachName) {
  sets("near.example.com")[0]->TTL = 300;
  for (auto* set : sets("many.example.com")) set->HealthCheckId.reset();
  const std::string text = to_text(diagnosis(), {});
  EXPECT_THAT(text, HasSubstr("  near.example.com   A      latency           30      1     300    331\n"));
  EXPECT_THAT(text, HasSubstr("  many.example.com   A      multivalue         -      -      60  never\n"));
  EXPECT_LT(text.find("never"), text.find("331")) << "those who wait longest first";
}

TEST_F(Report, JsonHasTheSame) {
  break_some();
  const auto tree = json::parse(to_json(diagnosis()));
  ASSERT_TRUE(tree);
  EXPECT_EQ(*tree->find("errors"), json::Value(std::int64_t{1}));
  const json::Value& first = tree->find("findings")->get<json::Array>()->at(0);
  EXPECT_EQ(*first.find("rule"), json::Value("failover-primary-without-check"));
  EXPECT_EQ(*first.find("resource")->find("name"), json::Value("app.example.com."));
  EXPECT_EQ(*first.find("resource")->find("set_identifier"), json::Value("primary"));
  EXPECT_EQ(first.find("fix")->find("commands")->get<json::Array>()->size(), 2u);
  const json::Value& budget = tree->find("budgets")->get<json::Array>()->at(0);
  EXPECT_EQ(*budget.find("policy"), json::Value("failover"));
}

}  // namespace
}  // namespace meridian::apps::doctor
