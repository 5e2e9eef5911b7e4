#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr std::size_t kDeletedAtOnceMax = 1000;

}  // namespace

// Deleting what is not there is no error.
aws::Outcome<void> S3::delete_object(const aws::Call& call, std::string_view bucket, std::string_view key,
                                     const std::optional<std::string>& if_match) {
  TRY(check_key(key));
  const std::string place = object_key(bucket, key);
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto owner = TRY(find_bucket(call, bucket, std::nullopt));
    const auto object = TRY(aws::read(store_, place, decode_object));
    TRY(check(WriteConditions{if_match, std::nullopt}, key, object ? &object->value : nullptr));
    store::Transaction transaction;
    transaction.preconditions.push_back({bucket_key(bucket), owner.modified});
    transaction.preconditions.push_back({place, object ? object->modified : 0});
    if (!object) return transaction;
    transaction.deletes.push_back(place);
    TRY(discard(transaction, object->value));
    return transaction;
  };
  if (!if_match && !TRY(aws::or_failure(store_.get(place)))) return {};
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return {};
}

aws::Outcome<api::DeleteObjectOutput> S3::DeleteObject(aws::Call& call,
                                                       const api::DeleteObjectRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(delete_object(call, input.Bucket, input.Key, input.IfMatch));
  return api::DeleteObjectOutput{};
}

aws::Outcome<api::DeleteObjectsOutput> S3::DeleteObjects(aws::Call& call,
                                                         const api::DeleteObjectsRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  if (input.Delete.Objects.empty() || input.Delete.Objects.size() > kDeletedAtOnceMax)
    return aws::refuse(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema");
  api::DeleteObjectsOutput output;
  for (const api::ObjectIdentifier& object : input.Delete.Objects) {
    aws::Outcome<void> deleted;
    if ((object.VersionId && *object.VersionId != "null") || object.LastModifiedTime || object.Size) {
      deleted = errors::not_implemented("VersionId, LastModifiedTime, Size");
    } else {
      deleted = delete_object(call, input.Bucket, object.Key, object.ETag);
    }
    if (!deleted) {
      if (!output.Errors) output.Errors.emplace();
      api::Error& error = output.Errors->emplace_back();
      error.Key = object.Key;
      error.VersionId = object.VersionId;
      error.Code = deleted.error().code;
      error.Message = deleted.error().message;
    } else if (!input.Delete.Quiet.value_or(false)) {
      if (!output.Deleted) output.Deleted.emplace();
      output.Deleted->emplace_back().Key = object.Key;
    }
  }
  return output;
}

}  // namespace meridian::services::s3
