// Uploads in parts. A part is a blob from the start; completing an upload writes the list of them, so it
// costs the same whatever was uploaded.
#include <algorithm>
#include <set>

#include "base/percent.h"
#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/validate.h"

namespace meridian::services::s3 {
namespace {

constexpr std::int32_t kPartsMax = 10'000;
constexpr std::uint64_t kPartBytesMin = 5 * 1024 * 1024;  // of all but the last
constexpr std::size_t kForgottenAtOnceMax = 5000;         // records of parts in one transaction
constexpr std::size_t kUploadIdSize = 96;

using Parts = std::vector<std::pair<std::int32_t, PartResource>>;

aws::Outcome<void> check_part_number(std::int32_t number) {
  if (number >= 1 && number <= kPartsMax) return {};
  return errors::invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                                  "partNumber", std::to_string(number));
}

std::string_view unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"'))
    return etag.substr(1, etag.size() - 2);
  return etag;
}

// The parts that a caller lists, in its order, held against those uploaded.
aws::Outcome<std::vector<PartResource>> chosen_parts(const api::CompleteMultipartUploadRequest& input,
                                                     const UploadResource& upload, const Parts& uploaded) {
  if (!input.MultipartUpload || !input.MultipartUpload->Parts || input.MultipartUpload->Parts->empty())
    return errors::malformed_xml();
  std::vector<PartResource> chosen;
  std::int32_t last = 0;
  for (const api::CompletedPart& part : *input.MultipartUpload->Parts) {
    if (!part.PartNumber || !part.ETag) return errors::malformed_xml();
    if (*part.PartNumber <= last)
      return aws::refuse(
          "InvalidPartOrder",
          "The list of parts was not in ascending order. Parts must be ordered by part number.");
    last = *part.PartNumber;
    const auto found = std::ranges::find(uploaded, last, &Parts::value_type::first);
    if (found == uploaded.end() || found->second.etag != unquoted(*part.ETag))
      return errors::invalid_part(last);
    const Checksum claimed = checksum_in(part);
    if (claimed.algorithm == upload.checksum_algorithm && claimed.algorithm != ChecksumAlgorithm::None &&
        claimed.value != found->second.checksum.value)
      return errors::invalid_part(last);
    chosen.push_back(found->second);
  }
  const auto& list = *input.MultipartUpload->Parts;
  for (std::size_t i = 0; i + 1 < chosen.size(); ++i)
    if (chosen[i].extent.size < kPartBytesMin) return errors::entity_too_small(*list[i].PartNumber);
  return chosen;
}

std::string multipart_etag(const std::vector<PartResource>& parts) {
  std::string digests;
  for (const PartResource& part : parts) digests += from_hex(part.etag).value_or("");
  return to_hex(as_bytes(md5_of(digests))) + "-" + std::to_string(parts.size());
}

// Of the whole object from those of its parts, by combining CRCs or by hashing hashes.
Checksum multipart_checksum(const UploadResource& upload, const std::vector<PartResource>& parts) {
  const ChecksumAlgorithm algorithm = upload.checksum_algorithm == ChecksumAlgorithm::None
                                          ? ChecksumAlgorithm::Crc64nvme
                                          : upload.checksum_algorithm;
  std::string sum, all;
  for (const PartResource& part : parts) {
    // Computed under another algorithm than the upload's: nothing can be said of the whole.
    if (part.checksum.algorithm != algorithm) return {};
    const std::string raw = from_base64(part.checksum.value).value_or("");
    all += raw;
    if (upload.checksum_type == ChecksumType::FullObject)
      sum = sum.empty() ? raw : combine(algorithm, sum, raw, part.extent.size);
  }
  if (upload.checksum_type == ChecksumType::FullObject)
    return {algorithm, ChecksumType::FullObject, to_base64(as_bytes(sum))};
  return {algorithm, ChecksumType::Composite,
          to_base64(as_bytes(checksum_of(algorithm, all))) + "-" + std::to_string(parts.size())};
}

