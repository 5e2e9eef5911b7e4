// Whether a request for restricted content is signed as it must be, and what is told to one that is not
// (CF:PrivateContent). Checked once, when the request comes.
//
// Rule: of a request that is refused the viewer learns no more than CloudFront tells; why exactly is for
// explain.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/cdn/rules/fields.h"
#include "engines/cdn/signing/policy.h"
#include "engines/cdn/signing/signing_keys.h"
#include "net/address.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::signing {

// The keys of a behavior, ready for use; one that cannot be read signs nothing.
class TrustedKeys {
 public:
  TrustedKeys() = default;
  explicit TrustedKeys(const std::vector<std::shared_ptr<const snapshots::cdn::TrustedKey>>& keys);

  const VerifyingKey* find(std::string_view id) const;

 private:
  struct Named {
    std::string id;
    VerifyingKey key;
  };
  std::vector<Named> keys_;
};

struct SignedRequest {
  bool is_tls = false;
  std::string_view host;  // as the viewer sent it
  std::string_view path, query;
  rules::Fields fields;  // for cookies
  net::IpAddress viewer;
  Time now{};
};

enum class SignatureRefusal : std::uint8_t {
  MissingKeyPairId,
  UnknownKey,
  MissingSignature,
  MalformedSignature,
  MalformedPolicy,
  UnknownHashAlgorithm,
  WrongSignature,
  Expired,
  NotYetValid,
  OtherAddress,
  OtherResource,
};
// Nothing: it is signed.
std::optional<SignatureRefusal> check_signature(const SignedRequest& request, const TrustedKeys& keys);

// What the viewer is told with 403.
struct RefusalText {
  std::string_view code, message;
};
RefusalText text_of(SignatureRefusal refusal);
std::string refusal_body(SignatureRefusal refusal);  // XML
// Why, for explain.
std::string_view reason_of(SignatureRefusal refusal);

// The query string without what belongs to the signature: neither keys nor origins see it. The query itself
// when there is nothing of it, else `buffer`.
std::string_view without_signature(std::string_view query, std::string& buffer);

}  // namespace meridian::engines::cdn::signing
