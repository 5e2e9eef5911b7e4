// The life of a thing with a configuration, the same for every kind: made, found, changed under If-Match,
// deleted, listed. Rules: whatever a decision looks at is a precondition of its transaction; a change of one
// kind in an account puts that kind's turn_key(), so that quotas, uniqueness and "is it in use" hold under
// concurrent calls.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "aws/call.h"
#include "aws/stored.h"
#include "services/cloudfront/entity_index.h"
#include "services/cloudfront/kinds.h"
#include "services/cloudfront/paging.h"
#include "store/store.h"

namespace meridian::services::cloudfront {

// Others changed the same things faster every time.
aws::Failure overtaken();

// InvalidIfMatchVersion when it is missing or no ETag at all, PreconditionFailed when it is that of another
// version.
aws::Outcome<void> check_if_match(const std::optional<std::string>& if_match, std::string_view etag);

std::string new_etag(Random& random);

// Milliseconds are what AWS shows.
inline SystemTime shown_time(const aws::Call& call) {
  return std::chrono::floor<std::chrono::milliseconds>(call.time);
}

// Nothing of this kind may change in the account until the transaction is done. To be taken before looking.
template <typename Config>
aws::Outcome<void> hold(store::Store& store, std::string_view account, store::Transaction& transaction) {
  std::string key = turn_key<Config>(account);
  const auto found = TRY(aws::or_failure(store.get(key)));
  transaction.preconditions.push_back({std::move(key), found ? found->modified : 0});
  return {};
}

// The same, for a transaction that changes the kind itself, of which there are `more` then. How many there
// were.
template <typename Config>
aws::Outcome<std::size_t> take_turn(store::Store& store, std::string_view account, int more,
                                    store::Transaction& transaction) {
  std::string key = turn_key<Config>(account);
  const auto turn = TRY(aws::or_failure(store.get(key)));
  const std::size_t count = turn ? count_of(turn->value) : 0;
  transaction.preconditions.push_back({key, turn ? turn->modified : 0});
  transaction.puts.push_back({std::move(key), std::to_string(count + static_cast<std::size_t>(more))});
  return count;
}

// Parts of a decision may have looked at the same key, all of them before any of it was done.
inline void drop_repeated(std::vector<store::Precondition>& preconditions) {
  std::ranges::sort(preconditions, {}, &store::Precondition::key);
  const auto repeated = std::ranges::unique(preconditions, {}, &store::Precondition::key);
  preconditions.erase(repeated.begin(), repeated.end());
}

template <typename Config>
class Entities {
 public:
  using Resource = Entity<Config>;
  using Found = aws::Stored<Resource>;

  explicit Entities(store::Store& store, std::size_t most = Kind<Config>::kMax)
      : store_(store), most_(most) {}

  aws::Outcome<std::optional<Found>> find(std::string_view account, std::string_view id) {
    return aws::read(store_, key_of(kPrefix<Config>, account, id), decode<Config>);
  }

  aws::Outcome<Found> get(std::string_view account, std::string_view id) {
    auto found = TRY(find(account, id));
    if (!found) return Kind<Config>::missing();
    return *std::move(found);
  }

  aws::Outcome<std::vector<Found>> all(std::string_view account) {
    std::vector<Found> out;
    for (const auto& item :
         TRY(aws::or_failure(store_.range(account_prefix(kPrefix<Config>, account)))).items)
      out.push_back({TRY(aws::or_failure(decode<Config>(item.value))), item.created, item.modified});
    return out;
  }

  // `resource` has its id; the rest of it is filled in here. `extend` adds to the transaction, or refuses.
  template <typename Extend>
  aws::Outcome<Found> create(const aws::Call& call, Random& random, Resource resource, Extend extend) {
    resource.account = call.account_id;
    resource.etag = new_etag(random);
    resource.created_at = resource.changed_at = shown_time(call);
    std::optional<Found> made_before;
    TRY(make_index<Config>(store_, call.account_id, overtaken()));
    const auto revision = TRY(aws::commit_built(
        store_,
        [&]() -> aws::Outcome<store::Transaction> {
          store::Transaction transaction;
          const std::size_t others = TRY(take_turn<Config>(store_, call.account_id, +1, transaction));
          made_before = TRY(find_repeated(resource));
          if (made_before) return store::Transaction();
          if (others >= most_) return Kind<Config>::too_many();
          for (std::string& row : unique_keys(call.account_id, resource.config))
            transaction.puts.push_back({std::move(row), resource.id});
          TRY(extend(resource, transaction));
          const std::string key = key_of(kPrefix<Config>, resource.account, resource.id);
          transaction.preconditions.push_back({key, 0});
          transaction.puts.push_back({key, encode(resource)});
          drop_repeated(transaction.preconditions);
          return transaction;
        },
        overtaken()));
    if (made_before) return *std::move(made_before);
    return Found{std::move(resource), revision, revision};
  }
  aws::Outcome<Found> create(const aws::Call& call, Random& random, Resource resource) {
    return create(call, random, std::move(resource),
                  [](Resource&, store::Transaction&) -> aws::Outcome<void> { return {}; });
  }

