// What cache policies, origin request policies and response headers policies have in common: some are AWS's
// own, with the same ids in every account, and can be neither changed nor deleted.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "services/cloudfront/entities.h"
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/uses.h"

namespace meridian::services::cloudfront {

inline constexpr std::size_t kPolicyNamesMax = 10;  // of headers, cookies or query strings

template <typename Config>
aws::Outcome<Entity<Config>> find_policy(store::Store& store, std::string_view account, std::string_view id) {
  if (const Entity<Config>* managed = managed_policy<Config>(id)) return *managed;
  return TRY(Entities<Config>(store).get(account, id)).value;
}

template <typename Config>
aws::Outcome<Entity<Config>> change_policy(store::Store& store, Random& random, const aws::Call& call,
                                           std::string_view id, const std::optional<std::string>& if_match,
                                           const Config& config) {
  if (is_managed<Config>(id))
    return gen::cloudfront::errors::IllegalUpdate("The update contains modifications that are not allowed.");
  return TRY(Entities<Config>(store).update(
                 call, random, id, if_match,
                 [&](Entity<Config>& policy, store::Transaction&) -> aws::Outcome<void> {
                   policy.config = config;
                   return {};
                 }))
      .value;
}

template <typename Config>
aws::Outcome<void> delete_policy(store::Store& store, const aws::Call& call, std::string_view id,
                                 const std::optional<std::string>& if_match) {
  if (is_managed<Config>(id))
    return gen::cloudfront::errors::IllegalDelete("You cannot delete a managed policy.");
  return Entities<Config>(store).remove(
      call, id, if_match, [&](const auto&, store::Transaction& transaction) {
        return check_unused<Config>(store, call.account_id, id, transaction);
      });
}

// The managed ones first. `Summary` has the members Type and `policy`.
template <typename Config, typename List, typename Shown>
aws::Outcome<List> list_policies(store::Store& store, const aws::Call& call,
                                 const std::optional<std::string>& type,
                                 const std::optional<std::string>& marker,
                                 const std::optional<std::string>& max_items, Shown shown) {
  std::vector<Entity<Config>> policies;
  if (type.value_or("managed") == "managed") policies = managed_policies<Config>();
  if (type.value_or("custom") == "custom")
    for (auto& each : TRY(Entities<Config>(store).all(call.account_id)))
      policies.push_back(std::move(each.value));
  auto page = TRY(cut_page(std::move(policies), marker, max_items,
                           [](const Entity<Config>& policy) { return policy.id; }));
  List list;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.Quantity = page.quantity();
  for (Entity<Config>& policy : page.items) {
    if (!list.Items) list.Items.emplace();
    const bool managed = is_managed<Config>(policy.id);
    list.Items->push_back({managed ? "managed" : "custom", shown(std::move(policy))});
  }
  return list;
}

// policy_rules.cc: a name of letters, digits, hyphens and underscores.
aws::Outcome<void> check_policy_name(std::string_view name);

// Whether a behavior that needs a list has one, and no other has. `member` is for the message.
template <typename List>
aws::Outcome<void> check_listed(bool needed, const std::optional<List>& list, std::string_view member) {
  const bool listed = list && list->Items && !list->Items->empty();
  if (needed && !listed)
    return invalid_argument(fmt::format("The parameter {} is required for this behavior.", member));
  if (!needed && listed)
    return invalid_argument(fmt::format("The parameter {} is not allowed for this behavior.", member));
  if (!listed) return {};
  for (const std::string& name : *list->Items)
    if (name.empty() || std::ranges::any_of(name, [](char c) { return c <= 0x20 || c == 0x7f; }))
      return invalid_argument(fmt::format("The parameter {} contains a name that is not valid.", member));
  return {};
}

template <typename List>
std::size_t count_of(const std::optional<List>& list) {
  return list && list->Items ? list->Items->size() : 0;
}

}  // namespace meridian::services::cloudfront
