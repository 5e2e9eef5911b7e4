// GET and HEAD: the same answer, with and without the bytes.
#include <fmt/format.h>

#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr int kPartialContent = 206;

// Which bytes are asked for, once the conditions hold.
template <typename Request>
aws::Outcome<std::optional<ByteRange>> range_of(const Request& input, const ObjectResource& object,
                                                const std::vector<Extent>& extents) {
  TRY(check(ReadConditions{input.IfMatch, input.IfNoneMatch, input.IfModifiedSince, input.IfUnmodifiedSince},
            object));
  if (input.Range && input.PartNumber)
    return errors::invalid_request("Cannot specify both Range header and partNumber query parameter");
  if (!input.PartNumber) return parse_range(input.Range.value_or(""), object.size);
  if (*input.PartNumber < 1 || static_cast<std::size_t>(*input.PartNumber) > extents.size())
    return aws::refuse("InvalidPartNumber", "The requested partnumber is not satisfiable", 416);
  ByteRange range;
  const auto number = static_cast<std::size_t>(*input.PartNumber);
  for (std::size_t i = 0; i + 1 < number; ++i) range.offset += extents[i].size;
  range.length = extents[number - 1].size;
  // An empty object has no byte that a Content-Range could name.
  return object.size == 0 ? std::nullopt : std::optional(range);
}

// Into a fresh output.
template <typename Output, typename Request>
void answer(Output& output, aws::Call& call, const Request& input, const BucketResource& bucket,
            const ObjectResource& object, const std::optional<ByteRange>& range,
            const std::optional<CustomerKey>& key) {
  const ObjectMetadata& metadata = object.metadata;
  const auto put_asked_or = [](std::optional<std::string>& place, const std::optional<std::string>& asked,
                               const std::optional<std::string>& kept) {
    if (asked)
      place = asked;
    else if (kept)
      place = kept;
  };
  output.AcceptRanges = "bytes";
  output.VersionId = input.VersionId ? shown_id(object) : answered_id(bucket, object);
  output.LastModified = object.modified_at;
  output.ContentLength = static_cast<std::int64_t>(range ? range->length : object.size);
  output.ETag = quoted(object.etag);
  put_encryption(output, key);
  put_asked_or(output.CacheControl, input.ResponseCacheControl, metadata.cache_control);
  put_asked_or(output.ContentDisposition, input.ResponseContentDisposition, metadata.content_disposition);
  put_asked_or(output.ContentEncoding, input.ResponseContentEncoding, metadata.content_encoding);
  put_asked_or(output.ContentLanguage, input.ResponseContentLanguage, metadata.content_language);
  output.ContentType = input.ResponseContentType ? *input.ResponseContentType : metadata.content_type;
  output.Expires = input.ResponseExpires ? input.ResponseExpires : metadata.expires;
  output.WebsiteRedirectLocation = metadata.website_redirect;
  // S3 is silent about the usual class.
  if (metadata.storage_class != "STANDARD") output.StorageClass = metadata.storage_class;
  if (!metadata.user.empty()) output.Metadata.emplace(metadata.user.begin(), metadata.user.end());
  if (!metadata.tags.empty()) output.TagCount = static_cast<std::int32_t>(metadata.tags.size());
  if (object.parts > 0 && input.PartNumber) output.PartsCount = static_cast<std::int32_t>(object.parts);
  if (range) {
    call.status = kPartialContent;
    output.ContentRange =
        fmt::format("bytes {}-{}/{}", range->offset, range->offset + range->length - 1, object.size);
  } else if (input.ChecksumMode && *input.ChecksumMode == "ENABLED") {
    put_checksum(output, object.checksum);
    if (object.checksum.algorithm != ChecksumAlgorithm::None)
      output.ChecksumType = name_of(object.checksum.type);
  }
}

}  // namespace

bool S3::answers_at_once(const aws::Operation& operation) const {
  const std::string_view name = operation.name;
  return name == "GetObject" || name == "HeadObject";
}

aws::Outcome<void> S3::get_object(aws::Call& call, const api::GetObjectRequest& input,
                                  api::GetObjectOutput& output) {
  const auto bucket = TRY(readable_bucket(input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  const ObjectName name{input.Bucket, input.Key, input.VersionId, "GET", TRY(customer_key_of(call, input))};
  Opened opened = TRY(
      open_object(name, [&](const Found& found) { return range_of(input, *found.object, found.extents); }));
  answer(output, call, input, bucket->value, *opened.object, opened.range, name.customer_key);
  if (opened.current) output.Expiration = TRY(expiration_told(bucket->value, input.Key, *opened.object));
  call.answer = std::move(opened.source);
  return {};
}

aws::Outcome<api::GetObjectOutput> S3::GetObject(aws::Call& call, const api::GetObjectRequest& input) {
  api::GetObjectOutput output;
  TRY(get_object(call, input, output));
  return output;
}

aws::Outcome<api::HeadObjectOutput> S3::HeadObject(aws::Call& call, const api::HeadObjectRequest& input) {
  const auto bucket = TRY(readable_bucket(input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  const ObjectName name{input.Bucket, input.Key, input.VersionId, "HEAD", TRY(customer_key_of(call, input))};
  const Found found = TRY(find_extents(name));
  const auto range = TRY(range_of(input, *found.object, found.extents));
  api::HeadObjectOutput output;
  answer(output, call, input, bucket->value, *found.object, range, name.customer_key);
  if (found.current) output.Expiration = TRY(expiration_told(bucket->value, input.Key, *found.object));
  return output;
}

}  // namespace meridian::services::s3
