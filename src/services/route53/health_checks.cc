// Health checks: settings of what is checked, and how. Who probes is not of this room.
#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/route53/health_check_config.h"
#include "services/route53/service.h"

namespace meridian::services::route53 {
namespace {

std::string location_of(const HealthCheckResource& check) {
  return "https://route53.amazonaws.com/2013-04-01/healthcheck/" + check.id;
}

api::HealthCheck shown(const HealthCheckResource& check) {
  api::HealthCheck out;
  out.Id = check.id;
  out.CallerReference = check.caller_reference;
  out.HealthCheckConfig = shown(check.config);
  out.HealthCheckVersion = static_cast<std::int64_t>(check.version);
  out.CloudWatchAlarmConfiguration = shown_alarm(check);
  return out;
}

}  // namespace

aws::Outcome<Route53::StoredHealthCheck> Route53::health_check(const aws::Call& call, std::string_view id) {
  auto found = TRY(aws::read(store_, health_check_key(id), decode_health_check));
  if (!found || found->value.account != call.account_id)
    return api::errors::NoSuchHealthCheck(fmt::format("A health check with id {} does not exist.", id));
  return *std::move(found);
}

// DG:dns-failover-determining-health-of-endpoints. A check never changes its type, so one that may be a child
// now may be one for ever.
aws::Outcome<void> Route53::check_children(const aws::Call& call, const HealthCheckConfig& config) {
  for (const std::string& id : config.child_health_checks) {
    auto child = health_check(call, id);
    if (!child && child.error().code == "NoSuchHealthCheck")
      return api::errors::InvalidInput(
          fmt::format("Invalid parameter : The child health check {} does not exist.", id));
    if (TRY(std::move(child)).value.config.type == HealthCheckType::Calculated)
      return api::errors::InvalidInput(fmt::format(
          "Invalid parameter : Calculated health checks must not have the calculated health check {} as a "
          "child.",
          id));
  }
  return {};
}

// The check that was made with this reference, when its settings are the same; nothing when there was none.
aws::Outcome<std::optional<HealthCheckResource>> Route53::made_before(const HealthCheckResource& check) {
  const std::string reference = health_check_reference_key(check.account, check.caller_reference);
  const auto id = TRY(aws::or_failure(store_.get(reference)));
  if (!id) return std::nullopt;
  auto existing = TRY(aws::read(store_, health_check_key(id->value), decode_health_check));
  if (!existing || existing->value.config != check.config)
    return api::errors::HealthCheckAlreadyExists(
        "A different health check has already been created with the specified caller reference.");
  return std::move(existing->value);
}

aws::Outcome<store::Transaction> Route53::new_health_check(const aws::Call& call,
                                                           const HealthCheckResource& check) {
  TRY(check_children(call, check.config));
  auto account = TRY(aws::read_or_default(store_, account_key(check.account), decode_account));
  if (account.value.health_check_count >= quotas_.health_checks_max) {
    return api::errors::TooManyHealthChecks(
        fmt::format("Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more than {} health checks.",
                    quotas_.health_checks_max));
  }
  ++account.value.health_check_count;
  const std::string reference = health_check_reference_key(check.account, check.caller_reference);
  store::Transaction transaction;
  transaction.preconditions = {
      {reference, 0}, {health_check_key(check.id), 0}, {account_key(check.account), account.modified}};
  transaction.puts = {{health_check_key(check.id), encode(check)},
                      {reference, check.id},
                      {account_health_checks_prefix(check.account) + check.id, {}},
                      {account_key(check.account), encode(account.value)}};
  return transaction;
}

aws::Outcome<api::CreateHealthCheckResponse> Route53::CreateHealthCheck(
    aws::Call& call, const api::CreateHealthCheckRequest& input) {
  auto config = parse_health_check_config(input.HealthCheckConfig, health_check_targets_);
  if (!config) return api::errors::InvalidInput(config.error());
  HealthCheckResource check{make_uuid(random_), call.account_id, input.CallerReference, 1,
                            *std::move(config)};
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        auto before = TRY(made_before(check));
        if (!before) {
          TRY(watch_alarm(call, true, check));
          return new_health_check(call, check);
        }
        check = *std::move(before);
        return store::Transaction{};
      },
      overtaken()));
  return api::CreateHealthCheckResponse{.HealthCheck = shown(check), .Location = location_of(check)};
}

