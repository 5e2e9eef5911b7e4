// What there is to say of an account as a whole.
#include "services/iam/service.h"

namespace meridian::services::iam {

aws::Outcome<api::GetAccountSummaryResponse> Iam::GetAccountSummary(aws::Call& call,
                                                                    const api::GetAccountSummaryRequest&) {
  AccountResource account =
      TRY(aws::read_or_default(store_, account_key(call.account_id), decode_account)).value;
  api::GetAccountSummaryResponse out;
  out.SummaryMap = {{"Users", static_cast<std::int32_t>(account.user_count)},
                    {"UsersQuota", static_cast<std::int32_t>(kUsersMax)},
                    {"AccessKeysPerUserQuota", static_cast<std::int32_t>(kAccessKeysMax)}};
  return out;
}

// Aliases cannot be made here, so there are none.
aws::Outcome<api::ListAccountAliasesResponse> Iam::ListAccountAliases(aws::Call&,
                                                                      const api::ListAccountAliasesRequest&) {
  api::ListAccountAliasesResponse out;
  out.IsTruncated = false;
  return out;
}

}  // namespace meridian::services::iam
