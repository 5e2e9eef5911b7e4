// FilterLogEvents: the events of a group, or of some of its streams, that a pattern matches, in order of
// time.
#include <algorithm>

#include "gen/logs/errors.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace meridian::services::logs {
namespace {

constexpr std::size_t kPageBytesMax = 1024 * 1024;
constexpr std::int32_t kPageEventsMax = 10'000;
// A page ends after so much was searched, as AWS's do, however little was found.
constexpr std::size_t kSearchedBytesMax = 16 * 1024 * 1024, kReadAtOnce = 2000;

using StreamNames = std::map<std::uint64_t, std::string>;  // by id

struct Page {
  api::FilterLogEventsResponse out;
  std::size_t bytes = 0;

  bool takes(const store::StoredLogEvent& event, std::size_t most) const {
    return out.events->size() < most &&
           (bytes + event.message.size() <= kPageBytesMax || out.events->empty());
  }
  void add(store::StoredLogEvent event, const std::string& stream) {
    bytes += event.message.size();
    out.events->push_back({.logStreamName = stream,
                           .timestamp = event.at.time_ms,
                           .message = std::move(event.message),
                           .ingestionTime = event.ingested_ms,
                           .eventId = event_id(event.at)});
  }
};

}  // namespace

aws::Outcome<FilterPattern> parse_pattern(std::string_view text) {
  auto pattern = FilterPattern::parse(text);
  if (!pattern) return api::errors::InvalidParameterException(pattern.error().message);
  return *std::move(pattern);
}

aws::Outcome<api::FilterLogEventsResponse> Logs::FilterLogEvents(aws::Call& call,
                                                                 const api::FilterLogEventsRequest& input) {
  if (input.logStreamNames && input.logStreamNamePrefix)
    return api::errors::InvalidParameterException(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
  const FilterPattern pattern = TRY(parse_pattern(input.filterPattern.value_or("")));
  const GroupResource group = TRY(this->group(call, input.logGroupName, input.logGroupIdentifier)).value;
  StreamNames names;
  if (input.logStreamNames)
    for (const std::string& name : *input.logStreamNames)
      names[TRY(this->stream(group, name)).value.id] = name;
  else
    for (const StreamResource& stream : TRY(streams(group, input.logStreamNamePrefix.value_or(""))))
      names[stream.id] = stream.name;
  std::vector<std::uint64_t> ids;
  for (const auto& [id, name] : names) ids.push_back(id);

  store::LogRead read{.group = group.id, .streams = ids, .events_max = kReadAtOnce};
  read.from =
      store::LogPosition::start_of(std::max(input.startTime.value_or(0), oldest_kept_ms(group, call.time)));
  // Events of the end time itself belong to it, other than in GetLogEvents.
  if (input.endTime && *input.endTime < store::LogPosition::end().time_ms)
    read.to = store::LogPosition::start_of(*input.endTime + 1);
  if (input.nextToken) {
    const EventsToken token = TRY(read_events_token(TRY(read_page_token(*input.nextToken))));
    read.from = std::max(read.from, token.at);
  }

  const auto most = static_cast<std::size_t>(input.limit.value_or(kPageEventsMax));
  Page page;
  page.out.events.emplace();
  page.out.searchedLogStreams.emplace();  // always empty since 2020, says AWS
  const auto goes_on_at = [&](const store::LogPosition& at) {
    page.out.nextToken = page_token(events_token({true, at}));
    return std::move(page.out);
  };
  for (std::size_t searched = 0;;) {
    store::LogPage found = TRY(aws::or_failure(events_.read(read)));
    for (store::StoredLogEvent& event : found.events) {
      read.from = {event.at.time_ms, event.at.sequence + 1};
      searched += event.message.size() + 1;
      if (!pattern.matches(event.message)) continue;
      if (!page.takes(event, most)) return goes_on_at(event.at);
      const std::string& stream = names[event.stream];
      page.add(std::move(event), stream);
    }
    if (!found.more) return std::move(page.out);
    if (searched >= kSearchedBytesMax) return goes_on_at(read.from);
  }
}

}  // namespace meridian::services::logs
