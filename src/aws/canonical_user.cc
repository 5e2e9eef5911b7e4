#include "aws/canonical_user.h"

#include "aws/sigv4_hash.h"
#include "base/bytes.h"

namespace meridian::aws {
namespace {

std::string digits(std::string text) {
  return to_hex(as_bytes(sigv4::sha256(text)));
}

}  // namespace

// Every call asks for its caller's, and a server's callers are of few accounts.
std::string canonical_user_of_account(std::string_view account_id) {
  thread_local std::string last_account, last_user;
  if (last_user.empty() || last_account != account_id) {
    last_user = digits("canonical user: account " + std::string(account_id));
    last_account = account_id;
  }
  return last_user;
}

std::string canonical_user_of_origin_access_identity(std::string_view id) {
  return digits("canonical user: origin access identity " + std::string(id));
}

}  // namespace meridian::aws
