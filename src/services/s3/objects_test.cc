#include "base/bytes.h"
#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

class ObjectsOfS3 : public S3Fixture {
 protected:
  ObjectsOfS3() { make_bucket("box"); }
  static std::string long_text(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
  }
};

TEST_F(ObjectsOfS3, WhatIsPutIsGot) {
  for (std::size_t size : {0u, 5u, 70'000u, 1'000'000u}) {
    const std::string key = "size/" + std::to_string(size), text = long_text(size);
    const auto output = put("box", key, text);
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->ServerSideEncryption, "AES256");
    EXPECT_EQ(read("box", key), text) << size;
  }
  EXPECT_EQ(put("box", "k", "hello")->ETag, "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(read("box", "absent"), "NoSuchKey");
  EXPECT_EQ(read("absent", "k"), "NoSuchBucket");
  EXPECT_EQ(read("Not_A_Bucket", "k"), "InvalidBucketName");
}

TEST_F(ObjectsOfS3, AReplacedOrDeletedObjectLeavesNothingBehind) {
  ASSERT_TRUE(put("box", "k", "one"));
  ASSERT_TRUE(put("box", "k", long_text(500'000)));
  EXPECT_EQ(blobs(), 1u);
  ASSERT_TRUE(put("box", "k", "three"));
  EXPECT_EQ(read("box", "k"), "three");
  EXPECT_EQ(blobs(), 1u);
  EXPECT_EQ(remove("box", "k"), "OK");
  EXPECT_EQ(remove("box", "k"), "OK") << "what is not there can be deleted";
  EXPECT_EQ(read("box", "k"), "NoSuchKey");
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(ObjectsOfS3, WhatIsSaidOfAnObjectIsKept) {
  auto request = at<api::PutObjectRequest>("box", "k");
  request.ContentType = "text/html";
  request.CacheControl = "max-age=60";
  request.ContentDisposition = "inline";
  request.ContentEncoding = "aws-chunked,gzip";
  request.ContentLanguage = "de";
  request.Expires = SystemTime(std::chrono::seconds(1'800'000'000));
  request.StorageClass = "STANDARD_IA";
  request.Metadata.emplace()["Colour"] = "red";
  ASSERT_TRUE(put(request, "<p>"));
  const auto got = get(at<api::GetObjectRequest>("box", "k"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->ContentType, "text/html");
  EXPECT_EQ(got->CacheControl, "max-age=60");
  EXPECT_EQ(got->ContentDisposition, "inline");
  EXPECT_EQ(got->ContentEncoding, "gzip") << "aws-chunked is how it came";
  EXPECT_EQ(got->ContentLanguage, "de");
  EXPECT_EQ(got->Expires, request.Expires);
  EXPECT_EQ(got->StorageClass, "STANDARD_IA");
  EXPECT_EQ(got->Metadata->at("colour"), "red");
  EXPECT_EQ(got->ContentLength, 3);
  EXPECT_EQ(got->LastModified, call.time);
  auto head = at<api::HeadObjectRequest>("box", "k");
  head.ResponseContentType = "text/plain";
  EXPECT_EQ(service->HeadObject(call, head)->ContentType, "text/plain");
  ASSERT_TRUE(put("box", "plain", "x"));
  EXPECT_EQ(get(at<api::GetObjectRequest>("box", "plain"))->ContentType, "binary/octet-stream");
}

TEST_F(ObjectsOfS3, ARangeIsAPart) {
  const std::string text = long_text(300'000);
  ASSERT_TRUE(put("box", "k", text));
  auto request = at<api::GetObjectRequest>("box", "k");
  request.Range = "bytes=65530-200000";
  const auto got = get(request);
  ASSERT_TRUE(got);
  EXPECT_EQ(call.status, 206);
  EXPECT_EQ(got->ContentRange, "bytes 65530-200000/300000");
  EXPECT_EQ(got->ContentLength, 134'471);
  EXPECT_EQ(body(), text.substr(65530, 134'471));
  request.Range = "bytes=300000-";
  const auto outside = get(request);
  EXPECT_EQ(outside.error().status, 416);
  EXPECT_EQ(outside.error().code, "InvalidRange");
}

TEST_F(ObjectsOfS3, AnUnchangedObjectIsNotSentAgain) {
  const std::string etag = *put("box", "k", "hello")->ETag;
  auto request = at<api::GetObjectRequest>("box", "k");
  request.IfNoneMatch = etag;
  const auto unchanged = get(request);
  EXPECT_EQ(unchanged.error().status, 304);
  EXPECT_EQ(unchanged.error().headers[0].second, etag);
  request.IfNoneMatch = std::nullopt;
  request.IfMatch = "\"other\"";
  EXPECT_EQ(get(request).error().code, "PreconditionFailed");
}

TEST_F(ObjectsOfS3, WritesCanDependOnWhatIsThere) {
  auto create = at<api::PutObjectRequest>("box", "k");
  create.IfNoneMatch = "*";
  const std::string etag = *put(create, "one")->ETag;
  EXPECT_EQ(code(put(create, "two")), "PreconditionFailed");
  auto update = at<api::PutObjectRequest>("box", "k");
  update.IfMatch = etag;
  EXPECT_EQ(code(put(update, "two")), "OK");
  EXPECT_EQ(code(put(update, "three")), "PreconditionFailed");
  EXPECT_EQ(read("box", "k"), "two");
  EXPECT_EQ(blobs(), 1u) << "what was refused left nothing";
}

// The look before the body comes is not enough: another may be faster meanwhile.
TEST_F(ObjectsOfS3, OnlyOneOfTwoWritersCreates) {
  auto create = at<api::PutObjectRequest>("box", "k");
  create.IfNoneMatch = "*";
  ASSERT_TRUE(send("PutObject", create, "slow"));
  const auto slow = std::move(call.body);
  ASSERT_TRUE(put(create, "fast"));
  call.body = slow;
  EXPECT_EQ(code(service->PutObject(call, create)), "PreconditionFailed");
  EXPECT_EQ(read("box", "k"), "fast");
}

TEST_F(ObjectsOfS3, ABodyIsHeldToWhatIsSaidOfIt) {
  auto request = at<api::PutObjectRequest>("box", "k");
  request.ContentMD5 = "XUFAKrxLKna5cZ2REBfFkg==";
  EXPECT_EQ(code(put(request, "hello")), "OK");
  EXPECT_EQ(code(put(request, "hellO")), "BadDigest");
  request.ContentMD5 = "nonsense";
  EXPECT_EQ(code(put(request, "hello")), "InvalidDigest");
  request.ContentMD5 = std::nullopt;
  request.ChecksumCRC32 = "NhCmhg==";
  EXPECT_EQ(put(request, "hello")->ChecksumCRC32, "NhCmhg==");
  EXPECT_EQ(code(put(request, "hellO")), "BadDigest");
  EXPECT_EQ(read("box", "k"), "hello");
}

TEST_F(ObjectsOfS3, AChecksumMayComeBehindTheBody) {
  auto request = at<api::PutObjectRequest>("box", "k");
  request.ChecksumAlgorithm = "CRC32";
  aws::Headers good, bad, other;
  good.add("x-amz-checksum-crc32", "NhCmhg==");
  bad.add("x-amz-checksum-crc32", "AAAAAA==");
  other.add("x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00=");
  EXPECT_EQ(code(put(request, "hello", good)), "OK");
  EXPECT_EQ(code(put(request, "hello", bad)), "BadDigest");
  EXPECT_EQ(code(put(request, "hello", other)), "InvalidRequest");
  request.ChecksumAlgorithm = std::nullopt;
  call.announced_trailer = "x-amz-checksum-sha1";
  EXPECT_EQ(code(put(request, "hello", other)), "OK");
}

TEST_F(ObjectsOfS3, ChecksumsAreToldToThoseWhoAsk) {
  ASSERT_TRUE(put("box", "k", "hello"));
  auto request = at<api::GetObjectRequest>("box", "k");
  EXPECT_FALSE(get(request)->ChecksumCRC64NVME);
  request.ChecksumMode = "ENABLED";
  const auto got = get(request);
  EXPECT_TRUE(got->ChecksumCRC64NVME) << "computed when the client sends none";
  EXPECT_EQ(got->ChecksumType, "FULL_OBJECT");
  request.Range = "bytes=0-1";
  EXPECT_FALSE(get(request)->ChecksumCRC64NVME) << "it is not the part's";
}

TEST_F(ObjectsOfS3, WhatHasNoEffectIsRefused) {
  auto request = at<api::PutObjectRequest>("box", "k");
  request.ObjectLockMode = "GOVERNANCE";
  EXPECT_EQ(code(put(request, "x")), "NotImplemented");
  request.ObjectLockMode = std::nullopt;
  request.ServerSideEncryption = "aws:kms";
  EXPECT_EQ(code(put(request, "x")), "NotImplemented");
  request.ServerSideEncryption = "AES256";
  request.ACL = "public-read";
  EXPECT_EQ(code(put(request, "x")), "AccessControlListNotSupported");
  request.ACL = "private";
  request.StorageClass = "GLACIER";
  EXPECT_EQ(code(put(request, "x")), "NotImplemented");
  request.StorageClass = std::nullopt;
  request.Metadata.emplace()["k"] = std::string(3000, 'v');
  EXPECT_EQ(code(put(request, "x")), "MetadataTooLarge");
  EXPECT_EQ(code(put("box", std::string(1025, 'k'), "x")), "KeyTooLongError");
  EXPECT_EQ(code(put("box", std::string("a\0b", 3), "x")), "InvalidRequest");
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(ObjectsOfS3, AFlippedBitIsAnErrorNotAnAnswer) {
  ASSERT_TRUE(put("box", "k", long_text(300'000)));
  for (const auto& [path, bytes] : disk.contents())
    if (path.starts_with("objects/files/") && bytes.size() > 1000)
      disk.file(path)[100] = static_cast<char>(bytes[100] ^ 1);
  EXPECT_EQ(read("box", "k"), "InternalError");
  auto request = at<api::GetObjectRequest>("box", "k");
  request.Range = "bytes=270000-270009";
  ASSERT_TRUE(get(request)) << "the other blocks are whole";
  EXPECT_EQ(body(), long_text(300'000).substr(270'000, 10));
}

TEST_F(ObjectsOfS3, ACopyHasTheBytesAndWhatIsSaidOfThem) {
  make_bucket("other");
  auto original = at<api::PutObjectRequest>("box", "a key/ä");
  original.ContentType = "text/css";
  original.Metadata.emplace()["m"] = "1";
  const std::string text = long_text(400'000);
  ASSERT_TRUE(put(original, text));
  auto copy = at<api::CopyObjectRequest>("other", "copy");
  copy.CopySource = "/box/a%20key/%C3%A4";
  const auto output = service->CopyObject(call, copy);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(remove("box", "a key/ä"), "OK");
  EXPECT_EQ(blobs(), 1u);
  const auto got = get(at<api::GetObjectRequest>("other", "copy"));
  EXPECT_EQ(body(), text);
  EXPECT_EQ(got->ETag, output->CopyObjectResult->ETag);
  EXPECT_EQ(got->ContentType, "text/css");
  EXPECT_EQ(got->Metadata->at("m"), "1");
  copy.CopySource = "other/copy";
  EXPECT_EQ(code(service->CopyObject(call, copy)), "InvalidRequest") << "onto itself, and nothing changes";
  copy.MetadataDirective = "REPLACE";
  copy.ContentType = "text/plain";
  EXPECT_EQ(code(service->CopyObject(call, copy)), "OK");
  const auto replaced = get(at<api::GetObjectRequest>("other", "copy"));
  EXPECT_EQ(replaced->ContentType, "text/plain");
  EXPECT_FALSE(replaced->Metadata);
}

TEST_F(ObjectsOfS3, ACopysSourceMustBeThereAndFit) {
  ASSERT_TRUE(put("box", "k", "x"));
  auto copy = at<api::CopyObjectRequest>("box", "copy");
  const auto from = [&](const char* source) {
    copy.CopySource = source;
    return code(service->CopyObject(call, copy));
  };
  EXPECT_EQ(from("box/absent"), "NoSuchKey");
  EXPECT_EQ(from("absent/k"), "NoSuchBucket");
  EXPECT_EQ(from("box"), "InvalidArgument");
  EXPECT_EQ(from("box/%zz"), "InvalidArgument");
  EXPECT_EQ(from("box/k?versionId=3"), "InvalidArgument");
  copy.CopySourceIfNoneMatch = "*";
  EXPECT_EQ(from("box/k"), "PreconditionFailed");
}

TEST_F(ObjectsOfS3, ManyAreDeletedAtOnce) {
  for (const char* key : {"1", "2", "3"}) ASSERT_TRUE(put("box", key, key));
  auto request = at<api::DeleteObjectsRequest>("box");
  for (const char* key : {"1", "3", "absent"}) request.Delete.Objects.push_back({.Key = key});
  request.Delete.Objects.push_back({.Key = "2", .VersionId = "v"});
  const auto output = service->DeleteObjects(call, request);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->Deleted->size(), 3u);
  ASSERT_EQ(output->Errors->size(), 1u);
  EXPECT_EQ(output->Errors->front().Code, "InvalidArgument");
  EXPECT_EQ(read("box", "2"), "2");
  EXPECT_EQ(blobs(), 1u);
  request.Delete.Quiet = true;
  EXPECT_FALSE(service->DeleteObjects(call, request)->Deleted);
  request.Delete.Objects.clear();
  EXPECT_EQ(code(service->DeleteObjects(call, request)), "MalformedXML");
}

}  // namespace
}  // namespace meridian::services::s3
