// S3's forms of rest-xml: which operation is meant, and answers that are not like Route 53's.
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "gen/s3/api.h"

namespace meridian::aws {
namespace {

namespace s3 = gen::s3;

class S3Protocol : public testing::Test {
 protected:
  std::string operation(std::string method, std::string path, std::string query = "",
                        const char* header = nullptr) {
    HttpRequest request{std::move(method), std::move(path), std::move(query), {}, ""};
    if (header != nullptr) request.headers.add(header, "/other/key");
    auto found = codec_->find_operation(request);
    return found ? (*found)->name : found.error().code;
  }
  std::unique_ptr<Codec> codec_ = make_codec(Protocol::RestXml, s3::service_model());
};

TEST_F(S3Protocol, WhatTheRequestHasTellsTheOperation) {
  EXPECT_EQ(operation("GET", "/"), "ListBuckets");
  EXPECT_EQ(operation("GET", "/b"), "ListObjects");
  EXPECT_EQ(operation("GET", "/b/"), "ListObjects");
  EXPECT_EQ(operation("GET", "/b", "list-type=2&prefix=x"), "ListObjectsV2");
  EXPECT_EQ(operation("GET", "/b", "location"), "GetBucketLocation");
  EXPECT_EQ(operation("GET", "/b", "versions="), "ListObjectVersions");
  EXPECT_EQ(operation("GET", "/b/a/b/c"), "GetObject");
  EXPECT_EQ(operation("GET", "/b/k", "x-id=GetObject"), "GetObject");
  EXPECT_EQ(operation("GET", "/b/k", "uploadId=u"), "ListParts");
  EXPECT_EQ(operation("GET", "/b/k", "tagging"), "GetObjectTagging");
  EXPECT_EQ(operation("HEAD", "/b/k"), "HeadObject");
  EXPECT_EQ(operation("PUT", "/b/k"), "PutObject");
  EXPECT_EQ(operation("PUT", "/b/k", "", "x-amz-copy-source"), "CopyObject");
  EXPECT_EQ(operation("PUT", "/b/k", "partNumber=1&uploadId=u"), "UploadPart");
  EXPECT_EQ(operation("PUT", "/b/k", "partNumber=1&uploadId=u", "x-amz-copy-source"), "UploadPartCopy");
  EXPECT_EQ(operation("POST", "/b/k", "uploads"), "CreateMultipartUpload");
  EXPECT_EQ(operation("POST", "/b/k", "uploadId=u"), "CompleteMultipartUpload");
  EXPECT_EQ(operation("DELETE", "/b/k"), "DeleteObject");
  EXPECT_EQ(operation("DELETE", "/b/k", "uploadId=u"), "AbortMultipartUpload");
  EXPECT_EQ(operation("PATCH", "/b/k"), "MethodNotAllowed");
}

TEST_F(S3Protocol, KeysKeepTheirSlashes) {
  for (const auto& [path, key] : {std::pair{"/b/a/", "a/"},
                                  {"/b//a", "/a"},
                                  {"/b//", "/"},
                                  {"/b/a//b", "a//b"},
                                  {"/b/a%2Fb%20c", "a/b c"},
                                  {"/b/a+b", "a+b"}}) {
    HttpRequest request{"GET", path, "", {}, ""};
    auto input = codec_->decode_request(**codec_->find_operation(request), request);
    ASSERT_TRUE(input) << path << input.error().message;
    EXPECT_EQ(input->as<s3::GetObjectRequest>().Key, key) << path;
    EXPECT_EQ(input->as<s3::GetObjectRequest>().Bucket, "b");
  }
}

TEST_F(S3Protocol, MetadataIsAMapOfHeaders) {
  HttpRequest request{"PUT", "/b/k", "", {}, ""};
  request.headers.add("X-Amz-Meta-Colour", "red");
  auto input = codec_->decode_request(**codec_->find_operation(request), request);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->as<s3::PutObjectRequest>().Metadata->begin()->second, "red");
}

TEST_F(S3Protocol, RootElementsAreAwss) {
  const auto body = [&](const char* operation, const Value& output) {
    return codec_->encode_response(*s3::service_model().find(operation), output, "r").body;
  };
  s3::GetBucketLocationOutput location;
  constexpr const char* kEmpty =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>";
  std::string text = body("GetBucketLocation", Value::of(location));
  EXPECT_NE(text.find("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""),
            std::string::npos)
      << text << kEmpty;
  EXPECT_EQ(text.find("us-west-2"), std::string::npos);
  location.LocationConstraint = "us-west-2";
  text = body("GetBucketLocation", Value::of(location));
  EXPECT_NE(text.find("/\">us-west-2</LocationConstraint>"), std::string::npos) << text;
  EXPECT_NE(body("ListBuckets", Value::of(s3::ListBucketsOutput())).find("<ListAllMyBucketsResult "),
            std::string::npos);
  s3::GetBucketAclOutput acl;
  acl.Grants = {{s3::Grant{.Grantee = s3::Grantee{.Type = "CanonicalUser"}}}};
  text = body("GetBucketAcl", Value::of(acl));
  EXPECT_NE(
      text.find(
          "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\""),
      std::string::npos)
      << text;
  EXPECT_EQ(body("PutBucketVersioning", Value::of(s3::PutBucketVersioningResponse())), "")
      << "an answer without members has no body";
}

TEST_F(S3Protocol, ErrorsStandAloneAndNameTheRequestTwice) {
  ServiceError error{"NoSuchBucket", "The specified bucket does not exist", 404, Fault::Sender, {}};
  error.facts.emplace_back("BucketName", "b");
  const HttpResponse response = codec_->encode_error(error, "r-1");
  EXPECT_EQ(response.headers.get("content-type"), "application/xml");
  EXPECT_EQ(response.headers.get("x-amz-request-id"), "r-1");
  EXPECT_NE(response.body.find(
                "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>"
                "<BucketName>b</BucketName><RequestId>r-1</RequestId><HostId>"),
            std::string::npos)
      << response.body;
  const HttpResponse unchanged = codec_->encode_error({"NotModified", "", 304, Fault::Sender, {}}, "r");
  EXPECT_EQ(unchanged.body, "");
}

}  // namespace
}  // namespace meridian::aws
