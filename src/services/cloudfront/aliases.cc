// Alternate domain names: each is one distribution's. A wildcard may overlap with names of the same account
// only (CF:CNAMEs, "Restrictions on using alternate domain names").
#include <algorithm>

#include "base/bytes.h"
#include "services/acm/resources.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/refusals.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

constexpr std::string_view kAliasesPrefix = "cloudfront/index/aliases/";

// "com.example.www": names under one domain lie together.
std::string reversed(std::string_view name) {
  std::string out;
  while (true) {
    const std::size_t dot = name.rfind('.');
    out += dot == name.npos ? name : name.substr(dot + 1);
    if (dot == name.npos) return out;
    out += '.';
    name = name.substr(0, dot);
  }
}

std::string alias_key(std::string_view alias) {
  return std::string(kAliasesPrefix) + reversed(to_lower(alias));
}

struct Owner {
  std::string account, distribution;
};

Owner owner_in(std::string_view value) {
  const std::size_t slash = value.find('/');
  return {std::string(value.substr(0, slash)), std::string(value.substr(slash + 1))};
}

std::string value_of(const DistributionResource& distribution) {
  return distribution.account + "/" + distribution.id;
}

aws::Failure already_exists() {
  return api::errors::CNAMEAlreadyExists(
      "One or more of the CNAMEs you provided are already associated with a different resource.");
}

std::vector<std::string> aliases_of(const DistributionResource* distribution) {
  std::vector<std::string> out;
  if (distribution && distribution->config.Aliases->Items)
    for (const std::string& alias : *distribution->config.Aliases->Items) out.push_back(to_lower(alias));
  return out;
}

// The wildcards that a name falls under, itself not among them.
std::vector<std::string> wildcards_above(std::string_view alias) {
  std::vector<std::string> out;
  if (alias.starts_with("*.")) alias.remove_prefix(2);
  for (std::size_t dot = alias.find('.'); dot != alias.npos; dot = alias.find('.', dot + 1))
    out.push_back("*" + std::string(alias.substr(dot)));
  return out;
}

struct Overlap {
  std::string alias;
  Owner owner;
};

// Everybody's aliases that are, or overlap with, this one; what was looked at is held.
aws::Outcome<std::vector<Overlap>> overlaps(store::Store& store, const std::string& alias,
                                            store::Transaction& transaction) {
  std::vector<Overlap> out;
  std::vector<std::string> names = wildcards_above(alias);
  names.push_back(alias);
  for (const std::string& name : names) {
    const auto found = TRY(aws::or_failure(store.get(alias_key(name))));
    transaction.preconditions.push_back({alias_key(name), found ? found->modified : 0});
    if (found) out.push_back({name, owner_in(found->value)});
  }
  if (!alias.starts_with("*.")) return out;
  std::string below = alias_key(alias);
  below.pop_back();  // the asterisk
  for (const auto& item : TRY(aws::or_failure(store.range(below))).items)
    if (item.key != alias_key(alias))
      out.push_back(
          {reversed(std::string_view(item.key).substr(kAliasesPrefix.size())), owner_in(item.value)});
  return out;
}

std::string half_hidden(const std::string& text) {
  const std::size_t hidden = text.size() / 2;
  return std::string(hidden, '*') + text.substr(hidden);
}

}  // namespace

aws::Outcome<void> CloudFront::move_aliases(const DistributionResource* before,
                                            const DistributionResource* after,
                                            store::Transaction& transaction) {
  const std::vector<std::string> olds = aliases_of(before), news = aliases_of(after);
  for (const std::string& alias : olds)
    if (!std::ranges::count(news, alias)) transaction.deletes.push_back(alias_key(alias));
  for (const std::string& alias : news) {
    if (std::ranges::count(olds, alias)) continue;
    for (const Overlap& overlap : TRY(overlaps(store_, alias, transaction)))
      if (overlap.alias == alias || overlap.owner.account != after->account) return already_exists();
    transaction.puts.push_back({alias_key(alias), value_of(*after)});
  }
  return {};
}

