#include "services/s3/bucket_policy.h"

#include <gtest/gtest.h>

#include "services/s3/permissions.h"

namespace meridian::services::s3 {
namespace {

constexpr const char* kBucket = "photos";

std::string statement(std::string_view principal, std::string_view action, std::string_view resource,
                      std::string_view more = "") {
  return std::string(R"({"Effect":"Allow","Principal":)") + std::string(principal) + R"(,"Action":")" +
         std::string(action) + R"(","Resource":")" + std::string(resource) + "\"" + std::string(more) + "}";
}

std::string document(std::string_view statement) {
  return R"({"Version":"2012-10-17","Statement":[)" + std::string(statement) + "]}";
}

// The message of the refusal; "" of a policy that is taken.
std::string refused(std::string_view text) {
  const auto policy = parse_bucket_policy(text, kBucket);
  if (policy) return "";
  EXPECT_EQ(policy.error().status, 400);
  return policy.error().message;
}

TEST(BucketPolicy, IsOfItsOwnBucket) {
  for (const char* resource : {"arn:aws:s3:::photos/*", "arn:aws:s3:::photos/a/b", "arn:aws:s3:::photos*",
                               "arn:aws:s3:::photos/${aws:username}/*"})
    EXPECT_EQ(refused(document(statement("\"*\"", "s3:GetObject", resource))), "") << resource;
  for (const char* resource : {"*", "arn:aws:s3:::other/*", "arn:aws:s3:::photos2/*", "arn:aws:s3:::*",
                               "arn:aws:s3:::phot*", "arn:aws:sqs:us-east-1:111122223333:q"})
    EXPECT_EQ(refused(document(statement("\"*\"", "s3:GetObject", resource))), "Policy has invalid resource")
        << resource;
}

TEST(BucketPolicy, NamesActionsThatAreAndThatApply) {
  for (const char* action :
       {"*", "s3:*", "s3:Get*", "S3:getobject", "s3:GetObjectVersion", "s3:ReplicateObject"})
    EXPECT_EQ(refused(document(statement("\"*\"", action, "arn:aws:s3:::photos/*"))), "") << action;
  for (const char* action : {"s3:Fetch", "s3:Fetch*", "sqs:SendMessage", "route53:*"})
    EXPECT_EQ(refused(document(statement("\"*\"", action, "arn:aws:s3:::photos/*"))),
              "Policy has invalid action")
        << action;
  constexpr const char* kDoesNotApply = "Action does not apply to any resource(s) in statement";
  EXPECT_EQ(refused(document(statement("\"*\"", "s3:ListBucket", "arn:aws:s3:::photos/*"))), kDoesNotApply);
  EXPECT_EQ(refused(document(statement("\"*\"", "s3:GetObject", "arn:aws:s3:::photos"))), kDoesNotApply);
  EXPECT_EQ(refused(document(statement("\"*\"", "s3:ListBucket", "arn:aws:s3:::photos"))), "");
}

TEST(BucketPolicy, IsAPolicyAtAll) {
  constexpr const char* kNoJson = "Policies must be valid JSON and the first byte must be '{'";
  EXPECT_EQ(refused(""), kNoJson);
  EXPECT_EQ(refused("hello"), kNoJson);
  EXPECT_EQ(refused("[]"), kNoJson);
  EXPECT_EQ(refused(R"({"Version":"2012-10-17"})"), "Missing required field Statement");
  EXPECT_EQ(refused(document(R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::photos"})")),
            "Missing required field Principal");
  EXPECT_EQ(refused(document(R"({"Effect":"Allow","Principal":"*","Resource":"arn:aws:s3:::photos"})")),
            "Missing required field Action");
  EXPECT_EQ(refused(document(R"({"Effect":"Allow","Principal":"*","Action":"s3:*"})")),
            "Missing required field Resource");
  EXPECT_EQ(refused(document(statement(R"({"AWS":"nobody"})", "s3:*", "arn:aws:s3:::photos"))),
            "Invalid principal in policy");
  const auto large = parse_bucket_policy("{" + std::string(kBucketPolicyBytesMax, ' ') + "}", kBucket);
  EXPECT_EQ(large.error().code, "PolicyTooLarge");
}

// S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of public".
TEST(BucketPolicy, IsPublicWhenItLetsAnybodyIn) {
  const auto is = [](std::string_view principal, std::string_view more = "") {
    const auto policy = parse_bucket_policy(
        document(statement(principal, "s3:GetObject", "arn:aws:s3:::photos/*", more)), kBucket);
    EXPECT_TRUE(policy) << principal << more;
    return policy && is_public(*policy);
  };
  EXPECT_TRUE(is(R"("*")"));
  EXPECT_TRUE(is(R"({"AWS":"*"})"));
  EXPECT_TRUE(is(R"({"AWS":["111122223333","*"]})"));
  EXPECT_FALSE(is(R"({"AWS":"111122223333"})"));
  EXPECT_FALSE(is(R"({"Service":"cloudfront.amazonaws.com"})"));
  EXPECT_FALSE(is(R"({"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"})"));
  const auto under = [&](const char* condition) {
    return is(R"("*")", std::string(R"(,"Condition":{)") + condition + "}");
  };
  EXPECT_FALSE(under(R"("IpAddress":{"aws:SourceIp":["203.0.113.0/24","10.0.0.0/8"]})"));
  EXPECT_TRUE(under(R"("IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/1"]})"));
  EXPECT_TRUE(under(R"("IpAddress":{"aws:SourceIp":"2000::/3"})"));
  EXPECT_TRUE(under(R"("NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"})"));
  EXPECT_FALSE(under(R"("StringEquals":{"aws:SourceVpc":"vpc-91237329"})"));
  EXPECT_FALSE(under(R"("StringLike":{"aws:SourceVpc":"vpc-91237329"})"));
  EXPECT_TRUE(under(R"("StringLike":{"aws:SourceVpc":"vpc-*"})"));
  EXPECT_TRUE(under(R"("StringEqualsIfExists":{"aws:SourceVpc":"vpc-91237329"})"));
  EXPECT_FALSE(under(R"("StringEquals":{"aws:SourceAccount":"111122223333"})"));
  EXPECT_TRUE(under(R"("StringEquals":{"aws:UserAgent":"secret"})"));
  EXPECT_TRUE(under(R"("StringEquals":{"aws:Referer":"https://example.com/"})"));
  EXPECT_TRUE(under(R"("StringLike":{"aws:userid":"AROAEXAMPLE:*"})"));
}

TEST(Permissions, StandInOrder) {
  EXPECT_EQ(permissions_of("GetObjectAttributes").size(), 2u);
  EXPECT_TRUE(permissions_of("Nothing").empty());
  for (const char* first : {"AbortMultipartUpload", "DeleteObjects", "ListObjectVersions", "UploadPartCopy"})
    ASSERT_EQ(permissions_of(first).size(), 1u) << first;
}

}  // namespace
}  // namespace meridian::services::s3
