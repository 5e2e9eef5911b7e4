// S3's refusals, in the words and with the status and elements of its "Error responses" page. Those of the
// model have no status there.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/clock.h"

namespace meridian::services::s3::errors {

aws::Failure access_denied();
aws::Failure bad_digest(std::string_view what);
aws::Failure bucket_already_exists(std::string_view bucket);
aws::Failure bucket_already_owned_by_you(std::string_view bucket);
aws::Failure bucket_not_empty(std::string_view bucket);
aws::Failure conflict();  // others were faster every time
aws::Failure entity_too_large(std::uint64_t size_max);
aws::Failure entity_too_small(std::int32_t part);
aws::Failure internal_error(std::string_view why);
aws::Failure invalid_argument(std::string message, std::string_view name, std::string_view value);
aws::Failure invalid_bucket_name(std::string_view bucket);
aws::Failure invalid_part(std::int32_t part);
aws::Failure invalid_range(std::string_view range, std::uint64_t size);
aws::Failure invalid_request(std::string message);
aws::Failure key_too_long(std::size_t size);
aws::Failure malformed_xml();
aws::Failure metadata_too_large();
// Of a delete marker that was asked for by its id.
aws::Failure delete_marker_named(std::string_view method, SystemTime made_at);
aws::Failure no_such_bucket(std::string_view bucket);
aws::Failure no_such_bucket_policy(std::string_view bucket);
aws::Failure no_such_key(std::string_view key);
aws::Failure no_such_version(std::string_view key, std::string_view version_id);
aws::Failure no_such_setting(const char* code, const char* message, std::string_view bucket);
aws::Failure no_such_upload(std::string_view upload_id);
aws::Failure not_implemented(std::string_view member);
aws::Failure not_modified(std::string_view etag);
aws::Failure precondition_failed(std::string_view condition);

}  // namespace meridian::services::s3::errors
