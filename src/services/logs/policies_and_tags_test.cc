#include "services/logs/service_fixture.h"

namespace meridian::services::logs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

const std::string kDocument =
    R"({"Version": "2012-10-17", "Statement": [{"Sid": "Route53LogsToCloudWatchLogs",
  "Effect": "Allow", "Principal": {"Service": ["route53.amazonaws.com"]}, "Action": "logs:PutLogEvents",
  "Resource": "*"}]})";
constexpr const char* kArn = "arn:aws:logs:us-east-1:111122223333:log-group:g";

class PoliciesTest : public LogsTest {
 protected:
  std::vector<std::string> names(const api::DescribeResourcePoliciesRequest& input = {}) {
    std::vector<std::string> names;
    const auto out = logs_.DescribeResourcePolicies(call_, input);
    EXPECT_EQ(refusal(out), "");
    for (const auto& policy : *out->resourcePolicies) names.push_back(*policy.policyName);
    return names;
  }
};

TEST_F(PoliciesTest, OfTheAccount) {
  const auto put = logs_.PutResourcePolicy(call_, {.policyName = "b", .policyDocument = kDocument});
  ASSERT_EQ(refusal(put), "");
  EXPECT_EQ(put->resourcePolicy->policyDocument, kDocument);
  EXPECT_EQ(put->resourcePolicy->lastUpdatedTime, kNowMs);
  EXPECT_EQ(put->resourcePolicy->policyScope, "ACCOUNT");
  for (int i = 0; i < 9; ++i)
    ASSERT_EQ(refusal(logs_.PutResourcePolicy(
                  call_, {.policyName = "a" + std::to_string(i), .policyDocument = kDocument})),
              "");
  EXPECT_THAT(refusal(logs_.PutResourcePolicy(call_, {.policyName = "c", .policyDocument = kDocument})),
              StartsWith("LimitExceededException"));
  EXPECT_EQ(refusal(logs_.PutResourcePolicy(call_, {.policyName = "b", .policyDocument = kDocument})), "");
  const auto page = logs_.DescribeResourcePolicies(call_, {.limit = 8});
  EXPECT_THAT(names({.nextToken = page->nextToken}), ElementsAre("a8", "b"));
  ASSERT_EQ(refusal(logs_.DeleteResourcePolicy(call_, {.policyName = "b"})), "");
  EXPECT_EQ(refusal(logs_.DeleteResourcePolicy(call_, {.policyName = "b"})),
            "ResourceNotFoundException: Policy with name [b] does not exist.");
  EXPECT_EQ(names().size(), 9u);
}

TEST_F(PoliciesTest, OfAGroup) {
  make_group("g");
  const auto put = logs_.PutResourcePolicy(call_, {.policyDocument = kDocument, .resourceArn = kArn});
  ASSERT_EQ(refusal(put), "");
  ASSERT_TRUE(put->revisionId);
  EXPECT_THAT(refusal(logs_.PutResourcePolicy(call_, {.policyDocument = kDocument, .resourceArn = kArn})),
              StartsWith("InvalidParameterException"))
      << "without the revision that is there";
  const auto again = logs_.PutResourcePolicy(
      call_, {.policyDocument = kDocument, .resourceArn = kArn, .expectedRevisionId = put->revisionId});
  ASSERT_EQ(refusal(again), "");
  EXPECT_NE(again->revisionId, put->revisionId);
  const auto listed = logs_.DescribeResourcePolicies(call_, {.resourceArn = kArn});
  ASSERT_EQ(listed->resourcePolicies->size(), 1u);
  EXPECT_EQ(listed->resourcePolicies->at(0).resourceArn, kArn);
  EXPECT_EQ(listed->resourcePolicies->at(0).policyScope, "RESOURCE");
  EXPECT_THAT(names(), IsEmpty());
  ASSERT_EQ(refusal(logs_.DeleteResourcePolicy(
                call_, {.resourceArn = kArn, .expectedRevisionId = again->revisionId})),
            "");
  EXPECT_THAT(*logs_.DescribeResourcePolicies(call_, {.resourceArn = kArn})->resourcePolicies, IsEmpty());
}

TEST_F(PoliciesTest, Refuses) {
  for (const auto& input : {api::PutResourcePolicyRequest{.policyName = "a"},
                            api::PutResourcePolicyRequest{.policyDocument = kDocument},
                            api::PutResourcePolicyRequest{.policyName = "a", .policyDocument = "{"},
                            api::PutResourcePolicyRequest{.policyName = "a", .policyDocument = "{}"},
                            api::PutResourcePolicyRequest{.policyName = "a",
                            .policyDocument = kDocument + std::string(5120, ' ')}})
    EXPECT_THAT(refusal(logs_.PutResourcePolicy(call_, input)), StartsWith("InvalidParameterException"));
  EXPECT_THAT(refusal(logs_.PutResourcePolicy(call_, {.policyDocument = kDocument, .resourceArn = kArn})),
              StartsWith("ResourceNotFoundException"));
}

class TagsTest : public LogsTest {
 protected:
  void SetUp() override { make_group("g"); }
};

TEST_F(TagsTest, ByArnAndByName) {
  ASSERT_EQ(refusal(logs_.TagResource(call_, {.resourceArn = kArn, .tags = {{"a", "1"}, {"b", "2"}}})), "");
  ASSERT_EQ(refusal(logs_.TagLogGroup(call_, {.logGroupName = "g", .tags = {{"b", "3"}, {"c", "4"}}})), "");
  EXPECT_THAT(*logs_.ListTagsForResource(call_, {.resourceArn = kArn})->tags,
              ElementsAre(Pair("a", "1"), Pair("b", "3"), Pair("c", "4")));
  ASSERT_EQ(refusal(logs_.UntagResource(call_, {.resourceArn = kArn, .tagKeys = {"a", "x"}})), "");
  ASSERT_EQ(refusal(logs_.UntagLogGroup(call_, {.logGroupName = "g", .tags = {"b"}})), "");
  EXPECT_THAT(*logs_.ListTagsLogGroup(call_, {.logGroupName = "g"})->tags, ElementsAre(Pair("c", "4")));
}

TEST_F(TagsTest, Refuses) {
  std::map<std::string, std::string> many;
  for (int i = 0; i < 50; ++i) many["k" + std::to_string(i)] = "v";
  ASSERT_EQ(refusal(logs_.TagResource(call_, {.resourceArn = kArn, .tags = many})), "");
  EXPECT_THAT(refusal(logs_.TagResource(call_, {.resourceArn = kArn, .tags = {{"more", ""}}})),
              StartsWith("TooManyTagsException"));
  EXPECT_THAT(refusal(logs_.TagResource(call_, {.resourceArn = kArn, .tags = {{"aws:x", ""}}})),
              StartsWith("InvalidParameterException"));
  EXPECT_THAT(refusal(logs_.ListTagsForResource(call_, {.resourceArn = std::string(kArn) + ":*"})),
              StartsWith("ResourceNotFoundException"));
  EXPECT_THAT(refusal(logs_.ListTagsForResource(call_, {.resourceArn = "g"})),
              StartsWith("InvalidParameterException"));
  EXPECT_THAT(refusal(logs_.TagLogGroup(call_, {.logGroupName = "h", .tags = {{"a", "1"}}})),
              StartsWith("ResourceNotFoundException"));
}

}  // namespace
}  // namespace meridian::services::logs
