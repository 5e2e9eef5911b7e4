#include "formats/x509/x509.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/disk.h"

namespace meridian::x509 {
namespace {

using testing::ElementsAre;

std::string file(const std::string& name) {
  return RealDisk().read(std::string(MERIDIAN_CERTIFICATES) + name).value();
}
Certificate certificate(const std::string& name) {
  return Certificate::parse(file(name)).value();
}

TEST(X509, DescribesACertificate) {
  const Facts facts = certificate("leaf.pem").facts();
  EXPECT_EQ(facts.subject, "CN=example.com");
  EXPECT_EQ(facts.common_name, "example.com");
  EXPECT_EQ(facts.issuer, "Meridian Test");
  EXPECT_THAT(facts.dns_names, ElementsAre("example.com", "*.example.com"));
  EXPECT_EQ(facts.alternative_names.size(), 2U);
  ASSERT_EQ(facts.issuer_parts.size(), 2U);
  EXPECT_EQ(facts.issuer_parts[0].type + " " + facts.issuer_parts[0].oid, "CN 2.5.4.3");
  EXPECT_EQ(format_iso8601(facts.not_before), "2020-01-01T00:00:00Z");
  EXPECT_EQ(format_iso8601(facts.not_after), "2099-12-31T23:59:59Z");
  EXPECT_EQ(facts.key_algorithm, "RSA_2048");
  EXPECT_EQ(facts.signature_algorithm, "SHA256WITHECDSA");
  EXPECT_THAT(facts.key_usages, ElementsAre("DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"));
  EXPECT_EQ(facts.extended_key_usages,
            (std::vector<ExtendedKeyUsage>{{"TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.1"},
                                           {"TLS_WEB_CLIENT_AUTHENTICATION", "1.3.6.1.5.5.7.3.2"}}));
  EXPECT_EQ(facts.serial.size() % 3, 2U) << facts.serial;
  const Facts other = certificate("ec.pem").facts();
  EXPECT_EQ(other.key_algorithm, "EC_prime256v1");
  ASSERT_EQ(other.alternative_names.size(), 2U);
  EXPECT_EQ(other.alternative_names[1].kind, AlternativeName::Kind::Address);
  EXPECT_EQ(other.alternative_names[1].value, "192.0.2.1");
  EXPECT_TRUE(other.key_usages.empty());
}

TEST(X509, TellsWhoIssuedWhom) {
  EXPECT_TRUE(certificate("leaf.pem").is_issued_by(certificate("intermediate.pem")));
  EXPECT_TRUE(certificate("intermediate.pem").is_issued_by(certificate("root.pem")));
  EXPECT_TRUE(certificate("root.pem").is_issued_by(certificate("root.pem")));
  EXPECT_FALSE(certificate("leaf.pem").is_issued_by(certificate("root.pem")));
  EXPECT_FALSE(certificate("ec.pem").is_issued_by(certificate("ec.pem"))) << "it is no authority";
}

TEST(X509, ReadsOneCertificateOrSeveralAndNothingBesides) {
  const std::string leaf = file("leaf.pem"), root = file("root.pem");
  EXPECT_EQ(Certificate::parse_all(leaf + "\n" + root).value().size(), 2U);
  EXPECT_EQ(Certificate::parse(leaf + root).error().code, ErrorCode::Limit);
  for (const std::string& bad :
       {std::string(), std::string("\n"), std::string("text"), "text\n" + leaf, leaf + "text",
        file("leaf-key.pem"), leaf.substr(0, leaf.size() / 2),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")})
    EXPECT_FALSE(Certificate::parse_all(bad)) << bad;
  std::string many;
  for (std::size_t i = 0; i <= kCertificatesMax; ++i) many += root;
  EXPECT_FALSE(Certificate::parse_all(many));
}

TEST(X509, KeysBelongToTheirCertificates) {
  const auto key = PrivateKey::parse(file("leaf-key.pem")).value();
  EXPECT_EQ(key.algorithm(), "RSA_2048");
  EXPECT_EQ(key.bits(), 2048);
  EXPECT_TRUE(key.belongs_to(certificate("leaf.pem")));
  EXPECT_FALSE(key.belongs_to(certificate("ec.pem")));
  const auto ec = PrivateKey::parse(file("ec-key.pem")).value();  // with its parameters before it
  EXPECT_EQ(ec.algorithm(), "EC_prime256v1");
  EXPECT_TRUE(ec.belongs_to(certificate("ec.pem")));
  EXPECT_FALSE(PrivateKey::parse(file("leaf.pem")));
  EXPECT_FALSE(PrivateKey::parse(file("ec-key.pem") + file("ec-key.pem")));
}

TEST(X509, EncryptedKeysAreToldAndNotRead) {
  EXPECT_TRUE(PrivateKey::is_encrypted(file("encrypted-key.pem")));
  EXPECT_FALSE(PrivateKey::is_encrypted(file("leaf-key.pem")));
  EXPECT_FALSE(PrivateKey::parse(file("encrypted-key.pem")));
}

TEST(X509, WritesKeysPlainAndEncrypted) {
  const auto key = PrivateKey::parse(file("ec-key.pem")).value();
  EXPECT_THAT(key.pem(), testing::StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_EQ(PrivateKey::parse(key.pem()).value().pem(), key.pem());
  const std::string sealed = key.encrypted_pem("a passphrase");
  EXPECT_THAT(sealed, testing::StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_TRUE(PrivateKey::is_encrypted(sealed));
}

TEST(X509, MakesKeysOfEveryAlgorithmACertificateMayHave) {
  for (const char* algorithm : {"RSA_2048", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"})
    EXPECT_EQ(PrivateKey::generate(algorithm).value().algorithm(), algorithm);
  EXPECT_FALSE(PrivateKey::generate("RSA_512"));
}

}  // namespace
}  // namespace meridian::x509
