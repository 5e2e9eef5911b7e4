// IAM User Guide: "Policy evaluation logic", "Condition operators", "Multivalued context keys".
#include "aws/iam_policy/evaluate.h"

#include <gtest/gtest.h>

namespace meridian::aws::iam_policy {
namespace {

using Kind = Verdict::Kind;

constexpr std::string_view kOwner = "123456789012", kOther = "210987654321";

Caller user(std::string_view account, std::string_view name) {
  Caller caller;
  caller.account = account;
  caller.arn = "arn:aws:iam::" + std::string(account) + ":user/" + std::string(name);
  return caller;
}

Request get(Caller caller, Context context = {}) {
  return {std::move(caller), "s3:GetObject", "arn:aws:s3:::b/photos/cat.jpg", std::move(context)};
}

// A policy of statements, each without its braces.
Policy policy(std::initializer_list<std::string_view> statements, PolicyKind kind = PolicyKind::Resource) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (std::string_view statement : statements) {
    if (text.back() == '}') text += ',';
    text += '{' + std::string(statement) + '}';
  }
  auto parsed = parse_policy(text + "]}", kind);
  EXPECT_TRUE(parsed) << text << parsed.error().message;
  return *parsed;
}

constexpr std::string_view kEverybodyReads =
    R"("Sid":"read","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")";

Kind verdict(std::string_view statement, const Request& request) {
  return evaluate(policy({statement}), request).kind;
}

// Of a condition, for a context with key k.
bool held(std::string_view condition, std::vector<std::string> values, std::string_view effect = "Allow") {
  Context context;
  for (auto& value : values) context.add("k", std::move(value));
  const std::string statement = R"("Effect":")" + std::string(effect) +
                                R"(","Principal":"*","Action":"*","Resource":"*","Condition":{)" +
                                std::string(condition) + "}";
  return verdict(statement, get(Caller::anonymous(), context)) != Kind::ImplicitDeny;
}

