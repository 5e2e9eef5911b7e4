// GetLogEvents: the events of one stream, a page at a time, in either direction.
#include "gen/logs/errors.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace meridian::services::logs {
namespace {

constexpr std::size_t kPageBytesMax = 1024 * 1024;
constexpr std::int32_t kPageEventsMax = 10'000;

}  // namespace

aws::Outcome<api::GetLogEventsResponse> Logs::GetLogEvents(aws::Call& call,
                                                           const api::GetLogEventsRequest& input) {
  const GroupResource group = TRY(this->group(call, input.logGroupName, input.logGroupIdentifier)).value;
  const std::uint64_t stream = TRY(this->stream(group, input.logStreamName)).value.id;
  store::LogRead read{.group = group.id, .streams = {&stream, 1}};
  read.from =
      store::LogPosition::start_of(std::max(input.startTime.value_or(0), oldest_kept_ms(group, call.time)));
  if (input.endTime) read.to = store::LogPosition::start_of(*input.endTime);
  read.forward = input.startFromHead.value_or(false);
  read.events_max = static_cast<std::size_t>(input.limit.value_or(kPageEventsMax));
  read.bytes_max = kPageBytesMax;
  // Where nothing is found, both tokens stay there: so that what comes later is found, and the end of a
  // listing is told by the token that led to it.
  store::LogPosition nowhere = read.from;
  if (input.nextToken) {
    const EventsToken token = TRY(read_events_token(*input.nextToken));
    read.forward = token.forward;
    nowhere = token.at;
    if (token.forward)
      read.from = std::max(read.from, token.at);
    else
      read.to = std::min(read.to, token.at);
  }
  store::LogPage page = TRY(aws::or_failure(events_.read(read)));
  if (!read.forward) std::ranges::reverse(page.events);

  api::GetLogEventsResponse out;
  auto& events = out.events.emplace();
  for (store::StoredLogEvent& event : page.events)
    events.push_back({.timestamp = event.at.time_ms,
                      .message = std::move(event.message),
                      .ingestionTime = event.ingested_ms});
  const store::LogPosition first = page.events.empty() ? nowhere : page.events.front().at;
  store::LogPosition behind = page.events.empty() ? nowhere : page.events.back().at;
  if (!page.events.empty()) ++behind.sequence;
  out.nextForwardToken = events_token({true, behind});
  out.nextBackwardToken = events_token({false, first});
  return out;
}

}  // namespace meridian::services::logs