aws::Outcome<api::GetHealthCheckResponse> Route53::GetHealthCheck(aws::Call& call,
                                                                  const api::GetHealthCheckRequest& input) {
  return api::GetHealthCheckResponse{.HealthCheck =
                                         shown(TRY(health_check(call, input.HealthCheckId)).value)};
}

aws::Outcome<api::UpdateHealthCheckResponse> Route53::UpdateHealthCheck(
    aws::Call& call, const api::UpdateHealthCheckRequest& input) {
  api::UpdateHealthCheckResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredHealthCheck check = TRY(health_check(call, input.HealthCheckId));
        const auto version = static_cast<std::int64_t>(check.value.version);
        if (input.HealthCheckVersion && *input.HealthCheckVersion != version)
          return api::errors::HealthCheckVersionMismatch(
              fmt::format("The health check version {} does not match the current version {}.",
                          *input.HealthCheckVersion, version));
        auto config = update_health_check_config(check.value.config, input, health_check_targets_);
        if (!config) return api::errors::InvalidInput(config.error());
        if (input.ChildHealthChecks) TRY(check_children(call, *config));
        check.value.config = *std::move(config);
        TRY(watch_alarm(call, input.AlarmIdentifier.has_value(), check.value));
        ++check.value.version;
        out.HealthCheck = shown(check.value);
        return store::Transaction{.preconditions = {{health_check_key(check.value.id), check.modified}},
                                  .puts = {{health_check_key(check.value.id), encode(check.value)}},
                                  .deletes = {}};
      },
      overtaken()));
  return out;
}

// Also while record sets and calculated health checks name it, as AWS does. The caller reference stays taken.
aws::Outcome<api::DeleteHealthCheckResponse> Route53::DeleteHealthCheck(
    aws::Call& call, const api::DeleteHealthCheckRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredHealthCheck check = TRY(health_check(call, input.HealthCheckId));
        const HealthCheckResource& value = check.value;
        auto account = TRY(aws::read_or_default(store_, account_key(value.account), decode_account));
        --account.value.health_check_count;
        return store::Transaction{.preconditions = {{health_check_key(value.id), check.modified},
                                                    {account_key(value.account), account.modified}},
                                  .puts = {{account_key(value.account), encode(account.value)}},
                                  .deletes = {health_check_key(value.id), health_check_tags_key(value.id),
                                              account_health_checks_prefix(value.account) + value.id}};
      },
      overtaken()));
  return api::DeleteHealthCheckResponse();
}

aws::Outcome<api::ListHealthChecksResponse> Route53::ListHealthChecks(
    aws::Call& call, const api::ListHealthChecksRequest& input) {
  auto most = parse_max_items(input.MaxItems, kHealthChecksPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  const std::string prefix = account_health_checks_prefix(call.account_id);
  const IdPage page = TRY(page_of_ids(store_, prefix, input.Marker, *most));
  api::ListHealthChecksResponse out;
  out.Marker = input.Marker.value_or("");
  out.MaxItems = std::to_string(*most);
  out.IsTruncated = page.next.has_value();
  out.NextMarker = page.next;
  for (const std::string& id : page.ids)
    // One deleted since the index was read is left out.
    if (auto check = TRY(aws::read(store_, health_check_key(id), decode_health_check)))
      out.HealthChecks.push_back(shown(check->value));
  return out;
}

aws::Outcome<api::GetHealthCheckCountResponse> Route53::GetHealthCheckCount(
    aws::Call& call, const api::GetHealthCheckCountRequest&) {
  AccountResource account =
      TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account)).value;
  return api::GetHealthCheckCountResponse{.HealthCheckCount =
                                              static_cast<std::int64_t>(account.health_check_count)};
}

}  // namespace meridian::services::route53
