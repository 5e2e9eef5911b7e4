#include "services/s3/form_policy.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace meridian::services::s3 {
namespace {

constexpr SystemTime kNow = SystemTime(std::chrono::seconds(1'700'000'000));  // 2023-11-14T22:13:20Z

aws::Outcome<FormPolicy> parse(const std::string& json) {
  return parse_form_policy(to_base64(as_bytes(json)));
}
std::string with(const std::string& conditions) {
  return R"({"expiration":"2023-11-14T23:00:00.000Z","conditions":[)" + conditions + "]}";
}
// "OK", or the sentence of the refusal.
std::string check(const std::string& conditions, const FormFields& fields, SystemTime now = kNow) {
  const auto policy = parse(with(conditions));
  if (!policy) return policy.error().message;
  const auto checked = check_form_policy(*policy, fields, now);
  return checked ? "OK" : checked.error().message;
}

TEST(FormPolicy, HoldsFieldsToItsConditions) {
  const std::string conditions =
      R"({"bucket":"b"},["eq","$Key","user/a"],["starts-with","$Content-Type","image/"],{"ACL":"private"})";
  const FormFields good = {{"bucket", "b"},     {"key", "user/a"}, {"content-type", "image/png"},
                           {"acl", "private"},  {"policy", "p"},   {"x-amz-signature", "s"},
                           {"x-ignore-me", "x"}};
  EXPECT_EQ(check(conditions, good), "OK");
  const auto changed = [&](const char* name, const char* value) {
    FormFields fields = good;
    fields[name] = value;
    return check(conditions, fields);
  };
  EXPECT_EQ(changed("bucket", "c"),
            R"(Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "b"])");
  EXPECT_EQ(changed("key", "user/ab"),
            R"(Invalid according to Policy: Policy Condition failed: ["eq", "$key", "user/a"])");
  EXPECT_EQ(
      changed("content-type", "text/html"),
      R"(Invalid according to Policy: Policy Condition failed: ["starts-with", "$content-type", "image/"])");
  EXPECT_EQ(changed("x-amz-meta-more", "1"),
            "Invalid according to Policy: Extra input fields: x-amz-meta-more");
  FormFields without = good;
  without.erase("acl");
  EXPECT_EQ(check(conditions, without),
            R"(Invalid according to Policy: Policy Condition failed: ["eq", "$acl", "private"])");
}

TEST(FormPolicy, AnyValueNeedsAFieldAllTheSame) {
  EXPECT_EQ(check(R"(["starts-with","$key",""])", {{"key", "anything"}}), "OK");
  EXPECT_NE(check(R"(["starts-with","$key",""])", {}), "OK");
}

TEST(FormPolicy, Expires) {
  const SystemTime end = SystemTime(std::chrono::seconds(1'700'002'800));
  EXPECT_EQ(check("", {}, end - std::chrono::seconds(1)), "OK");
  EXPECT_EQ(check("", {}, end), "Invalid according to Policy: Policy expired.");
}

TEST(FormPolicy, BoundsTheFile) {
  const auto policy = parse(with(R"(["content-length-range",2,"5"],["content-length-range",0,4])"));
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->size_min, 2u);
  EXPECT_EQ(policy->size_max, 4u);
  EXPECT_TRUE(check_file_size_so_far(*policy, 1));
  EXPECT_EQ(check_file_size_so_far(*policy, 5).error().code, "EntityTooLarge");
  EXPECT_EQ(check_file_size(*policy, 1).error().code, "EntityTooSmall");
  EXPECT_TRUE(check_file_size(*policy, 2));
  EXPECT_TRUE(check_file_size(*policy, 4));
  EXPECT_EQ(check_file_size(*policy, 5).error().code, "EntityTooLarge");
}

TEST(FormPolicy, WhatIsNoneIsRefused) {
  const auto refused = [](const aws::Outcome<FormPolicy>& policy) {
    return policy ? "OK" : policy.error().code;
  };
  EXPECT_EQ(refused(parse_form_policy("not base64!")), "InvalidPolicyDocument");
  for (const char* text : {"", "[]", "{", R"({"conditions":[]})", R"({"expiration":"2030-01-01T00:00:00Z"})",
                           R"({"expiration":5,"conditions":[]})", R"({"expiration":"soon","conditions":[]})",
                           R"({"expiration":"2030-01-01T00:00:00Z","conditions":{}})"})
    EXPECT_EQ(refused(parse(text)), "InvalidPolicyDocument") << text;
  for (const char* condition :
       {R"("bucket")", "5", "{}", R"({"a":"b","c":"d"})", R"({"key":5})", R"(["eq","key","v"])",
        R"(["ends-with","$key","v"])", R"(["eq","$key"])", R"(["eq","$key",1])", R"(["eq","$key","v","w"])",
        R"(["content-length-range",-1,5])", R"(["content-length-range","a",5])"})
    EXPECT_EQ(refused(parse(with(condition))), "InvalidPolicyDocument") << condition;
  std::string many = R"({"a":"b"})";
  for (std::size_t i = 0; i < kFormConditionsMax; ++i) many += R"(,{"a":"b"})";
  EXPECT_EQ(refused(parse(with(many))), "InvalidPolicyDocument");
}

}  // namespace
}  // namespace meridian::services::s3
