#include "apps/control/local_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_disk.h"
#include "formats/x509/x509.h"

namespace meridian::apps {
namespace {

constexpr SystemTime kNow{std::chrono::seconds(1'800'000'000)};

class LocalAuthorityTest : public testing::Test {
 protected:
  std::unique_ptr<LocalAuthority> open() {
    auto opened = LocalAuthority::open(disk_, "data", random_, kNow);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  SeededRandom random_{1};
  FakeDisk disk_;
};

TEST_F(LocalAuthorityTest, TheRootStaysTheSame) {
  open();
  const std::string root = disk_.file("data/authority/root.pem");
  open();
  EXPECT_EQ(disk_.file("data/authority/root.pem"), root);
  ASSERT_TRUE(disk_.remove("data/authority/root-key.pem"));
  EXPECT_FALSE(LocalAuthority::open(disk_, "data", random_, kNow)) << "no other key fits it";
}

TEST_F(LocalAuthorityTest, IssuesForFreshKeysOfEveryAlgorithm) {
  const auto authority = open();
  const services::acm::Place place{"111122223333", "us-east-1"};
  const std::string id = "1";
  const std::vector<std::string> names{"example.com", "*.example.com"};
  for (const std::string algorithm : {"RSA_2048", "EC_prime256v1", "EC_secp384r1"}) {
    const auto answer = authority->issue({place, id, names, algorithm, kNow, std::chrono::days(198)});
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->kind, services::acm::Answer::Kind::Issued);
    const auto* const issued = &answer->certificate;
    const auto certificate = x509::Certificate::parse(issued->certificate_pem).value();
    const auto key = x509::PrivateKey::parse(issued->key_pem).value();
    EXPECT_EQ(key.algorithm(), algorithm);
    EXPECT_TRUE(key.belongs_to(certificate));
    EXPECT_TRUE(certificate.is_issued_by(x509::Certificate::parse(issued->chain_pem).value()));
    const x509::Facts facts = certificate.facts();
    EXPECT_EQ(facts.common_name, "example.com");
    EXPECT_EQ(facts.dns_names, names);
    EXPECT_EQ(facts.not_after, kNow + std::chrono::days(198));
    EXPECT_EQ(facts.key_usages.size(), key.is_rsa() ? 2U : 1U);
    EXPECT_EQ(facts.extended_key_usages.size(), 2U);
    EXPECT_EQ(issued->chain_pem, disk_.file("data/authority/root.pem"));
  }
}

}  // namespace
}  // namespace meridian::apps
