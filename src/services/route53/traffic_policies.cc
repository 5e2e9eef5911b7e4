// Traffic policies and their versions: documents, kept as they were given.
#include <charconv>

#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/route53/service.h"
#include "services/route53/traffic_policy_document.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

api::TrafficPolicy shown(const TrafficPolicyResource& policy, const TrafficPolicyVersionResource& version,
                         std::string document) {
  return {.Id = policy.id,
          .Version = static_cast<std::int32_t>(version.version),
          .Name = policy.name,
          .Type = dns::to_string(version.type),
          .Document = std::move(document),
          .Comment = version.comment};
}

std::string location_of(const TrafficPolicyResource& policy) {
  return fmt::format("https://route53.amazonaws.com/2013-04-01/trafficpolicy/{}/{}", policy.id,
                     policy.last_version);
}

aws::Failure changed_meanwhile() {
  return api::errors::ConcurrentModification(
      "Another user submitted a request to create, update, or delete the object at the same time that you "
      "did. "
      "Retry the request.");
}

aws::Outcome<TrafficPolicyDocument> read_document(std::string_view text) {
  auto document = parse_traffic_policy_document(text);
  if (!document) return api::errors::InvalidTrafficPolicyDocument(document.error());
  return *std::move(document);
}

// Makes it the newest of its policy.
void add_version(TrafficPolicyResource& policy, const TrafficPolicyVersionResource& version,
                 const std::string& document, store::Transaction& transaction) {
  policy.last_version = policy.latest_version = version.version;
  policy.latest_type = version.type;
  ++policy.version_count;
  transaction.puts.push_back({traffic_policy_key(policy.id), encode(policy)});
  transaction.puts.push_back({traffic_policy_version_key(policy.id, version.version), encode(version)});
  transaction.puts.push_back({traffic_policy_document_key(policy.id, version.version), document});
}

}  // namespace

aws::Outcome<Route53::StoredTrafficPolicy> Route53::traffic_policy(const aws::Call& call,
                                                                   std::string_view id) {
  auto found = TRY(aws::read(store_, traffic_policy_key(id), decode_traffic_policy));
  if (!found || found->value.account != call.account_id)
    return api::errors::NoSuchTrafficPolicy(fmt::format("No traffic policy exists with ID {}.", id));
  return *std::move(found);
}

aws::Outcome<Route53::StoredTrafficPolicyVersion> Route53::traffic_policy_version(
    const TrafficPolicyResource& policy, std::int32_t version) {
  auto found =
      TRY(aws::read(store_, traffic_policy_version_key(policy.id, static_cast<std::uint32_t>(version)),
                    decode_traffic_policy_version));
  if (!found)
    return api::errors::NoSuchTrafficPolicy(
        fmt::format("No traffic policy exists with ID {} and version {}.", policy.id, version));
  return *std::move(found);
}

aws::Outcome<std::string> Route53::traffic_policy_document(const TrafficPolicyResource& policy,
                                                           std::uint32_t version) {
  auto found = TRY(aws::or_failure(store_.get(traffic_policy_document_key(policy.id, version))));
  return found ? std::move(found->value) : std::string();
}

aws::Outcome<api::CreateTrafficPolicyResponse> Route53::CreateTrafficPolicy(
    aws::Call& call, const api::CreateTrafficPolicyRequest& input) {
  const dns::Type type = TRY(read_document(input.Document)).record_type;
  const TrafficPolicyVersionResource version{1, type, input.Comment};
  TrafficPolicyResource policy;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        policy = {.id = make_uuid(random_),
                  .account = call.account_id,
                  .name = input.Name,
                  .created_at = clock_.now()};
        const std::string name_key = traffic_policy_name_key(policy.account, policy.name);
        if (TRY(aws::or_failure(store_.get(name_key))))
          return api::errors::TrafficPolicyAlreadyExists(
              fmt::format("A traffic policy that has the name {} already exists.", policy.name));
        auto account = TRY(aws::read_or_default(store_, account_key(policy.account), decode_account));
        if (account.value.traffic_policy_count >= quotas_.traffic_policies_max) {
          return api::errors::TooManyTrafficPolicies(fmt::format(
              "Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER - Cannot create more than {} traffic policies.",
              quotas_.traffic_policies_max));
        }
        ++account.value.traffic_policy_count;
        store::Transaction transaction;
        transaction.preconditions = {{name_key, 0}, {account_key(policy.account), account.modified}};
        add_version(policy, version, input.Document, transaction);
        transaction.puts.push_back({name_key, policy.id});
        transaction.puts.push_back({account_traffic_policy_key(policy), policy.id});
        transaction.puts.push_back({account_key(policy.account), encode(account.value)});
        return transaction;
      },
      changed_meanwhile()));
  return api::CreateTrafficPolicyResponse{.TrafficPolicy = shown(policy, version, input.Document),
                                          .Location = location_of(policy)};
}

