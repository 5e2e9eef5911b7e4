// PutLogEvents: what a batch may be, which of its events are too old or too new, and the rest kept.
#include <fmt/format.h>

#include "gen/logs/errors.h"
#include "services/logs/service.h"

namespace meridian::services::logs {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBatchBytesMax = 1024 * 1024, kBytesBesideMessage = 26;
constexpr std::chrono::days kPastMax{14};
constexpr std::chrono::hours kFutureMax{2}, kSpanMax{24};

aws::Outcome<void> check_batch(const std::vector<api::InputLogEvent>& events) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    bytes += events[i].message.size() + kBytesBesideMessage;
    if (i > 0 && events[i].timestamp < events[i - 1].timestamp)
      return api::errors::InvalidParameterException(
          "Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (bytes > kBatchBytesMax)
    return api::errors::InvalidParameterException(
        fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, kBatchBytesMax));
  return {};
}

// The events of a batch that are kept are in [first, end).
struct Parted {
  std::size_t expired_end = 0, too_old_end = 0, too_new_start = 0;
  std::size_t first() const { return std::max(expired_end, too_old_end); }
};

Parted part(const std::vector<api::InputLogEvent>& events, const GroupResource& group, SystemTime now) {
  const auto before = [&](SystemTime time) {
    const auto end = std::ranges::lower_bound(events, ms_of(time), {}, &api::InputLogEvent::timestamp);
    return static_cast<std::size_t>(end - events.begin());
  };
  Parted out;
  out.too_old_end = before(now - kPastMax);
  if (group.retention_days > 0) out.expired_end = before(now - std::chrono::days(group.retention_days));
  out.too_new_start = before(now + kFutureMax + milliseconds(1));
  return out;
}

std::optional<api::RejectedLogEventsInfo> rejected(const Parted& parted, std::size_t size) {
  api::RejectedLogEventsInfo info;
  if (parted.too_old_end > 0) info.tooOldLogEventEndIndex = static_cast<std::int32_t>(parted.too_old_end);
  // What is too old for any group is not told of as expired besides.
  if (parted.expired_end > parted.too_old_end)
    info.expiredLogEventEndIndex = static_cast<std::int32_t>(parted.expired_end);
  if (parted.too_new_start < size)
    info.tooNewLogEventStartIndex = static_cast<std::int32_t>(parted.too_new_start);
  if (info == api::RejectedLogEventsInfo()) return std::nullopt;
  return info;
}

}  // namespace

aws::Outcome<api::PutLogEventsResponse> Logs::PutLogEvents(aws::Call& call,
                                                           const api::PutLogEventsRequest& input) {
  TRY(check_batch(input.logEvents));
  const GroupResource group = TRY(this->group(call, input.logGroupName)).value;
  const StreamResource stream = TRY(this->stream(group, input.logStreamName)).value;
  const Parted parted = part(input.logEvents, group, call.time);
  std::vector<store::LogEvent> events;
  for (std::size_t i = parted.first(); i < parted.too_new_start; ++i)
    events.push_back({input.logEvents[i].timestamp, input.logEvents[i].message});
  if (!events.empty() && events.back().time_ms - events.front().time_ms > milliseconds(kSpanMax).count())
    return api::errors::InvalidParameterException(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  if (!call.dry_run && !events.empty())
    if (auto kept = ingest_.append(group, stream, events); !kept)
      return api::errors::ServiceUnavailableException(kept.error().message);

  api::PutLogEventsResponse out;
  out.rejectedLogEventsInfo = rejected(parted, input.logEvents.size());
  // Nothing is known of entities here, so each is one of no known type.
  if (input.entity) out.rejectedEntityInfo = api::RejectedEntityInfo{.errorType = "InvalidTypeValue"};
  // "PutLogEvents actions are always accepted even if the sequence token is not valid": nobody reads it
  // again.
  out.nextSequenceToken = fmt::format("49{:054}", call.time.time_since_epoch().count());
  return out;
}

}  // namespace meridian::services::logs