aws::Outcome<ObjectResource> completed_object(const aws::Call& call,
                                              const api::CompleteMultipartUploadRequest& input,
                                              const UploadResource& upload,
                                              const std::vector<PartResource>& parts, Random& random) {
  ObjectResource object;
  for (const PartResource& part : parts) object.size += part.extent.size;
  object.etag = multipart_etag(parts);
  object.modified_at = call.time;
  object.checksum = multipart_checksum(upload, parts);
  object.metadata = upload.metadata;
  object.customer_key_mark = upload.customer_key_mark;
  object.blob = random.text(32, "0123456789abcdef");
  object.parts = static_cast<std::uint32_t>(parts.size());
  if (input.MpuObjectSize && static_cast<std::uint64_t>(*input.MpuObjectSize) != object.size)
    return errors::invalid_request(
        "The provided 'x-amz-mp-object-size' header does not match what was computed.");
  const Checksum claimed = checksum_in(input);
  if (claimed.algorithm != ChecksumAlgorithm::None &&
      (claimed.algorithm != object.checksum.algorithm || claimed.value != object.checksum.value))
    return errors::bad_digest(name_of(claimed.algorithm));
  if (input.ChecksumType && *input.ChecksumType != name_of(object.checksum.type))
    return errors::invalid_request("The upload was created using another checksum type.");
  return object;
}

}  // namespace

aws::Outcome<api::CreateMultipartUploadOutput> S3::CreateMultipartUpload(
    aws::Call& call, const api::CreateMultipartUploadRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  TRY(check_key(input.Key));
  UploadResource upload;
  upload.account = call.account_id;
  upload.initiated_at = call.time;
  upload.metadata = TRY(metadata_of(input));
  const auto key = TRY(customer_key_of(call, input));
  upload.customer_key_mark = mark_of(key, random_);
  upload.checksum_algorithm = TRY(algorithm_named(input.ChecksumAlgorithm));
  const bool named = upload.checksum_algorithm != ChecksumAlgorithm::None;
  // CRC64NVME has no composite form; what is not asked for is composite for the others.
  upload.checksum_type = named && upload.checksum_algorithm != ChecksumAlgorithm::Crc64nvme
                             ? ChecksumType::Composite
                             : ChecksumType::FullObject;
  if (input.ChecksumType) {
    upload.checksum_type =
        *input.ChecksumType == "FULL_OBJECT" ? ChecksumType::FullObject : ChecksumType::Composite;
    const bool full = upload.checksum_type == ChecksumType::FullObject;
    if (!named || (full ? !is_crc(upload.checksum_algorithm)
                        : upload.checksum_algorithm == ChecksumAlgorithm::Crc64nvme))
      return errors::invalid_request("The " + *input.ChecksumType +
                                     " checksum type cannot be used with the " +
                                     input.ChecksumAlgorithm.value_or("unnamed") + " checksum algorithm.");
  }
  const std::string upload_id =
      random_.text(kUploadIdSize, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._");
  BucketResource into;
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto bucket = TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
    into = bucket.value;
    return store::Transaction{{{bucket_key(input.Bucket), bucket.modified}},
                              {{upload_key(input.Bucket, input.Key, upload_id), encode(upload)}},
                              {}};
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  api::CreateMultipartUploadOutput output;
  const LifecycleRules rules = TRY(lifecycle_of(into));
  if (const auto due = abortion_of(rules, input.Key, upload.initiated_at)) {
    output.AbortDate = due->at;
    output.AbortRuleId = due->rule->id;
  }
  output.Bucket = input.Bucket;
  output.Key = input.Key;
  output.UploadId = upload_id;
  put_encryption(output, key);
  if (named) {
    output.ChecksumAlgorithm = name_of(upload.checksum_algorithm);
    output.ChecksumType = name_of(upload.checksum_type);
  }
  return output;
}

aws::Outcome<PartResource> S3::store_part(const aws::Call& call, std::string_view bucket,
                                          std::string_view key, std::string_view upload_id,
                                          std::int32_t number, ObjectBody& body) {
  PartResource part{body.extent(), body.etag(), call.time, body.checksum()};
  const std::string place = part_key(upload_id, number);
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const StoredUpload upload = TRY(find_upload(bucket, key, upload_id));
    if (!upload.value.customer_key_mark.empty()) part.etag = unspeaking_etag(random_);
    const auto old = TRY(aws::read(store_, place, decode_part));
    store::Transaction transaction;
    transaction.preconditions.push_back({upload_key(bucket, key, upload_id), upload.modified});
    transaction.preconditions.push_back({place, old ? old->modified : 0});
    transaction.puts.push_back({place, encode(part)});
    if (old) objects_.discard(transaction, {old->value.extent.blob});
    body.staged().keep(transaction);
    return transaction;
  };
  const auto committed = aws::commit_built(store_, build, errors::conflict());
  if (committed || committed.error().status >= 500) body.staged().kept();
  if (!committed) return std::unexpected(committed.error());
  return part;
}

