#include "base/bytes.h"
#include "services/s3/digests.h"
#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

class Multipart : public S3Fixture {
 protected:
  Multipart() { make_bucket("box"); }

  std::string begin(const std::string& key = "k", const char* algorithm = nullptr,
                    const char* type = nullptr) {
    auto request = at<api::CreateMultipartUploadRequest>("box", key);
    request.ContentType = "video/mp4";
    if (algorithm != nullptr) request.ChecksumAlgorithm = algorithm;
    if (type != nullptr) request.ChecksumType = type;
    const auto output = service->CreateMultipartUpload(call, request);
    return output ? *output->UploadId : output.error().code;
  }
  aws::Outcome<api::UploadPartOutput> part(const std::string& upload, int number, std::string_view text) {
    auto request = at<api::UploadPartRequest>("box", "k");
    request.UploadId = upload;
    request.PartNumber = number;
    TRY(send("UploadPart", request, text));
    auto output = service->UploadPart(call, request);
    call.body.reset();
    return output;
  }
  // Of these parts, with the tags they got.
  api::CompleteMultipartUploadRequest completion(const std::string& upload,
                                                 const std::vector<std::pair<int, std::string>>& parts) {
    auto request = at<api::CompleteMultipartUploadRequest>("box", "k");
    request.UploadId = upload;
    auto& list = request.MultipartUpload.emplace().Parts.emplace();
    for (const auto& [number, etag] : parts) {
      api::CompletedPart& part = list.emplace_back();
      part.PartNumber = number;
      part.ETag = etag;
    }
    return request;
  }
  std::string complete(const std::string& upload, const std::vector<std::pair<int, std::string>>& parts) {
    return code(service->CompleteMultipartUpload(call, completion(upload, parts)));
  }
  std::size_t rows(const char* prefix) { return store.range(prefix).value().items.size(); }

  const std::string one = std::string(5 * kMiB, '1'), two = std::string(5 * kMiB + 7, '2'), three = "the end";
};

TEST_F(Multipart, PartsBecomeOneObject) {
  const std::string upload = begin();
  const std::string c = *part(upload, 9, three)->ETag, a = *part(upload, 1, one)->ETag,
                    b = *part(upload, 2, two)->ETag;
  EXPECT_EQ(read("box", "k"), "NoSuchKey");
  const auto output = service->CompleteMultipartUpload(call, completion(upload, {{1, a}, {2, b}, {9, c}}));
  ASSERT_TRUE(output) << output.error().message;
  const std::string digests = md5_of(one) + md5_of(two) + md5_of(three);
  EXPECT_EQ(output->ETag, "\"" + to_hex(as_bytes(md5_of(digests))) + "-3\"");
  EXPECT_EQ(output->Location, "http://localhost:4566/box/k");
  EXPECT_EQ(read("box", "k"), one + two + three);
  const auto head = service->HeadObject(call, at<api::HeadObjectRequest>("box", "k"));
  EXPECT_EQ(head->ContentType, "video/mp4");
  EXPECT_EQ(head->ContentLength, static_cast<std::int64_t>(one.size() + two.size() + three.size()));
  EXPECT_EQ(rows("s3/part/") + rows("s3/upload/"), 0u);
  EXPECT_EQ(blobs(), 3u);
  EXPECT_EQ(complete(upload, {{1, a}}), "NoSuchUpload");
  EXPECT_EQ(remove("box", "k"), "OK");
  EXPECT_EQ(blobs(), 0u);
  EXPECT_EQ(rows("s3/parts/"), 0u);
}

TEST_F(Multipart, AttributesSayWhatIsKnown) {
  const std::string upload = begin("k", "SHA256");
  const std::string a = *part(upload, 1, one)->ETag, b = *part(upload, 2, three)->ETag;
  ASSERT_EQ(complete(upload, {{1, a}, {2, b}}), "OK");
  auto request = at<api::GetObjectAttributesRequest>("box", "k");
  request.ObjectAttributes = {"ObjectParts", "ObjectSize", "Checksum"};
  const auto known = service->GetObjectAttributes(call, request);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->ObjectParts->TotalPartsCount, 2);
  EXPECT_EQ(known->ObjectSize, 5 * kMiB + 7);
  EXPECT_EQ(known->Checksum->ChecksumType, "COMPOSITE");
  EXPECT_FALSE(known->ETag) << "not asked for";
  request.ObjectAttributes = {"ETag", "StorageClass"};
  EXPECT_TRUE(service->GetObjectAttributes(call, request)->ETag->ends_with("-2"));
  request.ObjectAttributes = {"Colour"};
  EXPECT_EQ(code(service->GetObjectAttributes(call, request)), "InvalidArgument");
}