  // `change` alters the resource and adds to the transaction, or refuses. Without If-Match: `checked` is
  // false.
  template <typename Change>
  aws::Outcome<Found> update(const aws::Call& call, Random& random, std::string_view id,
                             const std::optional<std::string>& if_match, Change change, bool checked = true) {
    Found changed;
    TRY(make_index<Config>(store_, call.account_id, overtaken()));
    changed.modified = TRY(aws::commit_built(
        store_,
        [&]() -> aws::Outcome<store::Transaction> {
          store::Transaction transaction;
          TRY(take_turn<Config>(store_, call.account_id, 0, transaction));
          changed = TRY(get(call.account_id, id));
          const std::vector<std::string> rows = unique_keys(call.account_id, changed.value.config);
          if (checked) TRY(check_if_match(if_match, changed.value.etag));
          changed.value.changed_at = shown_time(call);
          TRY(change(changed.value, transaction));
          TRY(move_rows(rows, changed.value, transaction));
          changed.value.etag = new_etag(random);
          const std::string key = key_of(kPrefix<Config>, call.account_id, id);
          transaction.preconditions.push_back({key, changed.modified});
          transaction.puts.push_back({key, encode(changed.value)});
          drop_repeated(transaction.preconditions);
          return transaction;
        },
        overtaken()));
    return changed;
  }

  // `extend` refuses, or adds to the transaction.
  template <typename Extend>
  aws::Outcome<void> remove(const aws::Call& call, std::string_view id,
                            const std::optional<std::string>& if_match, Extend extend, bool checked = true) {
    TRY(make_index<Config>(store_, call.account_id, overtaken()));
    TRY(aws::commit_built(
        store_,
        [&]() -> aws::Outcome<store::Transaction> {
          store::Transaction transaction;
          TRY(take_turn<Config>(store_, call.account_id, -1, transaction));
          const Found found = TRY(get(call.account_id, id));
          if (checked) TRY(check_if_match(if_match, found.value.etag));
          TRY(extend(found, transaction));
          const std::string key = key_of(kPrefix<Config>, call.account_id, id);
          transaction.preconditions.push_back({key, found.modified});
          transaction.deletes.push_back(key);
          for (std::string& row : unique_keys(call.account_id, found.value.config))
            transaction.deletes.push_back(std::move(row));
          drop_repeated(transaction.preconditions);
          return transaction;
        },
        overtaken()));
    return {};
  }

  aws::Outcome<Page<Resource>> page(const aws::Call& call, const std::optional<std::string>& marker,
                                    const std::optional<std::string>& max_items) {
    std::vector<Resource> resources;
    for (Found& each : TRY(all(call.account_id))) resources.push_back(std::move(each.value));
    return cut_page(std::move(resources), marker, max_items, [](const Resource& each) { return each.id; });
  }

 private:
  // What the same request made before; a refusal when another request took the name or the caller reference.
  aws::Outcome<std::optional<Found>> find_repeated(const Resource& wanted) {
    const Uniqueness mine = Kind<Config>::unique(wanted.config);
    for (const std::string& row : unique_keys(wanted.account, wanted.config)) {
      const auto taken = TRY(aws::or_failure(store_.get(row)));
      if (!taken) continue;
      auto other = TRY(get(wanted.account, taken->value));
      const bool repeated =
          !mine.caller_reference.empty() &&
          mine.caller_reference == Kind<Config>::unique(other.value.config).caller_reference;
      if (repeated && Kind<Config>::kRepeatable && other.value.config == wanted.config) return other;
      return Kind<Config>::exists();
    }
    return std::nullopt;
  }

  // From those that it had to those that it has with its new configuration, unless another has one of them.
  aws::Outcome<void> move_rows(const std::vector<std::string>& before, const Resource& changed,
                               store::Transaction& transaction) {
    const std::vector<std::string> after = unique_keys(changed.account, changed.config);
    for (const std::string& row : before)
      if (std::ranges::count(after, row) == 0) transaction.deletes.push_back(row);
    for (const std::string& row : after) {
      if (std::ranges::count(before, row) > 0) continue;
      if (TRY(aws::or_failure(store_.get(row)))) return Kind<Config>::exists();
      transaction.puts.push_back({row, changed.id});
    }
    return {};
  }

  store::Store& store_;
  const std::size_t most_;
};

}  // namespace meridian::services::cloudfront
