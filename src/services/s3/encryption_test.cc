#include "services/s3/s3_fixture.h"

namespace meridian::services::s3 {
namespace {

class Encryption : public S3Fixture {
 protected:
  Encryption() { make_bucket("box"); }
  std::string configure(const api::ServerSideEncryptionRule& rule) {
    auto request = at<api::PutBucketEncryptionRequest>("box");
    request.ServerSideEncryptionConfiguration.Rules = {rule};
    return code(service->PutBucketEncryption(call, request));
  }
  static api::ServerSideEncryptionRule rule(const char* algorithm) {
    api::ServerSideEncryptionRule made;
    made.ApplyServerSideEncryptionByDefault.emplace().SSEAlgorithm = algorithm;
    return made;
  }
  api::ServerSideEncryptionRule current() {
    const auto got = service->GetBucketEncryption(call, at<api::GetBucketEncryptionRequest>("box"));
    return got ? got->ServerSideEncryptionConfiguration->Rules.at(0) : api::ServerSideEncryptionRule();
  }
};

TEST_F(Encryption, IsAes256WhateverABucketSays) {
  EXPECT_EQ(current().ApplyServerSideEncryptionByDefault->SSEAlgorithm, "AES256");
  EXPECT_EQ(current().BucketKeyEnabled, false);
  auto asked = rule("AES256");
  asked.BucketKeyEnabled = true;
  EXPECT_EQ(configure(asked), "OK");
  EXPECT_EQ(current(), asked);
  EXPECT_EQ(code(service->DeleteBucketEncryption(call, at<api::DeleteBucketEncryptionRequest>("box"))), "OK");
  EXPECT_EQ(current().BucketKeyEnabled, false);
}

TEST_F(Encryption, WhatIsNotDoneIsRefused) {
  EXPECT_EQ(configure(rule("aws:kms")), "NotImplemented");
  EXPECT_EQ(configure(rule("aws:kms:dsse")), "NotImplemented");
  EXPECT_EQ(configure(rule("ROT13")), "MalformedXML");
  EXPECT_EQ(configure({}), "MalformedXML");
  auto keyed = rule("AES256");
  keyed.ApplyServerSideEncryptionByDefault->KMSMasterKeyID = "key";
  EXPECT_EQ(configure(keyed), "InvalidArgument");
  auto blocking = rule("AES256");
  blocking.BlockedEncryptionTypes.emplace().EncryptionType = {"SSE-C"};
  EXPECT_EQ(configure(blocking), "NotImplemented");
  auto request = at<api::PutBucketEncryptionRequest>("box");
  EXPECT_EQ(code(service->PutBucketEncryption(call, request)), "MalformedXML");
}

}  // namespace
}  // namespace meridian::services::s3
