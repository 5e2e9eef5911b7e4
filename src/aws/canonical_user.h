// Canonical user ids, as S3 names owners: 64 hexadecimal digits that stand for one account, or for one origin
// access identity. They follow from the account's number: every part of this system says the same.
#pragma once

#include <string>
#include <string_view>

namespace meridian::aws {

std::string canonical_user_of_account(std::string_view account_id);
std::string canonical_user_of_origin_access_identity(std::string_view id);  // "E2QWRUHAPOMQZL"

}  // namespace meridian::aws
