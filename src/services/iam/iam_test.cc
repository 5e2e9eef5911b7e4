#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/iam/credentials.h"
#include "services/iam/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::iam {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

class IamTest : public testing::Test {
 protected:
  static aws::Call call_as(std::string arn_resource, std::string account = "111122223333") {
    aws::Call call;
    call.account_id = account;
    call.principal_arn = "arn:aws:iam::" + account + ":" + arn_resource;
    return call;
  }
  api::User make_user(const std::string& name, std::optional<std::string> path = {}) {
    return *iam_.CreateUser(root_, {.Path = std::move(path), .UserName = name}).value().User;
  }
  api::AccessKey make_key(const std::string& user) {
    return iam_.CreateAccessKey(root_, {.UserName = user}).value().AccessKey;
  }
  bool active(const std::string& access_key_id) {
    return find_active_access_key(store_, access_key_id).value().has_value();
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'700'000'000))};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  SeededRandom random_{1};
  Iam iam_{store_, clock_, random_};
  aws::Call root_ = call_as("root");
};

TEST_F(IamTest, AUserIsMadeAndFoundInAnyCase) {
  api::CreateUserRequest input{.Path = "/division/", .UserName = "Deployer"};
  input.Tags = std::vector<api::Tag>{{.Key = "team", .Value = "dns"}};
  api::User user = *iam_.CreateUser(root_, input).value().User;
  EXPECT_EQ(user.Arn, "arn:aws:iam::111122223333:user/division/Deployer");
  EXPECT_THAT(user.UserId, MatchesRegex("AIDA[A-Z2-7]+"));
  EXPECT_EQ(user.CreateDate, clock_.now());
  EXPECT_EQ(iam_.GetUser(root_, {.UserName = "deployer"}).value().User, user);
  EXPECT_EQ(user.Tags->at(0).Value, "dns");
  aws::ServiceError error = iam_.CreateUser(root_, {.UserName = "DEPLOYER"}).error();
  EXPECT_EQ(error.code, "EntityAlreadyExists");
  EXPECT_EQ(error.status, 409);
  error = iam_.GetUser(root_, {.UserName = "nobody"}).error();
  EXPECT_EQ(error.code, "NoSuchEntity");
  EXPECT_EQ(error.message, "The user with name nobody cannot be found.");
}

TEST_F(IamTest, UsersOfOtherAccountsAreNotSeen) {
  make_user("deployer");
  aws::Call stranger = call_as("root", "444455556666");
  EXPECT_EQ(iam_.GetUser(stranger, {.UserName = "deployer"}).error().code, "NoSuchEntity");
  EXPECT_TRUE(iam_.ListUsers(stranger, {}).value().Users.empty());
}

TEST_F(IamTest, GetUserWithoutANameIsTheCaller) {
  make_user("deployer");
  aws::Call deployer = call_as("user/deployer");
  EXPECT_EQ(iam_.GetUser(deployer, {}).value().User.UserName, "deployer");
  EXPECT_EQ(iam_.GetUser(root_, {}).error().code, "ValidationError");
}

TEST_F(IamTest, UsersAreListedInPagesAndByPath) {
  for (const char* name : {"b", "a", "d"}) make_user(name);
  make_user("c", "/ops/");
  std::vector<std::string> seen;
  api::ListUsersRequest input{.MaxItems = 3};
  for (;;) {
    auto page = iam_.ListUsers(root_, input).value();
    for (const api::User& user : page.Users) seen.push_back(user.UserName);
    if (!*page.IsTruncated) break;
    input.Marker = page.Marker;
  }
  EXPECT_THAT(seen, ElementsAre("a", "b", "c", "d"));
  auto ops = iam_.ListUsers(root_, {.PathPrefix = "/ops/"}).value();
  ASSERT_EQ(ops.Users.size(), 1u);
  EXPECT_EQ(ops.Users[0].UserName, "c");
}

TEST_F(IamTest, AnAccessKeyWorksUntilItIsTurnedOffOrDeleted) {
  make_user("deployer", "/ops/");
  api::AccessKey key = make_key("deployer");
  EXPECT_THAT(key.AccessKeyId, MatchesRegex("AKIA[A-Z2-7]+"));
  EXPECT_EQ(key.AccessKeyId.size(), 20u);
  EXPECT_EQ(key.SecretAccessKey.size(), 40u);
  EXPECT_EQ(key.Status, "Active");
  auto found = find_active_access_key(store_, key.AccessKeyId).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, key.SecretAccessKey);
  EXPECT_EQ(found->account, "111122223333");
  EXPECT_EQ(found->principal_arn, "arn:aws:iam::111122223333:user/ops/deployer");

  ASSERT_TRUE(iam_.UpdateAccessKey(
      root_, {.UserName = "deployer", .AccessKeyId = key.AccessKeyId, .Status = "Inactive"}));
  EXPECT_FALSE(active(key.AccessKeyId));
  EXPECT_EQ(iam_.ListAccessKeys(root_, {.UserName = "deployer"}).value().AccessKeyMetadata[0].Status,
            "Inactive");
  ASSERT_TRUE(iam_.UpdateAccessKey(
      root_, {.UserName = "deployer", .AccessKeyId = key.AccessKeyId, .Status = "Active"}));
  EXPECT_TRUE(active(key.AccessKeyId));
  ASSERT_TRUE(iam_.DeleteAccessKey(root_, {.UserName = "deployer", .AccessKeyId = key.AccessKeyId}));
  EXPECT_FALSE(active(key.AccessKeyId));
  EXPECT_EQ(
      iam_.DeleteAccessKey(root_, {.UserName = "deployer", .AccessKeyId = key.AccessKeyId}).error().code,
      "NoSuchEntity");
}

