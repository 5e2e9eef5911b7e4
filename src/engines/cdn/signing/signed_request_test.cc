// Signed URLs and cookies: made by AWS's own signer, made by ours, and refused.
#include "engines/cdn/signing/signed_request.h"

#include <gtest/gtest.h>

#include "engines/cdn/signing/sign.h"

namespace meridian::engines::cdn::signing {
namespace {

// A key pair made for this test with `openssl genrsa`, and what botocore's CloudFrontSigner makes with it.
constexpr const char* kPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyq6/cuHdOZCdIDBKyGzq\n"
    "ArJSianDVTueY+CWqzT8lYSQQcdie4QmTzwZZeIClqhWsIcLV8hO7fx/WzLQFV+2\n"
    "YCa8zQj22mgz7VVHyEM/RBQ/LSwzyapZb6IOXEeBkzpKmFaKH2ljP1UR3JT+Q5hC\n"
    "rjZ+z4Dzl/7KoCgKCeAw7z9mKWJ5nP5VUIogt4+Kd6IES1T+oXXg7D0HO2dT4p2F\n"
    "LNds6QJGKC/uPayUd67iN1ujZYH3OzH6O/SVaxOdlQeqIRZV6u8Wu3vruOtXeRYB\n"
    "DLl1WpebxLGRAZvBw9BZxrKETv74bzKk8MKw3aGbTAkFQ8X69PlGT8WgfeLrmWna\n"
    "HQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kCannedQuery =
    "size=large&x=1&Expires=1893456000&Signature=xO3erNnVOGFFxdYGHIk-MjAVwwDxwuA4bYwZq5oDB5ZFWY"
    "jv8qqA3xVFh5DHcGUcs8QoLD6E-i9~tFhc9QJlkWcRa-qM5HX~o8pZ6dbqQe~WkY6Ka31tjRvNRVNsnfaJ5dlgGata"
    "uPf3Mu96Kas7olD2Ll5krFa4Ynve6bE3QsvjU6gjD0XipkYvZLPYhejlHvHTz3SRTZY-SlqeA5Q3EgOoUV43Hc5N-e"
    "CArAA8x0MWAVEbEzhEtqR-yXf3080a32-mP3GzhWiNmGszFX4b0fg42yRvgLFUkmL359I4FQ6JpoVzGowJcX1c9KtE"
    "TdulNifsQYgFAUY0buA~zuSlUw__&Key-Pair-Id=K2JCJMDEHXQW5F";
constexpr const char* kCustomQuery =
    "size=large&x=1&Policy=eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiaHR0cHM6Ly9kMTExMTExYWJjZGVmOC5j"
    "bG91ZGZyb250Lm5ldC9pbWFnZXMvKiIsIkNvbmRpdGlvbiI6eyJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZS"
    "I6MTg5MzQ1NjAwMH0sIklwQWRkcmVzcyI6eyJBV1M6U291cmNlSXAiOiIxOTIuMC4yLjAvMjQifSwiRGF0ZUdyZWF0"
    "ZXJUaGFuIjp7IkFXUzpFcG9jaFRpbWUiOjE1Nzc4MzY4MDB9fX1dfQ__&Signature=exSPOA1jlUXaAsyr9Gq80M8"
    "z~6Hjba1V2KLl6Zhed8GXQ~xIjNnQ~94kV4KUC3tIXVtogm6KRSA3TOk0JAsd-wT3OnHVtg1l0XqdCr0i5j03gWSjX"
    "80TKTeibyGO6bIX0itQZOPynBH4IAlmrFu7xUsXPFNHi2VBrIWBGAIzh7XkTKnxavAMMRkQMIOlNysEjNbQ9BRYiRu"
    "tTfunORyRSidwxiesAWVq9K5oLJqHgIDRaDnu0L5ieOWLQWy4Mztw2~gpA3Y0G5XPWa47UO-zr4fauGdp1Dj4i-zps"
    "4LBk19G350xkRFs9SdATcjvFjDT80hjyD1uXrEOvGMJTIlwpA__&Key-Pair-Id=K2JCJMDEHXQW5F";
constexpr Time kEnd{Seconds(1893456000)};

using enum SignatureRefusal;

TrustedKeys trusted(const std::string& id, const std::string& pem) {
  return TrustedKeys({std::make_shared<snapshots::cdn::TrustedKey>(id, pem)});
}

class SignedRequests : public testing::Test {
 protected:
  SignedRequests() {
    request_.is_tls = true;
    request_.host = "d111111abcdef8.cloudfront.net";
    request_.path = "/images/a.jpg";
    request_.viewer = *net::IpAddress::parse("192.0.2.77");
    request_.now = kEnd - Seconds(1);
  }
  std::optional<SignatureRefusal> check(const TrustedKeys& keys) { return check_signature(request_, keys); }

