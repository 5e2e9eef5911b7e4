#include <gtest/gtest.h>

#include "base/percent.h"
#include "services/iam/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::iam {
namespace {

constexpr const char* kReads =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]})";

class PoliciesTest : public testing::Test {
 protected:
  PoliciesTest() {
    root_.account_id = "111122223333";
    root_.principal_arn = "arn:aws:iam::111122223333:root";
    EXPECT_TRUE(iam_.CreateUser(root_, {.UserName = "Bob"}));
  }
  template <typename T>
  static std::string code(const aws::Outcome<T>& outcome) {
    return outcome ? "OK" : outcome.error().code;
  }
  std::string put(const std::string& name, const std::string& document) {
    return code(
        iam_.PutUserPolicy(root_, {.UserName = "bob", .PolicyName = name, .PolicyDocument = document}));
  }
  std::string create(const std::string& name, const std::string& document = kReads) {
    const auto made =
        iam_.CreatePolicy(root_, {.PolicyName = name, .Path = "/team/", .PolicyDocument = document});
    return made ? *made->Policy->Arn : made.error().code;
  }
  std::string attach(const std::string& arn) {
    return code(iam_.AttachUserPolicy(root_, {.UserName = "bob", .PolicyArn = arn}));
  }
  std::string detach(const std::string& arn) {
    return code(iam_.DetachUserPolicy(root_, {.UserName = "bob", .PolicyArn = arn}));
  }
  std::vector<std::string> documents() {
    std::vector<std::string> out;
    const auto policies = policies_of_user(store_, "111122223333", "bob");
    for (const auto& one : policies.value().documents) out.push_back(one.name);
    return out;
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'700'000'000))};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  SeededRandom random_{1};
  Iam iam_{store_, clock_, random_};
  aws::Call root_;
};

TEST_F(PoliciesTest, InlineOnesArePutShownListedAndDeleted) {
  EXPECT_EQ(put("read", kReads), "OK");
  EXPECT_EQ(put("also", kReads), "OK");
  EXPECT_EQ(documents(), (std::vector<std::string>{"also", "read"}));
  const auto shown = iam_.GetUserPolicy(root_, {.UserName = "bob", .PolicyName = "read"});
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->UserName, "Bob");
  EXPECT_EQ(percent_decode(shown->PolicyDocument), kReads);
  auto page = iam_.ListUserPolicies(root_, {.UserName = "bob", .MaxItems = 1}).value();
  EXPECT_EQ(page.PolicyNames, std::vector<std::string>{"also"});
  ASSERT_TRUE(*page.IsTruncated);
  page = iam_.ListUserPolicies(root_, {.UserName = "bob", .Marker = page.Marker}).value();
  EXPECT_EQ(page.PolicyNames, std::vector<std::string>{"read"});
  EXPECT_EQ(code(iam_.DeleteUserPolicy(root_, {.UserName = "bob", .PolicyName = "read"})), "OK");
  EXPECT_EQ(code(iam_.DeleteUserPolicy(root_, {.UserName = "bob", .PolicyName = "read"})), "NoSuchEntity");
  EXPECT_EQ(code(iam_.GetUserPolicy(root_, {.UserName = "bob", .PolicyName = "read"})), "NoSuchEntity");
  EXPECT_EQ(code(iam_.PutUserPolicy(root_, {.UserName = "eve", .PolicyName = "p", .PolicyDocument = kReads})),
            "NoSuchEntity");
}

TEST_F(PoliciesTest, WhatIsNoPolicyIsNotKept) {
  EXPECT_EQ(put("p", "{}"), "MalformedPolicyDocument");
  EXPECT_EQ(put("p", R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]})"),
            "MalformedPolicyDocument");
  EXPECT_EQ(create("p", "nonsense"), "MalformedPolicyDocument");
  EXPECT_EQ(put("p", std::string(kReads) + std::string(5000, ' ')), "OK") << "white space is free";
  std::string large = kReads;
  large.insert(large.find("\"*\""), "\"" + std::string(2048, 'x') + "\",");
  EXPECT_EQ(put("large", large), "LimitExceeded");
  EXPECT_EQ(documents(), std::vector<std::string>{"p"});
}

