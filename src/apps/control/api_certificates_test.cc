#include "apps/control/api_certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/control/local_authority.h"
#include "base/fake_disk.h"
#include "http/fake_loop.h"
#include "store/memory/memory_store.h"
#include "store/objects/seal.h"

namespace meridian::apps {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace acm = services::acm;

class ApiCertificatesTest : public testing::Test {
 protected:
  ApiCertificatesTest() {
    const std::string names[] = {"localhost"};
    own_ = net::make_self_signed_certificate(names, loop_.clock().now()).value();
    authority_ = LocalAuthority::open(disk_, "data", random_, loop_.clock().now()).value();
  }

  // A row of ACM as it is when `domains` are issued; none: still waiting.
  void put(const std::string& id, const std::vector<std::string>& domains,
           const std::string& algorithm = "EC_prime256v1") {
    acm::CertificateResource row;
    row.place = place_;
    row.id = id;
    row.domains = domains;
    store::Transaction change;
    if (domains.empty()) {
      row.status = acm::CertificateStatus::PendingValidation;
    } else {
      const auto answer =
          authority_->issue({place_, id, domains, algorithm, loop_.clock().now(), std::chrono::days(1)});
      ASSERT_TRUE(answer) << answer.error().message;
      const auto* const issued = &answer->certificate;
      row.certificate_pem = issued->certificate_pem;
      row.chain_pem = issued->chain_pem;
      const std::string key = acm::private_key_key(place_, id);
      change.puts.push_back({key, secrets_.seal(key, issued->key_pem)});
    }
    change.puts.push_back({acm::certificate_key(place_, id), acm::encode(row)});
    ASSERT_TRUE(store_.commit(std::move(change)));
  }
  void open(const std::vector<std::string>& ids) {
    std::vector<std::string> arns;
    for (const std::string& id : ids) arns.push_back(acm::certificate_arn(place_, id));
    served_.reset();
    auto opened = ApiCertificates::open(store_, secrets_, logger_, loop_, own_, arns);
    ASSERT_TRUE(opened) << opened.error().message;
    served_ = *std::move(opened);
    ASSERT_TRUE(served_->start());
  }
  void settle() {
    while (store_.deliver() > 0) loop_.advance(Duration::zero());
  }
  const net::CertificateTable& table() const { return served_->published()->latest(); }
  bool has_own(const std::string& name) const {
    return table().find(name).ecdsa == table().find("").ecdsa && table().find(name).rsa == nullptr;
  }
  std::vector<std::string> users(const std::string& id) {
    const std::string prefix = acm::in_use_prefix(place_, id);
    std::vector<std::string> out;
    const auto range = store_.range(prefix).value();
    for (const auto& item : range.items) out.push_back(item.key.substr(prefix.size()));
    return out;
  }

  const acm::Place place_{"111122223333", "us-east-1"};
  FakeDisk disk_;
  SeededRandom random_{1};
  http::FakeLoop loop_;
  store::MemoryStore store_{loop_.clock(), store::Delivery::Pumped};
  store::objects::Secrets secrets_{std::string(store::objects::kKeyBytes, 'k'), random_};
  Logger logger_{loop_.clock(), 2, LogFormat::Text, LogLevel::Error};
  net::CertificateAndKey own_;
  std::unique_ptr<LocalAuthority> authority_;
  std::unique_ptr<ApiCertificates> served_;
};

TEST_F(ApiCertificatesTest, ServesWhatIsNamedForItsDomainsAndItsOwnForAllOthers) {
  put("one", {"example.com", "*.example.com"});
  put("two", {"example.com"}, "RSA_2048");
  put("three", {"example.org"});
  open({"one", "two"});
  EXPECT_FALSE(has_own("api.example.com"));
  EXPECT_NE(table().find("example.com").rsa, nullptr);
  EXPECT_NE(table().find("example.com").ecdsa, nullptr);
  EXPECT_TRUE(has_own("example.org")) << "nobody has named it";
  EXPECT_THAT(users("one"), ElementsAre("arn:aws:meridian:us-east-1:111122223333:listener/api"));
  EXPECT_THAT(users("three"), IsEmpty());
}

TEST_F(ApiCertificatesTest, TakesWhatIsIssuedRenewedAndImportedAnewAtOnce) {
  put("one", {});
  open({"one"});
  EXPECT_TRUE(has_own("example.com"));
  EXPECT_THAT(users("one"), IsEmpty()) << "nothing is served yet";
  put("one", {"example.com"});
  settle();
  const auto first = table().find("example.com").ecdsa;
  EXPECT_FALSE(has_own("example.com"));
  EXPECT_THAT(users("one"), SizeIs(1));
  put("one", {"example.com"});
  settle();
  EXPECT_NE(table().find("example.com").ecdsa, first);
  EXPECT_FALSE(has_own("example.com"));
}

TEST_F(ApiCertificatesTest, WhatCannotBeReadLeavesWhatWasServed) {
  put("one", {"example.com"});
  open({"one", "gone"});
  const auto first = table().find("example.com").ecdsa;
  EXPECT_FALSE(has_own("example.com")) << "in spite of the one that does not exist";
  ASSERT_TRUE(store_.commit({{}, {{acm::private_key_key(place_, "one"), "spoilt"}}, {}}));
  EXPECT_FALSE(served_->look());
  EXPECT_EQ(table().find("example.com").ecdsa, first);
  put("one", {"example.com"});
  put("gone", {"example.org"});
  loop_.advance(ApiCertificates::kTryAgain);
  EXPECT_NE(table().find("example.com").ecdsa, first);
  EXPECT_FALSE(has_own("example.org"));
}

TEST_F(ApiCertificatesTest, UseEndsWithTheOptionAndOnlyItsOwn) {
  put("one", {"example.com"});
  open({"one"});
  const std::string other = "arn:aws:cloudfront::111122223333:distribution/E1";
  ASSERT_TRUE(store_.commit({{}, {{acm::in_use_key(place_, "one", other), ""}}, {}}));
  open({});
  EXPECT_THAT(users("one"), ElementsAre(other));
  open({"one"});
  EXPECT_THAT(users("one"), SizeIs(2));
  EXPECT_TRUE(forget_use_by_api(store_, {}));
  EXPECT_THAT(users("one"), ElementsAre(other));
}

TEST_F(ApiCertificatesTest, OnlyArnsOfCertificatesCanBeNamed) {
  for (const char* arn : {"example.com", "arn:aws:acm:us-east-1:111122223333:certificate/",
                          "arn:aws:iam::111122223333:server-certificate/a"})
    EXPECT_FALSE(ApiCertificates::open(store_, secrets_, logger_, loop_, own_, {arn})) << arn;
}

}  // namespace
}  // namespace meridian::apps
