#include "services/sts/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/stored.h"
#include "services/iam/resources.h"

namespace meridian::services::sts {
namespace {

using std::chrono::seconds;

constexpr seconds kSessionDefault = std::chrono::hours(12);
constexpr seconds kRootSessionMax = std::chrono::hours(1);
constexpr std::size_t kSessionTokenSize = 256;

bool is_session_key(std::string_view access_key_id) {
  return access_key_id.starts_with("ASIA");
}

aws::Outcome<void> check_may_start_session(const aws::Call& call, const api::GetSessionTokenRequest& input) {
  if (is_session_key(call.access_key_id))
    return aws::refuse("AccessDenied", "Cannot call GetSessionToken with session credentials", 403);
  if (input.SerialNumber || input.TokenCode) {
    return aws::refuse(
        "AccessDenied",
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
        "number is valid and associated with this user.",
        403);
  }
  return {};
}

}  // namespace

aws::Outcome<api::GetCallerIdentityResponse> Sts::GetCallerIdentity(aws::Call& call,
                                                                    const api::GetCallerIdentityRequest&) {
  api::GetCallerIdentityResponse out;
  out.Account = call.account_id;
  out.Arn = call.principal_arn;
  // The root's id is the account's.
  out.UserId = call.account_id;
  std::string name = iam::user_name_of(call.principal_arn);
  if (!name.empty())
    if (auto user = TRY(aws::read(store_, iam::user_key(call.account_id, name), iam::decode_user)))
      out.UserId = user->value.user_id;
  return out;
}

aws::Outcome<api::GetAccessKeyInfoResponse> Sts::GetAccessKeyInfo(aws::Call& call,
                                                                  const api::GetAccessKeyInfoRequest& input) {
  if (input.AccessKeyId == call.access_key_id)
    return api::GetAccessKeyInfoResponse{.Account = call.account_id};
  auto key = TRY(aws::read(store_, iam::access_key_key(input.AccessKeyId), iam::decode_access_key));
  if (!key)
    return aws::refuse("ValidationError", fmt::format("There is no access key {}.", input.AccessKeyId));
  return api::GetAccessKeyInfoResponse{.Account = key->value.account};
}

aws::Outcome<api::GetSessionTokenResponse> Sts::GetSessionToken(aws::Call& call,
                                                                const api::GetSessionTokenRequest& input) {
  TRY(check_may_start_session(call, input));
  seconds duration = input.DurationSeconds ? seconds(*input.DurationSeconds) : kSessionDefault;
  iam::AccessKeyResource key;
  key.user_name = iam::user_name_of(call.principal_arn);
  if (key.user_name.empty()) duration = std::min(duration, kRootSessionMax);
  key.access_key_id = iam::new_unique_id(random_, "ASIA");
  key.secret_access_key = iam::new_secret_access_key(random_);
  key.account = call.account_id;
  key.principal_arn = call.principal_arn;
  key.created_at = std::chrono::floor<seconds>(clock_.now());
  key.session_token =
      random_.text(kSessionTokenSize, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
  key.expires_at = key.created_at + duration;

  auto lease = store_.grant_lease(duration);
  if (!lease && lease.error().code == ErrorCode::Limit) return aws::refuse("Throttling", "Rate exceeded");
  store::LeaseId lease_id = TRY(aws::or_failure(std::move(lease)));
  store::Put put{iam::access_key_key(key.access_key_id), iam::encode(key), lease_id};
  store::Precondition fresh{put.key, 0};
  TRY(aws::or_failure(store_.commit({.preconditions = {fresh}, .puts = {put}, .deletes = {}})));
  return api::GetSessionTokenResponse{.Credentials =
                                          api::Credentials{.AccessKeyId = key.access_key_id,
                                                           .SecretAccessKey = key.secret_access_key,
                                                           .SessionToken = key.session_token,
                                                           .Expiration = *key.expires_at}};
}

}  // namespace meridian::services::sts
