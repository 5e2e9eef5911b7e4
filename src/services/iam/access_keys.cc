// Access keys. A new key signs requests as soon as its transaction is committed.
#include "gen/iam/errors.h"
#include "services/iam/service.h"

namespace meridian::services::iam {
namespace {

aws::Failure no_such_key(std::string_view access_key_id) {
  return api::errors::NoSuchEntityException(
      fmt::format("The Access Key with id {} cannot be found.", access_key_id));
}

std::string status(const AccessKeyResource& key) {
  return key.active ? "Active" : "Inactive";
}

}  // namespace

aws::Outcome<std::optional<aws::Stored<UserResource>>> Iam::owner(
    const aws::Call& call, const std::optional<std::string>& user_name) {
  std::string name = user_name.value_or(user_name_of(call.principal_arn));
  if (name.empty()) return std::nullopt;
  return TRY(user(call, name));
}

aws::Outcome<aws::Stored<AccessKeyResource>> Iam::owned_key(const aws::Call& call,
                                                            std::string_view access_key_id,
                                                            const std::optional<std::string>& user_name) {
  auto owner = TRY(this->owner(call, user_name));
  auto key = TRY(aws::read(store_, access_key_key(access_key_id), decode_access_key));
  // Sessions are not anybody's keys to manage.
  if (!key || key->value.account != call.account_id || key->value.expires_at ||
      key->value.user_name != (owner ? owner->value.user_name : std::string()))
    return no_such_key(access_key_id);
  return *std::move(key);
}

aws::Outcome<api::CreateAccessKeyResponse> Iam::CreateAccessKey(aws::Call& call,
                                                                const api::CreateAccessKeyRequest& input) {
  AccessKeyResource key;
  key.access_key_id = new_unique_id(random_, "AKIA");
  key.secret_access_key = new_secret_access_key(random_);
  key.account = call.account_id;
  key.created_at = std::chrono::floor<std::chrono::seconds>(clock_.now());
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        auto owner = TRY(this->owner(call, input.UserName));
        key.user_name = owner ? owner->value.user_name : "";
        key.principal_arn = owner ? user_arn(owner->value) : fmt::format("arn:aws:iam::{}:root", key.account);
        std::string prefix = access_keys_of_prefix(key.account, key.user_name);
        if (TRY(aws::or_failure(store_.range(prefix, {.limit = kAccessKeysMax}))).items.size() >=
            kAccessKeysMax) {
          return api::errors::LimitExceededException(
              fmt::format("Cannot exceed quota for AccessKeysPerUser: {}", kAccessKeysMax));
        }
        // The owner, or for a root the account, is written back: two keys made at once, or a key and the
        // user's deletion, cannot overlook each other.
        auto account = TRY(aws::read_or_default(store_, account_key(key.account), decode_account));
        std::string guard = owner ? user_key(key.account, key.user_name) : account_key(key.account);
        return store::Transaction{.preconditions = {{access_key_key(key.access_key_id), 0},
                                                    {guard, owner ? owner->modified : account.modified}},
                                  .puts = {{guard, owner ? encode(owner->value) : encode(account.value)},
                                           {access_key_key(key.access_key_id), encode(key)},
                                           {prefix + key.access_key_id, {}}},
                                  .deletes = {}};
      },
      overtaken()));
  api::CreateAccessKeyResponse out;
  out.AccessKey = {.UserName = key.user_name,
                   .AccessKeyId = key.access_key_id,
                   .Status = status(key),
                   .SecretAccessKey = key.secret_access_key,
                   .CreateDate = key.created_at};
  return out;
}

aws::Outcome<api::ListAccessKeysResponse> Iam::ListAccessKeys(aws::Call& call,
                                                              const api::ListAccessKeysRequest& input) {
  auto owner = TRY(this->owner(call, input.UserName));
  std::string prefix = access_keys_of_prefix(call.account_id, owner ? owner->value.user_name : "");
  api::ListAccessKeysResponse out;
  out.IsTruncated = false;
  auto most = static_cast<std::size_t>(input.MaxItems.value_or(kPageDefault));
  store::RangeOptions options{.limit = most,
                              .start_after = input.Marker ? prefix + *input.Marker : std::string()};
  store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
  for (const store::KeyValue& item : range.items) {
    auto key = TRY(aws::read(store_, access_key_key(item.key.substr(prefix.size())), decode_access_key));
    if (!key) continue;  // deleted since the index was read
    out.AccessKeyMetadata.push_back({.UserName = key->value.user_name,
                                     .AccessKeyId = key->value.access_key_id,
                                     .Status = status(key->value),
                                     .CreateDate = key->value.created_at});
  }
  if (range.more) {
    out.IsTruncated = true;
    out.Marker = range.items.back().key.substr(prefix.size());
  }
  return out;
}

aws::Outcome<api::UpdateAccessKeyResponse> Iam::UpdateAccessKey(aws::Call& call,
                                                                const api::UpdateAccessKeyRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        auto key = TRY(owned_key(call, input.AccessKeyId, input.UserName));
        if (input.Status != "Active" && input.Status != "Inactive")
          return api::errors::InvalidInputException(
              fmt::format("The status {} cannot be set.", input.Status));
        key.value.active = input.Status == "Active";
        std::string at = access_key_key(key.value.access_key_id);
        return store::Transaction{
            .preconditions = {{at, key.modified}}, .puts = {{at, encode(key.value)}}, .deletes = {}};
      },
      overtaken()));
  return api::UpdateAccessKeyResponse();
}

aws::Outcome<api::DeleteAccessKeyResponse> Iam::DeleteAccessKey(aws::Call& call,
                                                                const api::DeleteAccessKeyRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        auto key = TRY(owned_key(call, input.AccessKeyId, input.UserName));
        std::string at = access_key_key(key.value.access_key_id);
        return store::Transaction{
            .preconditions = {{at, key.modified}},
            .puts = {},
            .deletes = {
                at, access_keys_of_prefix(key.value.account, key.value.user_name) + key.value.access_key_id}};
      },
      overtaken()));
  return api::DeleteAccessKeyResponse();
}

}  // namespace meridian::services::iam
