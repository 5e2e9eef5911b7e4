// Making signed URLs and cookies: the other side of signed_request.h, for `meridian sign` and for tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/cdn/signing/policy.h"
#include "engines/cdn/signing/signing_keys.h"

namespace meridian::engines::cdn::signing {

struct SignTerms {
  std::string_view key_pair_id;
  const SigningKey& key;
  HashAlgorithm hash = HashAlgorithm::Sha1;
};

// With a canned policy when there is nothing in the policy but its time and the URL itself as its resource.
Result<std::string> sign_url(std::string_view url, const Policy& policy, const SignTerms& terms);

// Names and values, for Set-Cookie.
using Cookies = std::vector<std::pair<std::string, std::string>>;
Result<Cookies> sign_cookies(std::string_view url, const Policy& policy, const SignTerms& terms);

}  // namespace meridian::engines::cdn::signing
