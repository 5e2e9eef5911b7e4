// Verifying and making signatures.
#include "aws/sigv4.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "aws/derived_key.h"
#include "aws/protocols/scalar_text.h"
#include "aws/signing_keys.h"
#include "aws/sigv4_canonical.h"
#include "aws/sigv4_hash.h"
#include "base/bytes.h"
#include "base/percent.h"

namespace meridian::aws::sigv4 {
namespace {

constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

std::unexpected<Refusal> refuse(Reason reason, std::string message) {
  return std::unexpected(Refusal{reason, std::move(message)});
}

void append_hex(std::string& out, const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 2 * std::tuple_size_v<Digest>> text;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kDigits[digest[i] >> 4];
    text[2 * i + 1] = kDigits[digest[i] & 15];
  }
  out.append(text.data(), text.size());
}

void append_payload_hash(std::string& out, const HttpRequest& request, const Claim& claim,
                         const Rules& rules) {
  if (rules.s3)
    out += claim.in_query ? kUnsignedPayload : request.headers.get("x-amz-content-sha256");
  else
    append_hex(out, sha256_digest(request.body));
}

void append_scope(std::string& out, const Claim& claim) {
  out += claim.date;
  for (const std::string* part : {&claim.region, &claim.service}) (out += '/') += *part;
  out += "/aws4_request";
}

void append_joined(std::string& out, const std::vector<std::string>& parts, char separator) {
  bool first = true;
  for (const std::string& part : parts) {
    if (!std::exchange(first, false)) out += separator;
    out += part;
  }
}

void append_canonical_request(std::string& out, const HttpRequest& request, const Claim& claim,
                              const Rules& rules) {
  out.append(request.method) += '\n';
  append_canonical_path(out, request.path, rules.s3);
  out += '\n';
  append_canonical_query(out, request.query);
  out += '\n';
  for (const std::string& name : claim.signed_headers) {
    out.append(name) += ':';
    bool first = true;
    for (const auto& [field, value] : request.headers) {
      if (!equal_ignoring_case(field, name)) continue;
      if (!std::exchange(first, false)) out += ',';
      append_canonical_value(out, value);
    }
    out += '\n';
  }
  out += '\n';
  append_joined(out, claim.signed_headers, ';');
  out += '\n';
  append_payload_hash(out, request, claim, rules);
}

void append_string_to_sign(std::string& out, const Claim& claim, std::string_view canonical) {
  out.append("AWS4-HMAC-SHA256\n").append(claim.time_text) += '\n';
  append_scope(out, claim);
  out += '\n';
  append_hex(out, sha256_digest(canonical));
}

std::string signature_of(std::string_view key, std::string_view to_sign) {
  std::string out;
  out.reserve(64);
  append_hex(out, HmacKey(key).sign(to_sign));
  return out;
}

// What each request is held against is written where that of the one before it was.
struct Scratch {
  std::string canonical, to_sign, signature;
  void clear() {
    canonical.clear();
    to_sign.clear();
    signature.clear();
    if (canonical.capacity() > kScratchBytesKept) canonical = {};
  }
  static constexpr std::size_t kScratchBytesKept = 16 * 1024;
};

Verdict<void> check_time(const Claim& claim, Duration skew, SystemTime now) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(skew).count();
  if (claim.time > now + skew)
    return refuse(
        Reason::Skewed,
        fmt::format("Signature not yet current: {} is still later than {} ({} + {} min.)", claim.time_text,
                    format_basic_time(now + skew), format_basic_time(now), minutes));
  if (claim.expires_s) {
    if (now > claim.time + std::chrono::seconds(*claim.expires_s))
      return refuse(Reason::Expired, "Request has expired.");
    return {};
  }
  if (claim.time < now - skew)
    return refuse(Reason::Skewed,
                  fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", claim.time_text,
                              format_basic_time(now - skew), format_basic_time(now), minutes));
  return {};
}

// AWS tells all that is wrong with a scope at once.
std::string scope_faults(const Claim& claim, const Rules& rules) {
  std::string faults;
  if (!is_region(claim.region))
    faults += fmt::format("Credential should be scoped to a valid region, not '{}'. ", claim.region);
  if (claim.service != rules.service)
    faults += fmt::format("Credential should be scoped to correct service: '{}'. ", rules.service);
  if (claim.terminator != "aws4_request")
    faults += fmt::format("Credential should be scoped with a valid terminator: 'aws4_request', not '{}'. ",
                          claim.terminator);
  if (!claim.time_text.starts_with(claim.date) || claim.date.size() != 8)
    faults += fmt::format(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != "
        "'{}', "
        "from '{}'.",
        claim.date, claim.time_text.substr(0, 8), claim.time_text);
  return faults;
}

Claim make_claim(const std::string& access_key_id, std::string_view region, const Rules& rules,
                 SystemTime now) {
  Claim claim;
  claim.access_key_id = access_key_id;
  claim.time = now;
  claim.time_text = format_basic_time(now);
  claim.date = claim.time_text.substr(0, 8);
  claim.region = region;
  claim.service = rules.service;
  claim.terminator = "aws4_request";
  return claim;
}

}  // namespace

