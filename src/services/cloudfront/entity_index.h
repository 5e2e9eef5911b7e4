// What must be unique among the things of an account, and how many there are, found without reading them all:
// rows beside the kind's turn_key(), whose value is the number.
// Rule: rows change in the transaction that takes the turn, so that they are as exact as what they tell of.
#pragma once

#include <charconv>
#include <string>

#include "aws/sigv4_hash.h"
#include "aws/stored.h"
#include "base/bytes.h"
#include "services/cloudfront/kinds.h"
#include "store/store.h"

namespace meridian::services::cloudfront {

// What every change of a kind in an account puts.
template <typename Config>
std::string turn_key(std::string_view account) {
  return "cloudfront/index/turns/" + account_prefix(kPrefix<Config>, account);
}

// `what` is "name" or "reference". Whoever has it: the value is his id.
template <typename Config>
std::string unique_key(std::string_view account, std::string_view what, std::string_view text) {
  return fmt::format("cloudfront/index/unique/{}{}/{}", account_prefix(kPrefix<Config>, account), what,
                     to_hex(as_bytes(aws::sigv4::sha256(text))));
}

// The rows that such a thing has.
template <typename Config>
std::vector<std::string> unique_keys(std::string_view account, const Config& config) {
  const Uniqueness unique = Kind<Config>::unique(config);
  std::vector<std::string> keys;
  if (!unique.name.empty()) keys.push_back(unique_key<Config>(account, "name", unique.name));
  if (!unique.caller_reference.empty())
    keys.push_back(unique_key<Config>(account, "reference", unique.caller_reference));
  return keys;
}

inline std::size_t count_of(std::string_view turn) {
  std::size_t count = 0;
  std::from_chars(turn.data(), turn.data() + turn.size(), count);
  return count;
}

// Versions before kept no index, and nothing in the row: it is made of what is there.
template <typename Config>
aws::Outcome<void> make_index(store::Store& store, std::string_view account, aws::Failure overtaken) {
  const std::string key = turn_key<Config>(account);
  const auto made = [](const std::optional<store::KeyValue>& turn) { return !turn || !turn->value.empty(); };
  if (made(TRY(aws::or_failure(store.get(key))))) return {};
  TRY(aws::commit_built(
      store,
      [&]() -> aws::Outcome<store::Transaction> {
        store::Transaction transaction;
        const auto turn = TRY(aws::or_failure(store.get(key)));
        if (made(turn)) return transaction;
        const auto all = TRY(aws::or_failure(store.range(account_prefix(kPrefix<Config>, account)))).items;
        transaction.preconditions.push_back({key, turn->modified});
        transaction.puts.push_back({key, std::to_string(all.size())});
        for (const store::KeyValue& item : all) {
          const auto thing = TRY(aws::or_failure(decode<Config>(item.value)));
          for (std::string& row : unique_keys(account, thing.config))
            transaction.puts.push_back({std::move(row), thing.id});
        }
        return transaction;
      },
      std::move(overtaken)));
  return {};
}

}  // namespace meridian::services::cloudfront
