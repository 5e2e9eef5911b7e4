// Log streams: made, listed by name or by their last event, deleted.
#include <algorithm>

#include "gen/logs/errors.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace meridian::services::logs {
namespace {

constexpr std::size_t kPerPage = 50, kScannedAtOnce = 1000;

}  // namespace

aws::Failure no_such_stream() {
  return api::errors::ResourceNotFoundException("The specified log stream does not exist.");
}

aws::Outcome<StoredStream> Logs::stream(const GroupResource& group, std::string_view name) {
  auto found = TRY(aws::read(store_, stream_key(group.id, name), decode_stream));
  if (!found) return no_such_stream();
  return *std::move(found);
}

aws::Outcome<std::vector<StreamResource>> Logs::streams(const GroupResource& group,
                                                        std::string_view name_prefix) {
  std::vector<StreamResource> out;
  const std::string prefix = streams_prefix(group.id).append(name_prefix);
  store::RangeOptions options{.limit = kScannedAtOnce};
  for (bool more = true; more;) {
    const store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
    for (const store::KeyValue& item : range.items)
      out.push_back(TRY(aws::or_failure(decode_stream(item.value))));
    more = range.more;
    if (more) options = {.limit = kScannedAtOnce, .start_after = range.items.back().key};
  }
  return out;
}

aws::Outcome<api::CreateLogStreamResponse> Logs::CreateLogStream(aws::Call& call,
                                                                 const api::CreateLogStreamRequest& input) {
  const StreamResource stream{input.logStreamName, random_.next(), call.time};
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredGroup found = TRY(group(call, input.logGroupName));
        auto made = make_stream(store_, found.value, found.modified, stream);
        if (made) return *std::move(made);
        if (made.error().code == ErrorCode::Exists)
          return api::errors::ResourceAlreadyExistsException(made.error().message);
        if (made.error().code == ErrorCode::Limit)
          return api::errors::LimitExceededException(made.error().message);
        return aws::internal_failure(made.error().message);
      },
      overtaken()));
  return api::CreateLogStreamResponse();
}

aws::Outcome<api::DeleteLogStreamResponse> Logs::DeleteLogStream(aws::Call& call,
                                                                 const api::DeleteLogStreamRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const GroupResource found = TRY(group(call, input.logGroupName)).value;
        const StoredStream gone = TRY(stream(found, input.logStreamName));
        const std::string key = stream_key(found.id, gone.value.name), count_key = stream_count_key(found.id);
        auto count = TRY(aws::read_or_default(store_, count_key, decode_count));
        --count.value.count;
        return store::Transaction{.preconditions = {{key, gone.modified}, {count_key, count.modified}},
                                  .puts = {{count_key, encode(count.value)}},
                                  .deletes = {key}};
      },
      overtaken()));
  return api::DeleteLogStreamResponse();
}

aws::Outcome<api::DescribeLogStreamsResponse> Logs::DescribeLogStreams(
    aws::Call& call, const api::DescribeLogStreamsRequest& input) {
  const GroupResource group = TRY(this->group(call, input.logGroupName, input.logGroupIdentifier)).value;
  const bool by_time = input.orderBy.value_or("LogStreamName") == "LastEventTime";
  if (by_time && input.logStreamNamePrefix)
    return api::errors::InvalidParameterException(
        "Cannot order by LastEventTime with a logStreamNamePrefix.");
  const auto facts = events_.streams_of(group.id);
  std::vector<StreamResource> streams =
      TRY(this->streams(group, input.logStreamNamePrefix.value_or("")));  // by name
  const auto last_event = [&](const StreamResource& stream) {
    const auto known = facts.find(stream.id);
    return known == facts.end() ? -1 : known->second.last.time_ms;
  };
  if (by_time) std::ranges::stable_sort(streams, {}, last_event);
  if (input.descending.value_or(false)) std::ranges::reverse(streams);

  auto at = streams.begin();
  if (input.nextToken) {
    // Behind the stream that was the last; when it is gone, the page that would follow cannot be told.
    const std::string last = TRY(read_page_token(*input.nextToken));
    at = std::ranges::find(streams, last, &StreamResource::name);
    if (at == streams.end())
      return api::errors::InvalidParameterException("The specified nextToken is invalid.");
    ++at;
  }
  api::DescribeLogStreamsResponse out;
  auto& shown = out.logStreams.emplace();
  for (; at != streams.end(); ++at) {
    if (shown.size() == static_cast<std::size_t>(input.limit.value_or(kPerPage))) {
      out.nextToken = page_token(*shown.back().logStreamName);
      break;
    }
    api::LogStream& stream = shown.emplace_back();
    stream.logStreamName = at->name;
    stream.creationTime = ms_of(at->created_at);
    stream.arn = stream_arn(group.place, group.name, at->name);
    stream.storedBytes = 0;  // as AWS says of streams since 2019
    const auto known = facts.find(at->id);
    if (known == facts.end()) continue;
    stream.firstEventTimestamp = known->second.first.time_ms;
    stream.lastEventTimestamp = known->second.last.time_ms;
    stream.lastIngestionTime = known->second.ingested_last_ms;
  }
  return out;
}

}  // namespace meridian::services::logs
