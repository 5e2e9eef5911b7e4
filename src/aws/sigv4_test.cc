#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include "aws/signing_keys.h"
#include "aws/sigv4_canonical.h"
#include "base/bytes.h"

namespace meridian::aws::sigv4 {
namespace {

using namespace std::chrono_literals;

// The expected signatures of this file were made by botocore 1.43's own signers at this moment with this key.
constexpr const char* kKeyId = "AKIAIOSFODNN7EXAMPLE";
constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SystemTime kTime =
    SystemTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + 12h + 34min + 56s;
constexpr const char* kTimeText = "20260101T123456Z";
constexpr const char* kScope = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/";

Rules rules_for(std::string_view service) {
  Rules rules;
  rules.service = service;
  return rules;
}

Rules s3_rules() {
  Rules rules = rules_for("s3");
  rules.s3 = true;
  return rules;
}

HttpRequest request_of(std::string method, std::string path, std::string query, std::string host,
                       std::string body = "") {
  HttpRequest request{std::move(method), std::move(path), std::move(query), {}, std::move(body)};
  request.headers.add("Host", std::move(host));
  return request;
}

std::string authorization(std::string_view service, std::string_view signed_headers,
                          std::string_view signature) {
  return "AWS4-HMAC-SHA256 Credential=" + std::string(kScope) + std::string(service) +
         "/aws4_request, SignedHeaders=" + std::string(signed_headers) +
         ", Signature=" + std::string(signature);
}

// What the whole of reading, checking and verifying says; "" when the request is good.
std::string verdict(const HttpRequest& request, const Rules& rules, Secret secret = {kSecret, ""},
                    SystemTime now = kTime) {
  auto claim = read_claim(request);
  if (!claim) return claim.error().message;
  if (!*claim) return "unsigned";
  if (auto checked = check_claim(**claim, rules, now); !checked) return checked.error().message;
  if (auto verified = verify(request, **claim, secret, rules); !verified) return verified.error().message;
  return "";
}

HttpRequest signed_get() {
  HttpRequest request =
      request_of("GET", "/2013-04-01/hostedzone", "maxitems=2&marker=Z%20a%2Fb", "route53.amazonaws.com");
  request.headers.add("X-Amz-Date", kTimeText);
  request.headers.add("Authorization",
                      authorization("route53", "host;x-amz-date",
                                    "730060b55d893010cd4e12e2eb30b04902e6db69435da8257df3e247c10e26e4"));
  return request;
}

TEST(SigV4, VerifiesAGetWithAQuery) {
  EXPECT_EQ(verdict(signed_get(), rules_for("route53")), "");
}

TEST(SigV4, RemembersKeysBySecretAndScope) {
  SigningKeys keys;
  const HttpRequest request = signed_get();
  const Claim claim = **read_claim(request);
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(verify(request, claim, {kSecret, ""}, rules_for("route53"), &keys));
    EXPECT_FALSE(verify(request, claim, {"another secret", ""}, rules_for("route53"), &keys));
  }
  Claim other = claim;
  for (std::string* part : {&other.date, &other.region, &other.service}) {
    other = claim;
    *part += "x";
    EXPECT_NE(keys.find(other, kSecret).sign("text"), keys.find(claim, kSecret).sign("text"));
    EXPECT_EQ(as_text(keys.find(other, kSecret).sign("text")),
              hmac_sha256(signing_key(other, kSecret), "text"));
  }
}

TEST(SigV4, NormalisesAndEncodesPathsTwice) {
  HttpRequest request = request_of("GET", "/2013-04-01//hostedzone/./x/../Z1%2A/rrset/",
                                   "type=&name=", "route53.amazonaws.com");
  request.headers.add("X-Amz-Date", kTimeText);
  request.headers.add("Authorization",
                      authorization("route53", "host;x-amz-date",
                                    "e59ec4d41b2928b5451c62b02bbc118c62c0816b496d39d48da9d91766c6932b"));
  EXPECT_EQ(verdict(request, rules_for("route53")), "");
}

TEST(SigV4, VerifiesABodySpacesInHeadersAndASessionToken) {
  HttpRequest request =
      request_of("POST", "/", "", "localhost:4566", "Action=GetCallerIdentity&Version=2011-06-15");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.headers.add("x-spaces", "  a   b  c ");
  request.headers.add("X-Amz-Date", kTimeText);
  request.headers.add("X-Amz-Security-Token", "TOKEN/+=");
  request.headers.add("Authorization",
                      authorization("sts", "content-type;host;x-amz-date;x-amz-security-token;x-spaces",
                                    "3ace3319fa7d4a7996a01c6c97dd21d0871f8be3a2d9c6d419953358c88a15db"));
  EXPECT_EQ(verdict(request, rules_for("sts"), {kSecret, "TOKEN/+="}), "");
  EXPECT_EQ(verdict(request, rules_for("sts"), {kSecret, "OTHER"}),
            "The security token included in the request is invalid.");
  EXPECT_EQ(verdict(request, rules_for("sts")), "The security token included in the request is invalid.");
  request.body += "&x";
  EXPECT_NE(verdict(request, rules_for("sts"), {kSecret, "TOKEN/+="}), "");
}

TEST(SigV4, TakesS3sPathsAsTheyAre) {
  HttpRequest request = request_of("GET", "/a%20b//~c/../%2A", "list-type=2", "b.s3.amazonaws.com");
  request.headers.add("X-Amz-Date", kTimeText);
  request.headers.add("X-Amz-Content-SHA256",
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  request.headers.add("Authorization",
                      authorization("s3", "host;x-amz-content-sha256;x-amz-date",
                                    "fad33db620f78909933781ffc7e343df5b38d717f78577321c690a6d3e14863d"));
  EXPECT_EQ(verdict(request, s3_rules()), "");
}

TEST(SigV4, VerifiesPresignedRequestsUntilTheyExpire) {
  const std::string query =
      "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
      "AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20260101T123456Z&"
      "X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Security-Token=TOK%2FEN%3D%3D&X-Amz-Signature="
      "dce24edb890eb0bf32598539b8c173735d85912bab47fddc529cc5a449c0f3e1";
  const HttpRequest request = request_of("GET", "/", query, "sts.amazonaws.com");
  const Secret secret{kSecret, "TOK/EN=="};
  EXPECT_EQ(verdict(request, rules_for("sts"), secret), "");
  EXPECT_EQ(verdict(request, rules_for("sts"), secret, kTime + 900s), "");
  EXPECT_EQ(verdict(request, rules_for("sts"), secret, kTime + 901s), "Request has expired.");
  EXPECT_EQ(verdict(request, rules_for("sts"), secret, kTime - 301s),
            "Signature not yet current: 20260101T123456Z is still later than 20260101T123455Z "
            "(20260101T122955Z + 5 "
            "min.)");
  HttpRequest longer = request;
  longer.query.replace(longer.query.find("=900"), 4, "=901");
  EXPECT_TRUE(verdict(longer, rules_for("sts"), secret).starts_with("The request signature we calculated"));
}

TEST(SigV4, PresignedS3RequestsDoNotCoverTheBody) {
  const std::string query =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-east-1%2Fs3%2F"
      "aws4_request&X-Amz-Date=20260101T123456Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-"
      "Signature="
      "e2aaf5ed89dc780780ef21f7fa720501345aab905bf9af784aaf5f4c53cca56a";
  EXPECT_EQ(verdict(request_of("GET", "/key%20x", query, "b.s3.amazonaws.com", "anything"), s3_rules()), "");
}

TEST(SigV4, SignsAsItVerifies) {
  HttpRequest request =
      request_of("GET", "/2013-04-01/hostedzone", "maxitems=2&marker=Z%20a%2Fb", "route53.amazonaws.com");
  sign(request, {kKeyId, kSecret, ""}, "us-east-1", rules_for("route53"), kTime);
  EXPECT_EQ(request.headers, signed_get().headers);
  sign(request, {kKeyId, kSecret, ""}, "us-east-1", rules_for("route53"), kTime);
  EXPECT_EQ(request.headers, signed_get().headers) << "signing again replaces the signature";

  HttpRequest presigned =
      request_of("GET", "/", "Action=GetCallerIdentity&Version=2011-06-15", "sts.amazonaws.com");
  presign(presigned, {kKeyId, kSecret, "TOK/EN=="}, "us-east-1", rules_for("sts"), kTime, 900);
  EXPECT_TRUE(presigned.query.ends_with("dce24edb890eb0bf32598539b8c173735d85912bab47fddc529cc5a449c0f3e1"))
      << presigned.query;
}

TEST(SigV4, AnyChangeOfASignedPartIsNoticed) {
  const Rules rules = rules_for("route53");
  const auto refused = [&rules](const HttpRequest& request) {
    return verdict(request, rules).starts_with("The request signature we calculated");
  };
  HttpRequest changed = signed_get();
  changed.method = "DELETE";
  EXPECT_TRUE(refused(changed));
  changed = signed_get();
  changed.path += "/Z1";
  EXPECT_TRUE(refused(changed));
  changed = signed_get();
  changed.query += "&x=1";
  EXPECT_TRUE(refused(changed));
  changed = signed_get();
  changed.body = "x";
  EXPECT_TRUE(refused(changed));
  changed = signed_get();
  changed.headers.set("Host", "evil.example");
  EXPECT_TRUE(refused(changed));
  changed = signed_get();
  changed.headers.add("Host", "route53.amazonaws.com");
  EXPECT_TRUE(refused(changed)) << "a second value of a signed header";
  EXPECT_FALSE(refused(signed_get()));
  EXPECT_NE(verdict(signed_get(), rules, {"another secret", ""}), "");
}

TEST(SigV4, AMismatchShowsWhatShouldHaveBeenSigned) {
  EXPECT_EQ(
      verdict(signed_get(), rules_for("route53"), {"another secret", ""}),
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
      "Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String "
      "for this request should have been\n'GET\n/2013-04-01/hostedzone\nmarker=Z%20a%2Fb&maxitems=2\n"
      "host:route53.amazonaws.com\nx-amz-date:20260101T123456Z\n\nhost;x-amz-date\n"
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'\n\nThe String-to-Sign should have "
      "been\n'AWS4-HMAC-SHA256\n20260101T123456Z\n20260101/us-east-1/route53/aws4_request\n"
      "5e694e9f3e48dbc33489d941c9c3a231ad7601c7ae367d0c0778215cff6c223c'\n");
}

TEST(SigV4, UnsignedPayloadsOnlyWhereTheyAreAllowed) {
  HttpRequest request = request_of("PUT", "/x", "", "b.s3.amazonaws.com", "the body");
  request.headers.add("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD");
  sign(request, {kKeyId, kSecret, ""}, "us-east-1", s3_rules(), kTime);
  request.body = "another body";
  EXPECT_EQ(verdict(request, s3_rules()), "");
  Rules strict = s3_rules();
  strict.s3 = false;
  EXPECT_NE(verdict(request, strict), "");
  request.headers.set("X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  EXPECT_NE(verdict(request, s3_rules()), "") << "what the body is said to be is signed";
}

TEST(SigV4, HoldsTheClockToFiveMinutes) {
  const Rules rules = rules_for("route53");
  EXPECT_EQ(verdict(signed_get(), rules, {kSecret, ""}, kTime + 300s), "");
  EXPECT_EQ(
      verdict(signed_get(), rules, {kSecret, ""}, kTime + 301s),
      "Signature expired: 20260101T123456Z is now earlier than 20260101T123457Z (20260101T123957Z - 5 min.)");
  EXPECT_EQ(verdict(signed_get(), rules, {kSecret, ""}, kTime - 300s), "");
  EXPECT_NE(verdict(signed_get(), rules, {kSecret, ""}, kTime - 301s), "");
}

TEST(SigV4, TellsAllThatIsWrongWithTheScope) {
  HttpRequest request = signed_get();
  request.headers.set("Authorization",
                      "AWS4-HMAC-SHA256 Credential=a/20260102/US/iam/aws5, SignedHeaders=host, Signature=e");
  EXPECT_EQ(
      verdict(request, rules_for("route53")),
      "Credential should be scoped to a valid region, not 'US'. Credential should be scoped to correct "
      "service: "
      "'route53'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. Date in "
      "Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260102' != "
      "'20260101', from '20260101T123456Z'.");
  request.headers.set("Authorization", authorization("route53", "x-amz-date", "e"));
  EXPECT_EQ(verdict(request, rules_for("route53")),
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

TEST(SigV4Claim, SaysWhatTheHeaderLacks) {
  HttpRequest request = request_of("GET", "/", "", "h");
  EXPECT_EQ(verdict(request, rules_for("sts")), "unsigned");
  request.headers.add("Authorization", "Bearer secret-of-somebody");
  EXPECT_EQ(
      verdict(request, rules_for("sts")),
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' "
      "parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires "
      "existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=Bearer");
  request.headers.add("X-Amz-Date", "2026-01-01");
  request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=e");
  EXPECT_EQ(verdict(request, rules_for("sts")),
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            "got 'a/b'");
  request.headers.set("Authorization",
                      "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=host,Signature=e");
  EXPECT_EQ(
      verdict(request, rules_for("sts")),
      "Date must be in ISO-8601 'basic format'. Got '2026-01-01'. See http://en.wikipedia.org/wiki/ISO_8601");
  request.headers.set("Authorization",
                      "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e,SignedHeaders=host,Signature=e");
  EXPECT_EQ(verdict(request, rules_for("sts")), "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.");
  request.headers.set("X-Amz-Date", kTimeText);
  request.headers.set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=" +
                                           std::string(300, ';') + ",Signature=e");
  EXPECT_EQ(verdict(request, rules_for("sts")), "Too many 'SignedHeaders'.");
}

TEST(SigV4Claim, ReadsTheTimeOfEitherDateHeader) {
  HttpRequest request = signed_get();
  request.headers.set("X-Amz-Date", "Thu, 01 Jan 2026 12:34:56 GMT");
  EXPECT_EQ((*read_claim(request))->time, kTime);
  EXPECT_EQ((*read_claim(request))->time_text, kTimeText);
  for (const char* bad :
       {"20261301T000000Z", "20260230T000000Z", "20260101T240000Z", "20260101T0000-1Z", "20260101t000000z",
        "Thu, 01 Foo 2026 12:34:56 GMT", "Thu, 01 Jan 2026 12:34:56 CET", ""}) {
    request.headers.set("X-Amz-Date", bad);
    EXPECT_FALSE(read_claim(request)) << bad;
  }
}

TEST(SigV4Claim, Version2IsNamedAsSuch) {
  HttpRequest presigned = request_of("GET", "/b/k", "AWSAccessKeyId=AKID&Expires=1&Signature=x%3D", "h");
  HttpRequest header = request_of("GET", "/b/k", "", "h");
  header.headers.set("Authorization", "AWS AKID:signature=");
  for (const HttpRequest& request : {presigned, header}) {
    const auto claim = read_claim(request);
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().reason, Reason::Version2);
    EXPECT_TRUE(claim.error().message.ends_with("Please use AWS4-HMAC-SHA256."));
  }
  const HttpRequest alone = request_of("GET", "/b/k", "Signature=x", "h");
  EXPECT_EQ(verdict(alone, rules_for("s3")), "unsigned") << "that may be a parameter of anything";
}

TEST(SigV4Claim, SaysWhatTheQueryLacks) {
  HttpRequest request = request_of("GET", "/", "X-Amz-Algorithm=&X-Amz-Credential=a", "h");
  EXPECT_EQ(
      verdict(request, rules_for("sts")),
      "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include "
      "'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string "
      "parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.");
  const std::string good =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260101%2Fr%2Fsts%2Faws4_request&X-Amz-Date="
      "20260101T123456Z&X-Amz-SignedHeaders=host&X-Amz-Signature=e&X-Amz-Expires=";
  const std::pair<const char*, const char*> cases[] = {
      {"soon", "X-Amz-Expires should be a number"},
      {"-1", "X-Amz-Expires must be non-negative"},
      {"604801",
       "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
       "than "
       "604800 seconds"}};
  for (const auto& [expires, message] : cases) {
    request.query = good + expires;
    EXPECT_EQ(verdict(request, rules_for("sts")), message);
  }
  request.headers.add("Authorization", "AWS4-HMAC-SHA256 x");
  EXPECT_EQ(verdict(request, rules_for("sts")),
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
}

template <typename... Parts>
std::string appended(void (*append)(std::string&, Parts...), std::type_identity_t<Parts>... parts) {
  std::string out = "before ";
  append(out, parts...);
  return out.substr(7);
}

TEST(SigV4Canonical, WritesPathsQueriesAndValues) {
  EXPECT_EQ(appended(append_canonical_path, "", false), "/");
  EXPECT_EQ(appended(append_canonical_path, "/../..//", false), "/");
  EXPECT_EQ(appended(append_canonical_path, "/a%20b", false), "/a%2520b");
  EXPECT_EQ(appended(append_canonical_path, "/a%20b*", true), "/a%20b%2A");
  EXPECT_EQ(appended(append_canonical_query, "b=2&a=%7e+x&b=1&X-Amz-Signature=s&&c"), "a=~%20x&b=1&b=2&c=");
  EXPECT_EQ(appended(append_canonical_query, "a=%zz&=v"), "=v&a=%25zz");
  EXPECT_EQ(appended(append_canonical_value, "\t a \t b  "), "a b");
}

}  // namespace
}  // namespace meridian::aws::sigv4
