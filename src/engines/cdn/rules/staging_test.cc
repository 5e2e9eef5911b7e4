#include "engines/cdn/rules/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meridian::engines::cdn::rules {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

snapshots::cdn::ContinuousDeployment by_weight(double weight, bool sticky) {
  snapshots::cdn::ContinuousDeployment policy;
  policy.staging_id = "E2";
  policy.weight = weight;
  if (sticky) {
    policy.sticky_idle = seconds(300);
    policy.sticky_maximum = seconds(600);
  }
  return policy;
}

SystemTime at(int second) {
  return SystemTime{} + seconds(1'700'000'000 + second);
}

// The cookie as a browser sends it back.
std::string cookie_of(const StagingChoice& choice) {
  return choice.set_cookie.substr(0, choice.set_cookie.find(';'));
}

TEST(Staging, AHeaderWithItsValueLeadsThere) {
  snapshots::cdn::ContinuousDeployment policy;
  policy.header_name = "aws-cf-cd-try";
  policy.header_value = "yes";
  const Field right[] = {{"AWS-CF-CD-Try", "yes"}}, wrong[] = {{"aws-cf-cd-try", "no"}};
  EXPECT_TRUE(choose_staging(policy, right, at(0), 0.99).staging);
  EXPECT_FALSE(choose_staging(policy, wrong, at(0), 0).staging);
  EXPECT_FALSE(choose_staging(policy, {}, at(0), 0).staging);
}

TEST(Staging, AWeightIsAPartOfAllRequests) {
  EXPECT_TRUE(choose_staging(by_weight(0.1, false), {}, at(0), 0.099).staging);
  EXPECT_FALSE(choose_staging(by_weight(0.1, false), {}, at(0), 0.1).staging);
  EXPECT_FALSE(choose_staging(by_weight(0, false), {}, at(0), 0).staging);
  EXPECT_EQ(choose_staging(by_weight(0.1, false), {}, at(0), 0).set_cookie, "");
}

TEST(Staging, ASessionStaysWithWhoServedItFirst) {
  const auto policy = by_weight(0.1, true);
  for (const bool staging : {true, false}) {
    const StagingChoice first = choose_staging(policy, {}, at(0), staging ? 0.05 : 0.5);
    EXPECT_EQ(first.staging, staging);
    EXPECT_THAT(first.set_cookie, HasSubstr("; Max-Age=300;"));
    const std::string cookie = "theme=dark; " + cookie_of(first);
    const Field fields[] = {{"Cookie", cookie}};
    EXPECT_EQ(choose_staging(policy, fields, at(299), staging ? 0.5 : 0.05).staging, staging);
    EXPECT_EQ(choose_staging(policy, fields, at(300), staging ? 0.5 : 0.05).staging, !staging) << "idle";
  }
}

TEST(Staging, ASessionEndsHoweverBusyItIs) {
  const auto policy = by_weight(0.1, true);
  std::string cookie = cookie_of(choose_staging(policy, {}, at(0), 0.05));
  for (int second = 200; second < 600; second += 200) {
    const Field fields[] = {{"cookie", cookie}};
    const StagingChoice next = choose_staging(policy, fields, at(second), 0.5);
    EXPECT_TRUE(next.staging) << second;
    cookie = cookie_of(next);
  }
  const Field fields[] = {{"cookie", cookie}};
  EXPECT_THAT(choose_staging(policy, fields, at(590), 0.5).set_cookie, HasSubstr("; Max-Age=10;"));
  EXPECT_FALSE(choose_staging(policy, fields, at(600), 0.5).staging);
}

TEST(Staging, WhatIsNoSessionOfOursIsNone) {
  for (const std::string value :
       {"", "staging", "staging.", "staging.1.", "staging.x.y", "other.1700000000.1700000000",
        "staging.1700000000.1700000000x", "staging.1700009999.1700009999", "staging.-5.1700000000",
        "staging.99999999999999999999.1"}) {
    const std::string cookie = std::string(kSessionCookie) + "=" + value;
    const Field fields[] = {{"Cookie", cookie}};
    EXPECT_FALSE(choose_staging(by_weight(0.1, true), fields, at(0), 0.5).staging) << value;
  }
}

TEST(Staging, TheSessionsCookieIsTakenOut) {
  const Field fields[] = {{"Accept", "*/*"},
                          {"Cookie", "a=1; CloudFront-Continuous-Deployment=primary.1.1; b=2"}};
  FieldList buffer;
  const Fields left = without_session_cookie(fields, buffer);
  EXPECT_EQ(value_of(left, "cookie"), "a=1; b=2");
  EXPECT_EQ(value_of(left, "accept"), "*/*");
  const Field alone[] = {{"Cookie", "CloudFront-Continuous-Deployment=primary.1.1"}};
  FieldList other;
  EXPECT_TRUE(without_session_cookie(alone, other).empty());
}

}  // namespace
}  // namespace meridian::engines::cdn::rules
