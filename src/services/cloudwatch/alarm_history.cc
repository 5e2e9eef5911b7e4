// DescribeAlarmHistory: the newest first, or the oldest, also of alarms that are gone.
#include <charconv>

#include "gen/cloudwatch/errors.h"
#include "services/cloudwatch/alarm_input.h"
#include "services/cloudwatch/service.h"

namespace meridian::services::cloudwatch {
namespace {

using Kind = AlarmHistoryResource::Kind;

constexpr std::int32_t kPerPage = 100;

std::string_view to_string(Kind kind) {
  static constexpr std::string_view kNames[] = {"ConfigurationUpdate", "StateUpdate", "Action"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool takes(const api::DescribeAlarmHistoryInput& input, const AlarmHistoryResource& item) {
  if (input.AlarmName && *input.AlarmName != item.alarm) return false;
  if (input.HistoryItemType && *input.HistoryItemType != to_string(item.kind)) return false;
  if (input.StartDate && item.at < *input.StartDate) return false;
  if (input.EndDate && item.at > *input.EndDate) return false;
  if (!input.AlarmTypes) return true;
  const std::string_view type = item.composite ? "CompositeAlarm" : "MetricAlarm";
  return std::ranges::count(*input.AlarmTypes, type) > 0;
}

api::AlarmHistoryItem shown(const AlarmHistoryResource& item) {
  api::AlarmHistoryItem out;
  out.AlarmName = item.alarm;
  out.AlarmType = item.composite ? "CompositeAlarm" : "MetricAlarm";
  out.Timestamp = item.at;
  out.HistoryItemType = std::string(to_string(item.kind));
  out.HistorySummary = item.summary;
  out.HistoryData = item.data;
  return out;
}

}  // namespace

// The token is the number of the last line that was shown: lines that come between pages move nothing.
aws::Outcome<api::DescribeAlarmHistoryOutput> CloudWatch::DescribeAlarmHistory(
    aws::Call& call, const api::DescribeAlarmHistoryInput& input) {
  if (input.AlarmContributorId)
    return api::errors::InvalidParameterValueException("Contributors of alarms do not exist here.");
  const bool ascending = input.ScanBy && *input.ScanBy == "TimestampAscending";
  const auto ends = TRY(aws::read_or_default(store_, alarm_history_ends_key(call.account_id, call.region),
                                             decode_alarm_history_ends));
  std::uint64_t first = ends.value.first, next = ends.value.next;  // what is yet to be shown
  if (input.NextToken) {
    std::uint64_t last = 0;
    const char* const end = input.NextToken->data() + input.NextToken->size();
    const auto read = std::from_chars(input.NextToken->data(), end, last);
    if (read.ec != std::errc() || read.ptr != end)
      return api::errors::InvalidNextToken("The value for parameter NextToken is invalid.");
    if (ascending)
      first = std::max(first, last + 1);
    else
      next = std::min(next, last);
  }
  std::size_t room = static_cast<std::size_t>(input.MaxRecords.value_or(kPerPage));
  api::DescribeAlarmHistoryOutput out;
  auto& items = out.AlarmHistoryItems.emplace();
  std::uint64_t last = 0;
  while (first < next) {
    const std::uint64_t number = ascending ? first++ : --next;
    const auto item =
        TRY(aws::read(store_, alarm_history_key(call.account_id, call.region, number), decode_alarm_history));
    if (!item || !takes(input, item->value)) continue;
    if (room == 0) {
      out.NextToken = std::to_string(last);
      return out;
    }
    --room;
    last = number;
    items.push_back(shown(item->value));
  }
  return out;
}

}  // namespace meridian::services::cloudwatch
