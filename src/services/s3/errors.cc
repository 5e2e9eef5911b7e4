#include "services/s3/errors.h"

#include <fmt/format.h>

#include "aws/protocols/scalar_text.h"

namespace meridian::services::s3::errors {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

aws::Failure error(const char* code, std::string message, int status, Facts facts = {}) {
  aws::Failure failure = aws::refuse(code, std::move(message), status);
  failure.error().facts = std::move(facts);
  return failure;
}

}  // namespace

aws::Failure access_denied() {
  return error("AccessDenied", "Access Denied", 403);
}
aws::Failure bad_digest(std::string_view what) {
  return error("BadDigest", fmt::format("The {} you specified did not match the calculated checksum.", what),
               400);
}
aws::Failure bucket_already_exists(std::string_view bucket) {
  return error(
      "BucketAlreadyExists",
      "The requested bucket name is not available. The bucket namespace is shared by all users of the "
      "system. Please select a different name and try again.",
      409, {{"BucketName", std::string(bucket)}});
}
aws::Failure bucket_already_owned_by_you(std::string_view bucket) {
  return error("BucketAlreadyOwnedByYou",
               "Your previous request to create the named bucket succeeded and you already own it.", 409,
               {{"BucketName", std::string(bucket)}});
}
aws::Failure bucket_not_empty(std::string_view bucket) {
  return error("BucketNotEmpty", "The bucket you tried to delete is not empty", 409,
               {{"BucketName", std::string(bucket)}});
}
aws::Failure conflict() {
  return error(
      "OperationAborted",
      "A conflicting conditional operation is currently in progress against this resource. Please try "
      "again.",
      409);
}
aws::Failure entity_too_large(std::uint64_t size_max) {
  return error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400,
               {{"MaxSizeAllowed", std::to_string(size_max)}});
}
aws::Failure entity_too_small(std::int32_t part) {
  return error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400,
               {{"MinSizeAllowed", "5242880"}, {"PartNumber", std::to_string(part)}});
}
aws::Failure internal_error(std::string_view why) {
  aws::Failure failure = error(
      "InternalError", fmt::format("We encountered an internal error. Please try again. ({})", why), 500);
  failure.error().fault = aws::Fault::Receiver;
  return failure;
}
aws::Failure invalid_argument(std::string message, std::string_view name, std::string_view value) {
  return error("InvalidArgument", std::move(message), 400,
               {{"ArgumentName", std::string(name)}, {"ArgumentValue", std::string(value)}});
}
aws::Failure invalid_bucket_name(std::string_view bucket) {
  return error("InvalidBucketName", "The specified bucket is not valid.", 400,
               {{"BucketName", std::string(bucket)}});
}
aws::Failure invalid_part(std::int32_t part) {
  return error(
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or "
      "the specified entity tag may not match the part's entity tag.",
      400, {{"PartNumber", std::to_string(part)}});
}
aws::Failure invalid_range(std::string_view range, std::uint64_t size) {
  aws::Failure failure =
      error("InvalidRange", "The requested range is not satisfiable", 416,
            {{"RangeRequested", std::string(range)}, {"ActualObjectSize", std::to_string(size)}});
  failure.error().headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  return failure;
}
aws::Failure invalid_request(std::string message) {
  return error("InvalidRequest", std::move(message), 400);
}
aws::Failure key_too_long(std::size_t size) {
  return error("KeyTooLongError", "Your key is too long", 400,
               {{"Size", std::to_string(size)}, {"MaxSizeAllowed", "1024"}});
}
aws::Failure malformed_xml() {
  return error("MalformedXML",
               "The XML you provided was not well-formed or did not validate against our published schema",
               400);
}
aws::Failure delete_marker_named(std::string_view method, SystemTime made_at) {
  aws::Failure failure =
      error("MethodNotAllowed", "The specified method is not allowed against this resource.", 405,
            {{"Method", std::string(method)}, {"ResourceType", "DeleteMarker"}});
  failure.error().headers = {
      {"Allow", "DELETE"},
      {"x-amz-delete-marker", "true"},
      {"Last-Modified", aws::timestamp_to_text(made_at, aws::TimestampFormat::Rfc822)}};
  return failure;
}
aws::Failure metadata_too_large() {
  return error("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", 400,
               {{"MaxSizeAllowed", "2048"}});
}
aws::Failure no_such_bucket(std::string_view bucket) {
  return error("NoSuchBucket", "The specified bucket does not exist", 404,
               {{"BucketName", std::string(bucket)}});
}
aws::Failure no_such_bucket_policy(std::string_view bucket) {
  return error("NoSuchBucketPolicy", "The bucket policy does not exist", 404,
               {{"BucketName", std::string(bucket)}});
}
aws::Failure no_such_key(std::string_view key) {
  return error("NoSuchKey", "The specified key does not exist.", 404, {{"Key", std::string(key)}});
}
aws::Failure no_such_version(std::string_view key, std::string_view version_id) {
  return error("NoSuchVersion", "The specified version does not exist.", 404,
               {{"Key", std::string(key)}, {"VersionId", std::string(version_id)}});
}
aws::Failure no_such_setting(const char* code, const char* message, std::string_view bucket) {
  return error(code, message, 404, {{"BucketName", std::string(bucket)}});
}
aws::Failure no_such_upload(std::string_view upload_id) {
  return error(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
      "aborted or completed.",
      404, {{"UploadId", std::string(upload_id)}});
}
aws::Failure not_implemented(std::string_view member) {
  aws::Failure failure = error(
      "NotImplemented",
      fmt::format("A header or parameter you provided implies functionality that is not implemented: {}.",
                  member),
      501);
  failure.error().fault = aws::Fault::Receiver;
  return failure;
}
aws::Failure not_modified(std::string_view etag) {
  aws::Failure failure = error("NotModified", "Not Modified", 304);
  failure.error().headers.emplace_back("ETag", fmt::format("\"{}\"", etag));
  return failure;
}
aws::Failure precondition_failed(std::string_view condition) {
  return error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412,
               {{"Condition", std::string(condition)}});
}

}  // namespace meridian::services::s3::errors
