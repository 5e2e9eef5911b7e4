// Our key schedule beside OpenSSL's own, and beside RFC 8448's.
#include "net/tls_key_schedule.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <random>

#include "base/bytes.h"

namespace meridian::net {
namespace {

struct Question {
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  std::string digest = "SHA2-256", prefix = "tls13 ", label = "key";
  std::optional<std::string> key = {}, salt = {}, data = {};
  std::size_t size = 32;
};

// "": refused.
std::string derive(const char* properties, Question question) {
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "TLS13-KDF", properties);
  EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  std::vector<OSSL_PARAM> parameters{OSSL_PARAM_construct_int("mode", &question.mode),
                                     OSSL_PARAM_construct_utf8_string("digest", question.digest.data(), 0)};
  const auto add = [&](const char* name, std::string& value) {
    parameters.push_back(OSSL_PARAM_construct_octet_string(name, value.data(), value.size()));
  };
  if (question.key) add("key", *question.key);
  if (question.salt) add("salt", *question.salt);
  add("prefix", question.prefix);
  add("label", question.label);
  if (question.data) add("data", *question.data);
  parameters.push_back(OSSL_PARAM_construct_end());
  std::string out(question.size, '\0');
  const bool done = EVP_KDF_derive(context, reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                   parameters.data()) == 1;
  EVP_KDF_CTX_free(context);
  return done ? out : "";
}

TEST(TlsKeySchedule, ContextsOfTlsGetIt) {
  EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "TLS13-KDF", key_schedule_properties());
  ASSERT_NE(kdf, nullptr);
  EXPECT_STREQ(OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(kdf)), "meridian");
  EVP_KDF_free(kdf);
}

TEST(TlsKeySchedule, DerivesWhatOpensslDerives) {
  std::mt19937 random(1);
  const auto bytes = [&](std::size_t size) {
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
  };
  for (int i = 0; i < 4000; ++i) {
    const bool is_256 = random() % 2 == 0;
    const std::size_t size = is_256 ? 32 : 48;
    Question question{.digest = is_256 ? "SHA2-256" : "SHA2-384", .label = bytes(random() % 20)};
    if (random() % 2 == 0) {
      question.key = bytes(size);
      question.data = bytes(random() % 65);
      question.size = 1 + random() % size;
    } else {
      question.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
      question.size = size;
      if (random() % 3 != 0) question.key = bytes(random() % 3 == 0 ? 133 : 32);
      if (random() % 3 != 0) question.salt = bytes(size);
    }
    const std::string theirs = derive("provider=default", question);
    ASSERT_FALSE(theirs.empty());
    ASSERT_EQ(to_hex(as_bytes(derive(key_schedule_properties(), question))), to_hex(as_bytes(theirs)))
        << "question " << i;
  }
}

// RFC 8448 §3.
TEST(TlsKeySchedule, TheSimpleHandshakeOfRfc8448) {
  const char* const ours = key_schedule_properties();
  const std::string early = derive(ours, {.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, .label = "derived"});
  EXPECT_EQ(to_hex(as_bytes(early)), "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
}

TEST(TlsKeySchedule, WhatNoSuiteHasIsRefused) {
  const char* const ours = key_schedule_properties();
  EXPECT_EQ(derive(ours, {.digest = "SHA2-512", .key = std::string(64, 'k')}), "");
  EXPECT_EQ(derive(ours, {.mode = EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, .key = std::string(32, 'k')}), "");
  EXPECT_EQ(derive(ours, {.key = std::string(32, 'k'), .size = 33}), "");
  EXPECT_EQ(derive(ours, {.key = std::nullopt}), "");
  EXPECT_EQ(derive(ours, {.label = std::string(250, 'l'), .key = std::string(32, 'k')}), "");
}

}  // namespace
}  // namespace meridian::net
