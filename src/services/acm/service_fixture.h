// For this room's tests: an ACM over a store in memory, under a clock that is set by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/disk.h"
#include "services/acm/service.h"
#include "store/memory/memory_store.h"
#include "store/objects/seal.h"

namespace meridian::services::acm {

inline constexpr SystemTime kNow{std::chrono::seconds(1'800'000'000)};  // 2027-01-15

class AcmTest : public testing::Test {
 protected:
  AcmTest() {
    call_.account_id = "111122223333";
    call_.region = "us-east-1";
    call_.time = kNow;
  }
  static std::string file(const std::string& name) {
    return RealDisk().read(std::string(MERIDIAN_CERTIFICATES) + name).value();
  }
  // "code: message"; "" when the call is accepted.
  template <typename T>
  static std::string refusal(const aws::Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code + ": " + outcome.error().message;
  }
  static api::ImportCertificateRequest leaf() {
    return {.CertificateArn = {},
            .Certificate = file("leaf.pem"),
            .PrivateKey = file("leaf-key.pem"),
            .CertificateChain = file("intermediate.pem") + file("root.pem"),
            .Tags = {}};
  }
  static api::ImportCertificateRequest ec() {
    return {.CertificateArn = {},
            .Certificate = file("ec.pem"),
            .PrivateKey = file("ec-key.pem"),
            .CertificateChain = {},
            .Tags = {}};
  }
  std::string import(const api::ImportCertificateRequest& input) {
    auto made = acm_.ImportCertificate(call_, input);
    EXPECT_EQ(refusal(made), "");
    return made ? *made->CertificateArn : "";
  }
  api::CertificateDetail describe(const std::string& arn) {
    auto out = acm_.DescribeCertificate(call_, {.CertificateArn = arn});
    EXPECT_EQ(refusal(out), "");
    return out ? *out->Certificate : api::CertificateDetail();
  }
  void use(const std::string& arn, const std::string& user) {
    const auto name = parse_certificate_arn(arn).value();
    ASSERT_TRUE(store_.commit({{}, {{in_use_key(name.place, name.id, user), ""}}, {}}));
  }

  ManualClock clock_{kNow};
  SeededRandom random_{1};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  store::objects::Secrets secrets_{std::string(store::objects::kKeyBytes, 'k'), random_};
  Acm acm_{store_, secrets_, random_};
  aws::Call call_;
};

}  // namespace meridian::services::acm
