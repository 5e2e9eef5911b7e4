#include "apps/explain_s3.h"

#include "apps/services_fixture.h"
#include "services/iam/resources.h"

namespace meridian::apps {
namespace {

namespace s3 = gen::s3;

constexpr const char* kAccount = "111122223333";
constexpr const char* kDistribution = "arn:aws:cloudfront::111122223333:distribution/E1";

class ExplainS3Test : public ServicesTest {
 protected:
  ExplainS3Test() {
    call.principal_arn = "arn:aws:iam::111122223333:root";
    call.region = "us-east-1";
    s3::CreateBucketRequest bucket;
    bucket.Bucket = "photos";
    EXPECT_TRUE(services.s3.CreateBucket(call, bucket));
    s3::PutBucketPolicyRequest policy;
    policy.Bucket = "photos";
    policy.Policy =
        std::string(R"({"Version":"2012-10-17","Statement":[{"Sid":"edge","Effect":"Allow","Principal":)") +
        R"({"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":)" +
        R"("arn:aws:s3:::photos/*","Condition":{"StringEquals":{"AWS:SourceArn":")" + kDistribution +
        R"("}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/secret/*"}]})";
    EXPECT_TRUE(services.s3.PutBucketPolicy(call, policy));
  }
  std::string explain(ExplainS3Query query, Output output = Output::Table) {
    const auto text = explain_s3(services.s3, query, clock, kAccount, output);
    return text ? *text : text.error().message;
  }
  static bool has(const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), text.npos) << text;
    return text.find(part) != text.npos;
  }
};

TEST_F(ExplainS3Test, NamesTheStatementThatDecided) {
  ExplainS3Query query{"GET", "s3://photos/cat.jpg"};
  query.service = "cloudfront.amazonaws.com";
  query.source_arn = kDistribution;
  EXPECT_EQ(explain(query),
            "GetObject by cloudfront.amazonaws.com: allowed\n\n"
            "s3:GetObject on arn:aws:s3:::photos/cat.jpg\n"
            "  allowed: statement edge of the bucket policy allows it\n"
            "    bucket policy, Allow edge: applies\n"
            "    bucket policy, Deny (2): does not match: Resource\n");
  query.source_arn = "arn:aws:cloudfront::111122223333:distribution/E2";
  has(explain(query), "Allow edge: does not match: Condition on aws:sourcearn");
  query.uri = "s3://photos/secret/cat.jpg";
  has(explain(query), "denied: statement (2) of the bucket policy denies it");
}

TEST_F(ExplainS3Test, KnowsEveryKindOfCaller) {
  ExplainS3Query query{"GET", "s3://photos/cat.jpg"};
  has(explain(query), "GetObject by arn:aws:iam::111122223333:root: allowed");
  has(explain(query), "the account's root needs no policy");
  query.anonymous = true;
  has(explain(query), "GetObject by nobody: denied");
  query.anonymous = false;
  query.as = "bob";
  has(explain(query), "GetObject by arn:aws:iam::111122223333:user/bob: denied");
  has(explain(query), "no statement allows it");
  query.as = "444455556666";
  has(explain(query), "both its own policies and the bucket's must allow it");
  query.as = "";
  query.identity = "E2QWRUHAPOMQZL";
  has(explain(query), "GetObject by origin access identity E2QWRUHAPOMQZL: denied");
}

TEST_F(ExplainS3Test, AUsersPolicyIsNamed) {
  const services::iam::UserResource bob{kAccount, "bob", "/", "AIDAX", {}, {}};
  const std::string policy =
      R"({"Statement":{"Sid":"list","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}})";
  ASSERT_TRUE(store.commit({{},
                            {{services::iam::user_key(kAccount, "bob"), services::iam::encode(bob)},
                             {services::iam::user_policies_prefix(kAccount, "bob") + "lists", policy}},
                            {}}));
  ExplainS3Query query{"GET", "s3://photos?list-type=2&prefix=a"};
  query.as = "bob";
  has(explain(query), "statement list of the policy lists allows it");
  const std::string json = explain(query, Output::Json);
  has(json, R"("operation":"ListObjectsV2","caller":"arn:aws:iam::111122223333:user/bob","allowed":true)");
  has(json,
      R"({"policy":"bucket policy","sid":"edge","effect":"Allow","applies":false,"mismatch":"Principal"})");
}

TEST_F(ExplainS3Test, RefusesWhatIsNoRequest) {
  has(explain({"GET", "photos/cat.jpg"}), "s3://BUCKET");
  has(explain({"GET", "s3://nothing-here/cat.jpg"}), "NoSuchBucket");
  ExplainS3Query query{"GET", "s3://photos/cat.jpg"};
  query.as = "bob";
  query.anonymous = true;
  has(explain(query), "a caller is one of");
  query.anonymous = false;
  query.as = "not:a principal";
  has(explain(query), "is no user");
}

}  // namespace
}  // namespace meridian::apps
