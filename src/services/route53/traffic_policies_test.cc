#include "services/route53/service_fixture.h"

namespace meridian::services::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string endpoint_document(const std::string& type, const std::string& value) {
  return R"({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": ")" + type +
         R"(", "StartEndpoint": "e", "Endpoints": {"e": {"Type": "value", "Value": ")" + value + R"("}}})";
}

class TrafficPolicyTest : public ServiceTest {
 protected:
  aws::Outcome<api::CreateTrafficPolicyResponse> make(const std::string& name) {
    clock_.advance(std::chrono::seconds(1));
    return route53_.CreateTrafficPolicy(call_, {.Name = name, .Document = document_});
  }
  std::string make_id(const std::string& name) { return make(name).value().TrafficPolicy.Id; }
  aws::Outcome<api::CreateTrafficPolicyVersionResponse> add_version(const std::string& id,
                                                                    const std::string& document) {
    return route53_.CreateTrafficPolicyVersion(call_, {.Id = id, .Document = document, .Comment = "newer"});
  }
  std::vector<std::string> listed() {
    std::vector<std::string> names;
    const auto list = route53_.ListTrafficPolicies(call_, {}).value();
    for (const auto& policy : list.TrafficPolicySummaries)
      names.push_back(policy.Name);
    return names;
  }
  std::vector<std::int32_t> versions(const std::string& id) {
    std::vector<std::int32_t> numbers;
    const auto list = route53_.ListTrafficPolicyVersions(call_, {.Id = id}).value();
    for (const auto& policy : list.TrafficPolicies)
      numbers.push_back(policy.Version);
    return numbers;
  }

  const std::string document_ = endpoint_document("A", "192.0.2.1");
};

TEST_F(TrafficPolicyTest, IsKeptAsItWasGiven) {
  auto made = route53_.CreateTrafficPolicy(call_, {.Name = "p", .Document = document_, .Comment = "first"});
  ASSERT_TRUE(made);
  const api::TrafficPolicy& policy = made->TrafficPolicy;
  EXPECT_EQ(policy.Version, 1);
  EXPECT_EQ(policy.Type, "A");
  EXPECT_EQ(made->Location, "https://route53.amazonaws.com/2013-04-01/trafficpolicy/" + policy.Id + "/1");
  auto got = route53_.GetTrafficPolicy(call_, {.Id = policy.Id, .Version = 1});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->TrafficPolicy, policy);
  EXPECT_EQ(got->TrafficPolicy.Document, document_);
  EXPECT_EQ(got->TrafficPolicy.Comment, "first");
}

TEST_F(TrafficPolicyTest, IsRefusedForItsDocument) {
  auto refused = route53_.CreateTrafficPolicy(call_, {.Name = "p", .Document = "{}"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "InvalidTrafficPolicyDocument");
  EXPECT_EQ(refused.error().status, 400);
  EXPECT_THAT(refused.error().message, HasSubstr("RecordType is required."));
  const std::string id = make_id("p");
  EXPECT_EQ(add_version(id, "[]").error().code, "InvalidTrafficPolicyDocument");
  EXPECT_THAT(versions(id), ElementsAre(1));
}

TEST_F(TrafficPolicyTest, NamesAreOfOnePolicyOfAnAccount) {
  make_id("p");
  auto again = make("p");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "TrafficPolicyAlreadyExists");
  EXPECT_EQ(again.error().status, 409);
  EXPECT_TRUE(route53_.CreateTrafficPolicy(stranger_, {.Name = "p", .Document = document_}));
}

TEST_F(TrafficPolicyTest, VersionsAreNumberedOnAndNeverAgain) {
  const std::string id = make_id("p");
  EXPECT_EQ(add_version(id, endpoint_document("AAAA", "2001:db8::1"))->TrafficPolicy.Version, 2);
  EXPECT_EQ(add_version(id, document_)->TrafficPolicy.Version, 3);
  ASSERT_TRUE(route53_.DeleteTrafficPolicy(call_, {.Id = id, .Version = 3}));
  EXPECT_EQ(route53_.GetTrafficPolicy(call_, {.Id = id, .Version = 3}).error().code, "NoSuchTrafficPolicy");
  auto summary = route53_.ListTrafficPolicies(call_, {}).value().TrafficPolicySummaries.at(0);
  EXPECT_EQ(summary.LatestVersion, 2);
  EXPECT_EQ(summary.Type, "AAAA");
  EXPECT_EQ(summary.TrafficPolicyCount, 2);
  auto next = add_version(id, document_);
  EXPECT_EQ(next->TrafficPolicy.Version, 4);
  EXPECT_EQ(next->TrafficPolicy.Comment, "newer");
  EXPECT_THAT(next->Location, HasSubstr(id + "/4"));
  EXPECT_THAT(versions(id), ElementsAre(1, 2, 4));
}

