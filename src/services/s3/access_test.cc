// Who may do what, asked as the front door asks: authorize(), then the operation.
#include "aws/canonical_user.h"
#include "services/iam/resources.h"
#include "services/s3/permissions.h"
#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

constexpr const char* kOwner = "111122223333";
constexpr const char* kStranger = "444455556666";
constexpr const char* kDistribution = "arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE";

class AccessTest : public S3Fixture {
 protected:
  AccessTest() {
    call.source_address = "203.0.113.9";
    call.secure_transport = true;
    make_bucket("photos");
    EXPECT_TRUE(put("photos", "cat", "meow"));
  }

  aws::Call nobody() const {
    aws::Call out = call;
    out.account_id = out.principal_arn = "";
    return out;
  }
  aws::Call root_of(const std::string& account) const {
    aws::Call out = call;
    out.account_id = account;
    out.principal_arn = "arn:aws:iam::" + account + ":root";
    return out;
  }
  aws::Call user(const std::string& name, const std::string& account = kOwner) const {
    aws::Call out = root_of(account);
    out.principal_arn = "arn:aws:iam::" + account + ":user/" + name;
    return out;
  }
  aws::Call cloudfront(const std::string& source_arn) const {
    aws::Call out = nobody();
    out.on_behalf = {"cloudfront.amazonaws.com", source_arn, kOwner, "", ""};
    return out;
  }

  template <typename Request>
  aws::Outcome<aws::Value> ask(aws::Call as, const char* operation, const Request& request) {
    const aws::Operation* found = api::service_model().find(operation);
    const aws::Value input = aws::Value::of(request);
    TRY(service->authorize(as, *found, input));
    TRY(service->vet(*found, input));
    return service->invoke(as, *found, input);
  }
  std::string get_as(const aws::Call& as, const std::string& key = "cat") {
    return code(ask(as, "GetObject", at<api::GetObjectRequest>("photos", key)));
  }
  std::string list_as(const aws::Call& as) {
    return code(ask(as, "ListObjectsV2", at<api::ListObjectsV2Request>("photos")));
  }
  // Of the bucket photos; statements without the braces around them all.
  std::string put_policy(const std::string& statements) {
    auto request = at<api::PutBucketPolicyRequest>("photos");
    request.Policy = R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
    return code(ask(call, "PutBucketPolicy", request));
  }
  void open_to_public() {
    auto request = at<api::PutPublicAccessBlockRequest>("photos");
    EXPECT_EQ(code(ask(call, "PutPublicAccessBlock", request)), "OK");
  }
  void make_user(const std::string& name, const std::string& policy = "") {
    iam::UserResource made{kOwner, name, "/", "AIDA" + name, call.time, {}};
    ASSERT_TRUE(store.commit({{}, {{iam::user_key(kOwner, name), iam::encode(made)}}, {}}));
    if (policy.empty()) return;
    const std::string text = R"({"Version":"2012-10-17","Statement":[)" + policy + "]}";
    ASSERT_TRUE(store.commit({{}, {{iam::user_policies_prefix(kOwner, name) + "p", text}}, {}}));
  }
};

constexpr const char* kEverybodyReads =
    R"({"Sid":"read","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"})";

TEST_F(AccessTest, ABucketIsItsOwnersOnly) {
  EXPECT_EQ(get_as(call), "OK");
  EXPECT_EQ(get_as(nobody()), "AccessDenied");
  EXPECT_EQ(get_as(root_of(kStranger)), "AccessDenied");
  EXPECT_EQ(list_as(root_of(kStranger)), "AccessDenied");
  EXPECT_EQ(code(ask(root_of(kStranger), "DeleteBucket", at<api::DeleteBucketRequest>("photos"))),
            "AccessDenied");
  EXPECT_EQ(code(ask(nobody(), "ListBuckets", api::ListBucketsRequest{})), "AccessDenied");
  EXPECT_EQ(code(ask(nobody(), "CreateBucket", at<api::CreateBucketRequest>("another"))), "AccessDenied");
  EXPECT_EQ(code(ask(nobody(), "GetObject", at<api::GetObjectRequest>("no-such", "k"))), "NoSuchBucket");
}

TEST_F(AccessTest, EveryOperationThatIsServedIsInTheTable) {
  const auto flags = api::implemented<S3>();
  const auto& model = api::service_model();
  for (const aws::Operation& operation : model.operations)
    EXPECT_TRUE(!flags[operation.index] || !permissions_of(operation.name).empty()) << operation.name;
}

