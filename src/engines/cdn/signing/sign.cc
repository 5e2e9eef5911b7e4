// Signing.
#include "engines/cdn/signing/sign.h"

namespace meridian::engines::cdn::signing {
namespace {

bool is_canned(std::string_view url, const Policy& policy) {
  return !policy.resource.empty() && policy.resource == url && !policy.after && !policy.source;
}

// As parameters of a URL; cookies have the same under longer names.
Result<Cookies> signed_parts(std::string_view url, const Policy& policy, const SignTerms& terms) {
  const std::string text = policy_text(policy);
  const std::string signature = TRY(terms.key.sign(text, terms.hash));
  Cookies parts;
  if (is_canned(url, policy)) {
    parts.emplace_back("Expires", std::to_string(policy.before.time_since_epoch().count()));
  } else {
    parts.emplace_back("Policy", encode_for_url(text));
  }
  parts.emplace_back("Signature", encode_for_url(signature));
  parts.emplace_back("Key-Pair-Id", terms.key_pair_id);
  if (terms.hash == HashAlgorithm::Sha256) parts.emplace_back("Hash-Algorithm", "SHA256");
  return parts;
}

}  // namespace

Result<std::string> sign_url(std::string_view url, const Policy& policy, const SignTerms& terms) {
  std::string out(url);
  char separator = out.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : TRY(signed_parts(url, policy, terms))) {
    out += separator + name + '=' + value;
    separator = '&';
  }
  return out;
}

Result<Cookies> sign_cookies(std::string_view url, const Policy& policy, const SignTerms& terms) {
  Cookies cookies = TRY(signed_parts(url, policy, terms));
  for (auto& [name, value] : cookies) name.insert(0, "CloudFront-");
  return cookies;
}

}  // namespace meridian::engines::cdn::signing