aws::Outcome<api::CreateTrafficPolicyVersionResponse> Route53::CreateTrafficPolicyVersion(
    aws::Call& call, const api::CreateTrafficPolicyVersionRequest& input) {
  TRY(traffic_policy(call, input.Id));
  TrafficPolicyVersionResource version{0, TRY(read_document(input.Document)).record_type, input.Comment};
  TrafficPolicyResource policy;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredTrafficPolicy stored = TRY(traffic_policy(call, input.Id));
        if (stored.value.last_version >= kTrafficPolicyVersionsMax) {
          return api::errors::TooManyTrafficPolicyVersionsForCurrentPolicy(fmt::format(
              "Cannot create more than {} versions of a traffic policy.", kTrafficPolicyVersionsMax));
        }
        policy = std::move(stored.value);
        version.version = policy.last_version + 1;
        store::Transaction transaction;
        transaction.preconditions = {{traffic_policy_key(policy.id), stored.modified}};
        add_version(policy, version, input.Document, transaction);
        return transaction;
      },
      changed_meanwhile()));
  return api::CreateTrafficPolicyVersionResponse{.TrafficPolicy = shown(policy, version, input.Document),
                                                 .Location = location_of(policy)};
}

aws::Outcome<api::GetTrafficPolicyResponse> Route53::GetTrafficPolicy(
    aws::Call& call, const api::GetTrafficPolicyRequest& input) {
  const TrafficPolicyResource policy = TRY(traffic_policy(call, input.Id)).value;
  const TrafficPolicyVersionResource version = TRY(traffic_policy_version(policy, input.Version)).value;
  return api::GetTrafficPolicyResponse{
      .TrafficPolicy = shown(policy, version, TRY(traffic_policy_document(policy, version.version)))};
}

// Removes a version; with the last one goes the policy.
aws::Outcome<store::Transaction> Route53::without_version(StoredTrafficPolicy stored,
                                                          const TrafficPolicyVersionResource& version) {
  TrafficPolicyResource& policy = stored.value;
  store::Transaction transaction;
  transaction.preconditions = {{traffic_policy_key(policy.id), stored.modified}};
  transaction.deletes = {traffic_policy_version_key(policy.id, version.version),
                         traffic_policy_document_key(policy.id, version.version)};
  if (--policy.version_count == 0) {
    auto account = TRY(aws::read_or_default(store_, account_key(policy.account), decode_account));
    --account.value.traffic_policy_count;
    transaction.preconditions.push_back({account_key(policy.account), account.modified});
    transaction.puts.push_back({account_key(policy.account), encode(account.value)});
    for (std::string key : {traffic_policy_key(policy.id), account_traffic_policy_key(policy),
                            traffic_policy_name_key(policy.account, policy.name)})
      transaction.deletes.push_back(std::move(key));
    return transaction;
  }
  store::Range all = TRY(aws::or_failure(store_.range(traffic_policy_versions_prefix(policy.id))));
  for (const store::KeyValue& item : all.items) {
    const auto other = TRY(aws::or_failure(decode_traffic_policy_version(item.value)));
    if (other.version == version.version) continue;
    policy.latest_version = other.version;
    policy.latest_type = other.type;
  }
  transaction.puts.push_back({traffic_policy_key(policy.id), encode(policy)});
  return transaction;
}

aws::Outcome<api::DeleteTrafficPolicyResponse> Route53::DeleteTrafficPolicy(
    aws::Call& call, const api::DeleteTrafficPolicyRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        // The policy first: an instance that is made of it afterwards rewrites its key.
        StoredTrafficPolicy policy = TRY(traffic_policy(call, input.Id));
        const auto version = TRY(traffic_policy_version(policy.value, input.Version)).value;
        const std::string users = traffic_policy_users_prefix(policy.value.id, version.version);
        if (!TRY(aws::or_failure(store_.range(users, {.limit = 1}))).items.empty()) {
          return api::errors::TrafficPolicyInUse(
              fmt::format("Traffic policy {} version {} is used by one or more traffic policy instances.",
                          policy.value.id, version.version));
        }
        return without_version(std::move(policy), version);
      },
      changed_meanwhile()));
  return api::DeleteTrafficPolicyResponse();
}

