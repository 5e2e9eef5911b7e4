#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;

class Tags : public ServiceTest {
 protected:
  Tags() { id_ = make_zone_id("example.com").substr(std::string("/hostedzone/").size()); }
  aws::Outcome<api::ChangeTagsForResourceResponse> change_tags(
      std::optional<std::vector<api::Tag>> add, std::optional<std::vector<std::string>> remove = {}) {
    return route53_.ChangeTagsForResource(call_, {.ResourceType = "hostedzone",
                                                  .ResourceId = id_,
                                                  .AddTags = std::move(add),
                                                  .RemoveTagKeys = std::move(remove)});
  }
  std::vector<std::string> tags() {
    auto got = route53_.ListTagsForResource(call_, {.ResourceType = "hostedzone", .ResourceId = id_}).value();
    std::vector<std::string> out;
    for (const api::Tag& tag : *got.ResourceTagSet.Tags) out.push_back(*tag.Key + "=" + *tag.Value);
    return out;
  }
  std::string id_;
};

TEST_F(Tags, AreAddedChangedAndRemoved) {
  EXPECT_THAT(tags(), ElementsAre());
  ASSERT_TRUE(change_tags({{{.Key = "a", .Value = "1"}, {.Key = "b", .Value = {}}}}));
  EXPECT_THAT(tags(), ElementsAre("a=1", "b="));
  ASSERT_TRUE(change_tags({{{.Key = "a", .Value = "2"}}}, {{"b", "none"}}));
  EXPECT_THAT(tags(), ElementsAre("a=2"));
}

TEST_F(Tags, AreListedForSeveralZones) {
  ASSERT_TRUE(change_tags({{{.Key = "a", .Value = "1"}}}));
  std::string other = make_zone_id("other.com").substr(12);
  auto sets =
      route53_.ListTagsForResources(call_, {.ResourceType = "hostedzone", .ResourceIds = {id_, other}})
          .value()
          .ResourceTagSets;
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0].Tags->size(), 1u);
  EXPECT_EQ(sets[1].ResourceId, other);
  EXPECT_EQ(sets[1].Tags->size(), 0u);
}

TEST_F(Tags, AreRefusedWithTheRightError) {
  EXPECT_EQ(change_tags({}).error().code, "InvalidInput");
  EXPECT_EQ(change_tags({{{.Key = "aws:x", .Value = "1"}}}).error().code, "InvalidInput");
  EXPECT_EQ(change_tags({{{.Key = {}, .Value = "1"}}}).error().code, "InvalidInput");
  EXPECT_EQ(
      route53_.ListTagsForResource(call_, {.ResourceType = "healthcheck", .ResourceId = "h"}).error().code,
      "NoSuchHealthCheck");
  EXPECT_EQ(
      route53_.ListTagsForResource(call_, {.ResourceType = "hostedzone", .ResourceId = "Z404"}).error().code,
      "NoSuchHostedZone");
  std::vector<api::Tag> many;
  for (std::size_t i = 0; i <= kTagsMax; ++i) many.push_back({.Key = "k" + std::to_string(i), .Value = "v"});
  EXPECT_EQ(change_tags(many).error().code, "InvalidInput");
}

TEST_F(Tags, LimitsThatMeanNothingHereAreRefused) {
  EXPECT_EQ(route53_.GetAccountLimit(call_, {.Type = "MAX_SOMETHING_ELSE"}).error().code, "InvalidInput");
  EXPECT_EQ(route53_.GetHostedZoneLimit(call_, {.Type = "MAX_VPCS_ASSOCIATED_BY_ZONE", .HostedZoneId = id_})
                .error()
                .code,
            "HostedZoneNotPrivate");
}

}  // namespace
}  // namespace meridian::services::route53
