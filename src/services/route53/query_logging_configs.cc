// Query logging configurations: which zone's queries go to which group of CloudWatch Logs. Who delivers is
// not of this room.
#include "aws/iam_policy/evaluate.h"
#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/logs/resources.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

namespace policy = aws::iam_policy;

constexpr std::string_view kServicePrincipal = "route53.amazonaws.com";

logs::Place place_of(std::string account) {
  return {std::move(account), std::string(kQueryLoggingRegion)};
}

api::QueryLoggingConfig shown(const QueryLoggingConfigResource& config) {
  return {.Id = config.id,
          .HostedZoneId = config.zone_id,
          .CloudWatchLogsLogGroupArn = logs::group_arn(place_of(config.account), config.log_group)};
}

// The group's name, from arn:aws:logs:us-east-1:ACCOUNT:log-group:NAME, also with :* behind it.
aws::Outcome<std::string> log_group_of(std::string_view arn, const std::string& account) {
  const std::string prefix = logs::group_arn(place_of(account), "");
  if (arn.ends_with(":*")) arn.remove_suffix(2);
  if (!arn.starts_with(prefix) || arn.size() == prefix.size() ||
      arn.substr(prefix.size()).find(':') != arn.npos)
    return api::errors::InvalidInput(fmt::format(
        "The ARN of the CloudWatch Logs log group is not valid: it must be that of a log group of "
        "account {} in the {} region.",
        account, kQueryLoggingRegion));
  return std::string(arn.substr(prefix.size()));
}

// AWS names the group in some policies and its streams in others.
bool allows(const policy::Policy& document, std::string_view action,
            const QueryLoggingConfigResource& config) {
  const std::string group = logs::group_arn(place_of(config.account), config.log_group);
  policy::Request request{policy::Caller::of_service(std::string(kServicePrincipal)), std::string(action),
                          group};
  request.context.set("aws:SourceAccount", config.account);
  request.context.set("aws:SourceArn", "arn:aws:route53:::hostedzone/" + config.zone_id);
  bool allowed = false;
  for (std::string resource : {group, fmt::format("{}:log-stream:{}/", group, config.zone_id)}) {
    request.resource = std::move(resource);
    const auto verdict = policy::evaluate(document, request).kind;
    if (verdict == policy::Verdict::Kind::ExplicitDeny) return false;
    allowed |= verdict == policy::Verdict::Kind::Allow;
  }
  return allowed;
}

// Each action by any of the account's resource policies.
aws::Outcome<void> check_resource_policies(store::Store& store, const QueryLoggingConfigResource& config) {
  std::vector<policy::Policy> documents;
  const auto stored =
      TRY(aws::or_failure(store.range(logs::account_policies_prefix(place_of(config.account)))));
  for (const store::KeyValue& item : stored.items) {
    const auto resource = TRY(aws::or_failure(logs::decode_policy(item.value)));
    if (auto document = policy::parse_policy(resource.document, policy::PolicyKind::Resource))
      documents.push_back(*std::move(document));
  }
  for (std::string_view action : {"logs:CreateLogStream", "logs:PutLogEvents"}) {
    if (std::ranges::any_of(documents,
                            [&](const auto& document) { return allows(document, action, config); }))
      continue;
    return api::errors::InsufficientCloudWatchLogsResourcePolicy(
        "The resource policy that you're using for Route 53 query logging doesn't grant Route 53 sufficient "
        "permission to create a log stream in the specified log group.");
  }
  return {};
}

}  // namespace

aws::Outcome<Route53::StoredQueryLoggingConfig> Route53::query_logging_config(const aws::Call& call,
                                                                              std::string_view id) {
  auto found = TRY(aws::read(store_, query_logging_config_key(id), decode_query_logging_config));
  if (!found || found->value.account != call.account_id)
    return api::errors::NoSuchQueryLoggingConfig(
        fmt::format("The query logging configuration {} does not exist.", id));
  return *std::move(found);
}

