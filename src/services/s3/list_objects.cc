#include "aws/canonical_user.h"
#include "base/bytes.h"
#include "services/s3/errors.h"
#include "services/s3/listing.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {
namespace {

template <typename Output>
aws::Outcome<void> fill(Output& output, const ListPage& page, const NameEncoding& encoded,
                        const std::optional<std::string>& owner) {
  for (const store::KeyValue& item : page.items) {
    const ObjectResource object = TRY(aws::or_failure(decode_object(item.value)));
    if (!output.Contents) output.Contents.emplace();
    api::Object& listed = output.Contents->emplace_back();
    listed.Key = encoded(item.key);
    listed.LastModified = object.modified_at;
    listed.ETag = quoted(object.etag);
    listed.Size = static_cast<std::int64_t>(object.size);
    listed.StorageClass = object.metadata.storage_class;
    if (object.checksum.algorithm != ChecksumAlgorithm::None) {
      listed.ChecksumAlgorithm = {name_of(object.checksum.algorithm)};
      listed.ChecksumType = name_of(object.checksum.type);
    }
    if (owner) listed.Owner.emplace().ID = aws::canonical_user_of_account(*owner);
  }
  for (const std::string& prefix : page.common_prefixes) {
    if (!output.CommonPrefixes) output.CommonPrefixes.emplace();
    output.CommonPrefixes->emplace_back().Prefix = encoded(prefix);
  }
  return {};
}

}  // namespace

aws::Outcome<api::ListObjectsV2Output> S3::ListObjectsV2(aws::Call& call,
                                                         const api::ListObjectsV2Request& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const NameEncoding encoded = TRY(encoding_of(input.EncodingType));
  ListQuery query{objects_prefix(input.Bucket), input.Prefix.value_or(""), input.Delimiter.value_or(""),
                  input.StartAfter.value_or(""), TRY(page_size(input.MaxKeys, "max-keys"))};
  if (input.ContinuationToken) {
    const auto last = from_base64(*input.ContinuationToken);
    if (!last || last->empty())
      return errors::invalid_argument("The continuation token provided is incorrect", "continuation-token",
                                      *input.ContinuationToken);
    query.after = *last;
  }
  const ListPage page = TRY(list_page(store_, query));
  api::ListObjectsV2Output output;
  output.Name = input.Bucket;
  output.Prefix = encoded(query.prefix);
  if (input.Delimiter) output.Delimiter = encoded(query.delimiter);
  if (input.StartAfter) output.StartAfter = encoded(*input.StartAfter);
  output.MaxKeys = static_cast<std::int32_t>(query.count_max);
  output.KeyCount = static_cast<std::int32_t>(page.count());
  output.EncodingType = input.EncodingType;
  output.ContinuationToken = input.ContinuationToken;
  output.IsTruncated = page.truncated;
  if (page.truncated) output.NextContinuationToken = to_base64(as_bytes(page.last));
  TRY(fill(output, page, encoded,
           input.FetchOwner.value_or(false) ? std::optional(bucket.value.account) : std::nullopt));
  return output;
}

aws::Outcome<api::ListObjectsOutput> S3::ListObjects(aws::Call& call, const api::ListObjectsRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const NameEncoding encoded = TRY(encoding_of(input.EncodingType));
  const ListQuery query{objects_prefix(input.Bucket), input.Prefix.value_or(""), input.Delimiter.value_or(""),
                        input.Marker.value_or(""), TRY(page_size(input.MaxKeys, "max-keys"))};
  const ListPage page = TRY(list_page(store_, query));
  api::ListObjectsOutput output;
  output.Name = input.Bucket;
  output.Prefix = encoded(query.prefix);
  output.Marker = encoded(query.after);
  if (input.Delimiter) output.Delimiter = encoded(query.delimiter);
  output.MaxKeys = static_cast<std::int32_t>(query.count_max);
  output.EncodingType = input.EncodingType;
  output.IsTruncated = page.truncated;
  // Without a delimiter the last key serves, and S3 leaves this out.
  if (page.truncated && input.Delimiter) output.NextMarker = encoded(page.last);
  TRY(fill(output, page, encoded, bucket.value.account));
  return output;
}

}  // namespace meridian::services::s3
