// Encryption at rest as a bucket's setting. Rule: what is asked for is what is done: AES256 always is; keys
// of KMS are refused while there is none here.
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

constexpr BucketSetting kEncryptionSetting{"encryption", "GetBucketEncryption",
                                           "ServerSideEncryptionConfigurationNotFoundError",
                                           "The server side encryption configuration was not found"};

aws::Outcome<void> check_rule(const api::ServerSideEncryptionRule& rule) {
  // What blocks nothing is what there is.
  if (rule.BlockedEncryptionTypes)
    for (const std::string& type :
         rule.BlockedEncryptionTypes->EncryptionType.value_or(std::vector<std::string>()))
      if (type != "NONE") return errors::not_implemented("BlockedEncryptionTypes: " + type);
  if (!rule.ApplyServerSideEncryptionByDefault) return errors::malformed_xml();
  const auto& how = *rule.ApplyServerSideEncryptionByDefault;
  if (how.SSEAlgorithm == "aws:kms" || how.SSEAlgorithm == "aws:kms:dsse")
    return errors::not_implemented("SSEAlgorithm: " + how.SSEAlgorithm);
  if (how.SSEAlgorithm != "AES256") return errors::malformed_xml();
  if (how.KMSMasterKeyID)
    return errors::invalid_argument(
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        "ApplyServerSideEncryptionByDefault", "");
  return {};
}

}  // namespace

aws::Outcome<api::PutBucketEncryptionResponse> S3::PutBucketEncryption(
    aws::Call& call, const api::PutBucketEncryptionRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const auto& rules = input.ServerSideEncryptionConfiguration.Rules;
  if (rules.size() != 1) return errors::malformed_xml();
  TRY(check_rule(rules.front()));
  api::GetBucketEncryptionOutput kept;
  kept.ServerSideEncryptionConfiguration = input.ServerSideEncryptionConfiguration;
  TRY(put_setting(call, input.Bucket, input.ExpectedBucketOwner, kEncryptionSetting, aws::Value::of(kept)));
  return api::PutBucketEncryptionResponse{};
}

// A bucket that says nothing is encrypted all the same (since January 2023).
aws::Outcome<api::GetBucketEncryptionOutput> S3::GetBucketEncryption(
    aws::Call& call, const api::GetBucketEncryptionRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  if (const auto kept = TRY(find_setting(input.Bucket, kEncryptionSetting)))
    return kept->as<api::GetBucketEncryptionOutput>();
  api::GetBucketEncryptionOutput output;
  api::ServerSideEncryptionRule& rule =
      output.ServerSideEncryptionConfiguration.emplace().Rules.emplace_back();
  rule.ApplyServerSideEncryptionByDefault.emplace().SSEAlgorithm = "AES256";
  rule.BucketKeyEnabled = false;
  return output;
}

aws::Outcome<api::DeleteBucketEncryptionResponse> S3::DeleteBucketEncryption(
    aws::Call& call, const api::DeleteBucketEncryptionRequest& input) {
  TRY(put_setting(call, input.Bucket, input.ExpectedBucketOwner, kEncryptionSetting, std::nullopt));
  return api::DeleteBucketEncryptionResponse{};
}

}  // namespace meridian::services::s3
