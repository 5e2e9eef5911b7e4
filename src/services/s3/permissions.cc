#include "services/s3/permissions.h"

#include <algorithm>
#include <vector>

namespace meridian::services::s3 {
namespace {

using enum On;

constexpr Permission kPermissions[] = {
    {"AbortMultipartUpload", Object, "s3:AbortMultipartUpload"},
    {"CompleteMultipartUpload", Object, "s3:PutObject"},
    {"CopyObject", Object, "s3:PutObject"},
    {"CreateBucket", NewBucket, "s3:CreateBucket"},
    {"CreateBucketMetadataConfiguration", Bucket, "s3:CreateBucketMetadataTableConfiguration"},
    {"CreateBucketMetadataTableConfiguration", Bucket, "s3:CreateBucketMetadataTableConfiguration"},
    {"CreateMultipartUpload", Object, "s3:PutObject"},
    {"DeleteBucket", Bucket, "s3:DeleteBucket"},
    {"DeleteBucketAnalyticsConfiguration", Bucket, "s3:PutAnalyticsConfiguration"},
    {"DeleteBucketCors", Bucket, "s3:PutBucketCORS"},
    {"DeleteBucketEncryption", Bucket, "s3:PutEncryptionConfiguration"},
    {"DeleteBucketIntelligentTieringConfiguration", Bucket, "s3:PutIntelligentTieringConfiguration"},
    {"DeleteBucketInventoryConfiguration", Bucket, "s3:PutInventoryConfiguration"},
    {"DeleteBucketLifecycle", Bucket, "s3:PutLifecycleConfiguration"},
    {"DeleteBucketMetadataConfiguration", Bucket, "s3:DeleteBucketMetadataTableConfiguration"},
    {"DeleteBucketMetadataTableConfiguration", Bucket, "s3:DeleteBucketMetadataTableConfiguration"},
    {"DeleteBucketMetricsConfiguration", Bucket, "s3:PutMetricsConfiguration"},
    {"DeleteBucketOwnershipControls", Bucket, "s3:PutBucketOwnershipControls"},
    {"DeleteBucketPolicy", Bucket, "s3:DeleteBucketPolicy"},
    {"DeleteBucketReplication", Bucket, "s3:PutReplicationConfiguration"},
    {"DeleteBucketTagging", Bucket, "s3:PutBucketTagging"},
    {"DeleteBucketWebsite", Bucket, "s3:DeleteBucketWebsite"},
    {"DeleteObject", Object, "s3:DeleteObject", "s3:DeleteObjectVersion"},
    {"DeleteObjectTagging", Object, "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"},
    {"DeleteObjects", Bucket, ""},
    {"DeletePublicAccessBlock", Bucket, "s3:PutBucketPublicAccessBlock"},
    {"GetBucketAbac", Bucket, "s3:GetBucketAbac"},
    {"GetBucketAccelerateConfiguration", Bucket, "s3:GetAccelerateConfiguration"},
    {"GetBucketAcl", Bucket, "s3:GetBucketAcl"},
    {"GetBucketAnalyticsConfiguration", Bucket, "s3:GetAnalyticsConfiguration"},
    {"GetBucketCors", Bucket, "s3:GetBucketCORS"},
    {"GetBucketEncryption", Bucket, "s3:GetEncryptionConfiguration"},
    {"GetBucketIntelligentTieringConfiguration", Bucket, "s3:GetIntelligentTieringConfiguration"},
    {"GetBucketInventoryConfiguration", Bucket, "s3:GetInventoryConfiguration"},
    {"GetBucketLifecycle", Bucket, "s3:GetLifecycleConfiguration"},
    {"GetBucketLifecycleConfiguration", Bucket, "s3:GetLifecycleConfiguration"},
    {"GetBucketLocation", Bucket, "s3:GetBucketLocation"},
    {"GetBucketLogging", Bucket, "s3:GetBucketLogging"},
    {"GetBucketMetadataConfiguration", Bucket, "s3:GetBucketMetadataTableConfiguration"},
    {"GetBucketMetadataTableConfiguration", Bucket, "s3:GetBucketMetadataTableConfiguration"},
    {"GetBucketMetricsConfiguration", Bucket, "s3:GetMetricsConfiguration"},
    {"GetBucketNotification", Bucket, "s3:GetBucketNotification"},
    {"GetBucketNotificationConfiguration", Bucket, "s3:GetBucketNotification"},
    {"GetBucketOwnershipControls", Bucket, "s3:GetBucketOwnershipControls"},
    {"GetBucketPolicy", Bucket, "s3:GetBucketPolicy"},
    {"GetBucketPolicyStatus", Bucket, "s3:GetBucketPolicyStatus"},
    {"GetBucketReplication", Bucket, "s3:GetReplicationConfiguration"},
    {"GetBucketRequestPayment", Bucket, "s3:GetBucketRequestPayment"},
    {"GetBucketTagging", Bucket, "s3:GetBucketTagging"},
    {"GetBucketVersioning", Bucket, "s3:GetBucketVersioning"},
    {"GetBucketWebsite", Bucket, "s3:GetBucketWebsite"},
    {"GetObject", Object, "s3:GetObject", "s3:GetObjectVersion"},
    {"GetObjectAcl", Object, "s3:GetObjectAcl", "s3:GetObjectVersionAcl"},
    {"GetObjectAttributes", Object, "s3:GetObject", "s3:GetObjectVersion"},
    {"GetObjectAttributes", Object, "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"},
    {"GetObjectLegalHold", Object, "s3:GetObjectLegalHold"},
    {"GetObjectLockConfiguration", Bucket, "s3:GetBucketObjectLockConfiguration"},
    {"GetObjectRetention", Object, "s3:GetObjectRetention"},
    {"GetObjectTagging", Object, "s3:GetObjectTagging", "s3:GetObjectVersionTagging"},
    {"GetObjectTorrent", Object, "s3:GetObjectTorrent"},
    {"GetPublicAccessBlock", Bucket, "s3:GetBucketPublicAccessBlock"},
    {"HeadBucket", Bucket, "s3:ListBucket"},
    {"HeadObject", Object, "s3:GetObject", "s3:GetObjectVersion"},
    {"ListBucketAnalyticsConfigurations", Bucket, "s3:GetAnalyticsConfiguration"},
    {"ListBucketIntelligentTieringConfigurations", Bucket, "s3:GetIntelligentTieringConfiguration"},
    {"ListBucketInventoryConfigurations", Bucket, "s3:GetInventoryConfiguration"},
    {"ListBucketMetricsConfigurations", Bucket, "s3:GetMetricsConfiguration"},
    {"ListBuckets", Account, "s3:ListAllMyBuckets"},
    {"ListMultipartUploads", Bucket, "s3:ListBucketMultipartUploads"},
    {"ListObjectVersions", Bucket, "s3:ListBucketVersions"},
    {"ListObjects", Bucket, "s3:ListBucket"},
    {"ListObjectsV2", Bucket, "s3:ListBucket"},
    {"ListParts", Object, "s3:ListMultipartUploadParts"},
    {"PutBucketAbac", Bucket, "s3:PutBucketAbac"},
    {"PutBucketAccelerateConfiguration", Bucket, "s3:PutAccelerateConfiguration"},
    {"PutBucketAcl", Bucket, "s3:PutBucketAcl"},
    {"PutBucketAnalyticsConfiguration", Bucket, "s3:PutAnalyticsConfiguration"},
    {"PutBucketCors", Bucket, "s3:PutBucketCORS"},
    {"PutBucketEncryption", Bucket, "s3:PutEncryptionConfiguration"},
    {"PutBucketIntelligentTieringConfiguration", Bucket, "s3:PutIntelligentTieringConfiguration"},
    {"PutBucketInventoryConfiguration", Bucket, "s3:PutInventoryConfiguration"},
    {"PutBucketLifecycle", Bucket, "s3:PutLifecycleConfiguration"},
    {"PutBucketLifecycleConfiguration", Bucket, "s3:PutLifecycleConfiguration"},
    {"PutBucketLogging", Bucket, "s3:PutBucketLogging"},
    {"PutBucketMetricsConfiguration", Bucket, "s3:PutMetricsConfiguration"},
    {"PutBucketNotification", Bucket, "s3:PutBucketNotification"},
    {"PutBucketNotificationConfiguration", Bucket, "s3:PutBucketNotification"},
    {"PutBucketOwnershipControls", Bucket, "s3:PutBucketOwnershipControls"},
    {"PutBucketPolicy", Bucket, "s3:PutBucketPolicy"},
    {"PutBucketReplication", Bucket, "s3:PutReplicationConfiguration"},
    {"PutBucketRequestPayment", Bucket, "s3:PutBucketRequestPayment"},
    {"PutBucketTagging", Bucket, "s3:PutBucketTagging"},
    {"PutBucketVersioning", Bucket, "s3:PutBucketVersioning"},
    {"PutBucketWebsite", Bucket, "s3:PutBucketWebsite"},
    {"PutObject", Object, "s3:PutObject"},
    {"PutObjectAcl", Object, "s3:PutObjectAcl", "s3:PutObjectVersionAcl"},
    {"PutObjectLegalHold", Object, "s3:PutObjectLegalHold"},
    {"PutObjectLockConfiguration", Bucket, "s3:PutBucketObjectLockConfiguration"},
    {"PutObjectRetention", Object, "s3:PutObjectRetention"},
    {"PutObjectTagging", Object, "s3:PutObjectTagging", "s3:PutObjectVersionTagging"},
    {"PutPublicAccessBlock", Bucket, "s3:PutBucketPublicAccessBlock"},
    {"RestoreObject", Object, "s3:RestoreObject"},
    {"SelectObjectContent", Object, "s3:GetObject"},
    {"UpdateBucketMetadataInventoryTableConfiguration", Bucket,
     "s3:UpdateBucketMetadataInventoryTableConfiguration"},
    {"UpdateBucketMetadataJournalTableConfiguration", Bucket,
     "s3:UpdateBucketMetadataJournalTableConfiguration"},
    {"UpdateObjectEncryption", Object, "s3:UpdateObjectEncryption"},
    {"UploadPart", Object, "s3:PutObject"},
    {"UploadPartCopy", Object, "s3:PutObject"},
};

// That no operation here needs by itself, and that policies may name.
constexpr Action kOtherActions[] = {
    {"s3:BypassGovernanceRetention", Object},
    {"s3:DeleteObjectVersion", Object},
    {"s3:GetObjectVersionForReplication", Object},
    {"s3:GetObjectVersionTorrent", Object},
    {"s3:InitiateReplication", Object},
    {"s3:ListTagsForResource", Bucket},
    {"s3:ObjectOwnerOverrideToBucketOwner", Object},
    {"s3:PutBucketOwnershipControls", Bucket},
    {"s3:ReplicateDelete", Object},
    {"s3:ReplicateObject", Object},
    {"s3:ReplicateTags", Object},
    {"s3:TagResource", Bucket},
    {"s3:UntagResource", Bucket},
};

std::vector<Action> all_actions() {
  std::vector<Action> all(std::begin(kOtherActions), std::end(kOtherActions));
  for (const Permission& one : kPermissions) {
    if (!one.action.empty()) all.push_back({one.action, one.on});
    if (!one.version_action.empty()) all.push_back({one.version_action, one.on});
  }
  return all;
}

}  // namespace

std::span<const Permission> permissions_of(std::string_view operation) {
  const auto found = std::ranges::equal_range(kPermissions, operation, {}, &Permission::operation);
  return {found.begin(), found.end()};
}

bool is_for_owner_only(std::string_view operation) {
  return operation == "GetBucketPolicy" || operation == "PutBucketPolicy" ||
         operation == "DeleteBucketPolicy" || operation == "GetBucketPolicyStatus";
}

std::span<const Action> known_actions() {
  static const std::vector<Action> kAll = all_actions();
  return kAll;
}

}  // namespace meridian::services::s3
