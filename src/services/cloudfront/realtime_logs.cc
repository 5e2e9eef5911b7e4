// Real-time log configurations: which fields of which share of the requests go to which stream.
#include <algorithm>
#include <array>

#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Config = api::RealtimeLogConfig;

// In the order in which a line has them (CF:real-time-logs).
constexpr auto kFields = std::to_array<std::string_view>({"timestamp",
                                                          "c-ip",
                                                          "time-to-first-byte",
                                                          "sc-status",
                                                          "sc-bytes",
                                                          "cs-method",
                                                          "cs-protocol",
                                                          "cs-host",
                                                          "cs-uri-stem",
                                                          "cs-bytes",
                                                          "x-edge-location",
                                                          "x-edge-request-id",
                                                          "x-host-header",
                                                          "time-taken",
                                                          "cs-protocol-version",
                                                          "c-ip-version",
                                                          "cs-user-agent",
                                                          "cs-referer",
                                                          "cs-cookie",
                                                          "cs-uri-query",
                                                          "x-edge-response-result-type",
                                                          "x-forwarded-for",
                                                          "ssl-protocol",
                                                          "ssl-cipher",
                                                          "x-edge-result-type",
                                                          "fle-encrypted-fields",
                                                          "fle-status",
                                                          "sc-content-type",
                                                          "sc-content-len",
                                                          "sc-range-start",
                                                          "sc-range-end",
                                                          "c-port",
                                                          "x-edge-detailed-result-type",
                                                          "c-country",
                                                          "cs-accept-encoding",
                                                          "cs-accept",
                                                          "cache-behavior-path-pattern",
                                                          "cs-headers",
                                                          "cs-header-names",
                                                          "cs-headers-count",
                                                          "origin-fbl",
                                                          "origin-lbl",
                                                          "asn"});

aws::Outcome<void> check(const Config& config) {
  TRY(check_policy_name(config.Name));
  if (config.SamplingRate < 1 || config.SamplingRate > 100)
    return invalid_argument("The parameter SamplingRate must be between 1 and 100.");
  if (config.EndPoints.size() != 1 || config.EndPoints.front().StreamType != "Kinesis" ||
      !config.EndPoints.front().KinesisStreamConfig)
    return invalid_argument("The parameter EndPoints must have one Kinesis stream.");
  const api::KinesisStreamConfig& stream = *config.EndPoints.front().KinesisStreamConfig;
  if (!stream.StreamARN.starts_with("arn:aws:kinesis:") || !stream.StreamARN.contains(":stream/") ||
      !stream.RoleARN.starts_with("arn:aws:iam::") || !stream.RoleARN.contains(":role/"))
    return invalid_argument("The parameter KinesisStreamConfig has an ARN that is not valid.");
  if (config.Fields.empty() || has_duplicates(config.Fields))
    return invalid_argument("The parameter Fields must name each field once.");
  for (const std::string& field : config.Fields)
    if (!std::ranges::count(kFields, field))
      return invalid_argument(fmt::format("The parameter Fields : {} is not valid.", field));
  return {};
}

aws::Outcome<std::string> name_of(const std::optional<std::string>& name,
                                  const std::optional<std::string>& arn) {
  if (!name && !arn) return invalid_argument("The parameter Name or ARN is required.");
  if (name) return *name;
  return arn->substr(arn->rfind('/') + 1);
}

}  // namespace

aws::Outcome<api::CreateRealtimeLogConfigResult> CloudFront::CreateRealtimeLogConfig(
    aws::Call& call, const api::CreateRealtimeLogConfigRequest& input) {
  RealtimeLogConfigResource log;
  log.id = input.Name;
  log.config = {.ARN = realtime_log_arn(call.account_id, input.Name),
                .Name = input.Name,
                .SamplingRate = input.SamplingRate,
                .EndPoints = input.EndPoints,
                .Fields = input.Fields};
  TRY(check(log.config));
  auto made = TRY(Entities<Config>(store_).create(call, random_, std::move(log))).value;
  return api::CreateRealtimeLogConfigResult{.RealtimeLogConfig = std::move(made.config)};
}

aws::Outcome<api::GetRealtimeLogConfigResult> CloudFront::GetRealtimeLogConfig(
    aws::Call& call, const api::GetRealtimeLogConfigRequest& input) {
  auto found = TRY(Entities<Config>(store_).get(call.account_id, TRY(name_of(input.Name, input.ARN)))).value;
  return api::GetRealtimeLogConfigResult{.RealtimeLogConfig = std::move(found.config)};
}

aws::Outcome<api::UpdateRealtimeLogConfigResult> CloudFront::UpdateRealtimeLogConfig(
    aws::Call& call, const api::UpdateRealtimeLogConfigRequest& input) {
  auto changed = TRY(Entities<Config>(store_).update(
                         call, random_, TRY(name_of(input.Name, input.ARN)), std::nullopt,
                         [&](RealtimeLogConfigResource& log, store::Transaction&) {
                           if (input.EndPoints) log.config.EndPoints = *input.EndPoints;
                           if (input.Fields) log.config.Fields = *input.Fields;
                           if (input.SamplingRate) log.config.SamplingRate = *input.SamplingRate;
                           return check(log.config);
                         },
                         false))
                     .value;
  return api::UpdateRealtimeLogConfigResult{.RealtimeLogConfig = std::move(changed.config)};
}

aws::Outcome<api::DeleteRealtimeLogConfigResponse> CloudFront::DeleteRealtimeLogConfig(
    aws::Call& call, const api::DeleteRealtimeLogConfigRequest& input) {
  const std::string name = TRY(name_of(input.Name, input.ARN));
  TRY(Entities<Config>(store_).remove(
      call, name, std::nullopt,
      [&](const auto& found, store::Transaction& transaction) {
        return check_unused<Config>(store_, call.account_id, found.value.config.ARN, transaction);
      },
      false));
  return api::DeleteRealtimeLogConfigResponse();
}

aws::Outcome<api::ListRealtimeLogConfigsResult> CloudFront::ListRealtimeLogConfigs(
    aws::Call& call, const api::ListRealtimeLogConfigsRequest& input) {
  auto page = TRY(Entities<Config>(store_).page(call, input.Marker, input.MaxItems));
  api::RealtimeLogConfigs list;
  list.Marker = page.marker;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.IsTruncated = page.truncated();
  for (RealtimeLogConfigResource& log : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back(std::move(log.config));
  }
  return api::ListRealtimeLogConfigsResult{.RealtimeLogConfigs = std::move(list)};
}

}  // namespace meridian::services::cloudfront
