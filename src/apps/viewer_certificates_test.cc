#include "apps/viewer_certificates.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "net/certificate.h"

namespace meridian::apps {
namespace {

namespace cdn = snapshots::cdn;

cdn::SharedCertificate certificate(const std::string& name) {
  const std::string names[] = {name};
  const auto made = net::make_self_signed_certificate(names, RealClock().now()).value();
  return std::make_shared<const cdn::ViewerCertificate>(
      cdn::ViewerCertificate{made.certificate_pem, made.key_pem});
}

cdn::SharedDistribution distribution(std::vector<std::string> aliases, cdn::SharedCertificate shown,
                                     std::string policy = "TLSv1.2_2021") {
  auto made = std::make_shared<cdn::Distribution>();
  made->id = "E1";
  made->domain_name = "d1.cloudfront.net";
  made->aliases = std::move(aliases);
  made->tls = {"arn", std::move(policy), std::move(shown)};
  return made;
}

class ViewerCertificatesTest : public testing::Test {
 protected:
  void publish(cdn::Delta delta) {
    delta.to = snapshot->revision() + 1;
    auto next = cdn::apply(*snapshot, delta);
    certificates.show(*snapshot, delta, *next);
    snapshot = std::move(next);
  }
  const net::CertificateTable& table() { return certificates.published()->latest(); }
  bool is_shown(const char* name) { return table().find(name).ecdsa != nullptr; }

  ManualClock clock{SystemTime{}};
  Logger logger{clock, open("/dev/null", O_WRONLY | O_CLOEXEC), LogFormat::Text, LogLevel::Error};
  ViewerCertificates certificates{logger};
  std::unique_ptr<const cdn::CdnSnapshot> snapshot = std::make_unique<cdn::CdnSnapshot>();
};

TEST_F(ViewerCertificatesTest, AliasesShowTheirsAndStrangersNone) {
  publish({.puts = {distribution({"www.example.com", "*.shop.example"}, certificate("www.example.com"))},
           .own_certificate = certificate("*.cloudfront.net")});
  for (const char* name : {"www.example.com", "a.shop.example", "d1.cloudfront.net", ""})
    EXPECT_TRUE(is_shown(name)) << name;
  EXPECT_EQ(table().find("").ecdsa, table().find("d9.cloudfront.net").ecdsa);
  EXPECT_NE(table().find("").ecdsa, table().find("www.example.com").ecdsa);
  EXPECT_FALSE(is_shown("example.org"));
  EXPECT_FALSE(is_shown("example.com"));
}

TEST_F(ViewerCertificatesTest, FollowsWhatChanges) {
  const auto first = certificate("www.example.com");
  publish({.puts = {distribution({"www.example.com"}, first)}});
  const auto* const before = &table();
  publish({.puts = {distribution({"www.example.com"}, first)}});
  EXPECT_EQ(&table(), before) << "nothing that viewers see has changed";
  publish({.puts = {distribution({"www.example.com"}, first, "TLSv1.3_2025")}});
  EXPECT_TRUE(table().find("www.example.com").only_tls13);
  publish({.puts = {distribution({"api.example.com"}, first)}});
  EXPECT_TRUE(is_shown("api.example.com"));
  EXPECT_FALSE(is_shown("www.example.com"));
  publish({.removes = {"E1"}});
  EXPECT_FALSE(is_shown("api.example.com"));
}

TEST_F(ViewerCertificatesTest, WhatGoesLeavesTheNamesOfOthers) {
  publish({.puts = {distribution({"www.example.com"}, certificate("www.example.com"))},
           .own_certificate = certificate("own")});
  const auto own = table().find("localhost").ecdsa;
  auto second = std::make_shared<cdn::Distribution>(
      *distribution({"localhost", "b.example"}, certificate("b.example")));
  second->id = "E2";
  publish({.puts = {second}});
  EXPECT_NE(table().find("localhost").ecdsa, own);
  publish({.removes = {"E2"}});
  EXPECT_TRUE(is_shown("www.example.com"));
  EXPECT_FALSE(is_shown("b.example"));
  EXPECT_EQ(table().find("localhost").ecdsa, own);
}

TEST_F(ViewerCertificatesTest, WhatIsNoCertificateHarmsNobodyElse) {
  const auto broken = std::make_shared<const cdn::ViewerCertificate>(cdn::ViewerCertificate{"no", "key"});
  publish({.puts = {distribution({"www.example.com"}, broken)}, .own_certificate = certificate("own")});
  EXPECT_FALSE(is_shown("www.example.com"));
  EXPECT_TRUE(is_shown("d1.cloudfront.net"));
}

}  // namespace
}  // namespace meridian::apps
