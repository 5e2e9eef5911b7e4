#include "services/s3/customer_key.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "services/s3/digests.h"
#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

class CustomerKeys : public S3Fixture {
 protected:
  CustomerKeys() {
    make_bucket("box");
    call.secure_transport = true;
  }
  template <typename Request>
  static Request keyed(Request request, char letter = 'k') {
    const std::string key(32, letter);
    request.SSECustomerAlgorithm = "AES256";
    request.SSECustomerKey = to_base64(as_bytes(key));
    request.SSECustomerKeyMD5 = to_base64(as_bytes(md5_of(key)));
    return request;
  }
  template <typename Request>
  static Request source_keyed(Request request, char letter = 'k') {
    const std::string key(32, letter);
    request.CopySourceSSECustomerAlgorithm = "AES256";
    request.CopySourceSSECustomerKey = to_base64(as_bytes(key));
    request.CopySourceSSECustomerKeyMD5 = to_base64(as_bytes(md5_of(key)));
    return request;
  }
  // Text, or why not.
  std::string read_with(const api::GetObjectRequest& request) {
    const auto output = get(request);
    return output ? body() : output.error().message;
  }
  static std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 1000);
    return text;
  }
};

TEST_F(CustomerKeys, AnObjectIsReadWithItsOwnKeyOnly) {
  const auto made = put(keyed(at<api::PutObjectRequest>("box", "k")), "secret text");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->SSECustomerAlgorithm, "AES256");
  EXPECT_TRUE(made->SSECustomerKeyMD5);
  EXPECT_FALSE(made->ServerSideEncryption);
  EXPECT_NE(made->ETag, "\"" + to_hex(as_bytes(md5_of("secret text"))) + "\"")
      << "it would tell what is inside";
  const auto request = at<api::GetObjectRequest>("box", "k");
  EXPECT_EQ(read_with(keyed(request)), "secret text");
  EXPECT_EQ(code(get(keyed(request, 'x'))), "AccessDenied");
  EXPECT_EQ(code(get(request)), "InvalidRequest");
  EXPECT_EQ(code(service->HeadObject(call, at<api::HeadObjectRequest>("box", "k"))), "InvalidRequest");
  const auto head = service->HeadObject(call, keyed(at<api::HeadObjectRequest>("box", "k")));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->ContentLength, 11);
  EXPECT_EQ(head->ETag, made->ETag);
  ASSERT_TRUE(put("box", "plain", "text"));
  EXPECT_EQ(code(get(keyed(at<api::GetObjectRequest>("box", "plain")))), "InvalidRequest");
}

TEST_F(CustomerKeys, AnyRangeOfAnySizeIsWhatWasWritten) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'535}, std::size_t{65'536},
                                 std::size_t{65'537}, std::size_t{300'000}}) {
    const std::string text = pattern(size);
    ASSERT_TRUE(put(keyed(at<api::PutObjectRequest>("box", "k")), text));
    auto request = keyed(at<api::GetObjectRequest>("box", "k"));
    EXPECT_EQ(read_with(request), text) << size;
    for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 0},
                                      {65'530, 65'540},
                                      {65'536, 131'071},
                                      {100'000, 299'999},
                                      {299'999, 400'000}}) {
      if (first >= size) continue;
      request.Range = "bytes=" + std::to_string(first) + "-" + std::to_string(last);
      EXPECT_EQ(read_with(request), text.substr(first, last - first + 1)) << size << " " << *request.Range;
    }
  }
}

TEST_F(CustomerKeys, NothingOnDiskIsReadableWithoutTheKey) {
  const std::string text = "a text that would be known again";
  ASSERT_TRUE(put(keyed(at<api::PutObjectRequest>("box", "k")), text));
  const auto stored = store.range("s3/").value().items;
  for (const store::KeyValue& item : stored) {
    EXPECT_EQ(item.value.find(std::string(32, 'k')), std::string::npos) << item.key;
    EXPECT_EQ(item.value.find(to_base64(as_bytes(std::string(32, 'k')))), std::string::npos) << item.key;
  }
  // What the store itself gives back is not the text either.
  const auto object = decode_object(store.get(object_key("box", "k")).value()->value);
  ASSERT_TRUE(object);
  auto reader = objects->open(object->blob, 0, text.size());
  ASSERT_TRUE(reader);
  const auto raw = (*reader)->next();
  ASSERT_TRUE(raw);
  EXPECT_NE(raw->view(), text);
}

