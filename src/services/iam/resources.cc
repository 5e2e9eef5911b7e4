#include "services/iam/resources.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "services/iam/managed_policies.h"
#include "store/fields.h"

namespace meridian::services::iam {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kAccessKeyVersion = 2;  // 2: service
constexpr std::size_t kUniqueIdSize = 16;      // behind the prefix
constexpr std::size_t kSecretSize = 40;

class Writer : public store::FieldWriter<Writer> {
 public:
  explicit Writer(std::uint8_t version = kVersion) : FieldWriter(version) {}
};

}  // namespace

std::string user_arn(const UserResource& user) {
  return fmt::format("arn:aws:iam::{}:user{}{}", user.account, user.path, user.user_name);
}

std::string users_prefix(std::string_view account) {
  return fmt::format("iam/users/{}/", account);
}
std::string user_key(std::string_view account, std::string_view user_name) {
  return users_prefix(account) + to_lower(user_name);
}
std::string access_key_key(std::string_view access_key_id) {
  return fmt::format("iam/access-keys/{}", access_key_id);
}
std::string account_key(std::string_view account) {
  return fmt::format("iam/accounts/{}", account);
}
std::string access_keys_of_prefix(std::string_view account, std::string_view user_name) {
  return fmt::format("iam/access-keys-of/{}/{}/", account, to_lower(user_name));
}

std::string encode(const UserResource& user) {
  Writer out;
  out.text(user.account).text(user.user_name).text(user.path).text(user.user_id).time(user.created_at);
  out.count(user.tags.size());
  for (const auto& [key, value] : user.tags) out.text(key).text(value);
  return out.take();
}

Result<UserResource> decode_user(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  UserResource user;
  user.account = in.text();
  user.user_name = in.text();
  user.path = in.text();
  user.user_id = in.text();
  user.created_at = in.time();
  user.tags.resize(in.count(8));
  for (auto& [key, value] : user.tags) {
    key = in.text();
    value = in.text();
  }
  return in.finish(std::move(user), "user");
}

std::string encode(const AccessKeyResource& key) {
  Writer out(kAccessKeyVersion);
  out.text(key.access_key_id).text(key.secret_access_key).text(key.account).text(key.user_name);
  out.text(key.principal_arn).flag(key.active).time(key.created_at).text(key.session_token);
  out.flag(key.expires_at.has_value()).time(key.expires_at.value_or(SystemTime())).text(key.service);
  return out.take();
}

Result<AccessKeyResource> decode_access_key(std::string_view bytes) {
  store::FieldReader in(bytes, kAccessKeyVersion);
  AccessKeyResource key;
  key.access_key_id = in.text();
  key.secret_access_key = in.text();
  key.account = in.text();
  key.user_name = in.text();
  key.principal_arn = in.text();
  key.active = in.flag();
  key.created_at = in.time();
  key.session_token = in.text();
  bool expires = in.flag();
  SystemTime expires_at = in.time();
  if (expires) key.expires_at = expires_at;
  if (in.version() >= 2) key.service = in.text();
  return in.finish(std::move(key), "access key");
}

std::string encode(const AccountResource& account) {
  return Writer().u64(account.user_count).take();
}

Result<AccountResource> decode_account(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  AccountResource account;
  account.user_count = in.u64();
  return in.finish(account, "account");
}

Result<std::optional<AccessKeyResource>> find_active_access_key(store::Store& store,
                                                                std::string_view access_key_id) {
  auto found = TRY(store.get(access_key_key(access_key_id)));
  if (!found) return std::nullopt;
  AccessKeyResource key = TRY(decode_access_key(found->value));
  if (!key.active) return std::nullopt;
  return key;
}

std::string user_policies_prefix(std::string_view account, std::string_view user_name) {
  return fmt::format("iam/user-policies/{}/{}/", account, to_lower(user_name));
}

Result<UserPolicies> policies_of_user(store::Store& store, std::string_view account,
                                      std::string_view user_name) {
  UserPolicies out;
  const auto found = TRY(store.get(user_key(account, user_name)));
  if (!found) return out;
  UserResource user = TRY(decode_user(found->value));
  out.arn = user_arn(user);
  out.user_id = std::move(user.user_id);
  out.tags = std::move(user.tags);
  const std::string prefix = user_policies_prefix(account, user_name);
  for (store::KeyValue& item : TRY(store.range(prefix)).items)
    out.documents.push_back({item.key.substr(prefix.size()), std::move(item.value)});
  const std::string attachments = attachments_prefix(account, user_name);
  for (const store::KeyValue& item : TRY(store.range(attachments)).items) {
    const std::string arn = item.key.substr(attachments.size());
    if (auto policy = TRY(find_managed_policy(store, account, arn)))
      out.documents.push_back({arn, std::move(policy->document)});
  }
  return out;
}

std::string user_name_of(std::string_view principal_arn) {
  // arn:aws:iam::123456789012:user/division/name
  std::size_t resource = principal_arn.find(":user/");
  if (!principal_arn.starts_with("arn:aws:iam::") || resource == std::string_view::npos) return {};
  return std::string(principal_arn.substr(principal_arn.rfind('/') + 1));
}

std::string new_unique_id(Random& random, std::string_view prefix) {
  return std::string(prefix) + random.text(kUniqueIdSize, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
}

std::string new_secret_access_key(Random& random) {
  return random.text(kSecretSize, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

}  // namespace meridian::services::iam