TEST_F(PoliciesTest, ManagedOnesAreMadeAttachedAndDeleted) {
  const std::string arn = create("Reader");
  EXPECT_EQ(arn, "arn:aws:iam::111122223333:policy/team/Reader");
  EXPECT_EQ(create("reader"), "EntityAlreadyExists");
  EXPECT_EQ(attach(arn), "OK");
  EXPECT_EQ(attach(arn), "OK") << "again is no error";
  EXPECT_EQ(iam_.GetPolicy(root_, {.PolicyArn = arn})->Policy->AttachmentCount, 1);
  EXPECT_EQ(
      percent_decode(
          *iam_.GetPolicyVersion(root_, {.PolicyArn = arn, .VersionId = "v1"})->PolicyVersion->Document),
      kReads);
  EXPECT_EQ(code(iam_.GetPolicyVersion(root_, {.PolicyArn = arn, .VersionId = "v2"})), "NoSuchEntity");
  EXPECT_EQ(iam_.ListPolicyVersions(root_, {.PolicyArn = arn})->Versions->size(), 1u);
  EXPECT_EQ(documents(), std::vector<std::string>{arn});
  EXPECT_EQ(code(iam_.DeletePolicy(root_, {.PolicyArn = arn})), "DeleteConflict");
  EXPECT_EQ(code(iam_.DeleteUser(root_, {.UserName = "bob"})), "DeleteConflict");
  EXPECT_EQ(detach(arn), "OK");
  EXPECT_EQ(detach(arn), "NoSuchEntity");
  EXPECT_EQ(code(iam_.DeletePolicy(root_, {.PolicyArn = arn})), "OK");
  EXPECT_EQ(code(iam_.GetPolicy(root_, {.PolicyArn = arn})), "NoSuchEntity");
  EXPECT_EQ(attach(arn), "NoSuchEntity");
  EXPECT_EQ(code(iam_.DeleteUser(root_, {.UserName = "bob"})), "OK");
}

TEST_F(PoliciesTest, SomeOfAwsAreThere) {
  constexpr const char* kAdministrator = "arn:aws:iam::aws:policy/AdministratorAccess";
  EXPECT_EQ(attach(kAdministrator), "OK");
  EXPECT_EQ(documents(), std::vector<std::string>{kAdministrator});
  const auto attached = iam_.ListAttachedUserPolicies(root_, {.UserName = "bob"});
  ASSERT_EQ(attached->AttachedPolicies->size(), 1u);
  EXPECT_EQ(attached->AttachedPolicies->front().PolicyName, "AdministratorAccess");
  EXPECT_EQ(code(iam_.DeletePolicy(root_, {.PolicyArn = kAdministrator})), "AccessDenied");
  EXPECT_EQ(attach("arn:aws:iam::aws:policy/NoSuchAccess"), "NoSuchEntity");
}

TEST_F(PoliciesTest, AreListedByScopePathAndPage) {
  create("one");
  create("two");
  EXPECT_EQ(iam_.ListPolicies(root_, {.Scope = "Local"})->Policies->size(), 2u);
  EXPECT_TRUE(iam_.ListPolicies(root_, {.Scope = "Local", .OnlyAttached = true})->Policies->empty());
  EXPECT_TRUE(iam_.ListPolicies(root_, {.Scope = "Local", .PathPrefix = "/other/"})->Policies->empty());
  const auto page = iam_.ListPolicies(root_, {.Scope = "Local", .MaxItems = 1}).value();
  ASSERT_TRUE(*page.IsTruncated);
  const auto rest = iam_.ListPolicies(root_, {.Scope = "Local", .Marker = page.Marker}).value();
  ASSERT_EQ(rest.Policies->size(), 1u);
  EXPECT_EQ(rest.Policies->front().PolicyName, "two");
  aws::Call other = root_;
  other.account_id = "444455556666";
  EXPECT_TRUE(iam_.ListPolicies(other, {.Scope = "Local"})->Policies->empty());
  EXPECT_EQ(code(iam_.GetPolicy(other, {.PolicyArn = *page.Policies->front().Arn})), "NoSuchEntity");
}

}  // namespace
}  // namespace meridian::services::iam
