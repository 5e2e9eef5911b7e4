// What health checkers found of an endpoint, and where they are.
#include "gen/route53/errors.h"
#include "services/route53/service.h"

namespace meridian::services::route53 {
namespace {

std::vector<api::HealthCheckObservation> shown(
    const std::vector<HealthObservations::Observation>& observations) {
  std::vector<api::HealthCheckObservation> all;
  for (const HealthObservations::Observation& one : observations) {
    api::HealthCheckObservation& out = all.emplace_back();
    out.Region = one.region;
    if (!one.ip_address.empty()) out.IPAddress = one.ip_address;
    out.StatusReport.emplace();
    out.StatusReport->Status = (one.healthy ? "Success: " : "Failure: ") + one.reason;
    out.StatusReport->CheckedTime = one.checked;
  }
  return all;
}

}  // namespace

// The API reference of both operations: they cannot be used for a calculated health check.
aws::Outcome<std::string> Route53::observed_health_check(const aws::Call& call, std::string_view id) {
  const HealthCheckResource check = TRY(health_check(call, id)).value;
  if (check.config.type == HealthCheckType::Calculated)
    return api::errors::InvalidInput(fmt::format(
        "Invalid parameter : The health check {} is calculated; health checkers do not probe it.", id));
  return check.id;
}

aws::Outcome<api::GetHealthCheckStatusResponse> Route53::GetHealthCheckStatus(
    aws::Call& call, const api::GetHealthCheckStatusRequest& input) {
  const std::string id = TRY(observed_health_check(call, input.HealthCheckId));
  api::GetHealthCheckStatusResponse out;
  if (observations_ != nullptr) out.HealthCheckObservations = shown(observations_->latest(id));
  return out;
}

aws::Outcome<api::GetHealthCheckLastFailureReasonResponse> Route53::GetHealthCheckLastFailureReason(
    aws::Call& call, const api::GetHealthCheckLastFailureReasonRequest& input) {
  const std::string id = TRY(observed_health_check(call, input.HealthCheckId));
  api::GetHealthCheckLastFailureReasonResponse out;
  if (observations_ != nullptr) out.HealthCheckObservations = shown(observations_->last_failures(id));
  return out;
}

aws::Outcome<api::GetCheckerIpRangesResponse> Route53::GetCheckerIpRanges(
    aws::Call&, const api::GetCheckerIpRangesRequest&) {
  api::GetCheckerIpRangesResponse out;
  if (observations_ != nullptr) out.CheckerIpRanges = observations_->checker_ranges();
  return out;
}

}  // namespace meridian::services::route53
