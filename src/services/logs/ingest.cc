#include "services/logs/ingest.h"

#include <fmt/format.h>

#include "aws/stored.h"
#include "services/logs/metric_values.h"

namespace meridian::services::logs {

Result<store::Transaction> make_stream(store::Store& store, const GroupResource& group,
                                       store::Revision group_modified, const StreamResource& stream) {
  const std::string key = stream_key(group.id, stream.name), count_key = stream_count_key(group.id);
  if (TRY(store.get(key))) return fail(ErrorCode::Exists, "The specified log stream already exists");
  const auto counted = TRY(store.get(count_key));
  CountResource count;
  if (counted) count = TRY(decode_count(counted->value));
  if (count.count >= kStreamsMax)
    return fail(ErrorCode::Limit, fmt::format("A log group can have at most {} log streams.", kStreamsMax));
  ++count.count;
  return store::Transaction{.preconditions = {{group_key(group.place, group.name), group_modified},
                                              {key, 0},
                                              {count_key, counted ? counted->modified : 0}},
                            .puts = {{key, encode(stream)}, {count_key, encode(count)}},
                            .deletes = {}};
}

Result<void> Ingest::append(const store::LogDestination& destination,
                            std::span<const store::LogEvent> events) {
  const Place place{destination.account, destination.region};
  for (std::size_t attempt = 0; attempt < aws::kAttemptsMax; ++attempt) {
    const auto row = TRY(store_.get(group_key(place, destination.group)));
    if (!row) return fail(ErrorCode::NotFound, "there is no log group " + destination.group);
    const GroupResource group = TRY(decode_group(row->value));
    if (const auto known = TRY(store_.get(stream_key(group.id, destination.stream))))
      return append(group, TRY(decode_stream(known->value)), events);
    const StreamResource stream{destination.stream, random_.next(), clock_.now()};
    auto made = make_stream(store_, group, row->modified, stream);
    if (!made && made.error().code == ErrorCode::Exists) continue;
    auto committed = store_.commit(TRY(std::move(made)));
    if (committed) return append(group, stream, events);
    if (committed.error().code != ErrorCode::Conflict) return std::unexpected(committed.error());
  }
  return fail(ErrorCode::Conflict, "others change the log group all the time", ErrorSource::Self, true);
}

Result<void> Ingest::append(const GroupResource& group, const StreamResource& stream,
                            std::span<const store::LogEvent> events) {
  TRY(events_.append({group.id, stream.id}, events));
  if (group.metric_filters == 0) return {};
  if (auto published = publish(group, events); !published)
    logger_.warn("logs",
                 fmt::format("metrics of the log group {}: {}", group.name, published.error().message));
  return {};
}

Result<void> Ingest::publish(const GroupResource& group, std::span<const store::LogEvent> events) {
  std::vector<store::Sample> samples;
  for (const MetricFilterResource& filter : TRY(metric_filters(store_, group.id))) {
    const FilterPattern pattern = TRY(FilterPattern::parse(filter.pattern));
    for (store::Sample& sample : metric_samples(filter, pattern, group.place, events))
      samples.push_back(std::move(sample));
  }
  return samples.empty() ? Result<void>() : metrics_.add(samples);
}

}  // namespace meridian::services::logs
