// CIDR collections: the address blocks that IP-based record sets choose by. A change carries the collection's
// own version, so that it is refused rather than lost.
#include <algorithm>

#include "base/ids.h"
#include "gen/route53/errors.h"
#include "services/route53/cidr_blocks.h"
#include "services/route53/service.h"
#include "services/route53/validate.h"

namespace meridian::services::route53 {
namespace {

std::string arn(const CidrCollectionResource& collection) {
  return "arn:aws:route53:::cidrcollection/" + collection.id;
}

api::CidrCollection shown(const CidrCollectionResource& collection) {
  return {.Arn = arn(collection),
          .Id = collection.id,
          .Name = collection.name,
          .Version = static_cast<std::int64_t>(collection.version)};
}

aws::Failure overtaken_by_another() {
  return api::errors::ConcurrentModification(
      "Another user submitted a request to create, update, or delete the object at the same time.");
}

aws::Outcome<bool> holds_any(store::Store& store, std::string_view prefix) {
  return !TRY(aws::or_failure(store.range(prefix, {.limit = 1}))).items.empty();
}

// What may not be taken away by one transaction while another begins to use it. To be read before the users.
aws::Outcome<void> guard(store::Store& store, const std::string& collection_id,
                         store::Transaction& transaction) {
  auto use = TRY(aws::or_failure(store.get(cidr_use_key(collection_id))));
  transaction.preconditions.push_back({cidr_use_key(collection_id), use ? use->modified : 0});
  return {};
}

aws::Outcome<std::vector<CidrChange>> read_changes(const std::vector<api::CidrCollectionChange>& given) {
  std::vector<CidrChange> changes;
  std::size_t count = 0;
  for (const api::CidrCollectionChange& change : given) {
    CidrChange& read = changes.emplace_back();
    read.location = change.LocationName;
    read.put = change.Action == "PUT";
    for (const std::string& text : change.CidrList) {
      auto block = parse_cidr_block(text);
      if (!block) return api::errors::InvalidInput(block.error());
      read.blocks.push_back(*block);
      ++count;
    }
  }
  if (count > kCidrBlocksOfRequestMax)
    return api::errors::LimitsExceeded(
        fmt::format("A request cannot contain more than {} CIDR blocks.", kCidrBlocksOfRequestMax));
  return changes;
}

// One page of a list whose elements are named in ascending order; the token names the first of the next page.
template <typename Item, typename NameOf>
aws::Outcome<std::optional<std::string>> cut_page(std::vector<Item>& items,
                                                  const std::optional<std::string>& token,
                                                  const std::optional<std::string>& max_results,
                                                  NameOf name_of) {
  auto most = parse_max_items(max_results, kCidrPageMax, "MaxResults");
  if (!most) return api::errors::InvalidInput(most.error());
  if (token) {
    auto first = std::ranges::find_if(items, [&](const Item& item) { return name_of(item) == *token; });
    if (first == items.end()) return api::errors::InvalidInput("The NextToken is not valid.");
    items.erase(items.begin(), first);
  }
  if (items.size() <= *most) return std::nullopt;
  std::string next = name_of(items[*most]);
  items.resize(*most);
  return next;
}

}  // namespace

aws::Outcome<Route53::StoredCidrCollection> Route53::cidr_collection(const aws::Call& call,
                                                                     std::string_view id) {
  auto found = TRY(aws::read(store_, cidr_collection_key(id), decode_cidr_collection));
  if (!found || found->value.account != call.account_id)
    return api::errors::NoSuchCidrCollectionException(
        fmt::format("The CIDR collection {} does not exist.", id));
  return *std::move(found);
}

aws::Outcome<store::Transaction> Route53::new_cidr_collection(const CidrCollectionResource& collection) {
  std::string prefix = account_cidr_collections_prefix(collection.account);
  std::string name = cidr_collection_name_key(collection.account, collection.name);
  if (TRY(aws::or_failure(store_.get(name))))
    return api::errors::CidrCollectionAlreadyExistsException(fmt::format(
        "A CIDR collection named {} with another caller reference already exists.", collection.name));
  auto account = TRY(aws::read_or_default(store_, account_key(collection.account), decode_account));
  if (TRY(aws::or_failure(store_.range(prefix))).items.size() >= quotas_.cidr_collections_max)
    return api::errors::LimitsExceeded(
        fmt::format("Cannot create more than {} CIDR collections.", quotas_.cidr_collections_max));
  // The account is written back unchanged, so that creations count one another.
  return store::Transaction{.preconditions = {{name, 0}, {account_key(collection.account), account.modified}},
                            .puts = {{name, collection.id},
                                     {account_key(collection.account), encode(account.value)},
                                     {cidr_collection_key(collection.id), encode(collection)},
                                     {cidr_use_key(collection.id), {}},
                                     {prefix + collection.id, {}}},
                            .deletes = {}};
}

aws::Outcome<api::CreateCidrCollectionResponse> Route53::CreateCidrCollection(
    aws::Call& call, const api::CreateCidrCollectionRequest& input) {
  CidrCollectionResource collection;
  collection.id = make_uuid(random_);
  collection.account = call.account_id;
  collection.name = input.Name;
  collection.caller_reference = input.CallerReference;
  std::string name_key = cidr_collection_name_key(call.account_id, input.Name);
  auto made_before = TRY(aws::or_failure(store_.get(name_key)));
  std::optional<StoredCidrCollection> existing;
  if (made_before) existing = TRY(cidr_collection(call, made_before->value));
  if (existing && existing->value.caller_reference == input.CallerReference) {
    collection = std::move(existing->value);
  } else {
    TRY(aws::commit_built(
        store_, [&] { return new_cidr_collection(collection); }, overtaken_by_another()));
  }
  api::CreateCidrCollectionResponse out;
  out.Collection = shown(collection);
  out.Location = "https://route53.amazonaws.com/2013-04-01/cidrcollection/" + collection.id;
  return out;
}

aws::Outcome<store::Transaction> Route53::changed_cidr_collection(StoredCidrCollection collection,
                                                                  const std::vector<CidrChange>& changes) {
  const std::string id = collection.value.id;
  CidrOutcome outcome = apply_cidr_changes(collection.value.locations, changes);
  if (!outcome.conflict.empty()) return api::errors::CidrBlockInUseException(outcome.conflict);
  if (outcome.block_count > quotas_.cidr_blocks_max)
    return api::errors::LimitsExceeded(
        fmt::format("A CIDR collection cannot have more than {} CIDR blocks.", quotas_.cidr_blocks_max));
  store::Transaction transaction;
  if (!outcome.emptied.empty()) {
    TRY(guard(store_, id, transaction));
    transaction.puts.push_back({cidr_use_key(id), {}});
  }
  for (const std::string& location : outcome.emptied)
    if (TRY(holds_any(store_, cidr_users_prefix(id, location))))
      return api::errors::CidrBlockInUseException(
          fmt::format("The last CIDR blocks of location {} are in use by record sets.", location));
  collection.value.locations = std::move(outcome.locations);
  ++collection.value.version;
  transaction.preconditions.push_back({cidr_collection_key(id), collection.modified});
  transaction.puts.push_back({cidr_collection_key(id), encode(collection.value)});
  return transaction;
}

aws::Outcome<api::ChangeCidrCollectionResponse> Route53::ChangeCidrCollection(
    aws::Call& call, const api::ChangeCidrCollectionRequest& input) {
  std::vector<CidrChange> changes = TRY(read_changes(input.Changes));
  api::ChangeCidrCollectionResponse out;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredCidrCollection collection = TRY(cidr_collection(call, input.Id));
        if (input.CollectionVersion &&
            static_cast<std::uint64_t>(*input.CollectionVersion) != collection.value.version)
          return api::errors::CidrCollectionVersionMismatchException(
              fmt::format("The CIDR collection {} has version {}, not {}.", input.Id,
                          collection.value.version, *input.CollectionVersion));
        store::Transaction transaction = TRY(changed_cidr_collection(std::move(collection), changes));
        out.Id = bare_id(TRY(add_change(call, {}, std::nullopt, transaction)).Id);
        return transaction;
      },
      overtaken_by_another()));
  return out;
}

