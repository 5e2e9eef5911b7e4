#include "services/s3/s3_fixture.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

class Buckets : public S3Fixture {
 protected:
  std::string remove_bucket(const std::string& name) {
    return code(service->DeleteBucket(call, at<api::DeleteBucketRequest>(name)));
  }
  std::string create(const std::string& name, const char* region = nullptr) {
    auto request = at<api::CreateBucketRequest>(name);
    if (region != nullptr) request.CreateBucketConfiguration.emplace().LocationConstraint = region;
    return code(service->CreateBucket(call, request));
  }
};

TEST_F(Buckets, AreMadeListedAndDeleted) {
  EXPECT_EQ(create("photos"), "OK");
  EXPECT_EQ(create("archive", "eu-west-1"), "OK");
  const auto list = service->ListBuckets(call, {});
  ASSERT_TRUE(list);
  ASSERT_EQ(list->Buckets->size(), 2u);
  EXPECT_EQ((*list->Buckets)[0].Name, "archive");
  EXPECT_EQ((*list->Buckets)[0].CreationDate, call.time);
  EXPECT_EQ(service->HeadBucket(call, at<api::HeadBucketRequest>("archive"))->BucketRegion, "eu-west-1");
  EXPECT_EQ(
      service->GetBucketLocation(call, at<api::GetBucketLocationRequest>("archive"))->LocationConstraint,
      "eu-west-1");
  EXPECT_FALSE(
      service->GetBucketLocation(call, at<api::GetBucketLocationRequest>("photos"))->LocationConstraint);
  EXPECT_EQ(remove_bucket("photos"), "OK");
  EXPECT_EQ(code(service->HeadBucket(call, at<api::HeadBucketRequest>("photos"))), "NoSuchBucket");
  EXPECT_EQ(remove_bucket("photos"), "NoSuchBucket");
}

TEST_F(Buckets, AreListedInPages) {
  for (const char* name : {"aaa", "bbb", "ccc"}) make_bucket(name);
  api::ListBucketsRequest request;
  request.MaxBuckets = 2;
  auto page = service->ListBuckets(call, request);
  ASSERT_EQ(page->Buckets->size(), 2u);
  request.ContinuationToken = page->ContinuationToken;
  page = service->ListBuckets(call, request);
  ASSERT_EQ(page->Buckets->size(), 1u);
  EXPECT_EQ((*page->Buckets)[0].Name, "ccc");
  EXPECT_FALSE(page->ContinuationToken);
}

TEST_F(Buckets, HaveOneOwnerInAllTheWorld) {
  make_bucket("mine");
  EXPECT_EQ(create("mine"), "OK") << "as in us-east-1";
  EXPECT_EQ(create("far", "eu-west-1"), "OK");
  EXPECT_EQ(create("far", "eu-west-1"), "BucketAlreadyOwnedByYou");
  ASSERT_TRUE(put("mine", "k", "text"));
  call.account_id = "444455556666";
  EXPECT_EQ(create("mine"), "BucketAlreadyExists");
  EXPECT_TRUE(service->ListBuckets(call, {})->Buckets->empty());
}

TEST_F(Buckets, TheExpectedOwnerMustBeTheOwner) {
  make_bucket("mine");
  auto request = at<api::HeadBucketRequest>("mine");
  request.ExpectedBucketOwner = "111122223333";
  EXPECT_EQ(code(service->HeadBucket(call, request)), "OK");
  request.ExpectedBucketOwner = "444455556666";
  EXPECT_EQ(code(service->HeadBucket(call, request)), "AccessDenied");
}

TEST_F(Buckets, AreDeletedOnlyWhenEmpty) {
  make_bucket("full");
  ASSERT_TRUE(put("full", "k", "text"));
  EXPECT_EQ(remove_bucket("full"), "BucketNotEmpty");
  EXPECT_EQ(read("full", "k"), "text") << "and it serves as before";
  EXPECT_EQ(code(put("full", "l", "more")), "OK");
  remove("full", "k");
  remove("full", "l");
  EXPECT_EQ(remove_bucket("full"), "OK");
}

TEST_F(Buckets, AMarkThatACrashLeftIsTakenBack) {
  make_bucket("half");
  const auto item = *store.get(bucket_key("half")).value();
  BucketResource bucket = *decode_bucket(item.value);
  bucket.deleting = true;
  ASSERT_TRUE(store.commit({{}, {{item.key, encode(bucket)}}, {}}));
  EXPECT_EQ(code(put("half", "k", "x")), "NoSuchBucket");
  ASSERT_TRUE(service->tidy());
  EXPECT_EQ(code(put("half", "k", "x")), "OK");
}

TEST_F(Buckets, RegionsMustFit) {
  EXPECT_EQ(create("a-bucket", "us-east-1"), "InvalidLocationConstraint");
  EXPECT_EQ(create("a-bucket", "no/region"), "InvalidLocationConstraint");
  call.region = "eu-west-1";
  EXPECT_EQ(create("a-bucket", "eu-west-2"), "IllegalLocationConstraintException");
  EXPECT_EQ(create("a-bucket", "eu-west-1"), "OK");
}

TEST(BucketNames, FollowTheRules) {
  for (const char* name :
       {"abc", "my-bucket.2", "0aa", "a23456789012345678901234567890123456789012345678901234567890123"})
    EXPECT_TRUE(is_bucket_name(name)) << name;
  for (const char* name :
       {"", "ab", "Abc", "a_b", "-ab", "ab-", ".ab", "a..b", "192.168.5.4", "xn--abc", "sthree-x",
        "abc-s3alias", "abc--ol-s3", "a234567890123456789012345678901234567890123456789012345678901234"})
    EXPECT_FALSE(is_bucket_name(name)) << name;
}

}  // namespace
}  // namespace meridian::services::s3