aws::Outcome<api::UpdateTrafficPolicyCommentResponse> Route53::UpdateTrafficPolicyComment(
    aws::Call& call, const api::UpdateTrafficPolicyCommentRequest& input) {
  api::UpdateTrafficPolicyCommentResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const TrafficPolicyResource policy = TRY(traffic_policy(call, input.Id)).value;
        auto version = TRY(traffic_policy_version(policy, input.Version));
        version.value.comment = input.Comment;
        out.TrafficPolicy =
            shown(policy, version.value, TRY(traffic_policy_document(policy, version.value.version)));
        const std::string key = traffic_policy_version_key(policy.id, version.value.version);
        return store::Transaction{.preconditions = {{key, version.modified}},
                                  .puts = {{key, encode(version.value)}},
                                  .deletes = {}};
      },
      changed_meanwhile()));
  return out;
}

aws::Outcome<api::ListTrafficPoliciesResponse> Route53::ListTrafficPolicies(
    aws::Call& call, const api::ListTrafficPoliciesRequest& input) {
  auto most = parse_max_items(input.MaxItems, kTrafficPoliciesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  const std::string prefix = account_traffic_policies_prefix(call.account_id);
  store::RangeOptions options{.limit = *most + 1};
  if (input.TrafficPolicyIdMarker) {
    auto first = traffic_policy(call, *input.TrafficPolicyIdMarker);
    if (!first && first.error().code == "NoSuchTrafficPolicy")
      return api::errors::InvalidInput(first.error().message);
    options.start_at = account_traffic_policy_key(TRY(std::move(first)).value);
  }
  store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
  api::ListTrafficPoliciesResponse out;
  out.MaxItems = std::to_string(*most);
  if (range.items.size() > *most) {
    out.IsTruncated = true;
    out.TrafficPolicyIdMarker = range.items.back().value;
    range.items.pop_back();
  }
  for (const store::KeyValue& item : range.items) {
    auto policy = TRY(aws::read(store_, traffic_policy_key(item.value), decode_traffic_policy));
    if (!policy) continue;  // deleted since the index was read
    out.TrafficPolicySummaries.push_back(
        {.Id = policy->value.id,
         .Name = policy->value.name,
         .Type = dns::to_string(policy->value.latest_type),
         .LatestVersion = static_cast<std::int32_t>(policy->value.latest_version),
         .TrafficPolicyCount = static_cast<std::int32_t>(policy->value.version_count)});
  }
  return out;
}

aws::Outcome<api::ListTrafficPolicyVersionsResponse> Route53::ListTrafficPolicyVersions(
    aws::Call& call, const api::ListTrafficPolicyVersionsRequest& input) {
  auto most = parse_max_items(input.MaxItems, kTrafficPoliciesPageMax);
  if (!most) return api::errors::InvalidInput(most.error());
  const TrafficPolicyResource policy = TRY(traffic_policy(call, input.Id)).value;
  store::RangeOptions options{.limit = *most + 1};
  if (input.TrafficPolicyVersionMarker) {
    const std::string& text = *input.TrafficPolicyVersionMarker;
    std::uint32_t first = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), first);
    if (error != std::errc() || end != text.data() + text.size())
      return api::errors::InvalidInput(
          fmt::format("TrafficPolicyVersionMarker '{}' is not a version.", text));
    options.start_at = traffic_policy_version_key(policy.id, first);
  }
  store::Range range = TRY(aws::or_failure(store_.range(traffic_policy_versions_prefix(policy.id), options)));
  api::ListTrafficPolicyVersionsResponse out;
  out.MaxItems = std::to_string(*most);
  for (const store::KeyValue& item : range.items) {
    const auto version = TRY(aws::or_failure(decode_traffic_policy_version(item.value)));
    if (out.TrafficPolicies.size() == *most) {
      out.IsTruncated = true;
      out.TrafficPolicyVersionMarker = std::to_string(version.version);
      break;
    }
    out.TrafficPolicies.push_back(
        shown(policy, version, TRY(traffic_policy_document(policy, version.version))));
  }
  return out;
}

}  // namespace meridian::services::route53
