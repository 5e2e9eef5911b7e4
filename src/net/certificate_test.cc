#include "net/certificate.h"

#include <gtest/gtest.h>

namespace meridian::net {
namespace {

using namespace std::chrono_literals;

const SystemTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)};

CertificateTerms client_terms(std::string name) {
  CertificateTerms terms;
  terms.common_name = std::move(name);
  terms.for_client = true;
  terms.now = kNow;
  terms.lifetime = 24h;
  return terms;
}

class Authority : public testing::Test {
 protected:
  CertificateAndKey authority = *make_certificate_authority("Test authority", kNow, 30 * 24h);
  KeyAndRequest asked = *make_certificate_request();
};

TEST_F(Authority, SignsWithTheNameAndTheDatesOfTheTerms) {
  const auto signed_pem = sign_certificate_request(asked.request_pem, authority, client_terms("edge-1"));
  ASSERT_TRUE(signed_pem) << signed_pem.error().message;
  const auto read = read_certificate(*signed_pem);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->common_name, "edge-1");
  EXPECT_EQ(read->expires, kNow + 24h);
  EXPECT_EQ(read->sha256.size(), 64u);
  EXPECT_NE(read->sha256, read_certificate(authority.certificate_pem)->sha256);
}

TEST_F(Authority, NothingSignedOutlivesIt) {
  CertificateTerms terms = client_terms("edge-1");
  terms.lifetime = 365 * 24h;
  const auto signed_pem = sign_certificate_request(asked.request_pem, authority, terms);
  EXPECT_EQ(read_certificate(*signed_pem)->expires, kNow + 30 * 24h);
}

TEST_F(Authority, RefusesARequestThatDoesNotProveItsKey) {
  // Swaps the public key inside the request for another one: the signature no longer fits.
  KeyAndRequest other = *make_certificate_request();
  // Signatures differ in size by a few bytes.
  while (other.request_pem.size() != asked.request_pem.size()) other = *make_certificate_request();
  const std::size_t half = asked.request_pem.size() / 2;
  const std::string mixed = asked.request_pem.substr(0, half) + other.request_pem.substr(half);
  EXPECT_FALSE(sign_certificate_request(mixed, authority, client_terms("edge-1")));
  EXPECT_FALSE(sign_certificate_request("nonsense", authority, client_terms("edge-1")));
  EXPECT_FALSE(sign_certificate_request(authority.certificate_pem, authority, client_terms("edge-1")));
  EXPECT_FALSE(sign_certificate_request(asked.request_pem + std::string(kCertificateTextBytesMax, ' '),
                                        authority, client_terms("edge-1")));
}

TEST_F(Authority, RefusesTermsThatMakeNoSense) {
  const auto refused = [&](const CertificateTerms& terms) {
    return !sign_certificate_request(asked.request_pem, authority, terms);
  };
  EXPECT_TRUE(refused(client_terms("")));
  EXPECT_TRUE(refused(client_terms(std::string(65, 'x'))));
  EXPECT_TRUE(refused(client_terms("edge\n1")));
  CertificateTerms useless = client_terms("edge-1");
  useless.for_client = false;
  EXPECT_TRUE(refused(useless));
  CertificateTerms smuggled = client_terms("edge-1");
  smuggled.names = {"a,DNS:evil"};
  EXPECT_TRUE(refused(smuggled));
}

TEST_F(Authority, RefusesToSignWithTheKeyOfAnother) {
  authority.key_pem = asked.key_pem;
  EXPECT_FALSE(sign_certificate_request(asked.request_pem, authority, client_terms("edge-1")));
}

TEST(SelfSigned, LastsTenYearsUnderItsNames) {
  const std::string names[] = {"localhost", "127.0.0.1"};
  const auto read = read_certificate(make_self_signed_certificate(names, kNow)->certificate_pem);
  EXPECT_EQ(read->common_name, "Meridian");
  EXPECT_GT(read->expires, kNow + 10 * 365 * 24h);
}

TEST(SelfSigned, RefusesNamesThatWouldChangeTheExtension) {
  const std::string bad[] = {"a,DNS:evil"};
  EXPECT_FALSE(make_self_signed_certificate(bad, kNow));
  EXPECT_FALSE(make_self_signed_certificate({}, kNow));
}

TEST(ReadCertificate, RefusesWhatIsNone) {
  EXPECT_FALSE(read_certificate(""));
  EXPECT_FALSE(read_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  const std::string names[] = {"a.test"};
  const std::string good = make_self_signed_certificate(names, kNow)->certificate_pem;
  EXPECT_FALSE(read_certificate(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += good;
  EXPECT_FALSE(read_certificate(many));
}

}  // namespace
}  // namespace meridian::net