bool is_region(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '*';
  });
}

std::string format_basic_time(SystemTime time) {
  std::string text = format_iso8601(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string scope_of(const Claim& claim) {
  std::string scope;
  scope.reserve(64);
  append_scope(scope, claim);
  return scope;
}

std::string derive_key(std::string_view secret_access_key, std::string_view date, std::string_view region,
                       std::string_view service) {
  std::string key = hmac_sha256(fmt::format("AWS4{}", secret_access_key), date);
  key = hmac_sha256(key, region);
  key = hmac_sha256(key, service);
  return hmac_sha256(key, "aws4_request");
}

std::string signing_key(const Claim& claim, std::string_view secret_access_key) {
  return derive_key(secret_access_key, claim.date, claim.region, claim.service);
}

std::string canonical_request(const HttpRequest& request, const Claim& claim, const Rules& rules) {
  std::string out;
  append_canonical_request(out, request, claim, rules);
  return out;
}

std::string string_to_sign(const Claim& claim, std::string_view canonical) {
  std::string out;
  append_string_to_sign(out, claim, canonical);
  return out;
}

Verdict<void> check_claim(const Claim& claim, const Rules& rules, SystemTime now) {
  if (auto in_time = check_time(claim, rules.skew, now); !in_time) return in_time;
  if (std::string faults = scope_faults(claim, rules); !faults.empty())
    return refuse(Reason::Scope, std::move(faults));
  // Otherwise a request for one endpoint could be replayed at another.
  if (std::find(claim.signed_headers.begin(), claim.signed_headers.end(), "host") ==
      claim.signed_headers.end())
    return refuse(Reason::Mismatch,
                  "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  return {};
}

Verdict<void> verify(const HttpRequest& request, const Claim& claim, const Secret& secret, const Rules& rules,
                     SigningKeys* keys) {
  thread_local Scratch scratch;
  scratch.clear();
  auto& [canonical, to_sign, signature] = scratch;
  append_canonical_request(canonical, request, claim, rules);
  append_string_to_sign(to_sign, claim, canonical);
  const HmacKey key = keys != nullptr ? keys->find(claim, secret.secret_access_key)
                                      : HmacKey(signing_key(claim, secret.secret_access_key));
  append_hex(signature, key.sign(to_sign));
  if (!equal_in_constant_time(claim.signature, signature))
    return refuse(
        Reason::Mismatch,
        fmt::format("The request signature we calculated does not match the signature you provided. Check "
                    "your AWS Secret Access Key and signing method. Consult the service documentation for "
                    "details.\n\nThe Canonical String for this request should have been\n'{}'\n\nThe "
                    "String-to-Sign should have been\n'{}'\n",
                    canonical, to_sign));
  if (!equal_in_constant_time(claim.security_token, secret.session_token))
    return refuse(Reason::UnknownKey, "The security token included in the request is invalid.");
  return {};
}

void sign(HttpRequest& request, const SigningKey& key, std::string_view region, const Rules& rules,
          SystemTime now) {
  if (!key.session_token.empty()) request.headers.set("X-Amz-Security-Token", key.session_token);
  const std::string date = format_basic_time(now).substr(0, 8);
  sign(request, DerivedKey{key.access_key_id, derive_key(key.secret_access_key, date, region, rules.service)},
       region, rules, now);
}

void sign(HttpRequest& request, const DerivedKey& key, std::string_view region, const Rules& rules,
          SystemTime now) {
  Claim claim = make_claim(key.access_key_id, region, rules, now);
  request.headers.set("X-Amz-Date", claim.time_text);
  for (const auto& [name, value] : request.headers)
    if (!equal_ignoring_case(name, "authorization")) claim.signed_headers.push_back(to_lower(name));
  std::sort(claim.signed_headers.begin(), claim.signed_headers.end());
  const auto end = std::unique(claim.signed_headers.begin(), claim.signed_headers.end());
  claim.signed_headers.erase(end, claim.signed_headers.end());
  const std::string to_sign = string_to_sign(claim, canonical_request(request, claim, rules));
  request.headers.set(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", claim.access_key_id,
                  scope_of(claim), fmt::join(claim.signed_headers, ";"), signature_of(key.key, to_sign)));
}

void presign(HttpRequest& request, const SigningKey& key, std::string_view region, const Rules& rules,
             SystemTime now, std::int64_t expires_s) {
  Claim claim = make_claim(key.access_key_id, region, rules, now);
  claim.in_query = true;
  claim.signed_headers = {"host"};
  std::string& query = request.query;
  if (!query.empty()) query += '&';
  query +=
      fmt::format("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}",
                  percent_encode(claim.access_key_id + "/" + scope_of(claim)), claim.time_text, expires_s);
  query += "&X-Amz-SignedHeaders=host";
  if (!key.session_token.empty()) query += "&X-Amz-Security-Token=" + percent_encode(key.session_token);
  const std::string to_sign = string_to_sign(claim, canonical_request(request, claim, rules));
  query += "&X-Amz-Signature=" + signature_of(signing_key(claim, key.secret_access_key), to_sign);
}

}  // namespace meridian::aws::sigv4