TEST_F(AccessTest, PublicPoliciesAreRefusedUntilPublicAccessIsNotBlocked) {
  EXPECT_EQ(put_policy(kEverybodyReads), "AccessDenied");
  open_to_public();
  EXPECT_EQ(put_policy(kEverybodyReads), "OK");
  EXPECT_EQ(get_as(nobody()), "OK");
  EXPECT_EQ(get_as(root_of(kStranger)), "OK");
  EXPECT_EQ(list_as(nobody()), "AccessDenied");
  auto status = service->GetBucketPolicyStatus(call, at<api::GetBucketPolicyStatusRequest>("photos"));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->PolicyStatus->IsPublic, true);
  // "RestrictPublicBuckets": what was public before is for the account and for services only.
  auto request = at<api::PutPublicAccessBlockRequest>("photos");
  request.PublicAccessBlockConfiguration.RestrictPublicBuckets = true;
  EXPECT_EQ(code(ask(call, "PutPublicAccessBlock", request)), "OK");
  EXPECT_EQ(get_as(nobody()), "AccessDenied");
  EXPECT_EQ(get_as(root_of(kStranger)), "AccessDenied");
  EXPECT_EQ(get_as(call), "OK");
  EXPECT_EQ(get_as(cloudfront(kDistribution)), "OK");
}

TEST_F(AccessTest, BlockPublicAccessIsAsItWasPut) {
  const auto get = [&] {
    return service->GetPublicAccessBlock(call, at<api::GetPublicAccessBlockRequest>("photos"));
  };
  EXPECT_EQ(get()->PublicAccessBlockConfiguration->RestrictPublicBuckets, true) << "as in a new bucket";
  auto request = at<api::PutPublicAccessBlockRequest>("photos");
  request.PublicAccessBlockConfiguration.BlockPublicAcls = true;
  EXPECT_EQ(code(ask(call, "PutPublicAccessBlock", request)), "OK");
  EXPECT_EQ(get()->PublicAccessBlockConfiguration->BlockPublicAcls, true);
  EXPECT_EQ(get()->PublicAccessBlockConfiguration->BlockPublicPolicy, false);
  EXPECT_EQ(code(ask(call, "DeletePublicAccessBlock", at<api::DeletePublicAccessBlockRequest>("photos"))),
            "OK");
  EXPECT_EQ(code(get()), "NoSuchPublicAccessBlockConfiguration");
  EXPECT_EQ(put_policy(kEverybodyReads), "OK");
}