aws::Outcome<api::CreateQueryLoggingConfigResponse> Route53::CreateQueryLoggingConfig(
    aws::Call& call, const api::CreateQueryLoggingConfigRequest& input) {
  if (query_log_delivery_ == QueryLogDelivery::Absent)
    return api::errors::InvalidInput(
        "This control plane answers no DNS itself, and edges do not deliver query logs to CloudWatch Logs: "
        "use --query-log or --dnstap of each edge.");
  QueryLoggingConfigResource config{make_uuid(random_), call.account_id, {}, {}};
  config.log_group = TRY(log_group_of(input.CloudWatchLogsLogGroupArn, call.account_id));
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredZone zone = TRY(this->zone(call, input.HostedZoneId));
        config.zone_id = zone.value.id;
        const std::string of_zone = zone_query_logging_key(config.zone_id);
        if (TRY(aws::or_failure(store_.get(of_zone))))
          return api::errors::QueryLoggingConfigAlreadyExists(
              "A query logging configuration already exists for this hosted zone.");
        const std::string group = logs::group_key(place_of(config.account), config.log_group);
        const auto stored_group = TRY(aws::or_failure(store_.get(group)));
        if (!stored_group)
          return api::errors::NoSuchCloudWatchLogsLogGroup(
              "The specified CloudWatch Logs log group doesn't exist.");
        TRY(check_resource_policies(store_, config));
        return store::Transaction{.preconditions = {{of_zone, 0}, {zone_key(config.zone_id), zone.modified}},
                                  .puts = {{query_logging_config_key(config.id), encode(config)},
                                           {of_zone, config.id},
                                           {account_query_logging_prefix(config.account) + config.id, {}}},
                                  .deletes = {}};
      },
      overtaken()));
  return api::CreateQueryLoggingConfigResponse{
      .QueryLoggingConfig = shown(config),
      .Location = "https://route53.amazonaws.com/2013-04-01/queryloggingconfig/" + config.id};
}

aws::Outcome<api::GetQueryLoggingConfigResponse> Route53::GetQueryLoggingConfig(
    aws::Call& call, const api::GetQueryLoggingConfigRequest& input) {
  return api::GetQueryLoggingConfigResponse{.QueryLoggingConfig =
                                                shown(TRY(query_logging_config(call, input.Id)).value)};
}

aws::Outcome<api::DeleteQueryLoggingConfigResponse> Route53::DeleteQueryLoggingConfig(
    aws::Call& call, const api::DeleteQueryLoggingConfigRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredQueryLoggingConfig config = TRY(query_logging_config(call, input.Id));
        const QueryLoggingConfigResource& value = config.value;
        return store::Transaction{.preconditions = {{query_logging_config_key(value.id), config.modified}},
                                  .puts = {},
                                  .deletes = query_logging_keys(value.account, value.zone_id, value.id)};
      },
      overtaken()));
  return api::DeleteQueryLoggingConfigResponse();
}

aws::Outcome<api::ListQueryLoggingConfigsResponse> Route53::ListQueryLoggingConfigs(
    aws::Call& call, const api::ListQueryLoggingConfigsRequest& input) {
  auto most = parse_max_items(input.MaxResults, kQueryLoggingConfigsPageMax, "MaxResults");
  if (!most) return api::errors::InvalidInput(most.error());
  api::ListQueryLoggingConfigsResponse out;
  if (input.HostedZoneId) {
    const StoredZone zone = TRY(this->zone(call, *input.HostedZoneId));
    if (const auto id = TRY(aws::or_failure(store_.get(zone_query_logging_key(zone.value.id)))))
      out.QueryLoggingConfigs.push_back(shown(TRY(query_logging_config(call, id->value)).value));
    return out;
  }
  IdPage page =
      TRY(page_of_ids(store_, account_query_logging_prefix(call.account_id), input.NextToken, *most));
  out.NextToken = std::move(page.next);
  for (const std::string& id : page.ids)
    // One deleted since the index was read is left out.
    if (auto config = TRY(aws::read(store_, query_logging_config_key(id), decode_query_logging_config)))
      out.QueryLoggingConfigs.push_back(shown(config->value));
  return out;
}

}  // namespace meridian::services::route53
