// The traps of CloudFront, one function each, in the order in which their table has them.
#pragma once

#include <vector>

#include "apps/doctor/finding.h"
#include "apps/doctor/picture.h"

namespace meridian::apps::doctor {

using Findings = std::vector<Finding>;

// cdn_origin_rules.cc: names, certificates, and buckets behind a distribution.
Findings cdn_alias_without_record(const Picture& picture);
Findings cdn_record_without_alias(const Picture& picture);
Findings cdn_alias_without_certificate(const Picture& picture);
Findings cdn_old_tls(const Picture& picture);
Findings cdn_bucket_unsigned(const Picture& picture);
Findings cdn_bucket_policy(const Picture& picture);
Findings cdn_bucket_policy_other(const Picture& picture);
Findings cdn_website_endpoint_signed(const Picture& picture);
Findings cdn_legacy_identity(const Picture& picture);
Findings cdn_forbidden_for_missing(const Picture& picture);
Findings cdn_root_object(const Picture& picture);
Findings cdn_error_page_missing(const Picture& picture);
Findings cdn_error_page_from_failing_origin(const Picture& picture);
Findings cdn_origin_match_viewer(const Picture& picture);

// cdn_cache_rules.cc: behaviors that cache too much, too little, or for the wrong viewer.
Findings cdn_shared_between_users(const Picture& picture);
Findings cdn_set_cookie_cached(const Picture& picture);
Findings cdn_host_to_bucket(const Picture& picture);
Findings cdn_behavior_shadowed(const Picture& picture);
Findings cdn_api_cached(const Picture& picture);
Findings cdn_minimum_ttl(const Picture& picture);
Findings cdn_authorization_in_key(const Picture& picture);
Findings cdn_compression_off(const Picture& picture);
Findings cdn_cors_not_forwarded(const Picture& picture);
Findings cdn_plain_viewers(const Picture& picture);
Findings cdn_forwarded_values(const Picture& picture);

}  // namespace meridian::apps::doctor