aws::Outcome<api::UploadPartOutput> S3::UploadPart(aws::Call& call, const api::UploadPartRequest& input) {
  TRY(check_part_number(input.PartNumber));
  auto& body = static_cast<ObjectBody&>(*call.body);
  const PartResource part =
      TRY(store_part(call, input.Bucket, input.Key, input.UploadId, input.PartNumber, body));
  api::UploadPartOutput output;
  output.ETag = quoted(part.etag);
  put_encryption(output, TRY(customer_key_of(call, input)));
  put_checksum(output, part.checksum);
  return output;
}

aws::Outcome<api::UploadPartCopyOutput> S3::UploadPartCopy(aws::Call& call,
                                                           const api::UploadPartCopyRequest& input) {
  TRY(check_part_number(input.PartNumber));
  ObjectName from = TRY(parse_copy_source(input.CopySource));
  from.customer_key = TRY(source_key_of(call, input));
  const auto key = TRY(customer_key_of(call, input));
  const auto source_bucket = TRY(find_bucket(call, from.bucket, input.ExpectedSourceBucketOwner));
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const StoredUpload upload = TRY(find_upload(input.Bucket, input.Key, input.UploadId));
  TRY(check_part_key(key, upload.value.customer_key_mark));
  const ReadConditions conditions{input.CopySourceIfMatch, input.CopySourceIfNoneMatch,
                                  input.CopySourceIfModifiedSince, input.CopySourceIfUnmodifiedSince, true};
  const Opened source =
      TRY(open_source(from, [&](const Found& found) -> aws::Outcome<std::optional<ByteRange>> {
        TRY(check(conditions, *found.object));
        if (!input.CopySourceRange) return std::nullopt;
        const auto range = TRY(parse_range(*input.CopySourceRange, found.object->size));
        if (!range)
          return errors::invalid_argument(
              "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
              "are the "
              "zero-based offsets of the first and last bytes to copy",
              "x-amz-copy-source-range", *input.CopySourceRange);
        return range;
      }));
  BodyClaim claim;
  claim.checksum.algorithm = upload.value.checksum_algorithm;
  const auto body = TRY(stage(std::move(claim), key));
  TRY(pour(*source.source, *body));
  const PartResource part =
      TRY(store_part(call, input.Bucket, input.Key, input.UploadId, input.PartNumber, *body));
  api::UploadPartCopyOutput output;
  output.CopySourceVersionId = answered_id(source_bucket.value, *source.object);
  put_encryption(output, key);
  api::CopyPartResult& result = output.CopyPartResult.emplace();
  result.ETag = quoted(part.etag);
  result.LastModified = part.modified_at;
  put_checksum(result, part.checksum);
  return output;
}

aws::Outcome<Parts> S3::parts_of(std::string_view upload_id) {
  Parts parts;
  for (const store::KeyValue& item : TRY(aws::or_failure(store_.range(parts_prefix(upload_id)))).items)
    parts.emplace_back(part_number_of(item.key), TRY(aws::or_failure(decode_part(item.value))));
  return parts;
}

std::vector<std::string> S3::end_upload(store::Transaction& transaction, std::string_view upload_key,
                                        std::string_view upload_id, const Parts& parts) {
  transaction.deletes.emplace_back(upload_key);
  std::vector<std::string> later;
  for (const auto& [number, part] : parts) {
    const bool fits = transaction.deletes.size() < kForgottenAtOnceMax;
    (fits ? transaction.deletes : later).push_back(part_key(upload_id, number));
  }
  return later;
}

aws::Outcome<void> S3::forget(const std::vector<std::string>& keys) {
  store::Transaction transaction;
  transaction.deletes = keys;
  // What is left when this fails refers to nothing; tidy() forgets it.
  if (!keys.empty()) TRY(aws::or_failure(store_.commit(std::move(transaction))));
  return {};
}

aws::Outcome<S3::StoredUpload> S3::close_upload(std::string_view bucket, std::string_view key,
                                                std::string_view upload_id) {
  const std::string place = upload_key(bucket, key, upload_id);
  StoredUpload closed;
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    closed = TRY(find_upload(bucket, key, upload_id));
    const store::Revision before = closed.modified;
    closed.value.closing = true;
    return store::Transaction{{{place, before}}, {{place, encode(closed.value)}}, {}};
  };
  closed.modified = TRY(aws::commit_built(store_, build, errors::conflict()));
  return closed;
}

