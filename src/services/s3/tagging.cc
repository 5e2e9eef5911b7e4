// Tags of objects, which are part of a version's record, and of buckets, which are a setting of theirs.
#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/tags.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {

// The version's id, as answers give it.
aws::Outcome<std::optional<std::string>> S3::set_tags(const aws::Call& call, const ObjectName& name,
                                                      const std::optional<std::string>& expected_owner,
                                                      const TextPairs& tags) {
  TRY(check_key(name.key));
  std::optional<std::string> id;
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto bucket = TRY(find_bucket(call, name.bucket, expected_owner));
    PlacedVersion found = TRY(find_object(name));
    found.stored.value.metadata.tags = tags;
    id = answered_id(bucket.value, found.stored.value);
    return store::Transaction{
        {{bucket_key(name.bucket), bucket.modified}, {found.place, found.stored.modified}},
        {{found.place, encode(found.stored.value)}},
        {}};
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return id;
}

aws::Outcome<api::PutObjectTaggingOutput> S3::PutObjectTagging(aws::Call& call,
                                                               const api::PutObjectTaggingRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const TextPairs tags = TRY(tags_of(input.Tagging.TagSet, Tagged::Object));
  api::PutObjectTaggingOutput output;
  output.VersionId =
      TRY(set_tags(call, {input.Bucket, input.Key, input.VersionId, "PUT"}, input.ExpectedBucketOwner, tags));
  return output;
}

aws::Outcome<api::DeleteObjectTaggingOutput> S3::DeleteObjectTagging(
    aws::Call& call, const api::DeleteObjectTaggingRequest& input) {
  api::DeleteObjectTaggingOutput output;
  output.VersionId = TRY(
      set_tags(call, {input.Bucket, input.Key, input.VersionId, "DELETE"}, input.ExpectedBucketOwner, {}));
  return output;
}

aws::Outcome<api::GetObjectTaggingOutput> S3::GetObjectTagging(aws::Call& call,
                                                               const api::GetObjectTaggingRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  const PlacedVersion found = TRY(find_object({input.Bucket, input.Key, input.VersionId}));
  api::GetObjectTaggingOutput output;
  output.VersionId = answered_id(bucket.value, found.stored.value);
  output.TagSet = as_tags(found.stored.value.metadata.tags);
  return output;
}

// No tags: there is no setting.
aws::Outcome<void> S3::set_bucket_tags(const aws::Call& call, std::string_view bucket,
                                       const std::optional<std::string>& expected_owner,
                                       const TextPairs& tags) {
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto found = TRY(find_bucket(call, bucket, expected_owner));
    store::Transaction transaction{{{bucket_key(bucket), found.modified}}, {}, {}};
    if (tags.empty()) {
      transaction.deletes.push_back(setting_key(bucket, kTagsSetting));
    } else {
      transaction.puts.push_back({setting_key(bucket, kTagsSetting), encode_pairs(tags)});
    }
    return transaction;
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return {};
}

aws::Outcome<api::PutBucketTaggingResponse> S3::PutBucketTagging(aws::Call& call,
                                                                 const api::PutBucketTaggingRequest& input) {
  const TextPairs tags = TRY(tags_of(input.Tagging.TagSet, Tagged::Bucket));
  TRY(set_bucket_tags(call, input.Bucket, input.ExpectedBucketOwner, tags));
  return api::PutBucketTaggingResponse{};
}

aws::Outcome<api::GetBucketTaggingOutput> S3::GetBucketTagging(aws::Call& call,
                                                               const api::GetBucketTaggingRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const auto tags = TRY(aws::read(store_, setting_key(input.Bucket, kTagsSetting), decode_pairs));
  if (!tags) return errors::no_such_setting("NoSuchTagSet", "The TagSet does not exist", input.Bucket);
  api::GetBucketTaggingOutput output;
  output.TagSet = as_tags(tags->value);
  return output;
}

aws::Outcome<api::DeleteBucketTaggingResponse> S3::DeleteBucketTagging(
    aws::Call& call, const api::DeleteBucketTaggingRequest& input) {
  TRY(set_bucket_tags(call, input.Bucket, input.ExpectedBucketOwner, {}));
  return api::DeleteBucketTaggingResponse{};
}

}  // namespace meridian::services::s3
