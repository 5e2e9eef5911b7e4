// AWS Signature Version 4: reading a signature off a request, verifying it, and making one. Pure.
// Rule: a request is trusted only after verify() has succeeded; a Claim alone is what a stranger says.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/http.h"
#include "base/clock.h"

namespace meridian::aws::sigv4 {

enum class Reason : std::uint8_t {
  Missing,       // no signature at all
  Incomplete,    // one that lacks a part or has a malformed one
  Version2,      // which AWS has given up
  Mismatch,      // simply wrong
  Skewed,        // made at another time than ours
  Scope,         // made for another service
  UnknownKey,    // access key or session token nobody has
  Expired,       // a presigned request after its X-Amz-Expires
  TokenExpired,  // temporary credentials after their end
};

struct Refusal {
  Reason reason;
  std::string message;  // as AWS words it
};
template <typename T>
using Verdict = std::expected<T, Refusal>;

class SigningKeys;  // aws/signing_keys.h

// What a signed request says about its signature.
struct Claim {
  bool in_query = false;  // presigned
  std::string access_key_id;
  std::string date, region, service, terminator;  // the credential scope
  std::vector<std::string> signed_headers;        // lower case
  std::string signature;
  std::string time_text;  // 20260101T000000Z
  SystemTime time{};
  std::optional<std::int64_t> expires_s;  // of a presigned request
  std::string security_token;
};

// How one service differs.
struct Rules {
  std::string_view service;  // its signing name
  bool s3 = false;  // paths encoded once and not normalised; the payload is what x-amz-content-sha256 says it
                    // is (aws/payload.h holds the body to that), and unsigned in the query form
  Duration skew = std::chrono::minutes(5);
};

struct Secret {
  std::string_view secret_access_key;
  std::string_view session_token;  // empty for permanent keys
};

// Nothing when the request carries no signature. The names it looks for are those of the header and query
// forms.
Verdict<std::optional<Claim>> read_claim(const HttpRequest& request);

// The checks that need no secret, in AWS's order: time, scope, the Host header.
Verdict<void> check_claim(const Claim& claim, const Rules& rules, SystemTime now);

// The signature itself. The message of a mismatch has the canonical request and the string to sign, as AWS's
// has.
// `keys`, when given, remembers what was derived from the secret.
Verdict<void> verify(const HttpRequest& request, const Claim& claim, const Secret& secret, const Rules& rules,
                     SigningKeys* keys = nullptr);

// What the chunks of a streamed body are signed with (aws/payload.h).
std::string scope_of(const Claim& claim);
std::string signing_key(const Claim& claim, std::string_view secret_access_key);

std::string canonical_request(const HttpRequest& request, const Claim& claim, const Rules& rules);
std::string string_to_sign(const Claim& claim, std::string_view canonical);

// The client's side: adds X-Amz-Date, X-Amz-Security-Token and Authorization, signing every header that is
// there.
struct SigningKey {
  std::string access_key_id, secret_access_key, session_token;
};
void sign(HttpRequest& request, const SigningKey& key, std::string_view region, const Rules& rules,
          SystemTime now);
// The query form: adds the X-Amz- parameters to the query, signing only Host.
void presign(HttpRequest& request, const SigningKey& key, std::string_view region, const Rules& rules,
             SystemTime now, std::int64_t expires_s);

inline constexpr std::int64_t kExpiresSecondsMax = 604'800;
inline constexpr std::size_t kSignedHeadersMax = 256;

// Any name of a region's form: a client's region need not be the one we are in.
bool is_region(std::string_view name);

std::string format_basic_time(SystemTime time);  // 20260101T000000Z

}  // namespace meridian::aws::sigv4
