#include "services/iam/authority.h"

#include <gtest/gtest.h>

#include "services/iam/credentials.h"
#include "services/iam/resources.h"
#include "services/iam/service_keys.h"
#include "store/memory/memory_store.h"

namespace meridian::services::iam {
namespace {

class AuthorityTest : public testing::Test {
 protected:
  static aws::Call call_of(const std::string& who, const char* service, const char* operation) {
    aws::Call call;
    call.account_id = "111122223333";
    call.principal_arn = "arn:aws:iam::111122223333:" + who;
    call.service = service;
    call.operation = operation;
    call.source_address = "203.0.113.9";
    return call;
  }
  std::string may(const std::string& who, const char* service, const char* operation) {
    const auto allowed = authority_.may(call_of(who, service, operation));
    return allowed ? "OK" : allowed.error().message;
  }
  void allow(const std::string& user, const std::string& statements) {
    const UserResource made{"111122223333", user, "/", "AIDAX", {}, {{"team", "dns"}}};
    ASSERT_TRUE(store_.commit({{},
                               {{user_key(made.account, user), encode(made)},
                                {user_policies_prefix(made.account, user) + "p",
                                 R"({"Version":"2012-10-17","Statement":[)" + statements + "]}"}},
                               {}}));
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'700'000'000))};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  SeededRandom random_{1};
  PolicyAuthority authority_{store_};
};

TEST_F(AuthorityTest, ARootMayEverythingAndAUserNothingByItself) {
  EXPECT_EQ(may("root", "route53", "CreateHostedZone"), "OK");
  EXPECT_EQ(
      may("user/bob", "route53", "CreateHostedZone"),
      "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: route53:CreateHostedZone on "
      "resource: * because no identity-based policy allows the route53:CreateHostedZone action");
  EXPECT_EQ(may("user/bob", "sts", "GetCallerIdentity"), "OK");
  aws::Call nobody;
  nobody.service = "route53";
  EXPECT_FALSE(authority_.may(nobody));
}

TEST_F(AuthorityTest, AUserMayWhatItsPoliciesSay) {
  allow("bob",
        R"({"Effect":"Allow","Action":["route53:List*","route53:Get*"],"Resource":"*"},)"
        R"({"Effect":"Deny","Action":"route53:GetChange","Resource":"*"},)"
        R"({"Effect":"Allow","Action":"logs:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":)"
        R"("203.0.113.0/24"},"StringEquals":{"aws:username":"bob","aws:PrincipalTag/team":"dns"}}})");
  EXPECT_EQ(may("user/bob", "route53", "ListHostedZones"), "OK");
  EXPECT_NE(may("user/bob", "route53", "CreateHostedZone"), "OK");
  EXPECT_NE(may("user/bob", "route53", "GetChange").find("explicit deny in an identity-based"),
            std::string::npos);
  EXPECT_EQ(may("user/bob", "logs", "DescribeLogGroups"), "OK");
  EXPECT_NE(may("user/eve", "route53", "ListHostedZones"), "OK");
}

TEST_F(AuthorityTest, AServiceHasOneKeyAndNoAccount) {
  const auto key = service_key(store_, random_, "cloudfront.amazonaws.com");
  ASSERT_TRUE(key);
  EXPECT_EQ(service_key(store_, random_, "cloudfront.amazonaws.com")->access_key_id, key->access_key_id);
  EXPECT_NE(service_key(store_, random_, "logs.amazonaws.com")->access_key_id, key->access_key_id);
  const auto found = StoredCredentials(store_).find(key->access_key_id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_access_key, key->secret_access_key);
  EXPECT_EQ(found->service, "cloudfront.amazonaws.com");
  EXPECT_EQ(found->account_id, "");
  aws::Call call;
  call.service = "route53";
  call.operation = "ListHostedZones";
  call.on_behalf.service = found->service;
  EXPECT_FALSE(authority_.may(call)) << "it may nothing where there is no policy of a resource";
}

}  // namespace
}  // namespace meridian::services::iam
