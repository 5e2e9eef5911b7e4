// CloudWatch: metrics that callers put and read back, alarms on them, and dashboards.
// Rules: what PutMetricData has acknowledged is on disk; a call's metrics are those of its account and
// region.
#pragma once

#include "base/clock.h"
#include "gen/cloudwatch/api.h"
#include "services/cloudwatch/alarm_changes.h"
#include "store/series/series_store.h"
#include "store/store.h"

namespace meridian::services::cloudwatch {

namespace api = gen::cloudwatch;

class CloudWatch final : public api::Api {
 public:
  // `actions` carries out those of alarms whose state is set; null: they fail.
  CloudWatch(store::Store& store, store::SeriesStore& series, AlarmActions* actions = nullptr)
      : store_(store), series_(series), actions_(actions) {}

  aws::Outcome<api::PutMetricDataResponse> PutMetricData(aws::Call&, const api::PutMetricDataInput&) override;
  aws::Outcome<api::GetMetricStatisticsOutput> GetMetricStatistics(
      aws::Call&, const api::GetMetricStatisticsInput&) override;
  aws::Outcome<api::GetMetricDataOutput> GetMetricData(aws::Call&, const api::GetMetricDataInput&) override;
  aws::Outcome<api::ListMetricsOutput> ListMetrics(aws::Call&, const api::ListMetricsInput&) override;

  aws::Outcome<api::PutMetricAlarmResponse> PutMetricAlarm(aws::Call&,
                                                           const api::PutMetricAlarmInput&) override;
  aws::Outcome<api::PutCompositeAlarmResponse> PutCompositeAlarm(aws::Call&,
                                                                 const api::PutCompositeAlarmInput&) override;
  aws::Outcome<api::DescribeAlarmsOutput> DescribeAlarms(aws::Call&,
                                                         const api::DescribeAlarmsInput&) override;
  aws::Outcome<api::DescribeAlarmsForMetricOutput> DescribeAlarmsForMetric(
      aws::Call&, const api::DescribeAlarmsForMetricInput&) override;
  aws::Outcome<api::DescribeAlarmHistoryOutput> DescribeAlarmHistory(
      aws::Call&, const api::DescribeAlarmHistoryInput&) override;
  aws::Outcome<api::DeleteAlarmsResponse> DeleteAlarms(aws::Call&, const api::DeleteAlarmsInput&) override;
  aws::Outcome<api::SetAlarmStateResponse> SetAlarmState(aws::Call&, const api::SetAlarmStateInput&) override;
  aws::Outcome<api::EnableAlarmActionsResponse> EnableAlarmActions(
      aws::Call&, const api::EnableAlarmActionsInput&) override;
  aws::Outcome<api::DisableAlarmActionsResponse> DisableAlarmActions(
      aws::Call&, const api::DisableAlarmActionsInput&) override;
  aws::Outcome<api::TagResourceOutput> TagResource(aws::Call&, const api::TagResourceInput&) override;
  aws::Outcome<api::UntagResourceOutput> UntagResource(aws::Call&, const api::UntagResourceInput&) override;
  aws::Outcome<api::ListTagsForResourceOutput> ListTagsForResource(
      aws::Call&, const api::ListTagsForResourceInput&) override;

  aws::Outcome<api::PutDashboardOutput> PutDashboard(aws::Call&, const api::PutDashboardInput&) override;
  aws::Outcome<api::GetDashboardOutput> GetDashboard(aws::Call&, const api::GetDashboardInput&) override;
  aws::Outcome<api::ListDashboardsOutput> ListDashboards(aws::Call&,
                                                         const api::ListDashboardsInput&) override;
  aws::Outcome<api::DeleteDashboardsOutput> DeleteDashboards(aws::Call&,
                                                             const api::DeleteDashboardsInput&) override;

 private:
  aws::Outcome<api::DescribeAlarmsOutput> describe_relatives(const aws::Call& call,
                                                             const api::DescribeAlarmsInput& input);

  store::Store& store_;
  store::SeriesStore& series_;
  AlarmActions* actions_;
};

}  // namespace meridian::services::cloudwatch
