// Monitoring subscriptions: whether a distribution has the additional metrics.
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {

aws::Outcome<api::CreateMonitoringSubscriptionResult> CloudFront::CreateMonitoringSubscription(
    aws::Call& call, const api::CreateMonitoringSubscriptionRequest& input) {
  const auto& config = input.MonitoringSubscription.RealtimeMetricsSubscriptionConfig;
  if (!config)
    return api::errors::UnsupportedOperation("The parameter RealtimeMetricsSubscriptionConfig is required.");
  const std::string& status = config->RealtimeMetricsSubscriptionStatus;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        TRY(hold<api::DistributionConfig>(store_, call.account_id, transaction));
        TRY(Distributions(store_).get(call.account_id, input.DistributionId));
        const std::string key = key_of(kMonitoringPrefix, call.account_id, input.DistributionId);
        const auto found = TRY(aws::or_failure(store_.get(key)));
        if (found && found->value == status)
          return api::errors::MonitoringSubscriptionAlreadyExists(
              "A monitoring subscription already exists for the specified distribution.");
        transaction.preconditions.push_back({key, found ? found->modified : 0});
        transaction.puts.push_back({key, status});
        return transaction;
      },
      overtaken()));
  return api::CreateMonitoringSubscriptionResult{.MonitoringSubscription = input.MonitoringSubscription};
}

aws::Outcome<api::GetMonitoringSubscriptionResult> CloudFront::GetMonitoringSubscription(
    aws::Call& call, const api::GetMonitoringSubscriptionRequest& input) {
  TRY(Distributions(store_).get(call.account_id, input.DistributionId));
  const auto found =
      TRY(aws::or_failure(store_.get(key_of(kMonitoringPrefix, call.account_id, input.DistributionId))));
  if (!found)
    return api::errors::NoSuchMonitoringSubscription(
        "A monitoring subscription does not exist for the specified distribution.");
  api::GetMonitoringSubscriptionResult out;
  out.MonitoringSubscription.emplace().RealtimeMetricsSubscriptionConfig =
      api::RealtimeMetricsSubscriptionConfig{.RealtimeMetricsSubscriptionStatus = found->value};
  return out;
}

aws::Outcome<api::DeleteMonitoringSubscriptionResult> CloudFront::DeleteMonitoringSubscription(
    aws::Call& call, const api::DeleteMonitoringSubscriptionRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        TRY(Distributions(store_).get(call.account_id, input.DistributionId));
        const std::string key = key_of(kMonitoringPrefix, call.account_id, input.DistributionId);
        const auto found = TRY(aws::or_failure(store_.get(key)));
        if (!found)
          return api::errors::NoSuchMonitoringSubscription(
              "A monitoring subscription does not exist for the specified distribution.");
        return store::Transaction{.preconditions = {{key, found->modified}}, .puts = {}, .deletes = {key}};
      },
      overtaken()));
  return api::DeleteMonitoringSubscriptionResult();
}

}  // namespace meridian::services::cloudfront
