// Users: who access keys belong to.
#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "gen/iam/errors.h"
#include "services/iam/service.h"

namespace meridian::services::iam {
namespace {

constexpr std::size_t kScannedAtOnce = 256;

api::User shown(const UserResource& user, bool with_tags) {
  api::User out;
  out.Path = user.path;
  out.UserName = user.user_name;
  out.UserId = user.user_id;
  out.Arn = user_arn(user);
  out.CreateDate = user.created_at;
  if (with_tags && !user.tags.empty()) {
    auto& tags = out.Tags.emplace();
    for (const auto& [key, value] : user.tags) tags.push_back({.Key = key, .Value = value});
  }
  return out;
}

aws::Outcome<std::vector<std::pair<std::string, std::string>>> read_tags(
    const api::CreateUserRequest& input) {
  std::vector<std::pair<std::string, std::string>> tags;
  std::set<std::string> keys;
  for (const api::Tag& tag : input.Tags.value_or(std::vector<api::Tag>())) {
    if (!keys.insert(to_lower(tag.Key)).second)
      return api::errors::InvalidInputException(
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    tags.emplace_back(tag.Key, tag.Value);
  }
  return tags;
}

}  // namespace

aws::Failure overtaken() {
  return api::errors::ConcurrentModificationException(
      "The request was rejected because of concurrent modifications.");
}

aws::Outcome<aws::Stored<UserResource>> Iam::user(const aws::Call& call, std::string_view user_name) {
  auto found = TRY(aws::read(store_, user_key(call.account_id, user_name), decode_user));
  if (!found)
    return api::errors::NoSuchEntityException(
        fmt::format("The user with name {} cannot be found.", user_name));
  return *std::move(found);
}

aws::Outcome<api::CreateUserResponse> Iam::CreateUser(aws::Call& call, const api::CreateUserRequest& input) {
  if (input.PermissionsBoundary)
    return api::errors::InvalidInputException("Permissions boundaries are not available in this version.");
  UserResource user;
  user.account = call.account_id;
  user.user_name = input.UserName;
  user.path = input.Path.value_or("/");
  user.user_id = new_unique_id(random_, "AIDA");
  user.created_at = std::chrono::floor<std::chrono::seconds>(clock_.now());
  user.tags = TRY(read_tags(input));
  std::string key = user_key(user.account, user.user_name);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        if (TRY(aws::or_failure(store_.get(key))))
          return api::errors::EntityAlreadyExistsException(
              fmt::format("User with name {} already exists.", user.user_name));
        auto account = TRY(aws::read_or_default(store_, account_key(user.account), decode_account));
        if (account.value.user_count >= kUsersMax)
          return api::errors::LimitExceededException(
              fmt::format("Cannot exceed quota for UsersPerAccount: {}", kUsersMax));
        ++account.value.user_count;
        return store::Transaction{
            .preconditions = {{key, 0}, {account_key(user.account), account.modified}},
            .puts = {{key, encode(user)}, {account_key(user.account), encode(account.value)}},
            .deletes = {}};
      },
      overtaken()));
  return api::CreateUserResponse{.User = shown(user, true)};
}

aws::Outcome<api::GetUserResponse> Iam::GetUser(aws::Call& call, const api::GetUserRequest& input) {
  std::string name = input.UserName.value_or(user_name_of(call.principal_arn));
  if (name.empty())
    return aws::refuse("ValidationError", "Must specify userName when calling with non-User credentials");
  return api::GetUserResponse{.User = shown(TRY(user(call, name)).value, true)};
}

aws::Outcome<api::ListUsersResponse> Iam::ListUsers(aws::Call& call, const api::ListUsersRequest& input) {
  auto most = static_cast<std::size_t>(input.MaxItems.value_or(kPageDefault));
  std::string path = input.PathPrefix.value_or("/"), prefix = users_prefix(call.account_id);
  api::ListUsersResponse out;
  out.IsTruncated = false;
  // The marker is the name of the first user of the next page.
  store::RangeOptions options{.limit = kScannedAtOnce,
                              .start_at = input.Marker ? prefix + *input.Marker : std::string()};
  for (bool more = true; more;) {
    store::Range range = TRY(aws::or_failure(store_.range(prefix, options)));
    for (const store::KeyValue& item : range.items) {
      UserResource user = TRY(aws::or_failure(decode_user(item.value)));
      if (!user.path.starts_with(path)) continue;
      if (out.Users.size() == most) {
        out.IsTruncated = true;
        out.Marker = item.key.substr(prefix.size());
        return out;
      }
      out.Users.push_back(shown(user, false));
    }
    more = range.more;
    if (more) options = {.limit = kScannedAtOnce, .start_after = range.items.back().key};
  }
  return out;
}

aws::Outcome<api::DeleteUserResponse> Iam::DeleteUser(aws::Call& call, const api::DeleteUserRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        auto user = TRY(this->user(call, input.UserName));
        const UserResource& value = user.value;
        auto keys = TRY(aws::or_failure(
            store_.range(access_keys_of_prefix(value.account, value.user_name), {.limit = 1})));
        if (!keys.items.empty())
          return api::errors::DeleteConflictException("Cannot delete entity, must delete access keys first.");
        const auto has_any = [&](const std::string& prefix) -> aws::Outcome<bool> {
          return !TRY(aws::or_failure(store_.range(prefix, {.limit = 1}))).items.empty();
        };
        if (TRY(has_any(attachments_prefix(value.account, value.user_name))))
          return api::errors::DeleteConflictException(
              "Cannot delete entity, must detach all policies first.");
        if (TRY(has_any(user_policies_prefix(value.account, value.user_name))))
          return api::errors::DeleteConflictException("Cannot delete entity, must delete policies first.");
        auto account = TRY(aws::read_or_default(store_, account_key(value.account), decode_account));
        --account.value.user_count;
        std::string key = user_key(value.account, value.user_name);
        return store::Transaction{
            .preconditions = {{key, user.modified}, {account_key(value.account), account.modified}},
            .puts = {{account_key(value.account), encode(account.value)}},
            .deletes = {key}};
      },
      overtaken()));
  return api::DeleteUserResponse();
}

}  // namespace meridian::services::iam
