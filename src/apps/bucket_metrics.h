// AWS/S3 BucketSizeBytes and NumberOfObjects: what each bucket holds, counted once a day from its records,
// for CloudWatch. Rule: a page of records at a time with a pause behind it, so that a bucket of millions
// costs nobody a moment.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/log.h"
#include "net/loop.h"
#include "services/s3/resources.h"
#include "store/series/metric_sink.h"
#include "store/store.h"

namespace meridian::apps {

class BucketMetrics {
 public:
  static constexpr std::size_t kPage = 1000;
  static constexpr Duration kPause = std::chrono::milliseconds(5);

  BucketMetrics(store::Store& store, store::MetricSink& sink, Logger& logger)
      : store_(store), sink_(sink), logger_(logger) {}

  // At once, and then after every midnight (UTC). Before the loop runs, or on its thread.
  void start(net::Loop& loop);

 private:
  void look(net::Loop& loop);
  Result<void> begin();
  Result<void> count_page();
  void tell(SystemTime now);

  store::Store& store_;
  store::MetricSink& sink_;
  Logger& logger_;
  std::deque<services::s3::BucketResource> left_;  // to be counted; the first is being
  std::size_t kind_ = 0;                           // of its records
  std::string after_;
  std::uint64_t bytes_ = 0, objects_ = 0;  // so far
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