TEST(EvaluatePolicy, DenyIsStrongerWhereverItStands) {
  constexpr std::string_view kDeny =
      R"("Sid":"no","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/photos/*")";
  for (const Policy& both : {policy({kEverybodyReads, kDeny}), policy({kDeny, kEverybodyReads})}) {
    const Verdict verdict = evaluate(both, get(Caller::anonymous()));
    EXPECT_EQ(verdict.kind, Kind::ExplicitDeny);
    EXPECT_EQ(verdict.statement->sid, "no");
  }
}

TEST(EvaluatePolicy, SaysWhichElementDidNotMatch) {
  const Policy reads = policy({R"("Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:Get*",
    "Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"k":"v"},"Bool":{"t":"true"}})"});
  const auto mismatch = [&](const Request& request) { return look(reads, reads.statements[0], request); };
  Context context;
  context.set("K", "v");
  Request request = get(user(kOwner, "bob"), context);
  EXPECT_EQ(mismatch(request).mismatch, Mismatch::Condition);
  EXPECT_EQ(mismatch(request).condition, 1u);
  request.context.set("t", "true");
  EXPECT_TRUE(mismatch(request).applies());
  request.resource = "arn:aws:s3:::c/x";
  EXPECT_EQ(mismatch(request).mismatch, Mismatch::Resource);
  request.action = "s3:PutObject";
  EXPECT_EQ(mismatch(request).mismatch, Mismatch::Action);
  request.caller = user(kOther, "eve");
  EXPECT_EQ(mismatch(request).mismatch, Mismatch::Principal);
}

TEST(EvaluatePolicy, Principals) {
  const auto allows = [](std::string_view principal, const Caller& caller) {
    return verdict(R"("Effect":"Allow","Action":"*","Resource":"*","Principal":)" + std::string(principal),
                   get(caller)) == Kind::Allow;
  };
  Caller session = user(kOwner, "x");
  session.arn = "arn:aws:sts::123456789012:assumed-role/deploy/ci";
  session.role_arn = "arn:aws:iam::123456789012:role/deploy";
  EXPECT_TRUE(allows(R"({"AWS":"*"})", Caller::anonymous()));
  EXPECT_TRUE(allows(R"({"AWS":"123456789012"})", user(kOwner, "bob")));
  EXPECT_TRUE(allows(R"({"AWS":"arn:aws:iam::123456789012:root"})", session));
  EXPECT_TRUE(allows(R"({"AWS":"arn:aws:iam::123456789012:role/deploy"})", session));
  EXPECT_TRUE(allows(R"({"AWS":"arn:aws:sts::123456789012:assumed-role/deploy/ci"})", session));
  EXPECT_FALSE(allows(R"({"AWS":"123456789012"})", user(kOther, "bob")));
  EXPECT_FALSE(allows(R"({"AWS":"123456789012"})", Caller::anonymous()));
  EXPECT_TRUE(
      allows(R"({"Service":"cloudfront.amazonaws.com"})", Caller::of_service("cloudfront.amazonaws.com")));
  EXPECT_FALSE(
      allows(R"({"Service":"cloudfront.amazonaws.com"})", Caller::of_service("route53.amazonaws.com")));
  EXPECT_FALSE(allows(R"({"CanonicalUser":"abc"})", user(kOwner, "bob")));
}

TEST(EvaluatePolicy, NotPrincipalDeniesAllOthers) {
  constexpr std::string_view kOnlyBob =
      R"("Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/bob"},"Action":"*","Resource":"*")";
  EXPECT_EQ(verdict(kOnlyBob, get(user(kOwner, "bob"))), Kind::ImplicitDeny);
  EXPECT_EQ(verdict(kOnlyBob, get(user(kOwner, "eve"))), Kind::ExplicitDeny);
  EXPECT_EQ(verdict(kOnlyBob, get(Caller::anonymous())), Kind::ExplicitDeny);
}

TEST(EvaluatePolicy, OriginAccessControl) {
  const Policy bucket = policy({R"("Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},
    "Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":
    {"AWS:SourceArn":"arn:aws:cloudfront::123456789012:distribution/E1"}})"});
  Request request = get(Caller::of_service("cloudfront.amazonaws.com"));
  EXPECT_EQ(evaluate(bucket, request).kind, Kind::ImplicitDeny);
  request.context.set("aws:SourceArn", "arn:aws:cloudfront::123456789012:distribution/E2");
  EXPECT_EQ(evaluate(bucket, request).kind, Kind::ImplicitDeny);
  request.context.set("aws:SourceArn", "arn:aws:cloudfront::123456789012:distribution/E1");
  EXPECT_EQ(evaluate(bucket, request).kind, Kind::Allow);
}

TEST(EvaluatePolicy, NotActionAndNotResource) {
  constexpr std::string_view kAllButWrites =
      R"("Effect":"Allow","Principal":"*","NotAction":"s3:Put*","NotResource":"arn:aws:s3:::b/secret/*")";
  Request request = get(Caller::anonymous());
  EXPECT_EQ(verdict(kAllButWrites, request), Kind::Allow);
  request.resource = "arn:aws:s3:::b/secret/x";
  EXPECT_EQ(verdict(kAllButWrites, request), Kind::ImplicitDeny);
  request = get(Caller::anonymous());
  request.action = "s3:PutObject";
  EXPECT_EQ(verdict(kAllButWrites, request), Kind::ImplicitDeny);
}

TEST(EvaluatePolicy, VariablesInResources) {
  constexpr std::string_view kHome =
      R"("Effect":"Allow","Principal":"*","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*")";
  Request request = get(user(kOwner, "photos"));
  EXPECT_EQ(verdict(kHome, request), Kind::ImplicitDeny);
  request.context.set("aws:username", "photos");
  EXPECT_EQ(verdict(kHome, request), Kind::Allow);
  request.context.set("aws:username", "*");
  EXPECT_EQ(verdict(kHome, request), Kind::ImplicitDeny);
}

TEST(EvaluatePolicy, AVariableWithoutValueNeverHelpsTheCaller) {
  const auto of = [](std::string_view effect) {
    return verdict(R"("Effect":")" + std::string(effect) +
                       R"(","Principal":"*","Action":"*","NotResource":"arn:aws:s3:::b/${aws:username}/*")",
                   get(Caller::anonymous()));
  };
  EXPECT_EQ(of("Allow"), Kind::ImplicitDeny);
  EXPECT_EQ(of("Deny"), Kind::ExplicitDeny);
  constexpr std::string_view kOthers = R"("StringNotEquals":{"k":"${aws:username}"})";
  EXPECT_FALSE(held(kOthers, {"bob"}, "Allow"));
  EXPECT_TRUE(held(kOthers, {"bob"}, "Deny"));
}

TEST(EvaluatePolicy, Strings) {
  EXPECT_TRUE(held(R"("StringEquals":{"k":["a","b"]})", {"b"}));
  EXPECT_FALSE(held(R"("StringEquals":{"k":"A"})", {"a"}));
  EXPECT_FALSE(held(R"("StringEquals":{"k":"a*"})", {"ab"}));
  EXPECT_TRUE(held(R"("StringEqualsIgnoreCase":{"k":"A"})", {"a"}));
  EXPECT_TRUE(held(R"("StringLike":{"k":"a*"})", {"ab"}));
  EXPECT_FALSE(held(R"("StringNotLike":{"k":["a*","c"]})", {"ab"}));
  EXPECT_TRUE(held(R"("StringNotEquals":{"k":["a","b"]})", {"c"}));
  EXPECT_FALSE(held(R"("StringNotEquals":{"k":["a","b"]})", {"b"}));
}

TEST(EvaluatePolicy, NumbersDatesAndBooleans) {
  EXPECT_TRUE(held(R"("NumericLessThanEquals":{"k":10})", {"10"}));
  EXPECT_FALSE(held(R"("NumericLessThan":{"k":"10"})", {"10"}));
  EXPECT_TRUE(held(R"("NumericGreaterThan":{"k":"9.5"})", {"10"}));
  EXPECT_TRUE(held(R"("NumericEquals":{"k":"10.0"})", {"10"}));
  EXPECT_FALSE(held(R"("NumericEquals":{"k":"10"})", {"ten"}));
  EXPECT_TRUE(held(R"("DateLessThan":{"k":"2030-01-01T00:00:00Z"})", {"2026-11-21T12:00:00Z"}));
  EXPECT_FALSE(held(R"("DateGreaterThan":{"k":"2030-01-01T00:00:00Z"})", {"2026-11-21T12:00:00Z"}));
  EXPECT_TRUE(held(R"("Bool":{"k":true})", {"true"}));
  EXPECT_FALSE(held(R"("Bool":{"k":"false"})", {"true"}));
}

TEST(EvaluatePolicy, Addresses) {
  constexpr std::string_view kInside = R"("IpAddress":{"k":["203.0.113.0/24","2001:db8::/32"]})";
  EXPECT_TRUE(held(kInside, {"203.0.113.9"}));
  EXPECT_TRUE(held(kInside, {"2001:db8::1"}));
  EXPECT_FALSE(held(kInside, {"203.0.114.9"}));
  EXPECT_TRUE(held(R"("NotIpAddress":{"k":"203.0.113.7"})", {"203.0.113.8"}));
  EXPECT_FALSE(held(R"("NotIpAddress":{"k":"203.0.113.7"})", {"203.0.113.7"}));
  EXPECT_FALSE(held(R"("NotIpAddress":{"k":"203.0.113.7"})", {"no address"}));
}

TEST(EvaluatePolicy, KeysThatAreAbsent) {
  EXPECT_FALSE(held(R"("StringEquals":{"k":"a"})", {}));
  EXPECT_TRUE(held(R"("StringNotEquals":{"k":"a"})", {}));
  EXPECT_TRUE(held(R"("StringEqualsIfExists":{"k":"a"})", {}));
  EXPECT_FALSE(held(R"("StringEqualsIfExists":{"k":"a"})", {"b"}));
  EXPECT_FALSE(held(R"("Bool":{"k":"false"})", {}));
  EXPECT_TRUE(held(R"("Null":{"k":"true"})", {}));
  EXPECT_FALSE(held(R"("Null":{"k":"true"})", {"a"}));
  EXPECT_TRUE(held(R"("Null":{"k":"false"})", {"a"}));
}

TEST(EvaluatePolicy, KeysWithSeveralValues) {
  EXPECT_TRUE(held(R"("ForAllValues:StringEquals":{"k":["a","b"]})", {"a", "b"}));
  EXPECT_FALSE(held(R"("ForAllValues:StringEquals":{"k":["a","b"]})", {"a", "c"}));
  EXPECT_TRUE(held(R"("ForAllValues:StringEquals":{"k":"a"})", {}));
  EXPECT_TRUE(held(R"("ForAnyValue:StringEquals":{"k":"a"})", {"a", "c"}));
  EXPECT_FALSE(held(R"("ForAnyValue:StringEquals":{"k":"a"})", {}));
  EXPECT_TRUE(held(R"("ForAnyValue:StringNotEquals":{"k":"a"})", {"a", "c"}));
  EXPECT_FALSE(held(R"("ForAllValues:StringNotEquals":{"k":"a"})", {"a", "c"}));
}

TEST(DecideByPolicies, WithinTheAccountEitherSideMayAllow) {
  const Policy mine = policy({R"("Effect":"Allow","Action":"s3:*","Resource":"*")"}, PolicyKind::Identity);
  const Policy bucket = policy({kEverybodyReads});
  const Request request = get(user(kOwner, "bob"));
  EXPECT_EQ(decide({{&mine}, nullptr, kOwner}, request).verdict.kind, Kind::Allow);
  EXPECT_EQ(decide({{}, &bucket, kOwner}, request).verdict.kind, Kind::Allow);
  EXPECT_EQ(decide({{}, nullptr, kOwner}, request).verdict.kind, Kind::ImplicitDeny);
}

TEST(DecideByPolicies, FromAnotherAccountBothMust) {
  const Policy mine = policy({R"("Effect":"Allow","Action":"s3:*","Resource":"*")"}, PolicyKind::Identity);
  const Policy bucket = policy({kEverybodyReads});
  const Request request = get(user(kOther, "eve"));
  EXPECT_EQ(decide({{&mine}, nullptr, kOwner}, request).verdict.kind, Kind::ImplicitDeny);
  EXPECT_EQ(decide({{}, &bucket, kOwner}, request).verdict.kind, Kind::ImplicitDeny);
  EXPECT_EQ(decide({{&mine}, &bucket, kOwner}, request).verdict.kind, Kind::Allow);
}

TEST(DecideByPolicies, AnyDenyDecides) {
  const Policy mine =
      policy({R"("Sid":"me","Effect":"Deny","Action":"s3:*","Resource":"*")"}, PolicyKind::Identity);
  const Policy bucket = policy({kEverybodyReads});
  const Verdict verdict = decide({{&mine}, &bucket, kOwner}, get(user(kOwner, "bob"))).verdict;
  EXPECT_EQ(verdict.kind, Kind::ExplicitDeny);
  EXPECT_EQ(verdict.statement->sid, "me");
}

TEST(DecideByPolicies, WhoHasNoNameNeedsTheResourceOnly) {
  const Policy bucket = policy({kEverybodyReads});
  EXPECT_EQ(decide({{}, &bucket, kOwner}, get(Caller::anonymous())).verdict.kind, Kind::Allow);
}

}  // namespace
}  // namespace meridian::aws::iam_policy