TEST_F(Multipart, RangesAndPartNumbersFindTheirPlace) {
  const std::string upload = begin();
  const std::string a = *part(upload, 1, one)->ETag, b = *part(upload, 2, three)->ETag;
  ASSERT_EQ(complete(upload, {{1, a}, {2, b}}), "OK");
  auto request = at<api::GetObjectRequest>("box", "k");
  request.Range = "bytes=5242878-5242882";
  ASSERT_TRUE(get(request));
  EXPECT_EQ(body(), "11the");
  request.Range = std::nullopt;
  request.PartNumber = 2;
  const auto got = get(request);
  EXPECT_EQ(body(), three);
  EXPECT_EQ(got->PartsCount, 2);
  EXPECT_EQ(got->ContentRange, "bytes 5242880-5242886/5242887");
  EXPECT_EQ(call.status, 206);
  request.PartNumber = 3;
  EXPECT_EQ(get(request).error().status, 416);
}

TEST_F(Multipart, APartMayBeSentAgainAndLeftOut) {
  const std::string upload = begin();
  ASSERT_TRUE(part(upload, 1, "first attempt"));
  const std::string b = *part(upload, 1, three)->ETag;
  ASSERT_TRUE(part(upload, 2, "not wanted in the end"));
  EXPECT_EQ(complete(upload, {{1, b}}), "OK");
  EXPECT_EQ(read("box", "k"), three);
  EXPECT_EQ(blobs(), 1u);
}

TEST_F(Multipart, AnAbortLeavesNothing) {
  const std::string upload = begin();
  ASSERT_TRUE(part(upload, 1, one));
  auto request = at<api::AbortMultipartUploadRequest>("box", "k");
  request.UploadId = upload;
  EXPECT_EQ(code(service->AbortMultipartUpload(call, request)), "OK");
  EXPECT_EQ(code(service->AbortMultipartUpload(call, request)), "NoSuchUpload");
  EXPECT_EQ(code(part(upload, 2, "late")), "NoSuchUpload");
  EXPECT_EQ(rows("s3/part/") + rows("s3/upload/"), 0u);
  EXPECT_EQ(blobs(), 0u);
}