  SignedRequest request_;
  TrustedKeys aws_ = trusted("K2JCJMDEHXQW5F", kPublicPem);
};

TEST_F(SignedRequests, OfAwsSignerWithACannedPolicyPassUntilTheyExpire) {
  request_.query = kCannedQuery;
  EXPECT_EQ(check(aws_), std::nullopt);
  request_.now = kEnd;
  EXPECT_EQ(check(aws_), Expired);
}

TEST_F(SignedRequests, ACannedPolicyIsOfOneUrl) {
  request_.query = kCannedQuery;
  request_.path = "/images/b.jpg";
  EXPECT_EQ(check(aws_), WrongSignature);
  request_.path = "/images/a.jpg";
  request_.is_tls = false;
  EXPECT_EQ(check(aws_), WrongSignature);
  request_.is_tls = true;
  request_.host = "www.example.com";
  EXPECT_EQ(check(aws_), WrongSignature);
  request_.host = "d111111abcdef8.cloudfront.net";
  const std::string more = std::string(kCannedQuery) + "&y=2";
  request_.query = more;
  EXPECT_EQ(check(aws_), WrongSignature);
}

TEST_F(SignedRequests, OfAwsSignerWithACustomPolicyPassWithinIt) {
  request_.query = kCustomQuery;
  EXPECT_EQ(check(aws_), std::nullopt);
  request_.path = "/images/other/b.jpg";
  EXPECT_EQ(check(aws_), std::nullopt);
  request_.path = "/private/b.jpg";
  EXPECT_EQ(check(aws_), OtherResource);
  request_.path = "/images/a.jpg";
  request_.viewer = *net::IpAddress::parse("192.0.3.77");
  EXPECT_EQ(check(aws_), OtherAddress);
  request_.viewer = *net::IpAddress::parse("2001:db8::1");
  EXPECT_EQ(check(aws_), OtherAddress);
  request_.viewer = *net::IpAddress::parse("192.0.2.1");
  request_.now = Time(Seconds(1577836800));
  EXPECT_EQ(check(aws_), NotYetValid);
  request_.now += Seconds(1);
  EXPECT_EQ(check(aws_), std::nullopt);
}

TEST_F(SignedRequests, SayWhatIsMissing) {
  EXPECT_EQ(check(aws_), MissingKeyPairId);
  request_.query = "Key-Pair-Id=KOTHER&Signature=a&Expires=1";
  EXPECT_EQ(check(aws_), UnknownKey);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Expires=1";
  EXPECT_EQ(check(aws_), MissingSignature);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Signature=aaaa";
  EXPECT_EQ(check(aws_), MissingSignature);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Signature=a+b&Expires=1";
  EXPECT_EQ(check(aws_), MalformedSignature);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Signature=aaaa&Expires=soon";
  EXPECT_EQ(check(aws_), MalformedPolicy);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Signature=aaaa&Policy=!";
  EXPECT_EQ(check(aws_), MalformedPolicy);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Signature=aaaa&Expires=1&Hash-Algorithm=MD5";
  EXPECT_EQ(check(aws_), UnknownHashAlgorithm);
  request_.query = "Key-Pair-Id=K2JCJMDEHXQW5F&Signature=aaaa&Expires=9999999999";
  EXPECT_EQ(check(aws_), WrongSignature);
}

TEST_F(SignedRequests, TellTheViewerWhatCloudFrontTells) {
  EXPECT_EQ(refusal_body(MissingKeyPairId),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>MissingKey</Code>"
            "<Message>Missing Key-Pair-Id query parameter or cookie value</Message></Error>");
  EXPECT_EQ(text_of(UnknownKey).message, "Unknown Key");
  for (SignatureRefusal refusal :
       {Expired, NotYetValid, OtherAddress, OtherResource, WrongSignature, MissingSignature})
    EXPECT_EQ(text_of(refusal).message, "Access denied") << reason_of(refusal);
}

struct KeyCase {
  const char* name;
  Result<SigningKey> (*generate)();
  HashAlgorithm hash;
};
// RSA keys take long to make.
Result<SigningKey> one_rsa_key() {
  static const Result<SigningKey> key = SigningKey::generate_rsa();
  return key;
}
class OurSigner : public SignedRequests, public testing::WithParamInterface<KeyCase> {};

TEST_P(OurSigner, MakesUrlsThatPass) {
  const SigningKey key = *GetParam().generate();
  const TrustedKeys keys = trusted("KOURS", key.public_pem());
  const std::string url = "https://d111111abcdef8.cloudfront.net/images/a.jpg?a=1";
  const Policy canned{url, kEnd, {}, {}};
  Policy custom{"https://*.cloudfront.net/images/?.jpg*", kEnd, kEnd - Seconds(10),
                *net::Cidr::parse("192.0.2.0/25")};
  for (const Policy& policy : {canned, custom}) {
    const std::string made = *sign_url(url, policy, {"KOURS", key, GetParam().hash});
    const std::string query = made.substr(made.find('?') + 1);
    EXPECT_EQ(query.find("Hash-Algorithm=SHA256") != std::string::npos,
              GetParam().hash == HashAlgorithm::Sha256);
    request_.query = query;
    EXPECT_EQ(check(keys), std::nullopt) << made;
    std::string changed = query;
    const std::size_t at = changed.find("Signature=") + 20;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    request_.query = changed;
    EXPECT_EQ(check(keys), WrongSignature);
    // The hash is part of what is signed with.
    changed = query + "&Hash-Algorithm=SHA256";
    if (GetParam().hash == HashAlgorithm::Sha1) {
      request_.query = changed;
      EXPECT_EQ(check(keys), WrongSignature);
    }
  }
}

TEST_P(OurSigner, MakesCookiesThatPass) {
  const SigningKey key = *GetParam().generate();
  const TrustedKeys keys = trusted("KOURS", key.public_pem());
  const Policy policy{"", kEnd, {}, {}};  // every file
  const Cookies cookies = *sign_cookies("", policy, {"KOURS", key, GetParam().hash});
  std::string line = "other=1; ";
  for (const auto& [name, value] : cookies) line += name + "=" + value + "; ";
  const std::vector<rules::Field> fields = {{"Cookie", line}};
  request_.fields = fields;
  request_.query = "x=1";
  EXPECT_EQ(check(keys), std::nullopt);
  // The URL's parameters win.
  request_.query = "Key-Pair-Id=KNOBODY";
  EXPECT_EQ(check(keys), UnknownKey);
}

INSTANTIATE_TEST_SUITE_P(Keys, OurSigner,
                         testing::Values(KeyCase{"RsaSha1", one_rsa_key, HashAlgorithm::Sha1},
                                         KeyCase{"RsaSha256", one_rsa_key, HashAlgorithm::Sha256},
                                         KeyCase{"EcSha1", SigningKey::generate_ec, HashAlgorithm::Sha1},
                                         KeyCase{"EcSha256", SigningKey::generate_ec, HashAlgorithm::Sha256}),
                         [](const auto& info) { return info.param.name; });

TEST(SigningKeys, AreReadFromPemOnly) {
  EXPECT_FALSE(VerifyingKey::parse("no key"));
  EXPECT_FALSE(VerifyingKey::parse(SigningKey::generate_ec()->private_pem()));
  EXPECT_FALSE(SigningKey::parse(kPublicPem));
  const SigningKey key = *SigningKey::generate_ec();
  EXPECT_EQ(SigningKey::parse(key.private_pem())->public_pem(), key.public_pem());
}

TEST(SigningKeys, OneThatCannotBeReadSignsNothing) {
  EXPECT_EQ(trusted("K1", "garbage").find("K1"), nullptr);
}

TEST(SignedQuery, LosesWhatBelongsToTheSignature) {
  std::string buffer;
  EXPECT_EQ(without_signature("a=1&Expires=2&b&Signature=3&Key-Pair-Id=4&Policy=5&Hash-Algorithm=6", buffer),
            "a=1&b");
  EXPECT_EQ(without_signature("a=1&expires=2", buffer), "a=1&expires=2");
  EXPECT_EQ(without_signature("Expires=2", buffer), "");
}

}  // namespace
}  // namespace meridian::engines::cdn::signing
