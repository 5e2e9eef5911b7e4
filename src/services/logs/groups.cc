// Log groups: made, listed, their retention, deleted with all they hold.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gen/logs/errors.h"
#include "services/logs/service.h"
#include "services/logs/tokens.h"

namespace meridian::services::logs {
namespace {

constexpr std::uint64_t kGroupsMax = 1'000'000;  // of an account in a region
constexpr std::size_t kPerPage = 50, kScannedAtOnce = 256, kStreamsDeletedAtOnce = 1000;
constexpr std::array kRetentionDays{1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

aws::Outcome<void> check_new_group(const api::CreateLogGroupRequest& input) {
  if (input.logGroupName.starts_with("aws/"))
    return api::errors::InvalidParameterException("Log groups starting with aws/ are reserved.");
  if (input.kmsKeyId)
    return api::errors::InvalidParameterException("Log groups cannot be encrypted with KMS keys here.");
  if (input.logGroupClass.value_or("STANDARD") != "STANDARD")
    return api::errors::InvalidParameterException("There is no log class but STANDARD here.");
  return {};
}

// What a listing takes: by prefix, by a part of the name, or by names.
struct Wanted {
  std::string prefix, part;
  std::vector<std::string> names;
};

// The name in an ARN of a group of `place`, or the name itself.
std::optional<std::string> name_in(const Place& place, std::string_view identifier) {
  if (!identifier.starts_with("arn:")) return std::string(identifier);
  const std::string prefix = group_arn(place, "");
  if (!identifier.starts_with(prefix)) return std::nullopt;
  identifier.remove_prefix(prefix.size());
  if (identifier.ends_with(":*")) identifier.remove_suffix(2);
  return std::string(identifier);
}

aws::Outcome<Wanted> wanted(const Place& place, const api::DescribeLogGroupsRequest& input) {
  if (input.logGroupNamePrefix && input.logGroupNamePattern)
    return api::errors::InvalidParameterException(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  if (input.includeLinkedAccounts.value_or(false) || input.accountIdentifiers)
    return api::errors::InvalidParameterException("There are no linked accounts here.");
  Wanted out{input.logGroupNamePrefix.value_or(""), input.logGroupNamePattern.value_or(""), {}};
  if (!input.logGroupIdentifiers) return out;
  if (input.logGroupNamePrefix || input.logGroupNamePattern || input.logGroupClass)
    return api::errors::InvalidParameterException(
        "logGroupIdentifiers cannot be used together with another filter.");
  for (const std::string& identifier : *input.logGroupIdentifiers)
    if (auto name = name_in(place, identifier)) out.names.push_back(*std::move(name));
  std::ranges::sort(out.names);
  return out;
}

api::LogGroup shown(const GroupResource& group) {
  api::LogGroup out;
  out.logGroupName = group.name;
  out.creationTime = ms_of(group.created_at);
  out.logGroupArn = group_arn(group.place, group.name);
  out.arn = *out.logGroupArn + ":*";
  return out;
}

}  // namespace

aws::Failure overtaken() {
  return api::errors::OperationAbortedException(
      "A conflicting operation is currently in progress against this resource. Please try again.");
}

std::int64_t oldest_kept_ms(const GroupResource& group, SystemTime now) {
  return group.retention_days == 0 ? 0 : ms_of(now - std::chrono::days(group.retention_days));
}

aws::Outcome<StoredGroup> Logs::group(const aws::Call& call, std::string_view name) {
  auto found = TRY(aws::read(store_, group_key(place_of(call), name), decode_group));
  if (!found) return api::errors::ResourceNotFoundException("The specified log group does not exist.");
  return *std::move(found);
}

aws::Outcome<StoredGroup> Logs::group(const aws::Call& call, const std::optional<std::string>& name,
                                      const std::optional<std::string>& identifier) {
  if (name.has_value() == identifier.has_value())
    return api::errors::InvalidParameterException(
        "Exactly one of logGroupName and logGroupIdentifier must be given.");
  const auto named = name ? name : name_in(place_of(call), *identifier);
  if (!named) return api::errors::ResourceNotFoundException("The specified log group does not exist.");
  return group(call, *named);
}

aws::Outcome<api::CreateLogGroupResponse> Logs::CreateLogGroup(aws::Call& call,
                                                               const api::CreateLogGroupRequest& input) {
  TRY(check_new_group(input));
  GroupResource group;
  group.place = place_of(call);
  group.name = input.logGroupName;
  group.id = random_.next();
  group.created_at = call.time;
  group.deletion_protected = input.deletionProtectionEnabled.value_or(false);
  if (input.tags) {
    TRY(check_tags(*input.tags));
    group.tags = *input.tags;
  }
  const std::string key = group_key(group.place, group.name), count_key = group_count_key(group.place);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        if (TRY(aws::or_failure(store_.get(key))))
          return api::errors::ResourceAlreadyExistsException("The specified log group already exists");
        auto count = TRY(aws::read_or_default(store_, count_key, decode_count));
        if (count.value.count >= kGroupsMax)
          return api::errors::LimitExceededException(
              fmt::format("An account can have at most {} log groups in a region.", kGroupsMax));
        ++count.value.count;
        return store::Transaction{.preconditions = {{key, 0}, {count_key, count.modified}},
                                  .puts = {{key, encode(group)}, {count_key, encode(count.value)}},
                                  .deletes = {}};
      },
      overtaken()));
  return api::CreateLogGroupResponse();
}

