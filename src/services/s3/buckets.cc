#include <algorithm>

#include "aws/canonical_user.h"
#include "aws/sigv4.h"
#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/tags.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr const char* kDefaultRegion = "us-east-1";
constexpr std::int32_t kBucketsPageMax = 10'000;

// The region that a bucket is to lie in: the one named, else that of the endpoint that was called.
aws::Outcome<std::string> region_of(const aws::Call& call, const api::CreateBucketRequest& input) {
  if (!input.CreateBucketConfiguration) return call.region;
  const auto& configuration = *input.CreateBucketConfiguration;
  if (configuration.Location || configuration.Bucket) return errors::not_implemented("Location, Bucket");
  if (!configuration.LocationConstraint || configuration.LocationConstraint->empty()) return call.region;
  const std::string& region = *configuration.LocationConstraint;
  if (region == kDefaultRegion || !aws::sigv4::is_region(region))
    return aws::refuse("InvalidLocationConstraint", "The specified location-constraint is not valid");
  if (call.region != kDefaultRegion && call.region != region)
    return aws::refuse(
        "IllegalLocationConstraintException",
        "The " + region +
            " location constraint is incompatible for the region specific endpoint this request "
            "was sent to.");
  return region;
}

}  // namespace

aws::Outcome<api::CreateBucketOutput> S3::CreateBucket(aws::Call& call,
                                                       const api::CreateBucketRequest& input) {
  if (!is_bucket_name(input.Bucket)) return errors::invalid_bucket_name(input.Bucket);
  if (input.ACL && *input.ACL != "private")
    return aws::refuse("InvalidBucketAclWithObjectOwnership",
                       "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting");
  if (input.ObjectOwnership && *input.ObjectOwnership != "BucketOwnerEnforced")
    return errors::not_implemented("x-amz-object-ownership: " + *input.ObjectOwnership);
  TextPairs tags;
  if (input.CreateBucketConfiguration && input.CreateBucketConfiguration->Tags)
    tags = TRY(tags_of(*input.CreateBucketConfiguration->Tags, Tagged::Bucket));
  const BucketResource bucket{input.Bucket, call.account_id, TRY(region_of(call, input)), call.time, false};
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto existing = TRY(aws::read(store_, bucket_key(input.Bucket), decode_bucket));
    if (existing && existing->value.account != call.account_id)
      return errors::bucket_already_exists(input.Bucket);
    // As in us-east-1, where making a bucket again is no error.
    if (existing && (existing->value.region != kDefaultRegion || existing->value.deleting))
      return errors::bucket_already_owned_by_you(input.Bucket);
    if (existing) return store::Transaction{{{bucket_key(input.Bucket), existing->modified}}, {}, {}};
    store::Transaction transaction{
        {{bucket_key(input.Bucket), 0}}, {{bucket_key(input.Bucket), encode(bucket)}}, {}};
    if (!tags.empty())
      transaction.puts.push_back({setting_key(input.Bucket, kTagsSetting), encode_pairs(tags)});
    return transaction;
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  api::CreateBucketOutput output;
  output.Location = "/" + input.Bucket;
  return output;
}

aws::Outcome<api::HeadBucketOutput> S3::HeadBucket(aws::Call& call, const api::HeadBucketRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  api::HeadBucketOutput output;
  output.BucketRegion = bucket.value.region;
  output.AccessPointAlias = false;
  return output;
}

aws::Outcome<api::GetBucketLocationOutput> S3::GetBucketLocation(aws::Call& call,
                                                                 const api::GetBucketLocationRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  api::GetBucketLocationOutput output;
  if (bucket.value.region != kDefaultRegion) output.LocationConstraint = bucket.value.region;
  return output;
}

aws::Outcome<api::ListBucketsOutput> S3::ListBuckets(aws::Call& call, const api::ListBucketsRequest& input) {
  const auto page =
      static_cast<std::size_t>(std::clamp(input.MaxBuckets.value_or(kBucketsPageMax), 1, kBucketsPageMax));
  api::ListBucketsOutput output;
  output.Buckets.emplace();
  output.Owner.emplace().ID = aws::canonical_user_of_account(call.account_id);
  output.Prefix = input.Prefix;
  store::RangeOptions options;
  if (input.ContinuationToken) options.start_after = bucket_key(*input.ContinuationToken);
  const std::string prefix = bucket_key(input.Prefix.value_or(""));
  for (const store::KeyValue& item : TRY(aws::or_failure(store_.range(prefix, options))).items) {
    const BucketResource bucket = TRY(aws::or_failure(decode_bucket(item.value)));
    if (bucket.account != call.account_id || bucket.deleting) continue;
    if (input.BucketRegion && *input.BucketRegion != bucket.region) continue;
    if (output.Buckets->size() == page) {
      output.ContinuationToken = output.Buckets->back().Name;
      break;
    }
    api::Bucket& listed = output.Buckets->emplace_back();
    listed.Name = bucket.name;
    listed.CreationDate = bucket.created_at;
    listed.BucketRegion = bucket.region;
  }
  return output;
}

// A write into the bucket that comes between the look and the deletion would be lost; so the bucket is marked
// first, and every write has the record as its precondition.
aws::Outcome<api::DeleteBucketResponse> S3::DeleteBucket(aws::Call& call,
                                                         const api::DeleteBucketRequest& input) {
  const std::string key = bucket_key(input.Bucket);
  BucketResource bucket;
  const auto mark = [&]() -> aws::Outcome<store::Transaction> {
    const auto found = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
    bucket = found.value;
    bucket.deleting = true;
    return store::Transaction{{{key, found.modified}}, {{key, encode(bucket)}}, {}};
  };
  const store::Revision marked = TRY(aws::commit_built(store_, mark, errors::conflict()));
  store::RangeOptions one;
  one.limit = 1;
  const auto objects = store_.range(objects_prefix(input.Bucket), one);
  // Where there is any version, there is an object or a delete marker.
  const auto markers = store_.range(markers_prefix(input.Bucket), one);
  const auto uploads = store_.range(uploads_prefix(input.Bucket), one);
  const auto settings = store_.range(settings_prefix(input.Bucket));
  const bool empty = objects && markers && uploads && settings && objects->items.empty() &&
                     markers->items.empty() && uploads->items.empty();
  store::Transaction transaction{{{key, marked}}, {}, {}};
  bucket.deleting = false;
  if (empty) {
    transaction.deletes.push_back(key);
    for (const store::KeyValue& setting : settings->items) transaction.deletes.push_back(setting.key);
  } else {
    transaction.puts.push_back({key, encode(bucket)});
  }
  TRY(aws::or_failure(store_.commit(std::move(transaction))));
  if (!empty) return errors::bucket_not_empty(input.Bucket);
  return api::DeleteBucketResponse{};
}

}  // namespace meridian::services::s3