aws::Outcome<api::DeleteCidrCollectionResponse> Route53::DeleteCidrCollection(
    aws::Call& call, const api::DeleteCidrCollectionRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredCidrCollection collection = TRY(cidr_collection(call, input.Id));
        const CidrCollectionResource& value = collection.value;
        store::Transaction transaction;
        TRY(guard(store_, value.id, transaction));
        // Record sets may use the default location of a collection that has no other.
        if (!value.locations.empty() || TRY(holds_any(store_, cidr_users_prefix(value.id))))
          return api::errors::CidrCollectionInUseException(
              fmt::format("The CIDR collection {} is in use, and isn't empty.", value.id));
        transaction.preconditions.push_back({cidr_collection_key(value.id), collection.modified});
        transaction.deletes = {cidr_collection_key(value.id), cidr_use_key(value.id),
                               cidr_collection_name_key(value.account, value.name),
                               account_cidr_collections_prefix(value.account) + value.id};
        return transaction;
      },
      overtaken_by_another()));
  return api::DeleteCidrCollectionResponse();
}

aws::Outcome<api::ListCidrCollectionsResponse> Route53::ListCidrCollections(
    aws::Call& call, const api::ListCidrCollectionsRequest& input) {
  std::string prefix = account_cidr_collections_prefix(call.account_id);
  std::vector<std::string> ids = ids_behind(prefix, TRY(aws::or_failure(store_.range(prefix))));
  api::ListCidrCollectionsResponse out;
  out.NextToken =
      TRY(cut_page(ids, input.NextToken, input.MaxResults, [](const std::string& id) { return id; }));
  auto& collections = out.CidrCollections.emplace();
  for (const std::string& id : ids) {
    auto found = TRY(aws::read(store_, cidr_collection_key(id), decode_cidr_collection));
    if (!found) continue;  // deleted since the index was read
    collections.push_back({.Arn = arn(found->value),
                           .Id = id,
                           .Name = found->value.name,
                           .Version = static_cast<std::int64_t>(found->value.version)});
  }
  return out;
}