// When this fails, tidy() does it.
void S3::reopen_upload(std::string_view place, StoredUpload closed) {
  closed.value.closing = false;
  (void)store_.commit(
      {{{std::string(place), closed.modified}}, {{std::string(place), encode(closed.value)}}, {}});
}

aws::Outcome<S3::Completed> S3::complete_closed(const aws::Call& call,
                                                const api::CompleteMultipartUploadRequest& input,
                                                const StoredUpload& closed) {
  const Parts uploaded = TRY(parts_of(input.UploadId));
  const std::vector<PartResource> chosen = TRY(chosen_parts(input, closed.value, uploaded));
  const ObjectResource object = TRY(completed_object(call, input, closed.value, chosen, random_));
  std::vector<Extent> extents;
  std::set<std::string_view> used;
  for (const PartResource& part : chosen) {
    extents.push_back(part.extent);
    used.insert(part.extent.blob);
  }
  std::vector<std::string> unused, later;
  for (const auto& [number, part] : uploaded)
    if (!used.contains(part.extent.blob)) unused.push_back(part.extent.blob);
  const std::string place = upload_key(input.Bucket, input.Key, input.UploadId);
  const Write write{input.Bucket, input.Key, input.ExpectedBucketOwner, {input.IfMatch, input.IfNoneMatch}};
  Written written =
      TRY(write_object(call, write, object, [&](store::Transaction& transaction) -> aws::Outcome<void> {
        transaction.preconditions.push_back({place, closed.modified});
        transaction.puts.push_back({extents_key(object.blob), encode(extents)});
        objects_.discard(transaction, unused);
        later = end_upload(transaction, place, input.UploadId, uploaded);
        return {};
      }));
  TRY(forget(later));
  return Completed{object, std::move(written)};
}

aws::Outcome<api::CompleteMultipartUploadOutput> S3::CompleteMultipartUpload(
    aws::Call& call, const api::CompleteMultipartUploadRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  if (const auto key = TRY(customer_key_of(call, input)))
    TRY(check_part_key(key,
                       TRY(find_upload(input.Bucket, input.Key, input.UploadId)).value.customer_key_mark));
  const StoredUpload closed = TRY(close_upload(input.Bucket, input.Key, input.UploadId));
  const auto completed = complete_closed(call, input, closed);
  if (!completed) {
    reopen_upload(upload_key(input.Bucket, input.Key, input.UploadId), closed);
    return std::unexpected(completed.error());
  }
  api::CompleteMultipartUploadOutput output;
  output.Location = call.endpoint + "/" + input.Bucket + "/" + percent_encode(input.Key, true);
  output.Bucket = input.Bucket;
  output.Key = input.Key;
  output.VersionId = completed->written.version_id;
  output.Expiration = completed->written.expiration;
  const ObjectResource& object = completed->object;
  output.ETag = quoted(object.etag);
  // Its model has no field to say that of a customer's key.
  if (object.customer_key_mark.empty()) output.ServerSideEncryption = "AES256";
  put_checksum(output, object.checksum);
  if (object.checksum.algorithm != ChecksumAlgorithm::None)
    output.ChecksumType = name_of(object.checksum.type);
  return output;
}

aws::Outcome<api::AbortMultipartUploadOutput> S3::AbortMultipartUpload(
    aws::Call& call, const api::AbortMultipartUploadRequest& input) {
  TRY(find_bucket(call, input.Bucket, input.ExpectedBucketOwner));
  const StoredUpload closed = TRY(close_upload(input.Bucket, input.Key, input.UploadId));
  const std::string place = upload_key(input.Bucket, input.Key, input.UploadId);
  const Parts parts = TRY(parts_of(input.UploadId));
  store::Transaction transaction;
  transaction.preconditions.push_back({place, closed.modified});
  std::vector<std::string> ids;
  for (const auto& [number, part] : parts) ids.push_back(part.extent.blob);
  objects_.discard(transaction, ids);
  const std::vector<std::string> later = end_upload(transaction, place, input.UploadId, parts);
  TRY(aws::or_failure(store_.commit(std::move(transaction))));
  TRY(forget(later));
  return api::AbortMultipartUploadOutput{};
}

}  // namespace meridian::services::s3
