#include "services/s3/listing.h"
#include "aws/canonical_user.h"

#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

class Listing : public S3Fixture {
 protected:
  Listing() {
    make_bucket("list");
    make_bucket("list2");
    EXPECT_TRUE(put("list2", "elsewhere", "x"));
  }
  void fill(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) EXPECT_TRUE(put("list", key, "x"));
  }
  template <typename Output>
  static std::string text_of(const Output& output) {
    std::string text;
    if (output.Contents)
      for (const api::Object& object : *output.Contents) text += *object.Key + " ";
    if (output.CommonPrefixes) {
      text += "|";
      for (const api::CommonPrefix& prefix : *output.CommonPrefixes) text += " " + *prefix.Prefix;
    }
    return text;
  }
  std::string list(api::ListObjectsV2Request request) {
    request.Bucket = "list";
    const auto output = service->ListObjectsV2(call, request);
    return output ? text_of(*output) : output.error().code;
  }
  // All pages of a request, each in brackets.
  std::string pages(api::ListObjectsV2Request request, int keys) {
    request.Bucket = "list";
    request.MaxKeys = keys;
    std::string text;
    for (int page = 0; page < 50; ++page) {
      const auto output = service->ListObjectsV2(call, request);
      if (!output) return output.error().code;
      text += "[" + text_of(*output) + "]";
      EXPECT_EQ(output->NextContinuationToken.has_value(), *output->IsTruncated);
      if (!*output->IsTruncated) return text;
      request.ContinuationToken = output->NextContinuationToken;
    }
    return "endless";
  }
  // The same by ListObjects, whose marker the caller makes of what it got.
  std::string pages_v1(api::ListObjectsRequest request, int keys) {
    request.Bucket = "list";
    request.MaxKeys = keys;
    std::string text;
    for (int page = 0; page < 50; ++page) {
      const auto output = service->ListObjects(call, request);
      if (!output) return output.error().code;
      text += "[" + text_of(*output) + "]";
      if (!*output->IsTruncated) return text;
      request.Marker = output->NextMarker ? output->NextMarker : output->Contents->back().Key;
    }
    return "endless";
  }
};

TEST_F(Listing, KeysComeInTheOrderOfTheirBytes) {
  EXPECT_EQ(list({}), "");
  fill({"b", "a/2", "a", "B", "a/1", "a\xC3\xA4", "~"});
  EXPECT_EQ(list({}), "B a a/1 a/2 a\xC3\xA4 b ~ ");
  EXPECT_EQ(list({.Bucket = "list", .Prefix = "a/"}), "a/1 a/2 ");
  EXPECT_EQ(list({.Bucket = "list", .Prefix = "c"}), "");
  EXPECT_EQ(list({.Bucket = "list", .StartAfter = "a/1"}), "a/2 a\xC3\xA4 b ~ ");
}

TEST_F(Listing, ADelimiterRollsUp) {
  fill({"a", "dir/1", "dir/2", "dir/sub/3", "dir0", "e//f", "e/g"});
  EXPECT_EQ(list({.Bucket = "list", .Delimiter = "/"}), "a dir0 | dir/ e/");
  EXPECT_EQ(list({.Bucket = "list", .Delimiter = "/", .Prefix = "dir/"}), "dir/1 dir/2 | dir/sub/");
  EXPECT_EQ(list({.Bucket = "list", .Delimiter = "/", .Prefix = "dir"}), "dir0 | dir/");
  EXPECT_EQ(list({.Bucket = "list", .Delimiter = "ir", .Prefix = "d"}), "| dir");
  EXPECT_EQ(list({.Bucket = "list", .Delimiter = "/", .StartAfter = "dir/1"}), "dir0 | dir/ e/");
}

TEST_F(Listing, PagesJoinWithoutLossOrRepetition) {
  fill({"a", "b/1", "b/2", "b/3", "c", "d/1", "e"});
  const api::ListObjectsV2Request all, rolled{.Bucket = "", .Delimiter = "/"};
  EXPECT_EQ(pages(all, 3), "[a b/1 b/2 ][b/3 c d/1 ][e ]");
  EXPECT_EQ(pages(all, 7), "[a b/1 b/2 b/3 c d/1 e ]");
  EXPECT_EQ(pages(rolled, 1), "[a ][| b/][c ][| d/][e ]");
  EXPECT_EQ(pages(rolled, 2), "[a | b/][c | d/][e ]");
  EXPECT_EQ(pages_v1({.Bucket = "list"}, 3), "[a b/1 b/2 ][b/3 c d/1 ][e ]");
  EXPECT_EQ(pages_v1({.Bucket = "list", .Delimiter = "/"}, 1), "[a ][| b/][c ][| d/][e ]");
  EXPECT_EQ(pages(all, 0), "[]");
}

TEST_F(Listing, ManyKeysBehindOnePrefixCostOneLook) {
  std::vector<std::string> keys;
  for (int i = 0; i < 50; ++i) keys.push_back("p/" + std::to_string(i));
  fill(keys);
  fill({"q"});
  EXPECT_EQ(pages({.Bucket = "list", .Delimiter = "/"}, 2), "[q | p/]");
}

TEST_F(Listing, NamesCanBeEncoded) {
  fill({"a b/c&d"});
  const api::ListObjectsV2Request request{.Bucket = "list", .Delimiter = "&", .EncodingType = "url"};
  const auto output = service->ListObjectsV2(call, request);
  EXPECT_EQ(text_of(*output), "| a%20b/c%26");
  EXPECT_EQ(output->Delimiter, "%26");
  EXPECT_EQ(list({.Bucket = "list", .EncodingType = "hex"}), "InvalidArgument");
}

TEST_F(Listing, OddRequestsAreRefused) {
  EXPECT_EQ(list({.Bucket = "list", .MaxKeys = -1}), "InvalidArgument");
  EXPECT_EQ(list({.Bucket = "list", .ContinuationToken = "!"}), "InvalidArgument");
  EXPECT_EQ(code(service->ListObjectsV2(call, at<api::ListObjectsV2Request>("absent"))), "NoSuchBucket");
}

TEST_F(Listing, ObjectsAreDescribed) {
  ASSERT_TRUE(put("list", "k", "hello"));
  const auto output = service->ListObjects(call, at<api::ListObjectsRequest>("list"));
  const api::Object& object = output->Contents->front();
  EXPECT_EQ(object.Size, 5);
  EXPECT_EQ(object.ETag, "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(object.LastModified, call.time);
  EXPECT_EQ(object.StorageClass, "STANDARD");
  EXPECT_EQ(object.Owner->ID, aws::canonical_user_of_account("111122223333"));
  EXPECT_EQ(output->Name, "list");
}

}  // namespace
}  // namespace meridian::services::s3