aws::Outcome<api::AssociateAliasResponse> CloudFront::AssociateAlias(
    aws::Call& call, const api::AssociateAliasRequest& input) {
  const std::string alias = to_lower(input.Alias);
  if (!is_domain_name(alias, true) || !alias.contains('.'))
    return invalid_argument("The parameter Alias is not valid.");
  const auto add = [&](DistributionResource& target, store::Transaction& transaction) -> aws::Outcome<void> {
    const std::vector<std::string> olds = aliases_of(&target);
    if (std::ranges::count(olds, alias)) return {};
    if (olds.size() >= kAliasesMax)
      return api::errors::TooManyDistributionCNAMEs(
          "Your request contains more CNAMEs than are allowed per distribution.");
    auto& aliases = *target.config.Aliases;
    if (!aliases.Items) aliases.Items.emplace();
    aliases.Items->push_back(alias);
    aliases.Quantity = static_cast<std::int32_t>(aliases.Items->size());
    if (!target.config.ViewerCertificate->ACMCertificateArn)
      return api::errors::IllegalUpdate("The target distribution has no certificate that covers the alias.");
    TRY(move_certificate(&target, &target, transaction));
    for (const Overlap& overlap : TRY(overlaps(store_, alias, transaction))) {
      // That another account gives a name away it would have to say in DNS.
      if (overlap.owner.account != call.account_id)
        return api::errors::IllegalUpdate("The alias belongs to a distribution of another AWS account.");
      if (overlap.alias == alias) TRY(give_away(overlap.owner.distribution, alias, call, transaction));
    }
    transaction.puts.push_back({alias_key(alias), value_of(target)});
    return {};
  };
  TRY(Distributions(store_).update(call, random_, input.TargetDistributionId, std::nullopt, add, false));
  return api::AssociateAliasResponse();
}

aws::Outcome<void> CloudFront::give_away(const std::string& distribution_id, const std::string& alias,
                                         const aws::Call& call, store::Transaction& transaction) {
  auto source = TRY(Distributions(store_).get(call.account_id, distribution_id));
  api::Aliases& aliases = *source.value.config.Aliases;
  std::erase_if(*aliases.Items, [&](const std::string& each) { return to_lower(each) == alias; });
  aliases.Quantity = static_cast<std::int32_t>(aliases.Items->size());
  if (aliases.Items->empty()) aliases.Items.reset();
  source.value.etag = new_etag(random_);
  source.value.changed_at = shown_time(call);
  const std::string key = key_of(kPrefix<api::DistributionConfig>, call.account_id, distribution_id);
  transaction.preconditions.push_back({key, source.modified});
  transaction.puts.push_back({key, encode(source.value)});
  return {};
}

aws::Outcome<api::ListConflictingAliasesResult> CloudFront::ListConflictingAliases(
    aws::Call& call, const api::ListConflictingAliasesRequest& input) {
  const std::string alias = to_lower(input.Alias);
  if (!is_domain_name(alias, true)) return invalid_argument("The parameter Alias is not valid.");
  const auto found = TRY(Distributions(store_).get(call.account_id, input.DistributionId));
  if (!found.value.config.ViewerCertificate->ACMCertificateArn)
    return invalid_argument("The distribution has no certificate that covers the alias.");
  store::Transaction unused;
  std::vector<api::ConflictingAlias> conflicts;
  for (const Overlap& overlap : TRY(overlaps(store_, alias, unused))) {
    if (overlap.owner.distribution == input.DistributionId) continue;
    const bool mine = overlap.owner.account == call.account_id;
    conflicts.push_back(
        {.Alias = overlap.alias,
         .DistributionId = mine ? overlap.owner.distribution : half_hidden(overlap.owner.distribution),
         .AccountId = mine ? overlap.owner.account : half_hidden(overlap.owner.account)});
  }
  std::optional<std::string> max_items;
  if (input.MaxItems) max_items = std::to_string(*input.MaxItems);
  auto page = TRY(cut_page(std::move(conflicts), input.Marker, max_items,
                           [](const api::ConflictingAlias& each) { return *each.Alias; }));
  api::ConflictingAliasesList list;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.Quantity = page.quantity();
  if (!page.items.empty()) list.Items = std::move(page.items);
  return api::ListConflictingAliasesResult{.ConflictingAliasesList = std::move(list)};
}

}  // namespace meridian::services::cloudfront
