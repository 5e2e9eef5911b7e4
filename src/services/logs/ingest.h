// How events come into a log: of a group that is there, into a stream that is made when it is not.
// PutLogEvents and the parts of this server that log (store::LogSink) both end here.
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "services/logs/resources.h"
#include "store/log_store/log_sink.h"
#include "store/log_store/log_store.h"
#include "store/series/metric_sink.h"
#include "store/store.h"

namespace meridian::services::logs {

inline constexpr std::uint64_t kStreamsMax = 100'000;  // of a group

class Ingest final : public store::LogSink {
 public:
  Ingest(store::Store& store, store::LogStore& events, store::MetricSink& metrics, const Clock& clock,
         Random& random, Logger& logger)
      : store_(store), events_(events), metrics_(metrics), clock_(clock), random_(random), logger_(logger) {}

  Result<void> append(const store::LogDestination& destination,
                      std::span<const store::LogEvent> events) override;
  // Into a stream that is there. Metrics that cannot be kept are logged, since the events are kept.
  Result<void> append(const GroupResource& group, const StreamResource& stream,
                      std::span<const store::LogEvent> events);

 private:
  Result<void> publish(const GroupResource& group, std::span<const store::LogEvent> events);

  store::Store& store_;
  store::LogStore& events_;
  store::MetricSink& metrics_;
  const Clock& clock_;
  Random& random_;
  Logger& logger_;
};

// The transaction that makes a stream. Exists: there is one of that name; Limit: there are kStreamsMax.
// `group_modified`: of the group's row, so that none is made in a group that goes.
Result<store::Transaction> make_stream(store::Store& store, const GroupResource& group,
                                       store::Revision group_modified, const StreamResource& stream);

}  // namespace meridian::services::logs