TEST_F(CustomerKeys, CopiesChangeKeys) {
  ASSERT_TRUE(put(keyed(at<api::PutObjectRequest>("box", "k")), "text"));
  auto copy = at<api::CopyObjectRequest>("box", "copy");
  copy.CopySource = "box/k";
  EXPECT_EQ(code(service->CopyObject(call, copy)), "InvalidRequest");
  EXPECT_EQ(code(service->CopyObject(call, source_keyed(copy, 'x'))), "AccessDenied");
  ASSERT_TRUE(service->CopyObject(call, keyed(source_keyed(copy), 'n')));
  EXPECT_EQ(read_with(keyed(at<api::GetObjectRequest>("box", "copy"), 'n')), "text");
  const auto plain = service->CopyObject(call, source_keyed(copy));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->ServerSideEncryption, "AES256");
  EXPECT_EQ(read("box", "copy"), "text");
}

TEST_F(CustomerKeys, UploadsInPartsHaveOneKey) {
  const auto upload =
      service->CreateMultipartUpload(call, keyed(at<api::CreateMultipartUploadRequest>("box", "k")));
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->SSECustomerAlgorithm, "AES256");
  auto part = at<api::UploadPartRequest>("box", "k");
  part.UploadId = *upload->UploadId;
  part.PartNumber = 1;
  const std::string first = pattern(5 * kMiB), second = pattern(100'000);
  EXPECT_EQ(code(send("UploadPart", part, first)), "InvalidRequest");
  EXPECT_EQ(code(send("UploadPart", keyed(part, 'x'), first)), "InvalidRequest");
  auto complete = at<api::CompleteMultipartUploadRequest>("box", "k");
  complete.UploadId = *upload->UploadId;
  auto& parts = complete.MultipartUpload.emplace().Parts.emplace();
  for (const std::string* text : {&first, &second}) {
    ASSERT_TRUE(send("UploadPart", keyed(part), *text));
    const auto made = service->UploadPart(call, keyed(part));
    ASSERT_TRUE(made);
    api::CompletedPart& done = parts.emplace_back();
    done.ETag = made->ETag;
    done.PartNumber = part.PartNumber++;
  }
  call.body.reset();
  ASSERT_TRUE(service->CompleteMultipartUpload(call, complete));
  EXPECT_EQ(read_with(keyed(at<api::GetObjectRequest>("box", "k"))), first + second);
  auto across = keyed(at<api::GetObjectRequest>("box", "k"));
  across.Range = "bytes=5242870-5242889";
  EXPECT_EQ(read_with(across), (first + second).substr(5'242'870, 20));
  EXPECT_EQ(code(get(at<api::GetObjectRequest>("box", "k"))), "InvalidRequest");
}

TEST_F(CustomerKeys, AKeyThatIsNoneIsRefused) {
  const auto good = keyed(at<api::GetObjectRequest>("box", "k"));
  const auto refusal = [&](auto change) {
    auto request = good;
    change(request);
    return get(request).error().message;
  };
  using Request = api::GetObjectRequest;
  EXPECT_EQ(refusal([](Request&) {}), "The specified key does not exist.");
  EXPECT_THAT(refusal([](Request& r) { r.SSECustomerAlgorithm.reset(); }),
              testing::HasSubstr("must provide a valid encryption algorithm"));
  EXPECT_THAT(refusal([](Request& r) { r.SSECustomerAlgorithm = "aws:kms"; }),
              testing::HasSubstr("The valid value is AES256."));
  EXPECT_THAT(refusal([](Request& r) { r.SSECustomerKey.reset(); }),
              testing::HasSubstr("must provide an appropriate secret key"));
  EXPECT_THAT(refusal([](Request& r) { r.SSECustomerKeyMD5.reset(); }),
              testing::HasSubstr("client calculated MD5"));
  EXPECT_THAT(refusal([](Request& r) { r.SSECustomerKey = "c2hvcnQ="; }),
              testing::HasSubstr("The secret key was invalid"));
  EXPECT_THAT(refusal([](Request& r) { r.SSECustomerKey->front() = 'b'; }),
              testing::HasSubstr("did not match the hash that was provided"));
  call.secure_transport = false;
  EXPECT_THAT(refusal([](Request&) {}), testing::HasSubstr("must be made over a secure connection"));
}

}  // namespace
}  // namespace meridian::services::s3
