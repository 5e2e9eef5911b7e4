#include <gtest/gtest.h>

#include "services/iam/resources.h"
#include "services/sts/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::sts {
namespace {

class StsTest : public testing::Test {
 protected:
  static aws::Call call_as(std::string arn_resource, std::string access_key_id = "AKIAROOT") {
    aws::Call call;
    call.account_id = "111122223333";
    call.principal_arn = "arn:aws:iam::111122223333:" + arn_resource;
    call.access_key_id = access_key_id;
    return call;
  }
  std::optional<iam::AccessKeyResource> stored(const std::string& access_key_id) {
    return iam::find_active_access_key(store_, access_key_id).value();
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'700'000'000))};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  SeededRandom random_{1};
  Sts sts_{store_, clock_, random_};
  aws::Call root_ = call_as("root");
};

TEST_F(StsTest, TellsWhoIsCalling) {
  auto root = sts_.GetCallerIdentity(root_, {}).value();
  EXPECT_EQ(root.Account, "111122223333");
  EXPECT_EQ(root.UserId, "111122223333");
  EXPECT_EQ(root.Arn, "arn:aws:iam::111122223333:root");

  iam::UserResource user{"111122223333", "deployer", "/ops/", "AIDAX", clock_.now(), {}};
  ASSERT_TRUE(store_.commit({.preconditions = {},
                             .puts = {{iam::user_key(user.account, "deployer"), iam::encode(user)}},
                             .deletes = {}}));
  aws::Call deployer = call_as("user/ops/deployer");
  EXPECT_EQ(sts_.GetCallerIdentity(deployer, {}).value().UserId, "AIDAX");
}

TEST_F(StsTest, ASessionSignsForItsPrincipalUntilItEnds) {
  aws::Call deployer = call_as("user/deployer");
  auto credentials = *sts_.GetSessionToken(deployer, {.DurationSeconds = 900}).value().Credentials;
  EXPECT_EQ(credentials.AccessKeyId.substr(0, 4), "ASIA");
  EXPECT_EQ(credentials.Expiration, clock_.now() + std::chrono::minutes(15));
  auto key = stored(credentials.AccessKeyId);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->secret_access_key, credentials.SecretAccessKey);
  EXPECT_EQ(key->session_token, credentials.SessionToken);
  EXPECT_EQ(key->principal_arn, deployer.principal_arn);
  EXPECT_EQ(key->expires_at, credentials.Expiration);
  clock_.advance(std::chrono::minutes(15));
  store_.deliver();
  EXPECT_FALSE(stored(credentials.AccessKeyId));
}

TEST_F(StsTest, SessionsHaveTheirDefaultsAndBounds) {
  aws::Call deployer = call_as("user/deployer");
  EXPECT_EQ(sts_.GetSessionToken(deployer, {}).value().Credentials->Expiration,
            clock_.now() + std::chrono::hours(12));
  EXPECT_EQ(sts_.GetSessionToken(root_, {.DurationSeconds = 7200}).value().Credentials->Expiration,
            clock_.now() + std::chrono::hours(1));
}

TEST_F(StsTest, SessionsStartNoSessionsAndMfaIsNotThere) {
  aws::Call session = call_as("user/deployer", "ASIAX");
  aws::ServiceError error = sts_.GetSessionToken(session, {}).error();
  EXPECT_EQ(error.code, "AccessDenied");
  EXPECT_EQ(error.status, 403);
  EXPECT_EQ(sts_.GetSessionToken(root_, {.SerialNumber = "mfa", .TokenCode = "123456"}).error().code,
            "AccessDenied");
}

TEST_F(StsTest, TellsTheAccountOfAKey) {
  auto credentials = *sts_.GetSessionToken(root_, {}).value().Credentials;
  EXPECT_EQ(sts_.GetAccessKeyInfo(root_, {.AccessKeyId = credentials.AccessKeyId}).value().Account,
            "111122223333");
  EXPECT_EQ(sts_.GetAccessKeyInfo(root_, {.AccessKeyId = "AKIAROOT"}).value().Account, "111122223333");
  EXPECT_EQ(sts_.GetAccessKeyInfo(root_, {.AccessKeyId = "AKIANOBODY"}).error().code, "ValidationError");
}

}  // namespace
}  // namespace meridian::services::sts
