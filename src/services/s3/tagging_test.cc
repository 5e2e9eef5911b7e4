#include "services/s3/s3_fixture.h"
#include "services/s3/tags.h"

namespace meridian::services::s3 {
namespace {

class Tagging : public S3Fixture {
 protected:
  Tagging() { make_bucket("box"); }

  static std::vector<api::Tag> list(const TextPairs& tags) { return as_tags(tags); }
  std::string set(const TextPairs& tags, const std::optional<std::string>& version_id = {}) {
    auto request = at<api::PutObjectTaggingRequest>("box", "k");
    request.Tagging.TagSet = list(tags);
    request.VersionId = version_id;
    return code(service->PutObjectTagging(call, request));
  }
  // "a=1 b=2", or the refusal.
  std::string tags(const std::string& key = "k", const std::optional<std::string>& version_id = {}) {
    auto request = at<api::GetObjectTaggingRequest>("box", key);
    request.VersionId = version_id;
    const auto output = service->GetObjectTagging(call, request);
    return output ? shown(output->TagSet) : output.error().code;
  }
  static std::string shown(const std::vector<api::Tag>& tags) {
    std::string text;
    for (const api::Tag& tag : tags) text += (text.empty() ? "" : " ") + tag.Key + "=" + tag.Value;
    return text;
  }
  void enable_versions() {
    auto request = at<api::PutBucketVersioningRequest>("box");
    request.VersioningConfiguration.Status = "Enabled";
    ASSERT_EQ(code(service->PutBucketVersioning(call, request)), "OK");
  }
  std::string bucket_tags() {
    const auto output = service->GetBucketTagging(call, at<api::GetBucketTaggingRequest>("box"));
    return output ? shown(output->TagSet) : output.error().code;
  }
};

TEST_F(Tagging, AreSetReadAndDeleted) {
  ASSERT_TRUE(put("box", "k", "x"));
  EXPECT_EQ(tags(), "");
  EXPECT_EQ(set({{"colour", "red"}, {"größe", "1/2 @ home"}}), "OK");
  EXPECT_EQ(tags(), "colour=red größe=1/2 @ home");
  EXPECT_EQ(get(at<api::GetObjectRequest>("box", "k"))->TagCount, 2);
  EXPECT_EQ(service->HeadObject(call, at<api::HeadObjectRequest>("box", "k"))->TagCount, 2);
  EXPECT_EQ(set({{"only", ""}}), "OK");
  EXPECT_EQ(tags(), "only=") << "all are replaced";
  EXPECT_EQ(code(service->DeleteObjectTagging(call, at<api::DeleteObjectTaggingRequest>("box", "k"))), "OK");
  EXPECT_EQ(tags(), "");
  EXPECT_FALSE(get(at<api::GetObjectRequest>("box", "k"))->TagCount);
  EXPECT_EQ(tags("absent"), "NoSuchKey");
  EXPECT_EQ(read("box", "k"), "x");
}

TEST_F(Tagging, AreHeldToTheRules) {
  ASSERT_TRUE(put("box", "k", "x"));
  TextPairs many;
  for (int i = 0; i < 10; ++i) many.emplace_back("k" + std::to_string(i), "v");
  EXPECT_EQ(set(many), "OK");
  many.emplace_back("k10", "v");
  EXPECT_EQ(set(many), "BadRequest");
  EXPECT_EQ(set({{"a", "1"}, {"a", "2"}}), "InvalidTag");
  EXPECT_EQ(set({{"", "1"}}), "InvalidTag");
  EXPECT_EQ(set({{"aws:x", "1"}}), "InvalidTag");
  EXPECT_EQ(set({{"a&b", "1"}}), "InvalidTag");
  EXPECT_EQ(set({{"a", "1\xC3"}}), "InvalidTag");
  EXPECT_EQ(set({{"a", "\xE0\x80\x80"}}), "InvalidTag") << "longer than it need be";
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ä";
  EXPECT_EQ(set({{umlauts, umlauts + umlauts}}), "OK") << "characters count, not bytes";
  EXPECT_EQ(set({{umlauts + "a", ""}}), "InvalidTag");
  EXPECT_EQ(set({{"a", umlauts + umlauts + "a"}}), "InvalidTag");
}

TEST_F(Tagging, ComeWithTheObjectInAHeaderField) {
  auto request = at<api::PutObjectRequest>("box", "k");
  request.Tagging = "a=1&b%2Fc=x+y%20z&d";
  ASSERT_TRUE(put(request, "x"));
  EXPECT_EQ(tags(), "a=1 b/c=x y z d=");
  for (const char* wrong : {"a=%zz", "=1"}) {
    request.Tagging = wrong;
    EXPECT_EQ(code(put(request, "x")), "InvalidArgument") << wrong;
  }
  request.Tagging = "a=1&a=2";
  EXPECT_EQ(code(put(request, "x")), "InvalidTag");
  ASSERT_TRUE(put("box", "k", "x"));
  EXPECT_EQ(tags(), "") << "another object has its own";

  auto create = at<api::CreateMultipartUploadRequest>("box", "parts");
  create.Tagging = "from=parts";
  const std::string upload = *service->CreateMultipartUpload(call, create)->UploadId;
  auto part = at<api::UploadPartRequest>("box", "parts");
  part.UploadId = upload;
  part.PartNumber = 1;
  ASSERT_TRUE(send("UploadPart", part, "text"));
  auto complete = at<api::CompleteMultipartUploadRequest>("box", "parts");
  complete.UploadId = upload;
  api::CompletedPart& completed = complete.MultipartUpload.emplace().Parts.emplace().emplace_back();
  completed.PartNumber = 1;
  completed.ETag = service->UploadPart(call, part)->ETag;
  call.body.reset();
  ASSERT_EQ(code(service->CompleteMultipartUpload(call, complete)), "OK");
  EXPECT_EQ(tags("parts"), "from=parts");
}

TEST_F(Tagging, ACopyHasThoseOfItsSourceOrItsOwn) {
  auto request = at<api::PutObjectRequest>("box", "k");
  request.Tagging = "a=1";
  ASSERT_TRUE(put(request, "x"));
  auto copy = at<api::CopyObjectRequest>("box", "copy");
  copy.CopySource = "box/k";
  copy.MetadataDirective = "REPLACE";
  ASSERT_EQ(code(service->CopyObject(call, copy)), "OK");
  EXPECT_EQ(tags("copy"), "a=1") << "metadata and tags are replaced apart from one another";
  copy.MetadataDirective = std::nullopt;
  copy.TaggingDirective = "REPLACE";
  copy.Tagging = "b=2";
  ASSERT_EQ(code(service->CopyObject(call, copy)), "OK");
  EXPECT_EQ(tags("copy"), "b=2");
  copy.Tagging = std::nullopt;
  ASSERT_EQ(code(service->CopyObject(call, copy)), "OK");
  EXPECT_EQ(tags("copy"), "");
}

TEST_F(Tagging, AreEachVersionsOwn) {
  enable_versions();
  const std::string one = *put("box", "k", "one")->VersionId;
  ASSERT_EQ(set({{"v", "1"}}), "OK");
  const std::string two = *put("box", "k", "two")->VersionId;
  EXPECT_EQ(tags(), "");
  EXPECT_EQ(tags("k", one), "v=1");
  EXPECT_EQ(set({{"v", "one"}}, one), "OK");
  EXPECT_EQ(tags("k", one), "v=one");
  EXPECT_EQ(tags("k", two), "");
  const auto marker = service->DeleteObject(call, at<api::DeleteObjectRequest>("box", "k"));
  EXPECT_EQ(tags(), "NoSuchKey");
  EXPECT_EQ(tags("k", *marker->VersionId), "MethodNotAllowed");
  EXPECT_EQ(set({}, *marker->VersionId), "MethodNotAllowed");
  EXPECT_EQ(tags("k", one), "v=one");
}

TEST_F(Tagging, OfABucketGoWithIt) {
  EXPECT_EQ(bucket_tags(), "NoSuchTagSet");
  auto request = at<api::PutBucketTaggingRequest>("box");
  request.Tagging.TagSet = list({{"team", "web"}, {"cost", "7"}});
  EXPECT_EQ(code(service->PutBucketTagging(call, request)), "OK");
  EXPECT_EQ(bucket_tags(), "team=web cost=7");
  for (int i = 0; i < 50; ++i) request.Tagging.TagSet.push_back({std::to_string(i), ""});
  EXPECT_EQ(code(service->PutBucketTagging(call, request)), "BadRequest");
  ASSERT_EQ(code(service->DeleteBucket(call, at<api::DeleteBucketRequest>("box"))), "OK");
  make_bucket("box");
  EXPECT_EQ(bucket_tags(), "NoSuchTagSet");
  ASSERT_EQ(code(service->DeleteBucket(call, at<api::DeleteBucketRequest>("box"))), "OK");
  auto create = at<api::CreateBucketRequest>("box");
  create.CreateBucketConfiguration.emplace().Tags.emplace().push_back({"born", "with"});
  ASSERT_EQ(code(service->CreateBucket(call, create)), "OK");
  EXPECT_EQ(bucket_tags(), "born=with");
  request.Tagging.TagSet.resize(2);
  ASSERT_EQ(code(service->PutBucketTagging(call, request)), "OK");
  EXPECT_EQ(code(service->DeleteBucketTagging(call, at<api::DeleteBucketTaggingRequest>("box"))), "OK");
  EXPECT_EQ(bucket_tags(), "NoSuchTagSet");
}

}  // namespace
}  // namespace meridian::services::s3
