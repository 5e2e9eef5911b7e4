// Whether a bucket keeps versions. Once it did it may suspend that, but never goes back.
#include "services/s3/errors.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {

aws::Outcome<api::PutBucketVersioningResponse> S3::PutBucketVersioning(
    aws::Call& call, const api::PutBucketVersioningRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const auto& configuration = input.VersioningConfiguration;
  if (configuration.MFADelete && *configuration.MFADelete == "Enabled")
    return errors::not_implemented("MfaDelete");
  if (configuration.MFADelete && *configuration.MFADelete != "Disabled") return errors::malformed_xml();
  if (!configuration.Status)
    return aws::refuse("IllegalVersioningConfigurationException", "The Versioning element must be specified");
  const bool enabled = *configuration.Status == "Enabled";
  if (!enabled && *configuration.Status != "Suspended") return errors::malformed_xml();
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
    bucket.value.versioning = enabled ? Versioning::Enabled : Versioning::Suspended;
    const std::string place = bucket_key(input.Bucket);
    return store::Transaction{{{place, bucket.modified}}, {{place, encode(bucket.value)}}, {}};
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return api::PutBucketVersioningResponse{};
}

aws::Outcome<api::GetBucketVersioningOutput> S3::GetBucketVersioning(
    aws::Call& call, const api::GetBucketVersioningRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  api::GetBucketVersioningOutput output;
  if (bucket.value.versioning != Versioning::Never)
    output.Status = bucket.value.versioning == Versioning::Enabled ? "Enabled" : "Suspended";
  return output;
}

}  // namespace meridian::services::s3
