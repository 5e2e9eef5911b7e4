// The check: find the parts, find the key, verify, then look at the policy.
#include "engines/cdn/signing/signed_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/cdn/rules/selection.h"

namespace meridian::engines::cdn::signing {
namespace {

struct Parts {
  std::string_view expires, policy, signature, key_pair_id, hash_algorithm;

  bool any() const { return !key_pair_id.empty() || !signature.empty() || !policy.empty(); }
};

std::string_view* part_named(Parts& parts, std::string_view name) {
  if (name == "Expires") return &parts.expires;
  if (name == "Policy") return &parts.policy;
  if (name == "Signature") return &parts.signature;
  if (name == "Key-Pair-Id") return &parts.key_pair_id;
  if (name == "Hash-Algorithm") return &parts.hash_algorithm;
  return nullptr;
}

void take(std::string_view name, std::string_view whole, Parts& parts) {
  std::string_view* part = part_named(parts, name);
  if (part && part->empty()) *part = whole.substr(std::min(name.size() + 1, whole.size()));
}

Parts parts_of_url(std::string_view query) {
  Parts parts;
  rules::for_each_query_string(
      query, [&](std::string_view name, std::string_view whole) { take(name, whole, parts); });
  return parts;
}

Parts parts_of_cookies(rules::Fields fields) {
  constexpr std::string_view kPrefix = "CloudFront-";
  Parts parts;
  rules::for_each_cookie(fields, [&](std::string_view name, std::string_view whole) {
    if (name.starts_with(kPrefix) && whole.starts_with(name))
      take(name.substr(kPrefix.size()), whole.substr(kPrefix.size()), parts);
  });
  return parts;
}

std::optional<Time> parse_epoch(std::string_view text) {
  if (text.empty() || text.size() > 12) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  return Time(Seconds(seconds));
}

std::string url_of(const SignedRequest& request) {
  std::string buffer;
  const std::string_view query = without_signature(request.query, buffer);
  return fmt::format("{}://{}{}{}{}", request.is_tls ? "https" : "http", request.host, request.path,
                     query.empty() ? "" : "?", query);
}

std::optional<SignatureRefusal> check_policy(const Policy& policy, const SignedRequest& request,
                                             std::string_view url) {
  using enum SignatureRefusal;
  if (request.now >= policy.before) return Expired;
  if (policy.after && request.now <= *policy.after) return NotYetValid;
  if (policy.source && !policy.source->contains(request.viewer)) return OtherAddress;
  if (!matches_resource(policy.resource, url)) return OtherResource;
  return std::nullopt;
}

}  // namespace

TrustedKeys::TrustedKeys(const std::vector<std::shared_ptr<const snapshots::cdn::TrustedKey>>& keys) {
  for (const auto& key : keys)
    if (auto parsed = VerifyingKey::parse(key->public_pem)) keys_.push_back({key->id, *std::move(parsed)});
}

const VerifyingKey* TrustedKeys::find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &Named::id);
  return found == keys_.end() ? nullptr : &found->key;
}

std::optional<SignatureRefusal> check_signature(const SignedRequest& request, const TrustedKeys& keys) {
  using enum SignatureRefusal;
  Parts parts = parts_of_url(request.query);
  if (!parts.any()) parts = parts_of_cookies(request.fields);
  if (parts.key_pair_id.empty()) return MissingKeyPairId;
  const VerifyingKey* key = keys.find(parts.key_pair_id);
  if (!key) return UnknownKey;
  if (parts.signature.empty() || (parts.policy.empty() && parts.expires.empty())) return MissingSignature;
  HashAlgorithm hash = HashAlgorithm::Sha1;
  if (parts.hash_algorithm == "SHA256") {
    hash = HashAlgorithm::Sha256;
  } else if (!parts.hash_algorithm.empty() && parts.hash_algorithm != "SHA1") {
    return UnknownHashAlgorithm;
  }
  const auto signature = decode_from_url(parts.signature);
  if (!signature) return MalformedSignature;

  const std::string url = url_of(request);
  if (parts.policy.empty()) {
    const auto before = parse_epoch(parts.expires);
    if (!before) return MalformedPolicy;
    if (!key->verifies(canned_policy_text(url, *before), *signature, hash)) return WrongSignature;
    return request.now >= *before ? std::optional(Expired) : std::nullopt;
  }
  const auto text = decode_from_url(parts.policy);
  if (!text) return MalformedPolicy;
  // Nothing of a policy is looked at that nobody has signed.
  if (!key->verifies(*text, *signature, hash)) return WrongSignature;
  const auto policy = parse_policy(*text);
  if (!policy) return MalformedPolicy;
  return check_policy(*policy, request, url);
}

RefusalText text_of(SignatureRefusal refusal) {
  switch (refusal) {
    case SignatureRefusal::MissingKeyPairId:
      return {"MissingKey", "Missing Key-Pair-Id query parameter or cookie value"};
    case SignatureRefusal::UnknownKey:
      return {"InvalidKey", "Unknown Key"};
    case SignatureRefusal::MalformedPolicy:
      return {"MalformedPolicy", "Malformed Policy"};
    case SignatureRefusal::MalformedSignature:
      return {"MalformedSignature", "Could not unencode Signature"};
    default:
      return {"AccessDenied", "Access denied"};
  }
}

std::string refusal_body(SignatureRefusal refusal) {
  const RefusalText text = text_of(refusal);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{}</Code><Message>{}</Message></Error>",
      text.code, text.message);
}

std::string_view reason_of(SignatureRefusal refusal) {
  switch (refusal) {
    case SignatureRefusal::MissingKeyPairId:
      return "neither the query string nor a cookie has a Key-Pair-Id";
    case SignatureRefusal::UnknownKey:
      return "the Key-Pair-Id is in no key group of the behavior";
    case SignatureRefusal::MissingSignature:
      return "Signature, or both of Policy and Expires, are missing";
    case SignatureRefusal::MalformedSignature:
      return "Signature is not base64 for URLs";
    case SignatureRefusal::MalformedPolicy:
      return "the policy cannot be read";
    case SignatureRefusal::UnknownHashAlgorithm:
      return "Hash-Algorithm is neither SHA1 nor SHA256";
    case SignatureRefusal::WrongSignature:
      return "the signature is not of this key, this hash algorithm and this policy: with a canned policy, "
             "of this URL";
    case SignatureRefusal::Expired:
      return "DateLessThan has passed";
    case SignatureRefusal::NotYetValid:
      return "DateGreaterThan has not passed";
    case SignatureRefusal::OtherAddress:
      return "the viewer's address is not in IpAddress";
    case SignatureRefusal::OtherResource:
      return "Resource does not match the URL";
  }
  return "";
}

std::string_view without_signature(std::string_view query, std::string& buffer) {
  Parts unused;
  bool any = false;
  rules::for_each_query_string(
      query, [&](std::string_view name, std::string_view) { any |= part_named(unused, name) != nullptr; });
  if (!any) return query;
  buffer.clear();
  rules::for_each_query_string(query, [&](std::string_view name, std::string_view whole) {
    if (part_named(unused, name)) return;
    if (!buffer.empty()) buffer += '&';
    buffer += whole;
  });
  return buffer;
}

}  // namespace meridian::engines::cdn::signing
