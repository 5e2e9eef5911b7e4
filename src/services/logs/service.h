// CloudWatch Logs: groups and streams of log events, read by time and by filter pattern; metric filters,
// resource policies, tags. Rules: what PutLogEvents has acknowledged survives kill -9; a dry run appends
// nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "base/clock.h"
#include "base/random.h"
#include "gen/logs/api.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/ingest.h"
#include "services/logs/resources.h"
#include "store/log_store/log_store.h"
#include "store/store.h"

namespace meridian::services::logs {

namespace api = gen::logs;

using StoredGroup = aws::Stored<GroupResource>;
using StoredStream = aws::Stored<StreamResource>;

class Logs final : public api::Api {
 public:
  Logs(store::Store& store, store::LogStore& events, Ingest& ingest, Random& random)
      : store_(store), events_(events), ingest_(ingest), random_(random) {}

  // groups.cc
  aws::Outcome<api::CreateLogGroupResponse> CreateLogGroup(aws::Call&,
                                                           const api::CreateLogGroupRequest&) override;
  aws::Outcome<api::DeleteLogGroupResponse> DeleteLogGroup(aws::Call&,
                                                           const api::DeleteLogGroupRequest&) override;
  aws::Outcome<api::DescribeLogGroupsResponse> DescribeLogGroups(
      aws::Call&, const api::DescribeLogGroupsRequest&) override;
  aws::Outcome<api::PutRetentionPolicyResponse> PutRetentionPolicy(
      aws::Call&, const api::PutRetentionPolicyRequest&) override;
  aws::Outcome<api::DeleteRetentionPolicyResponse> DeleteRetentionPolicy(
      aws::Call&, const api::DeleteRetentionPolicyRequest&) override;
  aws::Outcome<api::PutLogGroupDeletionProtectionResponse> PutLogGroupDeletionProtection(
      aws::Call&, const api::PutLogGroupDeletionProtectionRequest&) override;

  // streams.cc
  aws::Outcome<api::CreateLogStreamResponse> CreateLogStream(aws::Call&,
                                                             const api::CreateLogStreamRequest&) override;
  aws::Outcome<api::DeleteLogStreamResponse> DeleteLogStream(aws::Call&,
                                                             const api::DeleteLogStreamRequest&) override;
  aws::Outcome<api::DescribeLogStreamsResponse> DescribeLogStreams(
      aws::Call&, const api::DescribeLogStreamsRequest&) override;

  // put_log_events.cc
  aws::Outcome<api::PutLogEventsResponse> PutLogEvents(aws::Call&, const api::PutLogEventsRequest&) override;

  // get_log_events.cc
  aws::Outcome<api::GetLogEventsResponse> GetLogEvents(aws::Call&, const api::GetLogEventsRequest&) override;

  // filter_log_events.cc
  aws::Outcome<api::FilterLogEventsResponse> FilterLogEvents(aws::Call&,
                                                             const api::FilterLogEventsRequest&) override;

  // tags.cc
  aws::Outcome<api::TagResourceResponse> TagResource(aws::Call&, const api::TagResourceRequest&) override;
  aws::Outcome<api::UntagResourceResponse> UntagResource(aws::Call&,
                                                         const api::UntagResourceRequest&) override;
  aws::Outcome<api::ListTagsForResourceResponse> ListTagsForResource(
      aws::Call&, const api::ListTagsForResourceRequest&) override;
  aws::Outcome<api::TagLogGroupResponse> TagLogGroup(aws::Call&, const api::TagLogGroupRequest&) override;
  aws::Outcome<api::UntagLogGroupResponse> UntagLogGroup(aws::Call&,
                                                         const api::UntagLogGroupRequest&) override;
  aws::Outcome<api::ListTagsLogGroupResponse> ListTagsLogGroup(aws::Call&,
                                                               const api::ListTagsLogGroupRequest&) override;

  // resource_policies.cc
  aws::Outcome<api::PutResourcePolicyResponse> PutResourcePolicy(
      aws::Call&, const api::PutResourcePolicyRequest&) override;
  aws::Outcome<api::DescribeResourcePoliciesResponse> DescribeResourcePolicies(
      aws::Call&, const api::DescribeResourcePoliciesRequest&) override;
  aws::Outcome<api::DeleteResourcePolicyResponse> DeleteResourcePolicy(
      aws::Call&, const api::DeleteResourcePolicyRequest&) override;

  // metric_filters.cc
  aws::Outcome<api::PutMetricFilterResponse> PutMetricFilter(aws::Call&,
                                                             const api::PutMetricFilterRequest&) override;
  aws::Outcome<api::DeleteMetricFilterResponse> DeleteMetricFilter(
      aws::Call&, const api::DeleteMetricFilterRequest&) override;
  aws::Outcome<api::DescribeMetricFiltersResponse> DescribeMetricFilters(
      aws::Call&, const api::DescribeMetricFiltersRequest&) override;
  aws::Outcome<api::TestMetricFilterResponse> TestMetricFilter(aws::Call&,
                                                               const api::TestMetricFilterRequest&) override;

 private:
  aws::Outcome<StoredGroup> group(const aws::Call& call, std::string_view name);
  // The group that a call names by one of the two members.
  aws::Outcome<StoredGroup> group(const aws::Call& call, const std::optional<std::string>& name,
                                  const std::optional<std::string>& identifier);
  aws::Outcome<StoredStream> stream(const GroupResource& group, std::string_view name);
  // Changes a group; `change` may refuse.
  template <typename Change>
  aws::Outcome<void> change_group(const aws::Call& call, std::string_view name, Change change);
  aws::Outcome<std::vector<StreamResource>> streams(const GroupResource& group, std::string_view name_prefix);
  aws::Outcome<void> add_tags(const aws::Call& call, std::string_view group,
                              const std::map<std::string, std::string>& tags);
  aws::Outcome<void> remove_tags(const aws::Call& call, std::string_view group,
                                 const std::vector<std::string>& keys);
  aws::Outcome<api::PutResourcePolicyResponse> put_group_policy(const aws::Call& call,
                                                                const api::PutResourcePolicyRequest& input);
  aws::Outcome<std::vector<api::MetricFilter>> all_metric_filters(
      const aws::Call& call, const api::DescribeMetricFiltersRequest& input);

  store::Store& store_;
  store::LogStore& events_;
  Ingest& ingest_;
  Random& random_;
};

// Others changed the same things faster every time.
aws::Failure overtaken();
aws::Failure no_such_stream();
aws::Outcome<FilterPattern> parse_pattern(std::string_view text);
aws::Outcome<void> check_tags(const std::map<std::string, std::string>& tags);

inline std::int64_t ms_of(SystemTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

// Events before it have expired.
std::int64_t oldest_kept_ms(const GroupResource& group, SystemTime now);

inline Place place_of(const aws::Call& call) {
  return {call.account_id, call.region};
}

template <typename Change>
aws::Outcome<void> Logs::change_group(const aws::Call& call, std::string_view name, Change change) {
  const std::string key = group_key(place_of(call), name);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredGroup found = TRY(group(call, name));
        store::Transaction transaction;
        transaction.preconditions = {{key, found.modified}};
        TRY(change(found.value, transaction));
        transaction.puts.push_back({key, encode(found.value)});
        return transaction;
      },
      overtaken()));
  return {};
}

}  // namespace meridian::services::logs
