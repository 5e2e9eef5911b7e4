#include "aws/canonical_user.h"

#include "aws/sigv4_hash.h"
#include "base/bytes.h"

namespace meridian::aws {
namespace {

std::string digits(std::string text) {
  return to_hex(as_bytes(sigv4::sha256(text)));
}

}  // namespace

std::string canonical_user_of_account(std::string_view account_id) {
  return digits("canonical user: account " + std::string(account_id));
}

std::string canonical_user_of_origin_access_identity(std::string_view id) {
  return digits("canonical user: origin access identity " + std::string(id));
}

}  // namespace meridian::aws
