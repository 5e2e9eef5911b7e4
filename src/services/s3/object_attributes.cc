// What is known of an object without its bytes, in one document. Of parts only their number: the checksum of
// each goes when they become one object.
#include <algorithm>

#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr std::string_view kAttributes[] = {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"};

aws::Outcome<void> check_attributes(const std::vector<std::string>& asked) {
  for (const std::string& name : asked)
    if (std::ranges::find(kAttributes, name) == std::end(kAttributes))
      return errors::invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", name);
  return {};
}

}  // namespace

aws::Outcome<api::GetObjectAttributesOutput> S3::GetObjectAttributes(
    aws::Call& call, const api::GetObjectAttributesRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  TRY(check_attributes(input.ObjectAttributes));
  const ObjectResource object = TRY(find_object({input.Bucket, input.Key, input.VersionId})).stored.value;
  const auto wants = [&input](std::string_view name) {
    return std::ranges::find(input.ObjectAttributes, name) != input.ObjectAttributes.end();
  };
  api::GetObjectAttributesOutput output;
  output.LastModified = object.modified_at;
  output.VersionId = answered_id(bucket.value, object);
  if (wants("ETag")) output.ETag = object.etag;
  if (wants("Checksum") && object.checksum.algorithm != ChecksumAlgorithm::None) {
    api::Checksum& checksum = output.Checksum.emplace();
    put_checksum(checksum, object.checksum);
    checksum.ChecksumType = name_of(object.checksum.type);
  }
  if (wants("ObjectParts") && object.parts > 0)
    output.ObjectParts.emplace().TotalPartsCount = static_cast<std::int32_t>(object.parts);
  if (wants("StorageClass")) output.StorageClass = object.metadata.storage_class;
  if (wants("ObjectSize")) output.ObjectSize = static_cast<std::int64_t>(object.size);
  return output;
}

}  // namespace meridian::services::s3