TEST_F(Multipart, WrongCompletionsAreRefusedAndTheUploadGoesOn) {
  const std::string upload = begin();
  const std::string a = *part(upload, 1, three)->ETag, b = *part(upload, 2, three)->ETag;
  EXPECT_EQ(complete(upload, {}), "MalformedXML");
  EXPECT_EQ(complete(upload, {{1, "\"00\""}}), "InvalidPart");
  EXPECT_EQ(complete(upload, {{3, a}}), "InvalidPart");
  EXPECT_EQ(complete(upload, {{2, b}, {1, a}}), "InvalidPartOrder");
  EXPECT_EQ(complete(upload, {{1, a}, {2, b}}), "EntityTooSmall");
  EXPECT_EQ(complete("no-such-upload", {{1, a}}), "NoSuchUpload");
  auto sized = completion(upload, {{1, a}});
  sized.MpuObjectSize = 8;
  EXPECT_EQ(code(service->CompleteMultipartUpload(call, sized)), "InvalidRequest");
  EXPECT_EQ(code(part(upload, 0, "x")), "InvalidArgument");
  EXPECT_EQ(code(part(upload, 10'001, "x")), "InvalidArgument");
  sized.MpuObjectSize = 7;
  EXPECT_EQ(code(service->CompleteMultipartUpload(call, sized)), "OK");
}

TEST_F(Multipart, NoPartComesBetweenTheLookAndTheEnd) {
  const std::string upload = begin();
  const std::string a = *part(upload, 1, three)->ETag;
  auto late = at<api::UploadPartRequest>("box", "k");
  late.UploadId = upload;
  late.PartNumber = 2;
  ASSERT_TRUE(send("UploadPart", late, "late"));
  const auto body_of_late = std::move(call.body);
  ASSERT_EQ(complete(upload, {{1, a}}), "OK");
  call.body = body_of_late;
  EXPECT_EQ(code(service->UploadPart(call, late)), "NoSuchUpload");
  call.body.reset();
}

TEST_F(Multipart, AMarkThatACrashLeftIsTakenBack) {
  const std::string upload = begin();
  const std::string a = *part(upload, 1, three)->ETag;
  const auto item = store.range("s3/upload/").value().items.front();
  UploadResource resource = *decode_upload(item.value);
  resource.closing = true;
  ASSERT_TRUE(
      store.commit({{}, {{item.key, encode(resource)}, {part_key("an-upload-that-is-over", 3), "x"}}, {}}));
  EXPECT_EQ(complete(upload, {{1, a}}), "NoSuchUpload");
  ASSERT_TRUE(service->tidy());
  EXPECT_EQ(rows("s3/part/"), 1u);
  EXPECT_EQ(complete(upload, {{1, a}}), "OK");
}

TEST_F(Multipart, ChecksumsAreOfTheWholeOrOfTheParts) {
  std::string upload = begin("k", "CRC32", "FULL_OBJECT");
  std::string a = *part(upload, 1, one)->ETag, b = *part(upload, 2, three)->ETag;
  auto output = service->CompleteMultipartUpload(call, completion(upload, {{1, a}, {2, b}}));
  EXPECT_EQ(output->ChecksumCRC32, to_base64(as_bytes(checksum_of(ChecksumAlgorithm::Crc32, one + three))));
  EXPECT_EQ(output->ChecksumType, "FULL_OBJECT");

  upload = begin("k", "SHA256");
  a = *part(upload, 1, one)->ETag;
  b = *part(upload, 2, three)->ETag;
  output = service->CompleteMultipartUpload(call, completion(upload, {{1, a}, {2, b}}));
  const std::string hashes =
      checksum_of(ChecksumAlgorithm::Sha256, one) + checksum_of(ChecksumAlgorithm::Sha256, three);
  EXPECT_EQ(output->ChecksumSHA256,
            to_base64(as_bytes(checksum_of(ChecksumAlgorithm::Sha256, hashes))) + "-2");
  EXPECT_EQ(output->ChecksumType, "COMPOSITE");

  EXPECT_EQ(begin("k", "SHA256", "FULL_OBJECT"), "InvalidRequest");
  EXPECT_EQ(begin("k", "CRC64NVME", "COMPOSITE"), "InvalidRequest");
  EXPECT_EQ(begin("k", "XXHASH64"), "NotImplemented");
}

TEST_F(Multipart, APartCanBeCopied) {
  ASSERT_TRUE(put("box", "source", "0123456789"));
  const std::string upload = begin();
  auto request = at<api::UploadPartCopyRequest>("box", "k");
  request.UploadId = upload;
  request.PartNumber = 1;
  request.CopySource = "box/source";
  request.CopySourceRange = "bytes=2-4";
  const auto copied = service->UploadPartCopy(call, request);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(complete(upload, {{1, *copied->CopyPartResult->ETag}}), "OK");
  EXPECT_EQ(read("box", "k"), "234");
}

TEST_F(Multipart, PartsAndUploadsAreListed) {
  const std::string upload = begin();
  for (int number : {3, 1, 2}) ASSERT_TRUE(part(upload, number, three));
  auto request = at<api::ListPartsRequest>("box", "k");
  request.UploadId = upload;
  request.MaxParts = 2;
  auto parts = service->ListParts(call, request);
  ASSERT_EQ(parts->Parts->size(), 2u);
  EXPECT_EQ((*parts->Parts)[0].PartNumber, 1);
  EXPECT_EQ((*parts->Parts)[0].Size, 7);
  EXPECT_EQ(parts->IsTruncated, true);
  request.PartNumberMarker = parts->NextPartNumberMarker;
  parts = service->ListParts(call, request);
  ASSERT_EQ(parts->Parts->size(), 1u);
  EXPECT_EQ(parts->IsTruncated, false);

  begin("dir/x");
  begin("dir/y");
  begin("k");
  auto list = at<api::ListMultipartUploadsRequest>("box");
  list.MaxUploads = 1;
  std::string seen;
  for (int page = 0; page < 10; ++page) {
    const auto uploads = service->ListMultipartUploads(call, list);
    ASSERT_TRUE(uploads);
    seen += *uploads->Uploads->front().Key + " ";
    if (!*uploads->IsTruncated) break;
    list.KeyMarker = uploads->NextKeyMarker;
    list.UploadIdMarker = uploads->NextUploadIdMarker;
  }
  EXPECT_EQ(seen, "dir/x dir/y k k ");
  auto rolled = at<api::ListMultipartUploadsRequest>("box");
  rolled.Delimiter = "/";
  const auto uploads = service->ListMultipartUploads(call, rolled);
  EXPECT_EQ(uploads->Uploads->size(), 2u);
  EXPECT_EQ(uploads->CommonPrefixes->front().Prefix, "dir/");
}

}  // namespace
}  // namespace meridian::services::s3
