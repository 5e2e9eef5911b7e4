// Public keys, and the key groups that behaviors trust to sign URLs and cookies.
#include <algorithm>

#include "formats/x509/x509.h"
#include "services/cloudfront/config_rules.h"
#include "services/cloudfront/policies.h"
#include "services/cloudfront/service.h"

namespace meridian::services::cloudfront {
namespace {

using Key = api::PublicKeyConfig;
using Group = api::KeyGroupConfig;

constexpr std::size_t kKeysOfGroupMax = 5, kCommentCharsMax = 128;

aws::Outcome<void> check_comment(const std::optional<std::string>& comment) {
  if (comment && comment->size() > kCommentCharsMax)
    return invalid_argument("The parameter Comment is longer than 128 characters.");
  return {};
}

aws::Outcome<Key> checked(Key config) {
  TRY(check_policy_name(config.Name));
  TRY(check_comment(config.Comment));
  if (config.CallerReference.empty()) return invalid_argument("The parameter CallerReference is empty.");
  if (!config.Comment) config.Comment = "";
  const auto algorithm = x509::public_key_algorithm(config.EncodedKey);
  if (!algorithm || (*algorithm != "RSA_2048" && *algorithm != "EC_prime256v1"))
    return invalid_argument(
        "The parameter EncodedKey is not a public key in PEM format of RSA with 2048 bits, or of ECDSA with "
        "P-256.");
  return config;
}

api::PublicKey shown(PublicKeyResource key) {
  return {.Id = std::move(key.id), .CreatedTime = key.created_at, .PublicKeyConfig = std::move(key.config)};
}

api::KeyGroup shown(KeyGroupResource group) {
  return {.Id = std::move(group.id),
          .LastModifiedTime = group.changed_at,
          .KeyGroupConfig = std::move(group.config)};
}

aws::Outcome<void> check_group(const Group& config) {
  TRY(check_policy_name(config.Name));
  TRY(check_comment(config.Comment));
  if (config.Items.empty()) return invalid_argument("The parameter Items must name at least one public key.");
  if (config.Items.size() > kKeysOfGroupMax)
    return api::errors::TooManyPublicKeysInKeyGroup(
        "The number of public keys in this key group is more than the maximum allowed.");
  if (has_duplicates(config.Items))
    return invalid_argument("The parameter Items names a public key more than once.");
  return {};
}

// The keys of a group are there, and stay until the transaction is done.
aws::Outcome<void> hold_keys(store::Store& store, const aws::Call& call, const Group& config,
                             store::Transaction& transaction) {
  TRY(hold<Key>(store, call.account_id, transaction));
  for (const std::string& id : config.Items)
    if (!TRY(Entities<Key>(store).find(call.account_id, id)))
      return invalid_argument(fmt::format("The public key {} does not exist.", id));
  return {};
}

aws::Outcome<void> check_in_no_group(store::Store& store, const aws::Call& call, const std::string& id,
                                     store::Transaction& transaction) {
  TRY(hold<Group>(store, call.account_id, transaction));
  for (const auto& group : TRY(Entities<Group>(store).all(call.account_id)))
    if (std::ranges::count(group.value.config.Items, id)) return Kind<Key>::in_use();
  return {};
}

}  // namespace

aws::Outcome<api::CreatePublicKeyResult> CloudFront::CreatePublicKey(
    aws::Call& call, const api::CreatePublicKeyRequest& input) {
  PublicKeyResource key;
  key.id = Kind<Key>::new_id(random_);
  key.config = TRY(checked(input.PublicKeyConfig));
  auto made = TRY(Entities<Key>(store_).create(call, random_, std::move(key))).value;
  api::CreatePublicKeyResult out;
  out.Location = location("public-key", made.id);
  out.ETag = made.etag;
  out.PublicKey = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetPublicKeyResult> CloudFront::GetPublicKey(aws::Call& call,
                                                               const api::GetPublicKeyRequest& input) {
  auto found = TRY(Entities<Key>(store_).get(call.account_id, input.Id)).value;
  api::GetPublicKeyResult out;
  out.ETag = found.etag;
  out.PublicKey = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetPublicKeyConfigResult> CloudFront::GetPublicKeyConfig(
    aws::Call& call, const api::GetPublicKeyConfigRequest& input) {
  auto found = TRY(Entities<Key>(store_).get(call.account_id, input.Id)).value;
  return api::GetPublicKeyConfigResult{.PublicKeyConfig = std::move(found.config), .ETag = found.etag};
}

aws::Outcome<api::UpdatePublicKeyResult> CloudFront::UpdatePublicKey(
    aws::Call& call, const api::UpdatePublicKeyRequest& input) {
  const Key& config = input.PublicKeyConfig;
  TRY(check_comment(config.Comment));
  auto changed = TRY(Entities<Key>(store_).update(
                         call, random_, input.Id, input.IfMatch,
                         [&](PublicKeyResource& key, store::Transaction&) -> aws::Outcome<void> {
                           if (key.config.CallerReference != config.CallerReference ||
                               key.config.Name != config.Name || key.config.EncodedKey != config.EncodedKey)
                             return api::errors::CannotChangeImmutablePublicKeyFields(
                                 "You can't change the value of a public key.");
                           key.config.Comment = config.Comment.value_or("");
                           return {};
                         }))
                     .value;
  api::UpdatePublicKeyResult out;
  out.ETag = changed.etag;
  out.PublicKey = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeletePublicKeyResponse> CloudFront::DeletePublicKey(
    aws::Call& call, const api::DeletePublicKeyRequest& input) {
  TRY(Entities<Key>(store_).remove(call, input.Id, input.IfMatch,
                                   [&](const auto&, store::Transaction& transaction) {
                                     return check_in_no_group(store_, call, input.Id, transaction);
                                   }));
  return api::DeletePublicKeyResponse();
}

aws::Outcome<api::ListPublicKeysResult> CloudFront::ListPublicKeys(aws::Call& call,
                                                                   const api::ListPublicKeysRequest& input) {
  const auto page = TRY(Entities<Key>(store_).page(call, input.Marker, input.MaxItems));
  api::PublicKeyList list;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.Quantity = page.quantity();
  for (const PublicKeyResource& key : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back({.Id = key.id,
                           .Name = key.config.Name,
                           .CreatedTime = key.created_at,
                           .EncodedKey = key.config.EncodedKey,
                           .Comment = key.config.Comment});
  }
  return api::ListPublicKeysResult{.PublicKeyList = std::move(list)};
}

aws::Outcome<api::CreateKeyGroupResult> CloudFront::CreateKeyGroup(aws::Call& call,
                                                                   const api::CreateKeyGroupRequest& input) {
  TRY(check_group(input.KeyGroupConfig));
  KeyGroupResource group;
  group.id = Kind<Group>::new_id(random_);
  group.config = input.KeyGroupConfig;
  auto made = TRY(Entities<Group>(store_).create(call, random_, std::move(group),
                                                 [&](KeyGroupResource& it, store::Transaction& transaction) {
                                                   return hold_keys(store_, call, it.config, transaction);
                                                 }))
                  .value;
  api::CreateKeyGroupResult out;
  out.Location = location("key-group", made.id);
  out.ETag = made.etag;
  out.KeyGroup = shown(std::move(made));
  return out;
}

aws::Outcome<api::GetKeyGroupResult> CloudFront::GetKeyGroup(aws::Call& call,
                                                             const api::GetKeyGroupRequest& input) {
  auto found = TRY(Entities<Group>(store_).get(call.account_id, input.Id)).value;
  api::GetKeyGroupResult out;
  out.ETag = found.etag;
  out.KeyGroup = shown(std::move(found));
  return out;
}

aws::Outcome<api::GetKeyGroupConfigResult> CloudFront::GetKeyGroupConfig(
    aws::Call& call, const api::GetKeyGroupConfigRequest& input) {
  auto found = TRY(Entities<Group>(store_).get(call.account_id, input.Id)).value;
  return api::GetKeyGroupConfigResult{.KeyGroupConfig = std::move(found.config), .ETag = found.etag};
}

aws::Outcome<api::UpdateKeyGroupResult> CloudFront::UpdateKeyGroup(aws::Call& call,
                                                                   const api::UpdateKeyGroupRequest& input) {
  TRY(check_group(input.KeyGroupConfig));
  auto changed =
      TRY(Entities<Group>(store_).update(call, random_, input.Id, input.IfMatch,
                                         [&](KeyGroupResource& group, store::Transaction& transaction) {
                                           group.config = input.KeyGroupConfig;
                                           return hold_keys(store_, call, group.config, transaction);
                                         }))
          .value;
  api::UpdateKeyGroupResult out;
  out.ETag = changed.etag;
  out.KeyGroup = shown(std::move(changed));
  return out;
}

aws::Outcome<api::DeleteKeyGroupResponse> CloudFront::DeleteKeyGroup(
    aws::Call& call, const api::DeleteKeyGroupRequest& input) {
  TRY(Entities<Group>(store_).remove(
      call, input.Id, input.IfMatch, [&](const auto&, store::Transaction& transaction) {
        return check_unused<Group>(store_, call.account_id, input.Id, transaction);
      }));
  return api::DeleteKeyGroupResponse();
}

aws::Outcome<api::ListKeyGroupsResult> CloudFront::ListKeyGroups(aws::Call& call,
                                                                 const api::ListKeyGroupsRequest& input) {
  auto page = TRY(Entities<Group>(store_).page(call, input.Marker, input.MaxItems));
  api::KeyGroupList list;
  list.NextMarker = page.next_marker;
  list.MaxItems = page.max_items;
  list.Quantity = page.quantity();
  for (KeyGroupResource& group : page.items) {
    if (!list.Items) list.Items.emplace();
    list.Items->push_back({.KeyGroup = shown(std::move(group))});
  }
  return api::ListKeyGroupsResult{.KeyGroupList = std::move(list)};
}

}  // namespace meridian::services::cloudfront
