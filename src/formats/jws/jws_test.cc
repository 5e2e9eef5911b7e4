#include "formats/jws/jws.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "formats/json/json.h"

namespace meridian::jws {
namespace {

std::string member(const std::string& json, const char* name) {
  const json::Value tree = json::parse(json).value();
  const json::Value* found = tree.find(name);
  return found && found->get<std::string>() ? *found->get<std::string>() : "absent";
}

// Whether the key in `pem` has signed `input`; r and s one after the other.
bool verifies(const std::string& pem, const std::string& input, const std::string& signature) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* both = ECDSA_SIG_new();
  ECDSA_SIG_set0(both, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(both, &der);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key);
  const bool good = EVP_DigestVerify(context, der, static_cast<std::size_t>(size),
                                     reinterpret_cast<const unsigned char*>(input.data()), input.size()) == 1;
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(both);
  EVP_PKEY_free(key);
  return good;
}

TEST(Jws, Base64urlBothWays) {
  EXPECT_EQ(base64url(as_bytes(std::string_view("\xfb\xff\xfe", 3))), "-__-");
  EXPECT_EQ(base64url(as_bytes("a")), "YQ");
  EXPECT_EQ(from_base64url("YQ"), "a");
  EXPECT_EQ(from_base64url("-__-"), std::string("\xfb\xff\xfe", 3));
  for (const char* bad : {"YQ==", "+//+", "Y", "Y Q"}) EXPECT_FALSE(from_base64url(bad)) << bad;
}

TEST(Jws, SignsSoThatThePublicKeyVerifies) {
  const SigningKey key = SigningKey::generate();
  // Two coordinates of 32 bytes each, also when one begins with zeros: many signatures, so that some do.
  for (int i = 0; i < 300; ++i) {
    const std::string payload = "{\"n\":" + std::to_string(i) + "}";
    const std::string text = key.sign(R"({"alg":"ES256"})", payload);
    const std::string signature = from_base64url(member(text, "signature")).value();
    ASSERT_EQ(signature.size(), 64U);
    const std::string input = member(text, "protected") + "." + member(text, "payload");
    ASSERT_TRUE(verifies(key.pem(), input, signature));
    ASSERT_EQ(from_base64url(member(text, "payload")), payload);
  }
  EXPECT_FALSE(
      verifies(key.pem(), "something.else", from_base64url(member(key.sign("{}", ""), "signature")).value()));
}

TEST(Jws, AKeyComesBackFromItsPem) {
  const SigningKey key = SigningKey::generate();
  const auto again = SigningKey::parse(key.pem());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->thumbprint(), key.thumbprint());
  EXPECT_NE(SigningKey::generate().thumbprint(), key.thumbprint());
  EXPECT_EQ(key.thumbprint(), base64url(as_bytes(sha256(key.jwk()))));
  EXPECT_EQ(from_base64url(member(key.jwk(), "x"))->size(), 32U);
  EXPECT_FALSE(SigningKey::parse("nonsense"));
}

// RFC 7515 appendix A.1.
TEST(Jws, SharedSecretsSignAsTheRfcHasIt) {
  const std::string secret =
      from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
          .value();
  const std::string text = sign_with_secret(secret, "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
                                            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                                            "\"http://example.com/is_root\":true}");
  EXPECT_EQ(member(text, "signature"), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

}  // namespace
}  // namespace meridian::jws
