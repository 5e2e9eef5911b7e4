#include "services/s3/members.h"

#include <algorithm>
#include <map>
#include <vector>

#include "gen/s3/api.h"
#include "services/s3/errors.h"

namespace meridian::services::s3 {
namespace {

using Names = std::vector<std::string_view>;

// Of every operation. Who pays is settled here: the owner, as in any bucket that is not "requester pays".
const Names kCommon = {"Bucket", "Key", "ExpectedBucketOwner", "RequestPayer"};
// What an object keeps beside its bytes.
const Names kMetadata = {"ACL",
                         "CacheControl",
                         "ContentDisposition",
                         "ContentEncoding",
                         "ContentType",
                         "ContentLanguage",
                         "Expires",
                         "Metadata",
                         "StorageClass",
                         "ServerSideEncryption",
                         "Tagging",
                         "WebsiteRedirectLocation"};
const Names kChecksums = {"ChecksumAlgorithm", "ChecksumCRC32", "ChecksumCRC32C",
                          "ChecksumCRC64NVME", "ChecksumSHA1",  "ChecksumSHA256"};
// Of what configures something by an XML document: how that is checked on its way.
const Names kDocument = {"ContentMD5", "ChecksumAlgorithm"};
const Names kRead = {"IfMatch",
                     "IfNoneMatch",
                     "IfModifiedSince",
                     "IfUnmodifiedSince",
                     "Range",
                     "PartNumber",
                     "VersionId",
                     "ChecksumMode",
                     "ResponseCacheControl",
                     "ResponseContentDisposition",
                     "ResponseContentEncoding",
                     "ResponseContentLanguage",
                     "ResponseContentType",
                     "ResponseExpires"};
const Names kCopied = {"CopySource",
                       "CopySourceIfMatch",
                       "CopySourceIfNoneMatch",
                       "CopySourceIfModifiedSince",
                       "CopySourceIfUnmodifiedSince",
                       "ExpectedSourceBucketOwner"};

const Names kGrants = {"GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"};
const Names kCustomerKey = {"SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"};
const Names kSourceKey = {"CopySourceSSECustomerAlgorithm", "CopySourceSSECustomerKey",
                          "CopySourceSSECustomerKeyMD5"};

Names operator+(Names names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

const std::map<std::string_view, Names>& known_members() {
  static const std::map<std::string_view, Names> kKnown = {
      {"CreateBucket", {"ACL", "CreateBucketConfiguration", "ObjectOwnership"}},
      {"HeadBucket", {}},
      {"DeleteBucket", {}},
      {"GetBucketLocation", {}},
      {"ListBuckets", {"MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion"}},
      {"PutBucketPolicy", {"Policy", "ContentMD5", "ChecksumAlgorithm", "ConfirmRemoveSelfBucketAccess"}},
      {"GetBucketPolicy", {}},
      {"DeleteBucketPolicy", {}},
      {"GetBucketPolicyStatus", {}},
      {"PutPublicAccessBlock", {"PublicAccessBlockConfiguration", "ContentMD5", "ChecksumAlgorithm"}},
      {"GetPublicAccessBlock", {}},
      {"DeletePublicAccessBlock", {}},
      {"PutBucketOwnershipControls", {"OwnershipControls", "ContentMD5", "ChecksumAlgorithm"}},
      {"GetBucketOwnershipControls", {}},
      {"GetBucketAcl", {}},
      {"PutBucketAcl", Names{"ACL", "AccessControlPolicy", "ContentMD5", "ChecksumAlgorithm"} + kGrants},
      {"GetObjectAcl", {"VersionId"}},
      {"PutObjectAcl",
       Names{"VersionId", "ACL", "AccessControlPolicy", "ContentMD5", "ChecksumAlgorithm"} + kGrants},
      {"PutObject", kMetadata + kChecksums + kCustomerKey +
                        Names{"Body", "ContentLength", "ContentMD5", "IfMatch", "IfNoneMatch"}},
      {"CopyObject",
       kMetadata + kCopied + kCustomerKey + kSourceKey +
           Names{"ChecksumAlgorithm", "MetadataDirective", "TaggingDirective", "IfMatch", "IfNoneMatch"}},
      {"GetObject", kRead + kCustomerKey},
      {"HeadObject", kRead + kCustomerKey},
      {"GetObjectAttributes", {"VersionId", "ObjectAttributes"}},
      {"PutObjectTagging", kDocument + Names{"Tagging", "VersionId"}},
      {"GetObjectTagging", {"VersionId"}},
      {"DeleteObjectTagging", {"VersionId"}},
      {"PutBucketTagging", kDocument + Names{"Tagging"}},
      {"GetBucketTagging", {}},
      {"DeleteBucketTagging", {}},
      {"DeleteObject", {"IfMatch", "VersionId"}},
      {"DeleteObjects", {"Delete", "ChecksumAlgorithm"}},
      {"PutBucketLifecycleConfiguration",
       kDocument + Names{"LifecycleConfiguration", "TransitionDefaultMinimumObjectSize"}},
      {"GetBucketLifecycleConfiguration", {}},
      {"DeleteBucketLifecycle", {}},
      {"PutBucketVersioning", kDocument + Names{"VersioningConfiguration"}},
      {"GetBucketVersioning", {}},
      {"ListObjectVersions",
       {"Delimiter", "EncodingType", "KeyMarker", "MaxKeys", "Prefix", "VersionIdMarker"}},
      {"ListObjects", {"Delimiter", "EncodingType", "Marker", "MaxKeys", "Prefix"}},
      {"ListObjectsV2",
       {"Delimiter", "EncodingType", "MaxKeys", "Prefix", "ContinuationToken", "FetchOwner", "StartAfter"}},
      {"CreateMultipartUpload", kMetadata + kCustomerKey + Names{"ChecksumAlgorithm", "ChecksumType"}},
      {"UploadPart",
       kChecksums + kCustomerKey + Names{"Body", "ContentLength", "ContentMD5", "PartNumber", "UploadId"}},
      {"UploadPartCopy",
       kCopied + kCustomerKey + kSourceKey + Names{"CopySourceRange", "PartNumber", "UploadId"}},
      {"CompleteMultipartUpload",
       kChecksums + kCustomerKey +
           Names{"MultipartUpload", "UploadId", "ChecksumType", "MpuObjectSize", "IfMatch", "IfNoneMatch"}},
      {"PutBucketWebsite", kDocument + Names{"WebsiteConfiguration"}},
      {"GetBucketWebsite", {}},
      {"DeleteBucketWebsite", {}},
      {"PutBucketCors", kDocument + Names{"CORSConfiguration"}},
      {"PutBucketEncryption", kDocument + Names{"ServerSideEncryptionConfiguration"}},
      {"GetBucketEncryption", {}},
      {"DeleteBucketEncryption", {}},
      {"GetBucketCors", {}},
      {"DeleteBucketCors", {}},
      {"AbortMultipartUpload", {"UploadId"}},
      {"ListParts", kCustomerKey + Names{"MaxParts", "PartNumberMarker", "UploadId"}},
      {"ListMultipartUploads",
       {"Delimiter", "EncodingType", "KeyMarker", "MaxUploads", "Prefix", "UploadIdMarker"}},
  };
  return kKnown;
}

// Of each operation, by its index: the members that nothing here acts upon. Few have any, and every call
// asks.
std::vector<std::vector<const aws::Member*>> unknown_members() {
  const auto has = [](const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  std::vector<std::vector<const aws::Member*>> all(gen::s3::service_model().operations.size());
  for (const aws::Operation& operation : gen::s3::service_model().operations) {
    const auto known = known_members().find(operation.name);
    if (known == known_members().end()) continue;
    for (const aws::Member& member : operation.input->members)
      if (!has(kCommon, member.name) && !has(known->second, member.name))
        all[operation.index].push_back(&member);
  }
  return all;
}

}  // namespace

aws::Outcome<void> only_known_members(const aws::Operation& operation, const aws::Value& input) {
  static const auto kUnknown = unknown_members();
  for (const aws::Member* member : kUnknown[operation.index])
    if (aws::find(*member, input.data()) != nullptr) return errors::not_implemented(member->wire);
  return {};
}

}  // namespace meridian::services::s3