aws::Outcome<api::ListCidrLocationsResponse> Route53::ListCidrLocations(
    aws::Call& call, const api::ListCidrLocationsRequest& input) {
  CidrCollectionResource collection = TRY(cidr_collection(call, input.CollectionId)).value;
  api::ListCidrLocationsResponse out;
  out.NextToken = TRY(cut_page(collection.locations, input.NextToken, input.MaxResults,
                               [](const CidrLocation& location) { return location.name; }));
  auto& locations = out.CidrLocations.emplace();
  for (CidrLocation& location : collection.locations)
    locations.push_back({.LocationName = std::move(location.name)});
  return out;
}

aws::Outcome<api::ListCidrBlocksResponse> Route53::ListCidrBlocks(aws::Call& call,
                                                                  const api::ListCidrBlocksRequest& input) {
  CidrCollectionResource collection = TRY(cidr_collection(call, input.CollectionId)).value;
  std::vector<api::CidrBlockSummary> blocks;
  bool found = !input.LocationName;
  for (const CidrLocation& location : collection.locations) {
    if (input.LocationName && location.name != *input.LocationName) continue;
    found = true;
    for (const net::Cidr& block : location.blocks)
      blocks.push_back({.CidrBlock = block.to_string(), .LocationName = location.name});
  }
  if (!found)
    return api::errors::NoSuchCidrLocationException(
        fmt::format("The CIDR collection {} has no location {}.", input.CollectionId, *input.LocationName));
  api::ListCidrBlocksResponse out;
  // A block is in one location only, so that it names its place in the list.
  out.NextToken = TRY(cut_page(blocks, input.NextToken, input.MaxResults,
                               [](const api::CidrBlockSummary& block) { return *block.CidrBlock; }));
  out.CidrBlocks = std::move(blocks);
  return out;
}

}  // namespace meridian::services::route53
