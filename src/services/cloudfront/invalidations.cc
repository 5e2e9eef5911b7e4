// Invalidations: paths and tags that every edge forgets. Completed when all of them have.
#include <algorithm>

#include "services/cloudfront/invalidation_index.h"
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Batch = api::InvalidationBatch;
using Found = aws::Stored<InvalidationResource>;

constexpr std::size_t kPathCharsMax = 4000, kTagCharsMax = 256;
constexpr std::size_t kPathsMax = 3000;    // of one batch, and in progress
constexpr std::size_t kWildcardsMax = 15;  // in progress

// "/images/*", "/a%20b", "#tag".
bool is_item(std::string_view item) {
  const bool printable = std::ranges::all_of(item, [](char c) { return c > 0x20 && c < 0x7f; });
  if (item.starts_with('#')) return printable && item.size() > 1 && item.size() <= kTagCharsMax + 1;
  return printable && item.starts_with('/') && item.size() <= kPathCharsMax &&
         (item.find('*') == item.npos || item.find('*') == item.size() - 1);
}

aws::Outcome<void> check(const Batch& batch) {
  if (batch.CallerReference.empty()) return invalid_argument("The parameter CallerReference is empty.");
  if (!batch.Paths.Items || batch.Paths.Items->empty())
    return invalid_argument("Your request does not contain any invalidation paths.");
  if (batch.Paths.Items->size() > kPathsMax)
    return api::errors::BatchTooLarge("Invalidation batch specified is too large.");
  if (!std::ranges::all_of(*batch.Paths.Items, is_item))
    return invalid_argument("Your request contains one or more invalid invalidation paths.");
  return {};
}

// Newest first.
aws::Outcome<std::vector<Found>> all_of(store::Store& store, std::string_view account,
                                        std::string_view distribution) {
  std::vector<Found> out;
  for (const auto& item :
       TRY(aws::or_failure(store.range(invalidations_prefix(account, distribution)))).items)
    out.push_back({TRY(aws::or_failure(decode<Batch>(item.value))), item.created, item.modified});
  std::ranges::sort(out, std::greater(), &Found::created);
  return out;
}

aws::Outcome<void> check_in_progress(const std::vector<InvalidationIndex::Open>& open) {
  std::size_t paths = 0, wildcards = 0;
  for (const InvalidationIndex::Open& each : open) {
    paths += each.paths;
    wildcards += each.wildcards;
  }
  if (wildcards > kWildcardsMax)
    return api::errors::TooManyInvalidationsInProgress(
        "Processing your request would cause you to exceed the maximum number of in-progress wildcard "
        "invalidations.");
  if (paths > kPathsMax)
    return api::errors::TooManyInvalidationsInProgress(
        "Processing your request would cause you to exceed the maximum number of in-progress invalidations.");
  return {};
}

// The one that `made` asks for again.
aws::Outcome<std::optional<Found>> find_repeated(store::Store& store, const InvalidationIndex& index,
                                                 const InvalidationResource& made) {
  const auto id = TRY(index.find(made.config.CallerReference));
  if (!id) return std::nullopt;
  auto found =
      TRY(aws::read(store, invalidations_prefix(made.account, made.public_name) + *id, decode<Batch>));
  if (found && (found->value.config != made.config || found->value.soft != made.soft))
    return aws::refuse("InvalidationBatchAlreadyExists",
                       "Your request contains a caller reference that was used for a previous invalidation "
                       "batch for the same distribution.",
                       409);
  return found;
}

api::Invalidation shown(const InvalidationResource& invalidation, bool completed) {
  return {.Id = invalidation.id,
          .Status = completed ? "Completed" : "InProgress",
          .CreateTime = invalidation.created_at,
          .InvalidationBatch = invalidation.config};
}

}  // namespace

aws::Outcome<std::int32_t> CloudFront::invalidations_in_progress(std::string_view account,
                                                                 std::string_view id) {
  auto index = TRY(InvalidationIndex::read(store_, account, id));
  TRY(index.settle([&](store::Revision created) { return serves(id, created); }));
  return static_cast<std::int32_t>(index.open().size());
}

aws::Outcome<api::CreateInvalidationResult> CloudFront::CreateInvalidation(
    aws::Call& call, const api::CreateInvalidationRequest& input) {
  const std::string& distribution = input.DistributionId;
  TRY(Distributions(store_).get(call.account_id, distribution));
  TRY(check(input.InvalidationBatch));
  InvalidationResource made;
  made.account = call.account_id;
  made.id = make_id(random_, 'I', kIdChars);
  made.created_at = made.changed_at = shown_time(call);
  made.config = input.InvalidationBatch;
  made.public_name = distribution;
  made.soft = call.soft_purge;
  std::optional<Found> made_before;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        TRY(hold<api::DistributionConfig>(store_, call.account_id, transaction));
        TRY(Distributions(store_).get(call.account_id, distribution));
        auto index = TRY(InvalidationIndex::read(store_, call.account_id, distribution));
        made_before = TRY(find_repeated(store_, index, made));
        if (made_before) return store::Transaction();
        TRY(index.settle([&](store::Revision created) { return serves(distribution, created); }));
        TRY(index.make_room());
        index.add(made);
        TRY(check_in_progress(index.open()));
        index.write(transaction);
        const std::string key = invalidations_prefix(call.account_id, distribution) + made.id;
        transaction.preconditions.push_back({key, 0});
        transaction.puts.push_back({key, encode(made)});
        return transaction;
      },
      overtaken()));
  const bool completed = made_before && serves(distribution, made_before->created);
  const InvalidationResource& answer = made_before ? made_before->value : made;
  return api::CreateInvalidationResult{
      .Location = location(fmt::format("distribution/{}/invalidation", distribution), answer.id),
      .Invalidation = shown(answer, completed)};
}

aws::Outcome<api::GetInvalidationResult> CloudFront::GetInvalidation(
    aws::Call& call, const api::GetInvalidationRequest& input) {
  TRY(Distributions(store_).get(call.account_id, input.DistributionId));
  const auto found = TRY(aws::read(
      store_, invalidations_prefix(call.account_id, input.DistributionId) + input.Id, decode<Batch>));
  if (!found) return api::errors::NoSuchInvalidation("The specified invalidation does not exist.");
  return api::GetInvalidationResult{.Invalidation =
                                        shown(found->value, serves(input.DistributionId, found->created))};
}

aws::Outcome<api::ListInvalidationsResult> CloudFront::ListInvalidations(
    aws::Call& call, const api::ListInvalidationsRequest& input) {
  TRY(Distributions(store_).get(call.account_id, input.DistributionId));
  const auto page = TRY(cut_page(TRY(all_of(store_, call.account_id, input.DistributionId)), input.Marker,
                                 input.MaxItems, [](const Found& each) { return each.value.id; }));
  api::InvalidationList list;
  list.Marker = page.marker;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.IsTruncated = page.truncated();
  list.Quantity = page.quantity();
  for (const Found& each : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back(
        {.Id = each.value.id,
         .CreateTime = each.value.created_at,
         .Status = serves(input.DistributionId, each.created) ? "Completed" : "InProgress"});
  }
  return api::ListInvalidationsResult{.InvalidationList = std::move(list)};
}

}  // namespace meridian::services::cloudfront
