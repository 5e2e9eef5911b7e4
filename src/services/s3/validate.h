// Names and headers as S3 takes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/s3/digests.h"
#include "services/s3/errors.h"
#include "services/s3/resources.h"
#include "services/s3/tags.h"

namespace meridian::services::s3 {

// "General purpose bucket naming rules".
bool is_bucket_name(std::string_view name);
aws::Outcome<void> check_key(std::string_view key);

// With ACLs disabled, only what changes nothing may be asked for.
aws::Outcome<void> check_acl(const std::optional<std::string>& acl);
aws::Outcome<void> check_encryption(const std::optional<std::string>& encryption);
aws::Outcome<std::string> storage_class_of(const std::optional<std::string>& asked);
// "aws-chunked" says how the body came, not what it is.
std::optional<std::string> content_encoding_of(const std::optional<std::string>& sent);
aws::Outcome<void> check_website_redirect(const std::optional<std::string>& location);
aws::Outcome<TextPairs> user_metadata_of(const std::map<std::string, std::string>& sent);
// Nothing when none is named; the failure: one that is not computed here.
aws::Outcome<ChecksumAlgorithm> algorithm_named(const std::optional<std::string>& name);

// Of any request that makes an object.
template <typename Request>
aws::Outcome<ObjectMetadata> metadata_of(const Request& request) {
  TRY(check_acl(request.ACL));
  TRY(check_encryption(request.ServerSideEncryption));
  ObjectMetadata metadata;
  metadata.content_type = request.ContentType.value_or("binary/octet-stream");
  metadata.cache_control = request.CacheControl;
  metadata.content_disposition = request.ContentDisposition;
  metadata.content_encoding = content_encoding_of(request.ContentEncoding);
  metadata.content_language = request.ContentLanguage;
  metadata.expires = request.Expires;
  metadata.storage_class = TRY(storage_class_of(request.StorageClass));
  metadata.tags = TRY(tags_in_header(request.Tagging));
  TRY(check_website_redirect(request.WebsiteRedirectLocation));
  metadata.website_redirect = request.WebsiteRedirectLocation;
  if (request.Metadata) metadata.user = TRY(user_metadata_of(*request.Metadata));
  return metadata;
}

}  // namespace meridian::services::s3
