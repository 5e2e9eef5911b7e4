#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/iam_policy/policy.h"

namespace meridian::aws::iam_policy {
namespace {

using ::testing::HasSubstr;

// One statement of a resource policy, with what is given in the place of the named element.
std::string with(std::string_view element, std::string_view value) {
  std::string out = R"({"Version":"2012-10-17","Statement":[{)";
  const std::pair<std::string_view, std::string_view> elements[] = {
      {"Effect", R"("Effect":"Allow")"},
      {"Principal", R"("Principal":"*")"},
      {"Action", R"("Action":"s3:GetObject")"},
      {"Resource", R"("Resource":"arn:aws:s3:::b/*")"},
      {"Condition", R"("Condition":{"Bool":{"aws:SecureTransport":true}})"},
  };
  bool first = true;
  for (const auto& [name, text] : elements) {
    const std::string_view used = name == element ? value : text;
    if (used.empty()) continue;
    if (!first) out += ',';
    first = false;
    out += used;
  }
  return out + "}]}";
}

Result<Policy> parse(const std::string& text, PolicyKind kind = PolicyKind::Resource) {
  return parse_policy(text, kind);
}

TEST(ParsePolicy, AWholeOne) {
  const auto policy = parse(R"({"Version":"2012-10-17","Id":"p","Statement":[
    {"Sid":"a","Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::210987654321:root",
       "arn:aws:iam::123456789012:user/bob"],"Service":"cloudfront.amazonaws.com","CanonicalUser":"abc"},
     "Action":["s3:GetObject","s3:ListBucket"],"Resource":"arn:aws:s3:::b/*",
     "Condition":{"ForAnyValue:StringNotLikeIfExists":{"AWS:SourceArn":["x","y"]},"NumericLessThan":{"s3:max-keys":10}}},
    {"Sid":"b","Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"NotAction":"s3:Get*","NotResource":"*"}]})");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_TRUE(policy->has_variables);
  ASSERT_EQ(policy->statements.size(), 2u);
  const Statement& a = policy->statements[0];
  using Kind = Principal::Kind;
  EXPECT_EQ(a.principals, (std::vector<Principal>{{Kind::Account, "123456789012"},
                                                  {Kind::Account, "210987654321"},
                                                  {Kind::Arn, "arn:aws:iam::123456789012:user/bob"},
                                                  {Kind::Service, "cloudfront.amazonaws.com"},
                                                  {Kind::CanonicalUser, "abc"}}));
  ASSERT_EQ(a.conditions.size(), 2u);
  EXPECT_EQ(a.conditions[0].key, "aws:sourcearn");
  EXPECT_TRUE(a.conditions[0].negated && a.conditions[0].if_exists);
  EXPECT_EQ(a.conditions[0].quantifier, Condition::Quantifier::ForAnyValue);
  EXPECT_EQ(a.conditions[1].values, std::vector<std::string>{"10"});
  const Statement& b = policy->statements[1];
  EXPECT_TRUE(b.not_principal && b.not_action && b.not_resource);
}

TEST(ParsePolicy, AStatementAloneAndTheOldVersion) {
  const auto policy = parse(
      R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}})");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_FALSE(policy->has_variables);
}

TEST(ParsePolicy, RefusesWhatIsNotUnderstood) {
  const std::pair<std::string_view, std::string_view> wrong[] = {
      {"Effect", R"("Effect":"allow")"},
      {"Effect", ""},
      {"Effect", R"("Effect":"Allow","Efect":"Deny")"},
      {"Principal", ""},
      {"Principal", R"("Principal":"bob")"},
      {"Principal", R"("Principal":{})"},
      {"Principal", R"("Principal":{"AWS":"12345"})"},
      {"Principal", R"("Principal":{"AWS":"arn:aws:iam::123456789012:user/*"})"},
      {"Principal", R"("Principal":{"AWS":[]})"},
      {"Principal", R"("Principal":{"Service":"*"})"},
      {"Principal", R"("Principal":{"Federated":"accounts.google.com"})"},
      {"Principal", R"("Principal":"*","NotPrincipal":{"AWS":"123456789012"})"},
      {"Principal", R"("NotPrincipal":{"AWS":"123456789012"})"},
      {"Action", ""},
      {"Action", R"("Action":"GetObject")"},
      {"Action", R"("Action":"s3:")"},
      {"Action", R"("Action":[])"},
      {"Action", R"("Action":7)"},
      {"Action", R"("Action":"s3:*","NotAction":"s3:Get*")"},
      {"Resource", ""},
      {"Resource", R"("Resource":"b/*")"},
      {"Resource", R"("Resource":"arn:aws:s3:::b/${aws:username")"},
      {"Condition", R"("Condition":[])"},
      {"Condition", R"("Condition":{"StringEqual":{"aws:username":"x"}})"},
      {"Condition", R"("Condition":{"NullIfExists":{"aws:username":"true"}})"},
      {"Condition", R"("Condition":{"StringEquals":{}})"},
      {"Condition", R"("Condition":{"StringEquals":{"aws:username":[]}})"},
      {"Condition", R"("Condition":{"StringEquals":{"aws:username":{"a":1}}})"},
      {"Condition", R"("Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}})"},
      {"Condition", R"("Condition":{"NumericEquals":{"s3:max-keys":"ten"}})"},
      {"Condition", R"("Condition":{"DateLessThan":{"aws:CurrentTime":"tomorrow"}})"},
      {"Condition", R"("Condition":{"Bool":{"aws:SecureTransport":"yes"}})"},
  };
  ASSERT_TRUE(parse(with("", "")));
  for (const auto& [element, value] : wrong) {
    const auto policy = parse(with(element, value));
    ASSERT_FALSE(policy) << value;
    EXPECT_EQ(policy.error().code, ErrorCode::Invalid) << value;
  }
}

TEST(ParsePolicy, WholeDocumentsThatAreNone) {
  for (const char* text :
       {"", "[]", "{}", R"({"Statement":[]})", R"({"Version":"2013-01-01","Statement":[]})", "null",
        R"({"Version":"2012-10-17"})", R"({"Statement":{"Effect":"Allow"},"Extra":1})", "{\"Statement\":"})
    EXPECT_FALSE(parse(text)) << text;
}

TEST(ParsePolicy, APrincipalIsForResourcesOnly) {
  EXPECT_THAT(parse(with("", ""), PolicyKind::Identity).error().message, HasSubstr("principal"));
  EXPECT_TRUE(parse(with("Principal", ""), PolicyKind::Identity));
}

TEST(ParsePolicy, SidsAreUnique) {
  const std::string one = R"({"Sid":"s","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})";
  EXPECT_TRUE(parse(R"({"Statement":[)" + one + "]}"));
  EXPECT_THAT(parse(R"({"Statement":[)" + one + "," + one + "]}").error().message, HasSubstr("unique"));
}

TEST(ParsePolicy, IsBounded) {
  std::string values;
  for (std::size_t i = 0; i <= kValuesMax; ++i) values += R"("s3:GetObject",)";
  values.pop_back();
  EXPECT_THAT(parse(with("Action", R"("Action":[)" + values + "]")).error().message, HasSubstr("values"));
  EXPECT_FALSE(parse_policy(with("", ""), PolicyKind::Resource, 40));
  EXPECT_FALSE(parse(std::string(100, '[')));
}

}  // namespace
}  // namespace meridian::aws::iam_policy