aws::Outcome<api::DeleteLogGroupResponse> Logs::DeleteLogGroup(aws::Call& call,
                                                               const api::DeleteLogGroupRequest& input) {
  const Place place = place_of(call);
  const std::string count_key = group_count_key(place);
  std::uint64_t id = 0;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredGroup found = TRY(group(call, input.logGroupName));
        if (found.value.deletion_protected)
          return api::errors::ValidationException(
              "The log group is protected from deletion. Disable its deletion protection first.");
        id = found.value.id;
        auto count = TRY(aws::read_or_default(store_, count_key, decode_count));
        --count.value.count;
        store::Transaction transaction;
        transaction.preconditions = {{group_key(place, found.value.name), found.modified},
                                     {count_key, count.modified}};
        transaction.puts = {{count_key, encode(count.value)}};
        transaction.deletes = {group_key(place, found.value.name), stream_count_key(id),
                               group_policy_key(id)};
        for (const auto& filter : TRY(aws::or_failure(store_.range(metric_filters_prefix(id)))).items)
          transaction.deletes.push_back(filter.key);
        return transaction;
      },
      overtaken()));
  // Nobody finds them any more.
  for (bool more = true; more;) {
    const auto streams =
        TRY(aws::or_failure(store_.range(streams_prefix(id), {.limit = kStreamsDeletedAtOnce})));
    more = streams.more;
    store::Transaction transaction;
    for (const store::KeyValue& item : streams.items) transaction.deletes.push_back(item.key);
    if (!streams.items.empty()) TRY(aws::or_failure(store_.commit(std::move(transaction))));
  }
  return api::DeleteLogGroupResponse();
}

aws::Outcome<api::DescribeLogGroupsResponse> Logs::DescribeLogGroups(
    aws::Call& call, const api::DescribeLogGroupsRequest& input) {
  const Place place = place_of(call);
  const Wanted wanted = TRY(logs::wanted(place, input));
  const auto most = static_cast<std::size_t>(input.limit.value_or(kPerPage));
  const std::string all = groups_prefix(place), prefix = all + wanted.prefix;
  api::DescribeLogGroupsResponse out;
  auto& groups = out.logGroups.emplace();
  if (input.logGroupClass.value_or("STANDARD") != "STANDARD") return out;
  const auto stored_bytes = events_.message_bytes_by_group();
  store::RangeOptions options{.limit = kScannedAtOnce};
  if (input.nextToken) options.start_after = all + TRY(read_page_token(*input.nextToken));
  for (bool more = true; more;) {
    const store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
    for (const store::KeyValue& item : range.items) {
      const GroupResource group = TRY(aws::or_failure(decode_group(item.value)));
      if (group.name.find(wanted.part) == group.name.npos) continue;
      if (input.logGroupIdentifiers && !std::ranges::binary_search(wanted.names, group.name)) continue;
      if (groups.size() == most) {
        out.nextToken = page_token(*groups.back().logGroupName);
        return out;
      }
      groups.push_back(shown(group));
      if (input.logGroupNamePattern) continue;  // shows no more than these
      api::LogGroup& last = groups.back();
      if (group.retention_days > 0) last.retentionInDays = group.retention_days;
      last.metricFilterCount = static_cast<std::int32_t>(group.metric_filters);
      const auto bytes = stored_bytes.find(group.id);
      last.storedBytes = bytes == stored_bytes.end() ? 0 : static_cast<std::int64_t>(bytes->second);
      last.logGroupClass = "STANDARD";
      last.deletionProtectionEnabled = group.deletion_protected;
    }
    more = range.more;
    if (more) options = {.limit = kScannedAtOnce, .start_after = range.items.back().key};
  }
  return out;
}

aws::Outcome<api::PutRetentionPolicyResponse> Logs::PutRetentionPolicy(
    aws::Call& call, const api::PutRetentionPolicyRequest& input) {
  if (std::ranges::find(kRetentionDays, input.retentionInDays) == kRetentionDays.end())
    return api::errors::InvalidParameterException(
        fmt::format("1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy "
                    "constraint: Member must satisfy enum value set: [{}]",
                    input.retentionInDays, fmt::join(kRetentionDays, ", ")));
  TRY(change_group(call, input.logGroupName,
                   [&](GroupResource& group, store::Transaction&) -> aws::Outcome<void> {
                     group.retention_days = input.retentionInDays;
                     return {};
                   }));
  return api::PutRetentionPolicyResponse();
}

aws::Outcome<api::DeleteRetentionPolicyResponse> Logs::DeleteRetentionPolicy(
    aws::Call& call, const api::DeleteRetentionPolicyRequest& input) {
  TRY(change_group(call, input.logGroupName,
                   [](GroupResource& group, store::Transaction&) -> aws::Outcome<void> {
                     group.retention_days = 0;
                     return {};
                   }));
  return api::DeleteRetentionPolicyResponse();
}

aws::Outcome<api::PutLogGroupDeletionProtectionResponse> Logs::PutLogGroupDeletionProtection(
    aws::Call& call, const api::PutLogGroupDeletionProtectionRequest& input) {
  const std::optional<std::string> name = name_in(place_of(call), input.logGroupIdentifier);
  TRY(change_group(call, name.value_or(""),
                   [&](GroupResource& group, store::Transaction&) -> aws::Outcome<void> {
                     group.deletion_protected = input.deletionProtectionEnabled;
                     return {};
                   }));
  return api::PutLogGroupDeletionProtectionResponse();
}

}  // namespace meridian::services::logs
