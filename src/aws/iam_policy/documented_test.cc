// What AWS's documentation says of evaluating policies, sentence by sentence: each case names its page of the
// IAM User Guide ("UG") or the S3 User Guide ("S3").
#include <gtest/gtest.h>

#include <random>

#include "aws/iam_policy/evaluate.h"

namespace meridian::aws::iam_policy {
namespace {

constexpr std::string_view kOwner = "111122223333", kOther = "444455556666";

struct Case {
  const char* page;
  const char* says;
  const char* caller;             // bob, eve (of another account), root, role, cloudfront, oai, nobody
  std::vector<const char*> mine;  // statements of the caller's own policies
  std::vector<const char*> bucket;
  bool allowed;
  std::vector<std::pair<const char*, const char*>> context = {};
};

constexpr const char* kGet = R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")";

#define ALLOW R"({"Effect":"Allow",)"
#define DENY R"({"Effect":"Deny",)"
#define GET R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*")"
#define ANYBODY R"("Principal":"*",)"
#define BOB R"("Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},)"
#define OWNER R"("Principal":{"AWS":"111122223333"},)"
#define OWNER_ROOT R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
#define OTHER R"("Principal":{"AWS":"arn:aws:iam::444455556666:root"},)"
#define CLOUDFRONT R"("Principal":{"Service":"cloudfront.amazonaws.com"},)"
#define WHEN(condition) R"(,"Condition":{)" condition "}"
#define END "}"

const Case kCases[] = {
    {"UG: Policy evaluation logic", "by default, all requests are implicitly denied", "bob", {}, {}, false},
    {"UG: Policy evaluation logic",
     "with the exception of the root user, which has full access",
     "root",
     {},
     {},
     true},
    {"UG: Policy evaluation logic",
     "an explicit allow overrides this default",
     "bob",
     {ALLOW GET END},
     {},
     true},
    {"UG: Policy evaluation logic",
     "an explicit deny in any policy overrides any allows",
     "bob",
     {ALLOW GET END, DENY GET END},
     {},
     false},
    {"UG: Policy evaluation logic",
     "also when it stands first",
     "bob",
     {DENY GET END, ALLOW GET END},
     {},
     false},
    {"UG: Policy evaluation logic",
     "a deny of the resource's policy is for the root user too",
     "root",
     {},
     {DENY ANYBODY GET END},
     false},
    {"UG: Evaluating within a single account",
     "a resource-based policy that names the user allows by itself",
     "bob",
     {},
     {ALLOW BOB GET END},
     true},
    {"UG: Evaluating within a single account",
     "so does one that names everybody",
     "bob",
     {},
     {ALLOW ANYBODY GET END},
     true},
    {"UG: Evaluating within a single account",
     "a deny of the user's policy overrides the resource's allow",
     "bob",
     {DENY GET END},
     {ALLOW BOB GET END},
     false},
    {"UG: Evaluating within a single account",
     "and the other way round",
     "bob",
     {ALLOW GET END},
     {DENY BOB GET END},
     false},
    {"UG: Principal, AWS account principals",
     "the account delegates to its own policies",
     "bob",
     {},
     {ALLOW OWNER GET END},
     false},
    {"UG: Principal, AWS account principals",
     "which then allow",
     "bob",
     {ALLOW GET END},
     {ALLOW OWNER GET END},
     true},
    {"UG: Principal, AWS account principals",
     "the ARN of the root means the account",
     "bob",
     {},
     {ALLOW OWNER_ROOT GET END},
     false},
    {"UG: Principal, AWS account principals",
     "a deny for the account is for all in it",
     "bob",
     {ALLOW GET END},
     {DENY OWNER_ROOT GET END},
     false},
    {"UG: Cross-account policy evaluation logic",
     "the trusting account's policy alone does not do",
     "eve",
     {},
     {ALLOW OTHER GET END},
     false},
    {"UG: Cross-account policy evaluation logic",
     "nor does the trusted account's",
     "eve",
     {ALLOW GET END},
     {},
     false},
    {"UG: Cross-account policy evaluation logic",
     "both do",
     "eve",
     {ALLOW GET END},
     {ALLOW OTHER GET END},
     true},
    {"UG: Cross-account policy evaluation logic",
     "a deny of either denies",
     "eve",
     {ALLOW GET END, DENY GET END},
     {ALLOW OTHER GET END},
     false},
    {"UG: Cross-account policy evaluation logic",
     "also the trusting account's",
     "eve",
     {ALLOW GET END},
     {ALLOW OTHER GET END, DENY OTHER GET END},
     false},
    {"UG: Principal, All principals", "anonymous users match *", "nobody", {}, {ALLOW ANYBODY GET END}, true},
    {"UG: Principal, All principals", "and no account", "nobody", {}, {ALLOW OWNER GET END}, false},
    {"UG: Principal, All principals",
     "in a deny * is everybody, services too",
     "cloudfront",
     {},
     {ALLOW CLOUDFRONT GET END, DENY ANYBODY GET END},
     false},
    {"UG: Principal, AWS service principals",
     "a service is named",
     "cloudfront",
     {},
     {ALLOW CLOUDFRONT GET END},
     true},
    {"UG: Principal, AWS service principals",
     "and is no account's",
     "cloudfront",
     {},
     {ALLOW OWNER GET END},
     false},
    {"UG: NotPrincipal with Deny",
     "all but the one named are denied",
     "bob",
     {ALLOW GET END},
     {R"({"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/alice"},)" GET END},
     false},
    {"UG: NotPrincipal with Deny",
     "the one named is not",
     "bob",
     {ALLOW GET END},
     {R"({"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/bob"},)" GET END},
     true},
    {"UG: NotAction",
     "allows all but what is listed",
     "bob",
     {R"({"Effect":"Allow","NotAction":"iam:*","Resource":"*"})"},
     {},
     true},
    {"UG: NotAction",
     "denies all but what is listed",
     "bob",
     {ALLOW GET END, R"({"Effect":"Deny","NotAction":"iam:*","Resource":"*"})"},
     {},
     false},
    {"UG: NotResource",
     "matches all but what is listed",
     "bob",
     {ALLOW R"("Action":"s3:*","NotResource":"arn:aws:s3:::b/secret/*"})"},
     {},
     true},
    {"UG: NotResource",
     "not what is listed",
     "bob",
     {ALLOW R"("Action":"s3:*","NotResource":"arn:aws:s3:::b/*"})"},
     {},
     false},
    {"UG: Action",
     "prefixes and names do not distinguish case",
     "bob",
     {ALLOW R"("Action":"S3:getobject","Resource":"*"})"},
     {},
     true},
    {"UG: Action",
     "* and ? stand for characters",
     "bob",
     {ALLOW R"("Action":"s3:Get?bje*","Resource":"*"})"},
     {},
     true},
    {"UG: Resource",
     "distinguishes case",
     "bob",
     {ALLOW R"("Action":"*","Resource":"arn:aws:s3:::B/*"})"},
     {},
     false},
    {"UG: Resource",
     "a * may stand within",
     "bob",
     {ALLOW R"("Action":"*","Resource":"arn:aws:s3:::*/cat.*"})"},
     {},
     true},
    {"UG: Policy variables",
     "${aws:username} is the caller's",
     "bob",
     {ALLOW R"("Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"})"},
     {},
     true,
     {{"aws:username", "photos"}}},
    {"UG: Policy variables",
     "without a value the statement does not match",
     "bob",
     {ALLOW R"("Action":"*","Resource":"arn:aws:s3:::b/${aws:username}*"})"},
     {},
     false},
    {"UG: Policy variables, default values",
     "but has its default",
     "bob",
     {ALLOW R"("Action":"*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, 'photos'}/*"})"},
     {},
     true},
    {"UG: Policy variables",
     "a value is no pattern",
     "bob",
     {ALLOW R"("Action":"*","Resource":"arn:aws:s3:::b/${aws:username}/*"})"},
     {},
     false,
     {{"aws:username", "*"}}},
    {"UG: Condition, evaluation logic",
     "all operators must hold",
     "bob",
     {ALLOW GET WHEN(R"("Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:username":"bob"})") END},
     {},
     false,
     {{"aws:SecureTransport", "true"}, {"aws:username", "eve"}}},
    {"UG: Condition, evaluation logic",
     "all keys of an operator must",
     "bob",
     {ALLOW GET WHEN(R"("StringEquals":{"aws:username":"bob","aws:UserAgent":"x"})") END},
     {},
     false,
     {{"aws:username", "bob"}, {"aws:UserAgent", "y"}}},
    {"UG: Condition, evaluation logic",
     "one value of a key is enough",
     "bob",
     {ALLOW GET WHEN(R"("StringEquals":{"aws:username":["alice","bob"]})") END},
     {},
     true,
     {{"aws:username", "bob"}}},
    {"UG: Condition, evaluation logic",
     "of a negated operator none may match",
     "bob",
     {ALLOW GET WHEN(R"("StringNotEquals":{"aws:username":["alice","bob"]})") END},
     {},
     false,
     {{"aws:username", "bob"}}},
    {"UG: Condition, evaluation logic",
     "names of keys do not distinguish case",
     "bob",
     {ALLOW GET WHEN(R"("StringEquals":{"AWS:UserName":"bob"})") END},
     {},
     true,
     {{"aws:username", "bob"}}},
    {"UG: Condition operators, missing keys",
     "a positive operator does not hold",
     "bob",
     {ALLOW GET WHEN(R"("StringEquals":{"aws:SourceVpc":"vpc-1"})") END},
     {},
     false},
    {"UG: Condition operators, missing keys",
     "a negated one does",
     "bob",
     {ALLOW GET WHEN(R"("StringNotEquals":{"aws:SourceVpc":"vpc-1"})") END},
     {},
     true},
    {"UG: Condition operators, ...IfExists",
     "holds without the key",
     "bob",
     {ALLOW GET WHEN(R"("StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"})") END},
     {},
     true},
    {"UG: Condition operators, Null",
     "true: the key is absent",
     "bob",
     {ALLOW GET WHEN(R"("Null":{"aws:TokenIssueTime":"true"})") END},
     {},
     true},
    {"UG: Condition operators, IpAddress",
     "of a block",
     "nobody",
     {},
     {ALLOW ANYBODY GET WHEN(R"("IpAddress":{"aws:SourceIp":"203.0.113.0/24"})") END},
     true,
     {{"aws:SourceIp", "203.0.113.77"}}},
    {"UG: Condition operators, NotIpAddress",
     "outside of it",
     "nobody",
     {},
     {ALLOW ANYBODY GET END,
      DENY ANYBODY GET WHEN(R"("NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"})") END},
     false,
     {{"aws:SourceIp", "198.51.100.1"}}},
    {"UG: Condition operators, Date",
     "before",
     "bob",
     {ALLOW GET WHEN(R"("DateLessThan":{"aws:CurrentTime":"2026-12-01T00:00:00Z"})") END},
     {},
     true,
     {{"aws:CurrentTime", "2026-11-21T17:00:00Z"}}},
    {"UG: Condition operators, Date",
     "seconds since 1970 do as well",
     "bob",
     {ALLOW GET WHEN(R"("DateGreaterThan":{"aws:EpochTime":"1700000000"})") END},
     {},
     true,
     {{"aws:EpochTime", "1800000000"}}},
    {"UG: Condition operators, ARN",
     "each part is matched by itself",
     "cloudfront",
     {},
     {ALLOW CLOUDFRONT GET WHEN(R"("ArnLike":{"aws:SourceArn":"arn:aws:cloudfront::*:distribution/*"})") END},
     true,
     {{"aws:SourceArn", "arn:aws:cloudfront::111122223333:distribution/E1"}}},
    {"UG: Condition operators, ARN",
     "a * does not reach over a colon",
     "cloudfront",
     {},
     {ALLOW CLOUDFRONT GET WHEN(R"("ArnLike":{"aws:SourceArn":"arn:aws:cloudfront:*:distribution/E1"})") END},
     false,
     {{"aws:SourceArn", "arn:aws:cloudfront::111122223333:distribution/E1"}}},
    {"UG: The confused deputy problem",
     "aws:SourceArn names the distribution",
     "cloudfront",
     {},
     {ALLOW CLOUDFRONT GET WHEN(
         R"("StringEquals":{"AWS:SourceArn":"arn:aws:cloudfront::111122223333:distribution/E1"})") END},
     false,
     {{"aws:SourceArn", "arn:aws:cloudfront::111122223333:distribution/E2"}}},
    {"UG: Multivalued context keys",
     "ForAllValues holds of no values",
     "bob",
     {ALLOW GET WHEN(R"("ForAllValues:StringEquals":{"aws:TagKeys":["a"]})") END},
     {},
     true},
    {"UG: Multivalued context keys",
     "ForAnyValue does not",
     "bob",
     {ALLOW GET WHEN(R"("ForAnyValue:StringEquals":{"aws:TagKeys":["a"]})") END},
     {},
     false},
    {"UG: Multivalued context keys",
     "every value must be listed",
     "bob",
     {ALLOW GET WHEN(R"("ForAllValues:StringEquals":{"aws:TagKeys":["a"]})") END},
     {},
     false,
     {{"aws:TagKeys", "a"}, {"aws:TagKeys", "b"}}},
    {"UG: Multivalued context keys",
     "one value must be",
     "bob",
     {ALLOW GET WHEN(R"("ForAnyValue:StringEquals":{"aws:TagKeys":["a"]})") END},
     {},
     true,
     {{"aws:TagKeys", "a"}, {"aws:TagKeys", "b"}}},
    {"S3: Origin access identity",
     "named by its ARN",
     "oai",
     {},
     {ALLOW
      R"("Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1"},)" GET END},
     true},
    {"S3: Origin access identity",
     "named by its canonical user",
     "oai",
     {},
     {ALLOW R"("Principal":{"CanonicalUser":"c4n0n1c4l"},)" GET END},
     true},
    {"S3: Origin access identity", "is no service", "oai", {}, {ALLOW CLOUDFRONT GET END}, false},
    {"S3: Bucket policy examples",
     "deny what comes without TLS",
     "bob",
     {ALLOW GET END},
     {DENY ANYBODY GET WHEN(R"("Bool":{"aws:SecureTransport":"false"})") END},
     false,
     {{"aws:SecureTransport", "false"}}},
    {"S3: Bucket policy examples",
     "a referrer is a condition like others",
     "nobody",
     {},
     {ALLOW ANYBODY GET WHEN(R"("StringLike":{"aws:Referer":["http://www.example.com/*"]})") END},
     true,
     {{"aws:Referer", "http://www.example.com/page"}}},
};

Caller caller_named(std::string_view name) {
  Caller caller;
  if (name == "nobody") return caller;
  if (name == "cloudfront") return Caller::of_service("cloudfront.amazonaws.com");
  if (name == "oai") {
    caller.arn = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1";
    caller.canonical_user = "c4n0n1c4l";
    return caller;
  }
  caller.account = name == "eve" ? kOther : kOwner;
  caller.arn = "arn:aws:iam::" + caller.account + (name == "root" ? ":root" : ":user/" + std::string(name));
  caller.canonical_user = "of " + caller.account;
  return caller;
}

Policy policy_of(const std::vector<const char*>& statements, PolicyKind kind) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (const char* statement : statements) {
    if (text.back() == '}') text += ',';
    text += statement;
  }
  auto policy = parse_policy(text + "]}", kind);
  EXPECT_TRUE(policy) << text << ": " << policy.error().message;
  return policy ? *policy : Policy{};
}

TEST(DocumentedLogic, HoldsInEveryCase) {
  for (const Case& one : kCases) {
    const Policy mine = one.mine.empty() ? Policy{} : policy_of(one.mine, PolicyKind::Identity);
    const Policy bucket = one.bucket.empty() ? Policy{} : policy_of(one.bucket, PolicyKind::Resource);
    Request request{caller_named(one.caller), "s3:GetObject", "arn:aws:s3:::b/photos/cat.jpg"};
    for (const auto& [key, value] : one.context) request.context.add(key, value);
    EXPECT_EQ(decide({{&mine}, &bucket, kOwner}, request).allowed(), one.allowed)
        << one.page << ": " << one.says;
  }
}

// A grant that is spoilt anywhere still grants only what it would grant as a sound document: text that is no
// policy never does, and what is still one has the same words for who, what and where.
TEST(DocumentedLogic, WhatIsMalformedNeverGrants) {
  const std::string sound = std::string(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)") +
                            R"("Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},)" + kGet +
                            R"(,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]})";
  Request stranger{Caller::anonymous(), "s3:GetObject", "arn:aws:s3:::b/photos/cat.jpg"};
  stranger.context.set("aws:SourceIp", "203.0.113.9");
  Request elsewhere{caller_named("bob"), "s3:GetObject", "arn:aws:s3:::b/photos/cat.jpg"};
  elsewhere.context.set("aws:SourceIp", "198.51.100.9");
  ASSERT_TRUE(parse_policy(sound, PolicyKind::Resource));
  std::mt19937 random(7);
  constexpr std::string_view kLetters = "{}[]\",:*?$ aZ09\\/-.";
  std::size_t parsed = 0;
  constexpr int kTries = 20'000;
  for (int i = 0; i < kTries; ++i) {
    std::string text = sound;
    const std::size_t at = random() % text.size();
    switch (random() % 3) {
      case 0:
        text.erase(at, 1 + random() % 8);
        break;
      case 1:
        text[at] = kLetters[random() % kLetters.size()];
        break;
      default:
        text.insert(at, 1, kLetters[random() % kLetters.size()]);
    }
    const auto policy = parse_policy(text, PolicyKind::Resource);
    if (!policy) continue;
    ++parsed;
    EXPECT_NE(evaluate(*policy, stranger).kind, Verdict::Kind::Allow) << text;
    // Of another network only where the block itself was changed.
    if (text.find("\"203.0.113.0/24\"") != text.npos && text.find("\"IpAddress\"") != text.npos &&
        text.find("\"aws:SourceIp\"") != text.npos && text.find("\"Condition\"") != text.npos) {
      EXPECT_NE(evaluate(*policy, elsewhere).kind, Verdict::Kind::Allow) << text;
    }
  }
  EXPECT_GT(parsed, 100u) << "or this tests nothing";
  EXPECT_LT(parsed, static_cast<std::size_t>(kTries));
}

}  // namespace
}  // namespace meridian::aws::iam_policy
