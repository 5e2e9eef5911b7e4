#include "services/acm/service_fixture.h"

namespace meridian::services::acm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ImportTest : public AcmTest {
 protected:
  std::string refused(const api::ImportCertificateRequest& input) {
    return refusal(acm_.ImportCertificate(call_, input));
  }
};

TEST_F(ImportTest, KeepsACertificateWithItsChain) {
  const std::string arn = import(leaf());
  EXPECT_THAT(arn, testing::StartsWith("arn:aws:acm:us-east-1:111122223333:certificate/"));
  const auto got = acm_.GetCertificate(call_, {.CertificateArn = arn}).value();
  EXPECT_EQ(*got.Certificate, file("leaf.pem"));
  EXPECT_EQ(*got.CertificateChain, file("intermediate.pem") + file("root.pem"));

  const auto detail = describe(arn);
  EXPECT_EQ(*detail.DomainName, "example.com");
  EXPECT_THAT(*detail.SubjectAlternativeNames, ElementsAre("example.com", "*.example.com"));
  EXPECT_EQ(*detail.Type, "IMPORTED");
  EXPECT_EQ(*detail.Status, "ISSUED");
  EXPECT_EQ(*detail.KeyAlgorithm, "RSA_2048");
  EXPECT_EQ(*detail.Issuer, "Meridian Test");
  EXPECT_EQ(*detail.ImportedAt, kNow);
  EXPECT_FALSE(detail.IssuedAt);
  EXPECT_EQ(*detail.RenewalEligibility, "INELIGIBLE");
  EXPECT_TRUE(detail.InUseBy->empty());
}

TEST_F(ImportTest, ThePrivateKeyIsNowhereInTheStoreInPlain) {
  import(leaf());
  const std::string key = x509::PrivateKey::parse(file("leaf-key.pem")).value().pem();
  const std::string inside = key.substr(key.size() / 2, 40);
  std::size_t keys = 0;
  const store::Range all = store_.range("").value();
  for (const auto& item : all.items) {
    EXPECT_EQ(item.value.find("PRIVATE KEY"), item.value.npos) << item.key;
    EXPECT_EQ(item.value.find(inside), item.value.npos) << item.key;
    keys += item.key.starts_with("sealed/acm/") ? 1 : 0;
  }
  EXPECT_EQ(keys, 1U);
}

TEST_F(ImportTest, CertificateAndKeyMustBeOnesAndFit) {
  auto input = leaf();
  input.Certificate = file("leaf.pem") + file("intermediate.pem");
  EXPECT_EQ(refused(input),
            "ValidationException: The certificate field contains more than one certificate. You can specify "
            "only one certificate in this field.");
  input.Certificate = "certificate.pem";
  EXPECT_EQ(
      refused(input),
      "ValidationException: Unable to parse certificate. Please ensure the certificate is in PEM format.");
  input = leaf();
  input.PrivateKey = file("encrypted-key.pem");
  EXPECT_THAT(refused(input), HasSubstr("The private key is not supported. It is encrypted"));
  for (const std::string& bad : {file("ed-key.pem"), file("leaf.pem"), std::string("key.pem")}) {
    input.PrivateKey = bad;
    EXPECT_EQ(refused(input), "ValidationException: The private key is not supported.");
  }
  input.PrivateKey = file("ec-key.pem");
  EXPECT_EQ(refused(input), "ValidationException: The certificate and the private key do not match.");
  EXPECT_TRUE(store_.range("").value().items.empty()) << "nothing of what was refused is kept";
}

TEST_F(ImportTest, TheChainGoesUpStepByStep) {
  auto input = leaf();
  input.CertificateChain = file("intermediate.pem");
  EXPECT_EQ(refused(input), "") << "the root may be left out";
  input.CertificateChain = file("root.pem");
  EXPECT_EQ(refused(input),
            "ValidationException: Could not validate the certificate with the certificate chain.");
  const std::string broken = "index within the chain of the invalid certificate is: ";
  input.CertificateChain = file("leaf.pem") + file("intermediate.pem");
  EXPECT_THAT(refused(input), HasSubstr(broken + "0"));
  input.CertificateChain = file("intermediate.pem") + file("ec.pem");
  EXPECT_THAT(refused(input), HasSubstr(broken + "1"));
  input.CertificateChain = "no chain";
  EXPECT_EQ(refused(input),
            "ValidationException: The certificate body/chain provided is not in a valid PEM format");
}

TEST_F(ImportTest, OnlyWhatIsValidNow) {
  auto input = leaf();
  input.Certificate = file("expired.pem");
  EXPECT_EQ(refused(input), "ValidationException: The certificate has expired.");
  call_.time = SystemTime(std::chrono::sys_days(std::chrono::year(2019) / 1 / 1));
  EXPECT_EQ(refused(leaf()), "ValidationException: The certificate is not valid yet.");
}

TEST_F(ImportTest, AnImportedCertificateIsReplacedUnderItsArn) {
  const std::string arn = import(leaf());
  ASSERT_EQ(refusal(acm_.AddTagsToCertificate(
                call_, {.CertificateArn = arn, .Tags = {{.Key = "env", .Value = "prod"}}})),
            "");
  call_.time += std::chrono::hours(1);
  auto again = leaf();
  again.CertificateArn = arn;
  again.CertificateChain = std::nullopt;
  EXPECT_EQ(import(again), arn);
  EXPECT_EQ(*describe(arn).ImportedAt, call_.time);
  EXPECT_EQ(*describe(arn).CreatedAt, kNow);
  EXPECT_FALSE(acm_.GetCertificate(call_, {.CertificateArn = arn})->CertificateChain);
  EXPECT_EQ(acm_.ListTagsForCertificate(call_, {.CertificateArn = arn})->Tags->size(), 1U);

  again.Tags.emplace().push_back({.Key = "a", .Value = "b"});
  EXPECT_EQ(refused(again), "ValidationException: Tagging is not permitted on re-import.");
  auto other = ec();
  other.CertificateArn = arn;
  EXPECT_EQ(refused(other),
            "ValidationException: The key type and size of a certificate cannot be changed by a re-import.");
  other.CertificateArn = arn + "x";
  EXPECT_THAT(refused(other), HasSubstr("ResourceNotFoundException: Could not find certificate"));
  other.CertificateArn = "arn:aws:acm:us-east-1:111122223333:key/1";
  EXPECT_THAT(refused(other), HasSubstr("InvalidArnException"));
}

}  // namespace
}  // namespace meridian::services::acm
