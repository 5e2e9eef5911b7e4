#include "apps/doctor/picture.h"

#include "apps/doctor/budget.h"
#include "apps/doctor/healthy_world.h"

namespace meridian::apps::doctor {
namespace {

using testing::ElementsAre;

using PictureTest = HealthyWorld;
using What = Found::What;

dns::Name name(std::string_view text) {
  return *parse_name(text);
}

TEST_F(PictureTest, FindsWhatAResolverWould) {
  add(record("far.example.com", "NS", {"ns.example.net"}));
  const Picture picture(facts);
  EXPECT_EQ(picture.look_up(name("www.example.com")).what, What::Exists);
  EXPECT_EQ(picture.look_up(name("WWW.Example.com")).what, What::Exists);
  EXPECT_EQ(picture.look_up(name("nothing.example.com")).what, What::Missing);
  EXPECT_EQ(picture.look_up(name("www.example.net")).what, What::NotOurs);
  EXPECT_EQ(picture.look_up(name("www.far.example.com")).what, What::NotOurs) << "behind a delegation";
  EXPECT_EQ(picture.look_up(name("www.dev.example.com")).what, What::Missing)
      << "in the zone that is delegated to";
  EXPECT_EQ(picture.look_up(name("_tcp.example.com")).what, What::Exists) << "for the name below it";
  EXPECT_TRUE(picture.look_up(name("a.b.wild.example.com")).has(dns::Type::A)) << "by the wildcard";
}

TEST_F(PictureTest, DetectionIsThatOfTheSlowestChild) {
  config(kHttps).RequestInterval = 30;
  config(kHttps).FailureThreshold = 2;
  const Picture picture(facts);
  EXPECT_EQ(picture.detection_seconds(kCheck1), 30u);
  EXPECT_EQ(picture.detection_seconds(kBoth), 60u);
  EXPECT_EQ(picture.detection_seconds(kMetric), std::nullopt);
  EXPECT_EQ(picture.detection_seconds("gone"), std::nullopt);
}

TEST_F(PictureTest, AliasesThatLeadInACircleEnd) {
  add(failover(alias("a.example.com", "A", "b.example.com", true), "PRIMARY", ""));
  add(failover(alias("b.example.com", "A", "a.example.com", true), "PRIMARY", ""));
  const Picture picture(facts);
  const Group* group = picture.group(picture.zones()[0], name("a.example.com"), dns::Type::A);
  EXPECT_FALSE(picture.can_fail(*group));
  EXPECT_EQ(picture.ttl(group->first()), std::nullopt);
  EXPECT_EQ(budget_of(picture, *group).total_s(), std::nullopt);
}

TEST_F(PictureTest, PrivateZonesAreNotLookedAt) {
  facts.zones[1].zone.Config = r53::HostedZoneConfig{.Comment = {}, .PrivateZone = true};
  const Picture picture(facts);
  EXPECT_EQ(picture.zones().size(), 1u);
}

TEST_F(PictureTest, TheBudgetIsTheLongestWayOfAName) {
  config(kCheck2).FailureThreshold = 5;
  sets("app.example.com")[1]->TTL = 20;
  add(alias("root.example.com", "A", "app.example.com", false));
  const Picture picture(facts);
  std::vector<std::string> names;
  for (const FailoverBudget& budget : budgets(picture))
    names.push_back(shown_name(budget.group->first().name));
  EXPECT_THAT(names,
              ElementsAre("app.example.com", "tree.example.com", "near.example.com", "split.example.com",
                          "many.example.com", "place.example.com", "root.example.com"));
  for (const char* each : {"app.example.com", "tree.example.com", "root.example.com"}) {
    const Group* group = picture.group(picture.zones()[0], name(each), dns::Type::A);
    const FailoverBudget budget = budget_of(picture, *group);
    EXPECT_EQ(budget.detection_s, 50u) << each;
    EXPECT_EQ(budget.ttl_s, 60) << each;
    EXPECT_EQ(budget.total_s(), 111u) << each;
  }
}

}  // namespace
}  // namespace meridian::apps::doctor
