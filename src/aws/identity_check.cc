// Who is calling.
#include "aws/identity_check.h"

namespace meridian::aws {
namespace {

sigv4::Rules rules_of(const ServiceModel& model) {
  sigv4::Rules rules;
  rules.service = model.signing_name;
  if (model.is_s3()) {
    rules.s3 = true;
    rules.skew = std::chrono::minutes(15);
  }
  return rules;
}

bool is_json(Protocol protocol) {
  return protocol == Protocol::Json || protocol == Protocol::RestJson || protocol == Protocol::RpcCbor;
}

struct Wording {
  const char* json;
  const char* xml;
  int status;  // of the protocols that are not JSON-RPC; those always answer 400
};

Wording wording_of(sigv4::Reason reason) {
  switch (reason) {
    case sigv4::Reason::Missing:
      return {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403};
    case sigv4::Reason::Incomplete:
    case sigv4::Reason::Version2:
      return {"IncompleteSignatureException", "IncompleteSignature", 400};
    case sigv4::Reason::Mismatch:
    case sigv4::Reason::Skewed:
    case sigv4::Reason::Scope:
      return {"InvalidSignatureException", "SignatureDoesNotMatch", 403};
    case sigv4::Reason::UnknownKey:
      return {"UnrecognizedClientException", "InvalidClientTokenId", 403};
    case sigv4::Reason::Expired:
      return {"RequestExpired", "RequestExpired", 400};
    case sigv4::Reason::TokenExpired:
      return {"ExpiredTokenException", "ExpiredToken", 403};
  }
  return {"InternalFailure", "InternalFailure", 500};
}

// S3 has names and sentences of its own (API reference: "Error responses").
ServiceError s3_error(const sigv4::Refusal& refusal) {
  const auto error = [](const char* code, std::string message, int status = 403) {
    return ServiceError{code, std::move(message), status, Fault::Sender, {}};
  };
  switch (refusal.reason) {
    case sigv4::Reason::Missing:
      return error("AccessDenied", "Access Denied");
    case sigv4::Reason::Incomplete:
    case sigv4::Reason::Scope:
      return error("AuthorizationHeaderMalformed",
                   "The authorization header is malformed; " + refusal.message, 400);
    case sigv4::Reason::Version2:
      return error("InvalidRequest", refusal.message, 400);
    case sigv4::Reason::Mismatch:
      return error("SignatureDoesNotMatch", refusal.message);
    case sigv4::Reason::Skewed:
      return error("RequestTimeTooSkewed",
                   "The difference between the request time and the current time is too large.");
    case sigv4::Reason::UnknownKey:
      return error("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    case sigv4::Reason::Expired:
      return error("AccessDenied", "Request has expired");
    case sigv4::Reason::TokenExpired:
      return error("ExpiredToken", "The provided token has expired.", 400);
  }
  return error("InternalError", "We encountered an internal error. Please try again.", 500);
}

}  // namespace

ServiceError identity_error(const sigv4::Refusal& refusal, Protocol protocol, bool s3) {
  if (s3) return s3_error(refusal);
  const Wording wording = wording_of(refusal.reason);
  const bool json_rpc = protocol == Protocol::Json || protocol == Protocol::RpcCbor;
  ServiceError error;
  error.code = is_json(protocol) ? wording.json : wording.xml;
  error.message = refusal.message;
  error.status = json_rpc ? 400 : wording.status;
  return error;
}

std::optional<AccessKey> IdentityCheck::find(std::string_view access_key_id) const {
  for (const Credentials* source : sources_)
    if (auto key = source->find(access_key_id)) return key;
  return std::nullopt;
}

AccessKey IdentityCheck::developer(const sigv4::Claim* claim) const {
  if (claim == nullptr) return development_key("");
  // Temporary credentials were handed out by this very server, for a principal that its user wants to be.
  // So were the keys of its own services.
  if (auto key = find(claim->access_key_id); key && (!key->session_token.empty() || !key->service.empty()))
    return *key;
  return development_key(claim->access_key_id);
}

Outcome<AccessKey> IdentityCheck::check(const HttpRequest& request,
                                        const sigv4::Verdict<std::optional<sigv4::Claim>>& claim,
                                        const ServiceModel& model, Protocol protocol, SystemTime now) const {
  if (development_) return developer(claim && *claim ? &**claim : nullptr);
  const auto refuse = [&](const sigv4::Refusal& refusal) {
    return std::unexpected(identity_error(refusal, protocol, model.is_s3()));
  };
  using sigv4::Reason;
  if (!claim) return refuse(claim.error());
  if (!*claim) return refuse({Reason::Missing, "Missing Authentication Token"});
  const sigv4::Rules rules = rules_of(model);
  if (auto checked = sigv4::check_claim(**claim, rules, now); !checked) return refuse(checked.error());
  auto key = find((*claim)->access_key_id);
  if (!key) return refuse({Reason::UnknownKey, "The security token included in the request is invalid."});
  const sigv4::Secret secret{key->secret_access_key, key->session_token};
  if (auto verified = sigv4::verify(request, **claim, secret, rules, &keys_); !verified)
    return refuse(verified.error());
  if (key->expiry && *key->expiry <= now)
    return refuse({Reason::TokenExpired, "The security token included in the request is expired"});
  return *std::move(key);
}

}  // namespace meridian::aws
