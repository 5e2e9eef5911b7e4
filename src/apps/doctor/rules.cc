// The tables of rules, by hand: what breaks answers is an error, what makes failover late or blind a warning,
// what is worth knowing a hint.
#include "apps/doctor/cdn_rules.h"
#include "apps/doctor/route53_rules.h"
#include "apps/doctor/rule.h"

namespace meridian::apps::doctor {
namespace {

constexpr Rule kRoute53Rules[] = {
    {"failover-primary-without-check", Severity::Error, "Failover without a health check",
     failover_primary_without_check},
    {"failover-alone", Severity::Error, "Half of a failover", failover_alone},
    {"failover-same-answer", Severity::Error, "Failover to the same place", failover_same_answer},
    {"failover-shared-check", Severity::Error, "One health check for primary and secondary",
     failover_shared_check},
    {"alias-without-evaluation", Severity::Error, "An alias that does not evaluate its target",
     alias_without_evaluation},
    {"check-of-own-name", Severity::Error, "A health check of the name that it decides about",
     check_of_own_name},
    {"check-of-other-address", Severity::Warning, "A health check of another address",
     check_of_other_address},
    {"ttl-beyond-failover-budget", Severity::Warning, "A TTL too long to fail over",
     ttl_beyond_failover_budget},
    {"slow-detection", Severity::Hint, "Failures are noticed late", slow_detection},
    {"failover-secondary-without-check", Severity::Hint, "A secondary that nobody checks",
     failover_secondary_without_check},

    {"geolocation-without-default", Severity::Error, "Geolocation without a default",
     geolocation_without_default},
    {"cidr-without-default", Severity::Error, "IP-based routing without a default", cidr_without_default},
    {"weights-all-zero", Severity::Error, "Every weight is 0", weights_all_zero},
    {"latency-without-checks", Severity::Warning, "Latency routing without health checks",
     latency_without_checks},
    {"weighted-without-checks", Severity::Warning, "Weighted routing without health checks",
     weighted_without_checks},
    {"multivalue-without-checks", Severity::Warning, "Multivalue answers without health checks",
     multivalue_without_checks},
    {"location-without-checks", Severity::Warning, "Routing by place without health checks",
     location_without_checks},
    {"check-on-simple-set", Severity::Warning, "A health check without effect", check_on_simple_set},
    {"sets-with-different-ttl", Severity::Warning, "Different TTLs at one name", sets_with_different_ttl},
    {"multivalue-above-eight", Severity::Hint, "More than eight multivalue record sets",
     multivalue_above_eight},
    {"weight-zero-last-resort", Severity::Hint, "Weight 0 that can still answer", weight_zero_last_resort},
    {"weighted-ttl", Severity::Hint, "Traffic shifts slowly", weighted_ttl},
    {"simple-with-several-values", Severity::Hint, "Several addresses without health",
     simple_with_several_values},

    {"missing-check", Severity::Error, "A deleted health check in use", missing_check},
    {"calculated-always-healthy", Severity::Error, "A calculated check that is always healthy",
     calculated_always_healthy},
    {"calculated-never-healthy", Severity::Error, "A calculated check that is never healthy",
     calculated_never_healthy},
    {"calculated-child-missing", Severity::Error, "A calculated check of deleted ones",
     calculated_child_missing},
    {"check-disabled", Severity::Warning, "A disabled health check", check_disabled},
    {"check-private-address", Severity::Warning, "A health check of a private address",
     check_private_address},
    {"http-check-on-tls-port", Severity::Warning, "HTTP spoken to a TLS port", http_check_on_tls_port},
    {"sni-off", Severity::Warning, "TLS without the server's name", sni_off},
    {"regions-fewer-than-three", Severity::Warning, "Too few checker Regions", regions_fewer_than_three},
    {"metric-check-without-data", Severity::Warning, "A silent metric counts as healthy",
     metric_check_without_data},
    {"check-inverted", Severity::Hint, "An inverted health check", check_inverted},
    {"tcp-check-of-web-port", Severity::Hint, "A web server that is asked for its port only",
     tcp_check_of_web_port},
    {"shallow-check", Severity::Hint, "A health check of a page", shallow_check},
    {"search-string-in-page", Severity::Hint, "A string looked for in a page", search_string_in_page},
    {"threshold-of-one", Severity::Hint, "One lost probe decides", threshold_of_one},
    {"certificate-expiry-unnoticed", Severity::Hint, "An expired certificate goes unnoticed",
     certificate_expiry_unnoticed},
    {"orphan-check", Severity::Hint, "A health check that nothing uses", orphan_check},

    {"all-unhealthy", Severity::Error, "Nothing healthy to answer", all_unhealthy},
    {"secondary-unhealthy", Severity::Error, "The secondary is down", secondary_unhealthy},
    {"zone-quarantined", Severity::Error, "A hosted zone in quarantine", zone_quarantined},
    {"edge-behind", Severity::Error, "An edge that does not follow", edge_behind},
    {"check-unhealthy", Severity::Warning, "Unhealthy now", check_unhealthy},
    {"checkers-blocked", Severity::Warning, "Checkers do not get through", checkers_blocked},
    {"search-string-not-found", Severity::Warning, "The search string is not found", search_string_not_found},
    {"override-left", Severity::Warning, "An operator overrides a health check", override_left},

    {"cname-at-apex", Severity::Error, "A CNAME at the apex", cname_at_apex},
    {"alias-dangling", Severity::Error, "An alias that leads nowhere", alias_dangling},
    {"cname-target-missing", Severity::Error, "A CNAME that leads nowhere", cname_target_missing},
    {"mx-target-missing", Severity::Error, "A mail server without an address", mx_target_missing},
    {"ns-target-missing", Severity::Error, "A name server without an address", ns_target_missing},
    {"srv-target-missing", Severity::Error, "A service without a host", srv_target_missing},
    {"cname-loop", Severity::Error, "CNAMEs in a circle", cname_loop},
    {"apex-without-address", Severity::Warning, "The bare name has no address", apex_without_address},
    {"cname-chain", Severity::Warning, "A long chain of CNAMEs", cname_chain},
    {"wildcard-hidden", Severity::Hint, "Names that a wildcard does not answer", wildcard_hidden},
    {"cname-instead-of-alias", Severity::Hint, "A CNAME where an alias can stand", cname_instead_of_alias},

    {"apex-ns-mismatch", Severity::Error, "NS records that are not the zone's servers", apex_ns_mismatch},
    {"delegation-mismatch", Severity::Error, "A delegation to other servers", delegation_mismatch},
    {"delegation-missing", Severity::Error, "A zone that nothing leads to", delegation_missing},
    {"ds-of-unsigned-zone", Severity::Error, "A DS record of an unsigned zone", ds_of_unsigned_zone},
    {"same-name-zones", Severity::Warning, "Several hosted zones of one name", same_name_zones},
    {"negative-ttl", Severity::Warning, "What is not there is remembered for long", negative_ttl},
    {"long-ttl", Severity::Hint, "A TTL of a day or more", long_ttl},
    {"ns-ttl", Severity::Hint, "Name servers that are remembered for long", ns_ttl},
    {"no-spf", Severity::Hint, "Mail without SPF", no_spf},
    {"no-dmarc", Severity::Hint, "Mail without DMARC", no_dmarc},
    {"no-caa", Severity::Hint, "Certificates from anybody", no_caa},
    {"queries-not-logged", Severity::Hint, "Queries that nobody can look up", queries_not_logged},

    {"policy-failover-without-check", Severity::Error, "A traffic policy's failover unchecked",
     policy_failover_without_check},
    {"policy-geo-without-default", Severity::Error, "A traffic policy's places without a default",
     policy_geo_without_default},
    {"policy-rule-without-checks", Severity::Warning, "A traffic policy's rule without checks",
     policy_rule_without_checks},
    {"instance-behind", Severity::Warning, "A traffic policy instance far behind", instance_behind},
    {"instance-ttl", Severity::Warning, "A traffic policy instance with a long TTL", instance_ttl},
    {"unused-traffic-policy", Severity::Hint, "A traffic policy that nothing uses", unused_traffic_policy},
};

constexpr Rule kCloudFrontRules[] = {
    {"cdn-alias-without-certificate", Severity::Error, "A certificate without the alias",
     cdn_alias_without_certificate},
    {"cdn-record-without-alias", Severity::Error, "A name that its distribution refuses",
     cdn_record_without_alias},
    {"cdn-bucket-unsigned", Severity::Error, "A bucket without an access control", cdn_bucket_unsigned},
    {"cdn-bucket-policy", Severity::Error, "A bucket that refuses its distribution", cdn_bucket_policy},
    {"cdn-bucket-policy-other", Severity::Error, "A bucket policy for another one", cdn_bucket_policy_other},
    {"cdn-website-endpoint-signed", Severity::Error, "A website endpoint under an access control",
     cdn_website_endpoint_signed},
    {"cdn-host-to-bucket", Severity::Error, "Host forwarded to a bucket", cdn_host_to_bucket},
    {"cdn-shared-between-users", Severity::Error, "One user's answers for all", cdn_shared_between_users},
    {"cdn-set-cookie-cached", Severity::Error, "One viewer's cookies for all", cdn_set_cookie_cached},
    {"cdn-behavior-shadowed", Severity::Error, "A behavior that is never chosen", cdn_behavior_shadowed},
    {"cdn-error-page-missing", Severity::Error, "An error page that is not there", cdn_error_page_missing},
    {"cdn-alias-without-record", Severity::Warning, "An alias that no record leads to",
     cdn_alias_without_record},
    {"cdn-forbidden-for-missing", Severity::Warning, "403 where 404 has a page", cdn_forbidden_for_missing},
    {"cdn-root-object", Severity::Warning, "Nothing at the root", cdn_root_object},
    {"cdn-api-cached", Severity::Warning, "An API that is cached", cdn_api_cached},
    {"cdn-minimum-ttl", Severity::Warning, "Kept against the origin's word", cdn_minimum_ttl},
    {"cdn-authorization-in-key", Severity::Warning, "Copies by token", cdn_authorization_in_key},
    {"cdn-old-tls", Severity::Warning, "Old TLS to viewers", cdn_old_tls},
    {"cdn-error-page-origin", Severity::Warning, "An error page of what fails",
     cdn_error_page_from_failing_origin},
    {"cdn-cors-not-forwarded", Severity::Warning, "A bucket that cannot see Origin", cdn_cors_not_forwarded},
    {"cdn-compression-off", Severity::Hint, "Nothing is compressed", cdn_compression_off},
    {"cdn-plain-viewers", Severity::Hint, "Viewers in plain text", cdn_plain_viewers},
    {"cdn-origin-match-viewer", Severity::Hint, "An origin asked in plain text", cdn_origin_match_viewer},
    {"cdn-legacy-identity", Severity::Hint, "An origin access identity", cdn_legacy_identity},
    {"cdn-forwarded-values", Severity::Hint, "ForwardedValues", cdn_forwarded_values},
};

}  // namespace

std::string_view to_string(Severity severity) {
  constexpr std::string_view kNames[] = {"hint", "warning", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::span<const Rule> route53_rules() {
  return kRoute53Rules;
}

std::span<const Rule> cloudfront_rules() {
  return kCloudFrontRules;
}

std::vector<Rule> all_rules() {
  std::vector<Rule> all(route53_rules().begin(), route53_rules().end());
  all.insert(all.end(), cloudfront_rules().begin(), cloudfront_rules().end());
  return all;
}

}  // namespace meridian::apps::doctor
