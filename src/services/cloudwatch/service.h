// CloudWatch: metrics that callers put and read back, and dashboards.
// Rules: what PutMetricData has acknowledged is on disk; a call's metrics are those of its account and
// region.
#pragma once

#include "base/clock.h"
#include "gen/cloudwatch/api.h"
#include "store/series/series_store.h"
#include "store/store.h"

namespace meridian::services::cloudwatch {

namespace api = gen::cloudwatch;

class CloudWatch final : public api::Api {
 public:
  CloudWatch(store::Store& store, store::SeriesStore& series) : store_(store), series_(series) {}

  aws::Outcome<api::PutMetricDataResponse> PutMetricData(aws::Call&, const api::PutMetricDataInput&) override;
  aws::Outcome<api::GetMetricStatisticsOutput> GetMetricStatistics(
      aws::Call&, const api::GetMetricStatisticsInput&) override;
  aws::Outcome<api::GetMetricDataOutput> GetMetricData(aws::Call&, const api::GetMetricDataInput&) override;
  aws::Outcome<api::ListMetricsOutput> ListMetrics(aws::Call&, const api::ListMetricsInput&) override;

  aws::Outcome<api::PutDashboardOutput> PutDashboard(aws::Call&, const api::PutDashboardInput&) override;
  aws::Outcome<api::GetDashboardOutput> GetDashboard(aws::Call&, const api::GetDashboardInput&) override;
  aws::Outcome<api::ListDashboardsOutput> ListDashboards(aws::Call&,
                                                         const api::ListDashboardsInput&) override;
  aws::Outcome<api::DeleteDashboardsOutput> DeleteDashboards(aws::Call&,
                                                             const api::DeleteDashboardsInput&) override;

 private:
  store::Store& store_;
  store::SeriesStore& series_;
};

}  // namespace meridian::services::cloudwatch
