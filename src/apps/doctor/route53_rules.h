// The traps of Route 53, one function each, in the order in which their table has them.
#pragma once

#include <vector>

#include "apps/doctor/finding.h"
#include "apps/doctor/picture.h"

namespace meridian::apps::doctor {

using Findings = std::vector<Finding>;

// failover_rules.cc: what keeps an answer from following the health of its endpoints, or makes it late.
Findings failover_primary_without_check(const Picture& picture);
Findings failover_secondary_without_check(const Picture& picture);
Findings failover_alone(const Picture& picture);
Findings failover_same_answer(const Picture& picture);
Findings failover_shared_check(const Picture& picture);
Findings alias_without_evaluation(const Picture& picture);
Findings ttl_beyond_failover_budget(const Picture& picture);
Findings slow_detection(const Picture& picture);
Findings check_of_own_name(const Picture& picture);
Findings check_of_other_address(const Picture& picture);

// policy_rules.cc: routing policies that do not do what they are taken for.
Findings geolocation_without_default(const Picture& picture);
Findings cidr_without_default(const Picture& picture);
Findings latency_without_checks(const Picture& picture);
Findings weighted_without_checks(const Picture& picture);
Findings multivalue_without_checks(const Picture& picture);
Findings location_without_checks(const Picture& picture);
Findings multivalue_above_eight(const Picture& picture);
Findings weights_all_zero(const Picture& picture);
Findings weight_zero_last_resort(const Picture& picture);
Findings weighted_ttl(const Picture& picture);
Findings sets_with_different_ttl(const Picture& picture);
Findings simple_with_several_values(const Picture& picture);
Findings check_on_simple_set(const Picture& picture);

// health_check_rules.cc: health checks that cannot say what they are asked.
Findings missing_check(const Picture& picture);
Findings orphan_check(const Picture& picture);
Findings check_disabled(const Picture& picture);
Findings check_inverted(const Picture& picture);
Findings check_private_address(const Picture& picture);
Findings http_check_on_tls_port(const Picture& picture);
Findings tcp_check_of_web_port(const Picture& picture);
Findings shallow_check(const Picture& picture);
Findings search_string_in_page(const Picture& picture);
Findings sni_off(const Picture& picture);
Findings certificate_expiry_unnoticed(const Picture& picture);
Findings regions_fewer_than_three(const Picture& picture);
Findings threshold_of_one(const Picture& picture);
Findings calculated_always_healthy(const Picture& picture);
Findings calculated_never_healthy(const Picture& picture);
Findings calculated_child_missing(const Picture& picture);
Findings metric_check_without_data(const Picture& picture);

// live_rules.cc: what is wrong at this moment.
Findings all_unhealthy(const Picture& picture);
Findings secondary_unhealthy(const Picture& picture);
Findings check_unhealthy(const Picture& picture);
Findings checkers_blocked(const Picture& picture);
Findings search_string_not_found(const Picture& picture);
Findings override_left(const Picture& picture);
Findings zone_quarantined(const Picture& picture);
Findings edge_behind(const Picture& picture);

// name_rules.cc: records that lead nowhere, or elsewhere than it seems.
Findings cname_at_apex(const Picture& picture);
Findings apex_without_address(const Picture& picture);
Findings alias_dangling(const Picture& picture);
Findings cname_target_missing(const Picture& picture);
Findings mx_target_missing(const Picture& picture);
Findings ns_target_missing(const Picture& picture);
Findings srv_target_missing(const Picture& picture);
Findings cname_loop(const Picture& picture);
Findings cname_chain(const Picture& picture);
Findings cname_instead_of_alias(const Picture& picture);
Findings wildcard_hidden(const Picture& picture);

// zone_rules.cc: zones and what others must know of them.
Findings apex_ns_mismatch(const Picture& picture);
Findings delegation_mismatch(const Picture& picture);
Findings delegation_missing(const Picture& picture);
Findings ds_of_unsigned_zone(const Picture& picture);
Findings same_name_zones(const Picture& picture);
Findings long_ttl(const Picture& picture);
Findings negative_ttl(const Picture& picture);
Findings ns_ttl(const Picture& picture);
Findings no_spf(const Picture& picture);
Findings no_dmarc(const Picture& picture);
Findings no_caa(const Picture& picture);
Findings queries_not_logged(const Picture& picture);

// traffic_flow_rules.cc: traffic policies and their instances.
Findings unused_traffic_policy(const Picture& picture);
Findings instance_behind(const Picture& picture);
Findings instance_ttl(const Picture& picture);
Findings policy_geo_without_default(const Picture& picture);
Findings policy_rule_without_checks(const Picture& picture);
Findings policy_failover_without_check(const Picture& picture);

}  // namespace meridian::apps::doctor