TEST_F(IamTest, KeysBelongToTheirOwner) {
  make_user("one");
  make_user("two");
  api::AccessKey key = make_key("one");
  EXPECT_EQ(iam_.DeleteAccessKey(root_, {.UserName = "two", .AccessKeyId = key.AccessKeyId}).error().code,
            "NoSuchEntity");
  EXPECT_EQ(iam_.DeleteAccessKey(root_, {.AccessKeyId = key.AccessKeyId}).error().code, "NoSuchEntity");
  aws::Call one = call_as("user/one");
  EXPECT_EQ(iam_.ListAccessKeys(one, {}).value().AccessKeyMetadata.size(), 1u);
  EXPECT_TRUE(iam_.DeleteAccessKey(one, {.AccessKeyId = key.AccessKeyId}));
  EXPECT_EQ(iam_.CreateAccessKey(root_, {.UserName = "three"}).error().code, "NoSuchEntity");
}

TEST_F(IamTest, AUserHasTwoKeysAtMostAndIsDeletedWithoutAny) {
  make_user("deployer");
  std::vector<api::AccessKey> keys = {make_key("deployer"), make_key("deployer")};
  aws::ServiceError error = iam_.CreateAccessKey(root_, {.UserName = "deployer"}).error();
  EXPECT_EQ(error.code, "LimitExceeded");
  EXPECT_EQ(error.message, "Cannot exceed quota for AccessKeysPerUser: 2");
  auto page = iam_.ListAccessKeys(root_, {.UserName = "deployer", .MaxItems = 1}).value();
  ASSERT_TRUE(*page.IsTruncated);
  auto rest = iam_.ListAccessKeys(root_, {.UserName = "deployer", .Marker = page.Marker}).value();
  ASSERT_EQ(rest.AccessKeyMetadata.size(), 1u);
  EXPECT_NE(rest.AccessKeyMetadata[0].AccessKeyId, page.AccessKeyMetadata[0].AccessKeyId);

  error = iam_.DeleteUser(root_, {.UserName = "deployer"}).error();
  EXPECT_EQ(error.code, "DeleteConflict");
  for (const api::AccessKey& key : keys)
    ASSERT_TRUE(iam_.DeleteAccessKey(root_, {.UserName = "deployer", .AccessKeyId = key.AccessKeyId}));
  EXPECT_TRUE(iam_.DeleteUser(root_, {.UserName = "deployer"}));
  EXPECT_EQ(iam_.DeleteUser(root_, {.UserName = "deployer"}).error().code, "NoSuchEntity");
}

TEST_F(IamTest, TheRootMayHaveKeysToo) {
  api::AccessKey key = iam_.CreateAccessKey(root_, {}).value().AccessKey;
  EXPECT_EQ(find_active_access_key(store_, key.AccessKeyId).value()->principal_arn,
            "arn:aws:iam::111122223333:root");
}

TEST_F(IamTest, TheAccountIsSummedUp) {
  make_user("a");
  make_user("b");
  ASSERT_TRUE(iam_.DeleteUser(root_, {.UserName = "a"}));
  auto summary = *iam_.GetAccountSummary(root_, {}).value().SummaryMap;
  EXPECT_EQ(summary.at("Users"), 1);
  EXPECT_EQ(summary.at("AccessKeysPerUserQuota"), 2);
  EXPECT_TRUE(iam_.ListAccountAliases(root_, {}).value().AccountAliases.empty());
}

TEST_F(IamTest, TheFrontDoorFindsActiveKeysOnly) {
  make_user("deployer");
  api::AccessKey key = make_key("deployer");
  StoredCredentials credentials(store_);
  auto found = credentials.find(key.AccessKeyId);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, key.SecretAccessKey);
  EXPECT_EQ(found->account_id, "111122223333");
  EXPECT_EQ(found->principal_arn, "arn:aws:iam::111122223333:user/deployer");
  EXPECT_FALSE(found->expiry);
  EXPECT_FALSE(credentials.find("AKIANOBODY"));
  ASSERT_TRUE(iam_.UpdateAccessKey(
      root_, {.UserName = "deployer", .AccessKeyId = key.AccessKeyId, .Status = "Inactive"}));
  EXPECT_FALSE(credentials.find(key.AccessKeyId));
}

TEST_F(IamTest, ASessionsKeySurvivesEncoding) {
  AccessKeyResource key{
      "ASIA1", "secret", "1", "u", "arn", true, clock_.now(), "token", clock_.now() + std::chrono::hours(1)};
  auto read = decode_access_key(encode(key));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session_token, "token");
  EXPECT_EQ(read->expires_at, key.expires_at);
  EXPECT_FALSE(decode_access_key("nonsense"));
  EXPECT_FALSE(decode_user(encode(key)));
}

}  // namespace
}  // namespace meridian::services::iam
