#include "aws/canonical_user.h"
#include "base/percent.h"
#include "services/s3/errors.h"
#include "services/s3/listing.h"
#include "services/s3/service.h"

namespace meridian::services::s3 {

aws::Outcome<api::ListPartsOutput> S3::ListParts(aws::Call& call, const api::ListPartsRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const StoredUpload upload = TRY(find_upload(input.Bucket, input.Key, input.UploadId));
  const std::size_t count_max = TRY(page_size(input.MaxParts, "max-parts"));
  const std::int32_t marker = input.PartNumberMarker.value_or(0);
  api::ListPartsOutput output;
  output.Bucket = input.Bucket;
  output.Key = input.Key;
  output.UploadId = input.UploadId;
  const LifecycleRules rules = TRY(lifecycle_of(bucket.value));
  if (const auto due = abortion_of(rules, input.Key, upload.value.initiated_at)) {
    output.AbortDate = due->at;
    output.AbortRuleId = due->rule->id;
  }
  output.StorageClass = upload.value.metadata.storage_class;
  output.Owner.emplace().ID = aws::canonical_user_of_account(upload.value.account);
  output.Initiator.emplace().ID = aws::canonical_user_of_account(upload.value.account);
  output.PartNumberMarker = marker;
  output.MaxParts = static_cast<std::int32_t>(count_max);
  if (upload.value.checksum_algorithm != ChecksumAlgorithm::None) {
    output.ChecksumAlgorithm = name_of(upload.value.checksum_algorithm);
    output.ChecksumType = name_of(upload.value.checksum_type);
  }
  std::vector<std::pair<std::int32_t, PartResource>> parts = TRY(parts_of(input.UploadId));
  std::erase_if(parts, [marker](const auto& part) { return part.first <= marker; });
  output.IsTruncated = parts.size() > count_max;
  if (*output.IsTruncated) parts.resize(count_max);
  for (const auto& [number, part] : parts) {
    if (!output.Parts) output.Parts.emplace();
    api::Part& listed = output.Parts->emplace_back();
    listed.PartNumber = number;
    listed.LastModified = part.modified_at;
    listed.ETag = quoted(part.etag);
    listed.Size = static_cast<std::int64_t>(part.extent.size);
    if (part.checksum.algorithm == upload.value.checksum_algorithm) put_checksum(listed, part.checksum);
  }
  output.NextPartNumberMarker = parts.empty() ? 0 : parts.back().first;
  return output;
}

// Uploads lie in the order of their keys; those of one key in that of their ids.
aws::Outcome<api::ListMultipartUploadsOutput> S3::ListMultipartUploads(
    aws::Call& call, const api::ListMultipartUploadsRequest& input) {
  const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const NameEncoding encoded = TRY(encoding_of(input.EncodingType));
  ListQuery query{uploads_prefix(input.Bucket), input.Prefix.value_or(""), input.Delimiter.value_or(""), "",
                  TRY(page_size(input.MaxUploads, "max-uploads"))};
  if (input.KeyMarker && !input.KeyMarker->empty()) {
    query.after = *input.KeyMarker;
    // Behind all uploads of that key, unless the marker names one of them, or a roll-up.
    const bool is_common = !query.delimiter.empty() && query.after.ends_with(query.delimiter);
    if (input.UploadIdMarker && !input.UploadIdMarker->empty()) {
      (query.after += '\0') += *input.UploadIdMarker;
    } else if (!is_common) {
      (query.after += '\0') += '\xFF';
    }
  }
  const ListPage page = TRY(list_page(store_, query));
  api::ListMultipartUploadsOutput output;
  output.Bucket = input.Bucket;
  output.Prefix = encoded(query.prefix);
  output.KeyMarker = encoded(input.KeyMarker.value_or(""));
  output.UploadIdMarker = input.UploadIdMarker.value_or("");
  if (input.Delimiter) output.Delimiter = encoded(query.delimiter);
  output.EncodingType = input.EncodingType;
  output.MaxUploads = static_cast<std::int32_t>(query.count_max);
  output.IsTruncated = page.truncated;
  const auto split = [](std::string_view name) {
    const std::size_t end = name.rfind('\0');
    return std::pair(name.substr(0, end),
                     end == std::string_view::npos ? std::string_view() : name.substr(end + 1));
  };
  for (const store::KeyValue& item : page.items) {
    const UploadResource upload = TRY(aws::or_failure(decode_upload(item.value)));
    const auto [key, upload_id] = split(item.key);
    if (!output.Uploads) output.Uploads.emplace();
    api::MultipartUpload& listed = output.Uploads->emplace_back();
    listed.Key = encoded(key);
    listed.UploadId = upload_id;
    listed.Initiated = upload.initiated_at;
    listed.StorageClass = upload.metadata.storage_class;
    listed.Owner.emplace().ID = aws::canonical_user_of_account(upload.account);
    listed.Initiator.emplace().ID = aws::canonical_user_of_account(upload.account);
    if (upload.checksum_algorithm == ChecksumAlgorithm::None) continue;
    listed.ChecksumAlgorithm = name_of(upload.checksum_algorithm);
    listed.ChecksumType = name_of(upload.checksum_type);
  }
  for (const std::string& prefix : page.common_prefixes) {
    if (!output.CommonPrefixes) output.CommonPrefixes.emplace();
    output.CommonPrefixes->emplace_back().Prefix = encoded(prefix);
  }
  if (page.truncated) {
    const auto [key, upload_id] = split(page.last);
    output.NextKeyMarker = encoded(key);
    output.NextUploadIdMarker = upload_id;
  }
  return output;
}

}  // namespace meridian::services::s3
