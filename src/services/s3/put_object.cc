// Objects put at once and copied.
#include "base/percent.h"
#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {

aws::Outcome<api::PutObjectOutput> S3::PutObject(aws::Call& call, const api::PutObjectRequest& input) {
  auto& body = static_cast<ObjectBody&>(*call.body);
  ObjectResource object;
  object.size = body.extent().size;
  const auto key = TRY(customer_key_of(call, input));
  object.etag = key ? unspeaking_etag(random_) : body.etag();
  object.customer_key_mark = mark_of(key, random_);
  object.modified_at = call.time;
  object.checksum = body.checksum();
  object.metadata = TRY(metadata_of(input));
  object.blob = body.extent().blob;
  const Write write{input.Bucket, input.Key, input.ExpectedBucketOwner, {input.IfMatch, input.IfNoneMatch}};
  api::PutObjectOutput output;
  const Written written = TRY(write_staged(call, write, object, body));
  output.VersionId = written.version_id;
  output.Expiration = written.expiration;
  output.ETag = quoted(object.etag);
  put_encryption(output, key);
  put_checksum(output, object.checksum);
  output.ChecksumType = name_of(object.checksum.type);
  return output;
}

// "bucket/key" or "/bucket/key", percent-encoded; a version may follow.
aws::Outcome<S3::ObjectName> S3::parse_copy_source(std::string_view text) {
  constexpr std::string_view kVersion = "?versionId=";
  const std::size_t mark = text.rfind(kVersion);
  std::optional<std::string> version_id;
  if (mark != std::string_view::npos) version_id = text.substr(mark + kVersion.size());
  const auto path = percent_decode(text.substr(0, mark));
  if (path) {
    std::string_view rest = *path;
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && slash + 1 < rest.size())
      return ObjectName{std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1)),
                        std::move(version_id)};
  }
  return errors::invalid_argument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source",
      text);
}

// To name a delete marker as a source is an error of the request, not of what it names.
aws::Outcome<S3::Opened> S3::open_source(const ObjectName& name, const ChooseRange& choose) {
  auto opened = open_object(name, choose);
  if (!opened && opened.error().status == 405)
    return errors::invalid_request(
        "The source of a copy request may not specifically refer to a delete marker by version id.");
  return opened;
}

aws::Outcome<api::CopyObjectOutput> S3::CopyObject(aws::Call& call, const api::CopyObjectRequest& input) {
  ObjectName from = TRY(parse_copy_source(input.CopySource));
  from.customer_key = TRY(source_key_of(call, input));
  const auto key = TRY(customer_key_of(call, input));
  const auto source_bucket = TRY(find_bucket(call, from.bucket, input.ExpectedSourceBucketOwner));
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  const std::string directive = input.MetadataDirective.value_or("COPY");
  if (directive == "COPY" && from.bucket == input.Bucket && from.key == input.Key && !from.version_id &&
      !input.StorageClass && !input.WebsiteRedirectLocation && !key && !from.customer_key)
    return errors::invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's "
        "metadata, storage class, website redirect location or encryption attributes.");
  const ReadConditions conditions{input.CopySourceIfMatch, input.CopySourceIfNoneMatch,
                                  input.CopySourceIfModifiedSince, input.CopySourceIfUnmodifiedSince, true};
  const Opened source =
      TRY(open_source(from, [&](const Found& found) -> aws::Outcome<std::optional<ByteRange>> {
        TRY(check(conditions, *found.object));
        if (found.object->size > kPutBytesMax)
          return errors::invalid_request(
              "The specified copy source is larger than the maximum allowable size for a "
              "copy source: 5368709120");
        return std::nullopt;
      }));
  ObjectMetadata metadata = TRY(metadata_of(input));
  if (directive == "COPY") {
    ObjectMetadata own = std::exchange(metadata, source.object->metadata);
    metadata.storage_class = std::move(own.storage_class);
    metadata.tags = std::move(own.tags);
    metadata.website_redirect = std::move(own.website_redirect);
  }
  if (input.TaggingDirective.value_or("COPY") == "COPY") metadata.tags = source.object->metadata.tags;
  BodyClaim claim;
  claim.checksum.algorithm = TRY(algorithm_named(input.ChecksumAlgorithm));
  if (claim.checksum.algorithm == ChecksumAlgorithm::None)
    claim.checksum.algorithm = source.object->checksum.algorithm;
  const auto body = TRY(stage(std::move(claim), key));
  TRY(pour(*source.source, *body));

  ObjectResource object;
  object.size = body->extent().size;
  object.etag = key ? unspeaking_etag(random_) : body->etag();
  object.customer_key_mark = mark_of(key, random_);
  object.modified_at = call.time;
  object.checksum = body->checksum();
  object.metadata = std::move(metadata);
  object.blob = body->extent().blob;
  const Write write{input.Bucket, input.Key, input.ExpectedBucketOwner, {input.IfMatch, input.IfNoneMatch}};
  api::CopyObjectOutput output;
  const Written written = TRY(write_staged(call, write, object, *body));
  output.VersionId = written.version_id;
  output.Expiration = written.expiration;
  output.CopySourceVersionId = answered_id(source_bucket.value, *source.object);
  put_encryption(output, key);
  api::CopyObjectResult& result = output.CopyObjectResult.emplace();
  result.ETag = quoted(object.etag);
  result.LastModified = object.modified_at;
  put_checksum(result, object.checksum);
  result.ChecksumType = name_of(object.checksum.type);
  return output;
}

}  // namespace meridian::services::s3
