// For this room's tests: a CloudWatch over series on a scratch disk, under a clock that stands still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/cloudwatch/service.h"
#include "store/embedded/scratch_directory.h"
#include "store/memory/memory_store.h"

namespace meridian::services::cloudwatch {

using namespace std::chrono_literals;

inline constexpr SystemTime kNow{std::chrono::seconds(1'800'000'000)};  // a whole hour
inline constexpr std::size_t kSeriesMax = 1200;

class CloudWatchTest : public testing::Test {
 protected:
  CloudWatchTest() : series_(open()) {}

  std::unique_ptr<store::SeriesStore> open() {
    return store::SeriesStore::open(directory_.path(), clock_, logger_, metrics_, {.series_max = kSeriesMax})
        .value();
  }
  static aws::Call call_of(std::string account, std::string region = "eu-west-1", SystemTime time = kNow) {
    aws::Call call;
    call.account_id = std::move(account);
    call.region = std::move(region);
    call.time = time;
    return call;
  }
  static api::MetricDatum datum(std::string metric, double value, SystemTime at = kNow,
                                std::vector<api::Dimension> dimensions = {}, std::string unit = "") {
    api::MetricDatum datum;
    datum.MetricName = std::move(metric);
    datum.Value = value;
    datum.Timestamp = at;
    if (!dimensions.empty()) datum.Dimensions = std::move(dimensions);
    if (!unit.empty()) datum.Unit = std::move(unit);
    return datum;
  }
  aws::Outcome<api::PutMetricDataResponse> put(std::vector<api::MetricDatum> data,
                                               std::string name_space = "Site") {
    return cloudwatch_.PutMetricData(call_,
                                     {.Namespace = std::move(name_space), .MetricData = std::move(data)});
  }
  // "code: message"; "" when the call is accepted.
  template <typename T>
  static std::string refusal(const aws::Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code + ": " + outcome.error().message;
  }

  store::ScratchDirectory directory_;
  ManualClock clock_{kNow};
  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics_;
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  std::unique_ptr<store::SeriesStore> series_;
  CloudWatch cloudwatch_{store_, *series_};
  aws::Call call_ = call_of("111122223333");
};

}  // namespace meridian::services::cloudwatch