TEST_F(AccessTest, APolicyIsKeptAsItCameAndGoesWithItsBucket) {
  const auto get = [&] { return service->GetBucketPolicy(call, at<api::GetBucketPolicyRequest>("photos")); };
  EXPECT_EQ(code(get()), "NoSuchBucketPolicy");
  const std::string text = R"( {"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject",)"
                           R"("Resource":"arn:aws:s3:::photos/*"}]} )";
  auto request = at<api::PutBucketPolicyRequest>("photos");
  request.Policy = text;
  EXPECT_EQ(code(ask(call, "PutBucketPolicy", request)), "OK");
  EXPECT_EQ(*get()->Policy, text);
  request.Policy = "{}";
  EXPECT_EQ(code(ask(call, "PutBucketPolicy", request)), "MalformedPolicy");
  EXPECT_EQ(*get()->Policy, text) << "what is no policy changes nothing";
  EXPECT_EQ(code(ask(call, "DeleteObject", at<api::DeleteObjectRequest>("photos", "cat"))), "AccessDenied")
      << "a deny is also for the owner";
  EXPECT_EQ(code(ask(call, "DeleteBucketPolicy", at<api::DeleteBucketPolicyRequest>("photos"))), "OK");
  EXPECT_EQ(code(get()), "NoSuchBucketPolicy");
  open_to_public();
  EXPECT_EQ(put_policy(kEverybodyReads), "OK");
  EXPECT_EQ(remove("photos", "cat"), "OK");
  EXPECT_EQ(code(service->DeleteBucket(call, at<api::DeleteBucketRequest>("photos"))), "OK");
  make_bucket("photos");
  EXPECT_EQ(code(get()), "NoSuchBucketPolicy");
  EXPECT_EQ(service->GetPublicAccessBlock(call, at<api::GetPublicAccessBlockRequest>("photos"))
                ->PublicAccessBlockConfiguration->BlockPublicPolicy,
            true);
}

TEST_F(AccessTest, TheRootCanAlwaysMendItsPolicy) {
  EXPECT_EQ(
      put_policy(R"({"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::photos",)"
                 R"("arn:aws:s3:::photos/*"]})"),
      "OK");
  EXPECT_EQ(get_as(call), "AccessDenied");
  EXPECT_EQ(list_as(call), "AccessDenied");
  EXPECT_EQ(code(ask(call, "DeleteBucketPolicy", at<api::DeleteBucketPolicyRequest>("photos"))), "OK");
  EXPECT_EQ(get_as(call), "OK");
}

TEST_F(AccessTest, ADistributionReadsByItsArn) {
  EXPECT_EQ(get_as(cloudfront(kDistribution)), "AccessDenied");
  ASSERT_EQ(
      put_policy(std::string(R"({"Sid":"AllowCloudFrontServicePrincipal","Effect":"Allow","Principal":)"
                             R"({"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":)"
                             R"("arn:aws:s3:::photos/*","Condition":{"StringEquals":{"AWS:SourceArn":")") +
                 kDistribution + "\"}}}"),
      "OK")
      << "it is not public, so nothing blocks it";
  EXPECT_EQ(get_as(cloudfront(kDistribution)), "OK");
  EXPECT_EQ(get_as(cloudfront("arn:aws:cloudfront::111122223333:distribution/EOTHER")), "AccessDenied");
  EXPECT_EQ(get_as(nobody()), "AccessDenied");
  EXPECT_EQ(get_as(cloudfront(kDistribution), "no-such"), "AccessDenied") << "who may not list is not told";
}

TEST_F(AccessTest, AnOriginAccessIdentityReadsByEitherName) {
  aws::Call identity = nobody();
  identity.on_behalf = {"cloudfront.amazonaws.com", "", "", "E2QWRUHAPOMQZL", std::string(64, 'c')};
  EXPECT_EQ(get_as(identity), "AccessDenied");
  const auto allow = [&](const std::string& principal) {
    return put_policy(R"({"Effect":"Allow","Principal":)" + principal +
                      R"(,"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"})");
  };
  EXPECT_EQ(
      allow(R"({"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"})"),
      "OK");
  EXPECT_EQ(get_as(identity), "OK");
  EXPECT_EQ(get_as(cloudfront(kDistribution)), "AccessDenied");
  EXPECT_EQ(allow(R"({"CanonicalUser":")" + std::string(64, 'c') + "\"}"), "OK");
  EXPECT_EQ(get_as(identity), "OK");
  EXPECT_EQ(allow(R"({"CanonicalUser":")" + std::string(64, 'd') + "\"}"), "OK");
  EXPECT_EQ(get_as(identity), "AccessDenied");
}

TEST_F(AccessTest, AUserDoesWhatItsPoliciesSay) {
  make_user("bob");
  const auto refusal = ask(user("bob"), "GetObject", at<api::GetObjectRequest>("photos", "cat")).error();
  EXPECT_EQ(
      refusal.message,
      "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: s3:GetObject on resource: "
      "\"arn:aws:s3:::photos/cat\" because no identity-based policy allows the s3:GetObject action");
  EXPECT_EQ(refusal.status, 403);
  make_user("reader", R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"})");
  EXPECT_EQ(get_as(user("reader")), "OK");
  EXPECT_EQ(list_as(user("reader")), "AccessDenied");
  EXPECT_EQ(get_as(user("reader", kStranger)), "AccessDenied") << "of another account";
  ASSERT_EQ(put_policy(R"({"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/reader"},)"
                       R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"})"),
            "OK");
  EXPECT_EQ(
      ask(user("reader"), "GetObject", at<api::GetObjectRequest>("photos", "cat")).error().message,
      "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: s3:GetObject on resource: "
      "\"arn:aws:s3:::photos/cat\" with an explicit deny in a resource-based policy");
}

TEST_F(AccessTest, PrincipalsMustExist) {
  make_user("bob");
  const auto allow = [&](const std::string& arn) {
    return put_policy(R"({"Effect":"Allow","Principal":{"AWS":")" + arn +
                      R"("},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"})");
  };
  EXPECT_EQ(allow("arn:aws:iam::111122223333:user/bob"), "OK");
  EXPECT_EQ(get_as(user("bob")), "OK") << "the bucket's policy names the user, so its own need not";
  EXPECT_EQ(allow("arn:aws:iam::111122223333:user/eve"), "MalformedPolicy");
  EXPECT_EQ(allow("arn:aws:iam::111122223333:user/team/bob"), "MalformedPolicy");
  EXPECT_EQ(allow("arn:aws:iam::111122223333:role/deploy"), "MalformedPolicy");
  EXPECT_EQ(allow("arn:aws:iam::111122223333:root"), "OK");
  EXPECT_EQ(get_as(user("bob")), "AccessDenied")
      << "what is allowed to the account, its own policies hand on";
  EXPECT_EQ(allow("444455556666"), "OK");
  EXPECT_EQ(get_as(root_of(kStranger)), "OK");
  EXPECT_EQ(get_as(user("eve", kStranger)), "AccessDenied");
}

TEST_F(AccessTest, WhoMayNotListIsNotToldWhatIsThere) {
  make_user("reader", R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"})");
  make_user("lister", R"({"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"})");
  EXPECT_EQ(get_as(user("reader"), "no-such"), "AccessDenied");
  EXPECT_EQ(get_as(user("lister"), "no-such"), "NoSuchKey");
  EXPECT_EQ(get_as(call, "no-such"), "NoSuchKey");
  const auto refused =
      ask(user("reader"), "HeadObject", at<api::HeadObjectRequest>("photos", "no-such")).error();
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.message.find("s3:ListBucket"), std::string::npos);
}

TEST_F(AccessTest, ConditionsSeeWhatIsAsked) {
  make_user("bob",
            R"({"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::photos","Condition":)"
            R"({"StringLike":{"s3:prefix":"home/${aws:username}/*"},"StringEquals":{"s3:delimiter":"/"},)"
            R"("NumericLessThanEquals":{"s3:max-keys":"10"},"Bool":{"aws:SecureTransport":"true"}}})");
  auto request = at<api::ListObjectsV2Request>("photos");
  EXPECT_EQ(code(ask(user("bob"), "ListObjectsV2", request)), "AccessDenied");
  request.Prefix = "home/bob/x";
  request.Delimiter = "/";
  request.MaxKeys = 10;
  EXPECT_EQ(code(ask(user("bob"), "ListObjectsV2", request)), "OK");
  request.MaxKeys = 11;
  EXPECT_EQ(code(ask(user("bob"), "ListObjectsV2", request)), "AccessDenied");
  request.MaxKeys = 10;
  request.Prefix = "home/eve/x";
  EXPECT_EQ(code(ask(user("bob"), "ListObjectsV2", request)), "AccessDenied");
}

TEST_F(AccessTest, ConditionsSeeTheTagsOfTheObject) {
  make_user("bob", R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":)"
                   R"({"StringEquals":{"s3:ExistingObjectTag/public":"yes"}}})");
  EXPECT_EQ(get_as(user("bob")), "AccessDenied");
  auto request = at<api::PutObjectTaggingRequest>("photos", "cat");
  request.Tagging.TagSet.push_back({"public", "yes"});
  EXPECT_EQ(code(ask(call, "PutObjectTagging", request)), "OK");
  EXPECT_EQ(get_as(user("bob")), "OK");
}

TEST_F(AccessTest, AWebsitesVisitorIsNobody) {
  auto request = at<api::PutBucketWebsiteRequest>("photos");
  request.WebsiteConfiguration.IndexDocument.emplace().Suffix = "cat";
  EXPECT_EQ(code(ask(call, "PutBucketWebsite", request)), "OK");
  const auto visit = [&] {
    aws::HttpRequest head{"GET", "/cat", "", {}, ""};
    head.headers.add("Host", "photos.s3-website.localhost");
    aws::Call visitor = nobody();
    return service->unmodelled(head, aws::Listener::Api)->answer(visitor)->status;
  };
  EXPECT_EQ(visit(), 403);
  open_to_public();
  EXPECT_EQ(put_policy(kEverybodyReads), "OK");
  EXPECT_EQ(visit(), 200);
}

TEST_F(AccessTest, ACopyNeedsBothEnds) {
  make_bucket("mine");
  make_user("writer", R"({"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::mine/*"})");
  make_user("both", R"({"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"*"})");
  auto request = at<api::CopyObjectRequest>("mine", "cat");
  request.CopySource = "photos/cat";
  EXPECT_EQ(code(ask(user("writer"), "CopyObject", request)), "AccessDenied");
  EXPECT_EQ(code(ask(user("both"), "CopyObject", request)), "OK");
  request.CopySource = "photos/no-such";
  EXPECT_EQ(code(ask(user("both"), "CopyObject", request)), "AccessDenied") << "and may not list the source";
}

TEST_F(AccessTest, OfManyKeysEachIsDecidedByItself) {
  make_user("janitor",
            R"({"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::photos/tmp/*"})");
  ASSERT_TRUE(put("photos", "tmp/1", "x"));
  auto request = at<api::DeleteObjectsRequest>("photos");
  for (const char* key : {"cat", "tmp/1"}) request.Delete.Objects.emplace_back().Key = key;
  const auto answer = ask(user("janitor"), "DeleteObjects", request);
  ASSERT_TRUE(answer);
  const auto& output = answer->as<api::DeleteObjectsOutput>();
  ASSERT_EQ(output.Deleted->size(), 1u);
  EXPECT_EQ(output.Deleted->front().Key, "tmp/1");
  ASSERT_EQ(output.Errors->size(), 1u);
  EXPECT_EQ(output.Errors->front().Code, "AccessDenied");
  EXPECT_EQ(get_as(call), "OK");
}

TEST_F(AccessTest, ABucketsPolicyIsForItsOwnAccountOnly) {
  ASSERT_EQ(put_policy(R"({"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":)"
                       R"(["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]})"),
            "OK");
  EXPECT_EQ(list_as(root_of(kStranger)), "OK");
  const auto refused =
      ask(root_of(kStranger), "GetBucketPolicy", at<api::GetBucketPolicyRequest>("photos")).error();
  EXPECT_EQ(refused.code, "MethodNotAllowed");
  EXPECT_EQ(refused.status, 405);
}

TEST_F(AccessTest, NobodyLocksHimselfOutUnawares) {
  make_user("admin", R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
  auto request = at<api::PutBucketPolicyRequest>("photos");
  request.Policy =
      R"({"Statement":[{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/admin"},)"
      R"("Action":"s3:PutBucketPolicy","Resource":"arn:aws:s3:::photos"}]})";
  EXPECT_EQ(code(ask(user("admin"), "PutBucketPolicy", request)), "AccessDenied");
  request.ConfirmRemoveSelfBucketAccess = true;
  EXPECT_EQ(code(ask(user("admin"), "PutBucketPolicy", request)), "OK");
  EXPECT_EQ(code(ask(user("admin"), "PutBucketPolicy", request)), "AccessDenied");
  EXPECT_EQ(code(ask(call, "DeleteBucketPolicy", at<api::DeleteBucketPolicyRequest>("photos"))), "OK");
}

TEST_F(AccessTest, AclsSayThatTheOwnerHasFullControl) {
  const std::string owner = aws::canonical_user_of_account(kOwner);
  EXPECT_EQ(owner.size(), 64u);
  const auto acl = service->GetObjectAcl(call, at<api::GetObjectAclRequest>("photos", "cat"));
  ASSERT_TRUE(acl);
  EXPECT_EQ(acl->Owner->ID, owner);
  ASSERT_EQ(acl->Grants->size(), 1u);
  EXPECT_EQ(acl->Grants->front().Permission, "FULL_CONTROL");
  EXPECT_EQ(acl->Grants->front().Grantee->ID, owner);
  EXPECT_EQ(service->ListBuckets(call, {})->Owner->ID, owner);
  auto put_acl = at<api::PutBucketAclRequest>("photos");
  put_acl.ACL = "public-read";
  EXPECT_EQ(code(ask(call, "PutBucketAcl", put_acl)), "AccessControlListNotSupported");
  put_acl.ACL = "private";
  EXPECT_EQ(code(ask(call, "PutBucketAcl", put_acl)), "OK");
  auto again = at<api::PutObjectAclRequest>("photos", "cat");
  again.AccessControlPolicy.emplace().Owner = acl->Owner;
  again.AccessControlPolicy->Grants = acl->Grants;
  EXPECT_EQ(code(ask(call, "PutObjectAcl", again)), "OK") << "what was read may be put back";
  again.AccessControlPolicy->Grants->front().Permission = "READ";
  EXPECT_EQ(code(ask(call, "PutObjectAcl", again)), "AccessControlListNotSupported");
  again.Key = "no-such";
  EXPECT_EQ(code(ask(call, "PutObjectAcl", again)), "NoSuchKey");
}

TEST_F(AccessTest, OwnershipIsEnforced) {
  const auto get =
      service->GetBucketOwnershipControls(call, at<api::GetBucketOwnershipControlsRequest>("photos"));
  EXPECT_EQ(get->OwnershipControls->Rules.at(0).ObjectOwnership, "BucketOwnerEnforced");
  auto request = at<api::PutBucketOwnershipControlsRequest>("photos");
  request.OwnershipControls.Rules.emplace_back().ObjectOwnership = "BucketOwnerEnforced";
  EXPECT_EQ(code(ask(call, "PutBucketOwnershipControls", request)), "OK");
  request.OwnershipControls.Rules[0].ObjectOwnership = "ObjectWriter";
  EXPECT_EQ(code(ask(call, "PutBucketOwnershipControls", request)), "NotImplemented");
}

}  // namespace
}  // namespace meridian::services::s3