TEST_F(TrafficPolicyTest, GoesWithItsLastVersion) {
  const std::string id = make_id("p");
  add_version(id, document_);
  ASSERT_TRUE(route53_.DeleteTrafficPolicy(call_, {.Id = id, .Version = 1}));
  EXPECT_THAT(listed(), ElementsAre("p"));
  ASSERT_TRUE(route53_.DeleteTrafficPolicy(call_, {.Id = id, .Version = 2}));
  EXPECT_TRUE(listed().empty());
  EXPECT_EQ(route53_.DeleteTrafficPolicy(call_, {.Id = id, .Version = 2}).error().code,
            "NoSuchTrafficPolicy");
  EXPECT_EQ(add_version(id, document_).error().code, "NoSuchTrafficPolicy");
  EXPECT_TRUE(make("p")) << "the name is free again";
}

TEST_F(TrafficPolicyTest, CommentsChangeAlone) {
  const std::string id = make_id("p");
  auto changed = route53_.UpdateTrafficPolicyComment(call_, {.Id = id, .Version = 1, .Comment = "better"});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->TrafficPolicy.Comment, "better");
  EXPECT_EQ(changed->TrafficPolicy.Document, document_);
  EXPECT_EQ(route53_.GetTrafficPolicy(call_, {.Id = id, .Version = 1})->TrafficPolicy,
            changed->TrafficPolicy);
  EXPECT_EQ(route53_.UpdateTrafficPolicyComment(call_, {.Id = id, .Version = 2, .Comment = ""}).error().code,
            "NoSuchTrafficPolicy");
}

TEST_F(TrafficPolicyTest, ArePagedInTheOrderTheyWereMade) {
  for (const char* name : {"z", "a", "m"}) make_id(name);
  EXPECT_THAT(listed(), ElementsAre("z", "a", "m"));
  auto page = route53_.ListTrafficPolicies(call_, {.MaxItems = "2"}).value();
  EXPECT_TRUE(page.IsTruncated);
  EXPECT_EQ(page.MaxItems, "2");
  ASSERT_EQ(page.TrafficPolicySummaries.size(), 2u);
  page = route53_.ListTrafficPolicies(call_, {.TrafficPolicyIdMarker = page.TrafficPolicyIdMarker}).value();
  ASSERT_EQ(page.TrafficPolicySummaries.size(), 1u);
  EXPECT_EQ(page.TrafficPolicySummaries[0].Name, "m");
  EXPECT_FALSE(page.IsTruncated);
  EXPECT_EQ(route53_.ListTrafficPolicies(call_, {.TrafficPolicyIdMarker = "none"}).error().code,
            "InvalidInput");
}

TEST_F(TrafficPolicyTest, VersionsArePaged) {
  const std::string id = make_id("p");
  add_version(id, document_);
  add_version(id, document_);
  auto page = route53_.ListTrafficPolicyVersions(call_, {.Id = id, .MaxItems = "2"}).value();
  EXPECT_EQ(page.TrafficPolicies.size(), 2u);
  EXPECT_TRUE(page.IsTruncated);
  EXPECT_EQ(page.TrafficPolicyVersionMarker, "3");
  page = route53_.ListTrafficPolicyVersions(call_, {.Id = id, .TrafficPolicyVersionMarker = "3"}).value();
  ASSERT_EQ(page.TrafficPolicies.size(), 1u);
  EXPECT_EQ(page.TrafficPolicies[0].Version, 3);
  EXPECT_EQ(page.TrafficPolicies[0].Document, document_);
  EXPECT_EQ(
      route53_.ListTrafficPolicyVersions(call_, {.Id = id, .TrafficPolicyVersionMarker = "x"}).error().code,
      "InvalidInput");
}

TEST_F(TrafficPolicyTest, AreLimitedByQuota) {
  for (const char* name : {"a", "b", "c", "d"}) make_id(name);
  auto refused = make("e");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "TooManyTrafficPolicies");
  auto limit = route53_.GetAccountLimit(call_, {.Type = "MAX_TRAFFIC_POLICIES_BY_OWNER"}).value();
  EXPECT_EQ(limit.Limit.Value, 4);
  EXPECT_EQ(limit.Count, 4);
}

TEST_F(TrafficPolicyTest, VersionsAreLimitedForEver) {
  const std::string id = make_id("p");
  for (std::uint32_t i = 1; i < kTrafficPolicyVersionsMax; ++i) ASSERT_TRUE(add_version(id, document_));
  ASSERT_TRUE(route53_.DeleteTrafficPolicy(call_, {.Id = id, .Version = 1000}));
  EXPECT_EQ(add_version(id, document_).error().code, "TooManyTrafficPolicyVersionsForCurrentPolicy");
}

TEST_F(TrafficPolicyTest, OfOthersAreNotThere) {
  const std::string id = make_id("p");
  EXPECT_EQ(route53_.GetTrafficPolicy(stranger_, {.Id = id, .Version = 1}).error().code,
            "NoSuchTrafficPolicy");
  EXPECT_EQ(route53_.GetTrafficPolicy(stranger_, {.Id = id, .Version = 1}).error().status, 404);
  EXPECT_TRUE(route53_.ListTrafficPolicies(stranger_, {}).value().TrafficPolicySummaries.empty());
}

}  // namespace
}  // namespace meridian::services::route53
