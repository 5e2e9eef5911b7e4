#include "services/acm/service_fixture.h"

namespace meridian::services::acm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class CertificatesTest : public AcmTest {
 protected:
  std::vector<std::string> list(const api::ListCertificatesRequest& input) {
    auto out = acm_.ListCertificates(call_, input);
    EXPECT_EQ(refusal(out), "");
    std::vector<std::string> arns;
    if (out)
      for (const auto& each : *out->CertificateSummaryList) arns.push_back(*each.CertificateArn);
    token_ = out ? out->NextToken : std::nullopt;
    return arns;
  }
  static api::ListCertificatesRequest of_types(std::vector<std::string> types) {
    api::ListCertificatesRequest input;
    input.Includes.emplace().keyTypes = std::move(types);
    return input;
  }
  std::optional<std::string> token_;
};

TEST_F(CertificatesTest, WhoNamesNoKeyTypesSeesSmallRsaOnly) {
  const std::string rsa = import(leaf()), elliptic = import(ec());
  EXPECT_THAT(list({}), ElementsAre(rsa));
  EXPECT_THAT(list(of_types({"EC_prime256v1"})), ElementsAre(elliptic));
  EXPECT_THAT(list(of_types({"EC_prime256v1", "RSA_2048"})), SizeIs(2));
}

TEST_F(CertificatesTest, ListsByStatusUsageAndExport) {
  const std::string rsa = import(leaf());
  api::ListCertificatesRequest input;
  input.CertificateStatuses = {"PENDING_VALIDATION"};
  EXPECT_THAT(list(input), SizeIs(0));
  input.CertificateStatuses = {"ISSUED"};
  EXPECT_THAT(list(input), ElementsAre(rsa));
  call_.time = SystemTime(std::chrono::sys_days(std::chrono::year(2100) / 1 / 1));
  EXPECT_THAT(list(input), SizeIs(0)) << "it has expired";
  input.CertificateStatuses = {"EXPIRED"};
  EXPECT_THAT(list(input), ElementsAre(rsa));
  input = {};
  auto& filters = input.Includes.emplace();
  filters.keyUsage = {"DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"};
  filters.extendedKeyUsage = {"TLS_WEB_SERVER_AUTHENTICATION"};
  EXPECT_THAT(list(input), ElementsAre(rsa));
  filters.keyUsage = {"CRL_SIGNING"};
  EXPECT_THAT(list(input), SizeIs(0));
  filters = {};
  filters.exportOption = "ENABLED";
  EXPECT_THAT(list(input), SizeIs(0));
}

TEST_F(CertificatesTest, PagesInTheOrderTheyWereMade) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(import(leaf()));
    call_.time += std::chrono::seconds(1);
  }
  api::ListCertificatesRequest input;
  input.MaxItems = 2;
  std::vector<std::string> seen;
  do {
    for (std::string& arn : list(input)) seen.push_back(std::move(arn));
    input.NextToken = token_;
  } while (token_);
  EXPECT_EQ(seen, made);
  input = {};
  input.SortBy = "CREATED_AT";
  EXPECT_THAT(refusal(acm_.ListCertificates(call_, input)), HasSubstr("ValidationException"));
  input.SortOrder = "DESCENDING";
  EXPECT_EQ(list(input), std::vector<std::string>(made.rbegin(), made.rend()));
  input.NextToken = "x";
  EXPECT_THAT(refusal(acm_.ListCertificates(call_, input)), HasSubstr("InvalidArgsException"));
}

TEST_F(CertificatesTest, OneInUseIsNotDeleted) {
  const std::string arn = import(leaf());
  const std::string user = "arn:aws:cloudfront::111122223333:distribution/E1";
  use(arn, user);
  EXPECT_THAT(*describe(arn).InUseBy, ElementsAre(user));
  EXPECT_EQ(refusal(acm_.DeleteCertificate(call_, {.CertificateArn = arn})),
            "ResourceInUseException: Certificate " + arn + " in account 111122223333 is in use.");
  const auto name = parse_certificate_arn(arn).value();
  ASSERT_TRUE(store_.commit({{}, {}, {in_use_key(name.place, name.id, user)}}));
  EXPECT_EQ(refusal(acm_.DeleteCertificate(call_, {.CertificateArn = arn})), "");
  EXPECT_TRUE(store_.range("").value().items.empty()) << "nor is its key kept";
  EXPECT_THAT(refusal(acm_.DescribeCertificate(call_, {.CertificateArn = arn})),
              HasSubstr("ResourceNotFoundException"));
}

TEST_F(CertificatesTest, OthersDoNotSeeIt) {
  const std::string arn = import(leaf());
  call_.account_id = "444455556666";
  EXPECT_THAT(refusal(acm_.DescribeCertificate(call_, {.CertificateArn = arn})),
              HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(list({}), SizeIs(0));
}

TEST_F(CertificatesTest, ImportedOnesAreNotExported) {
  const std::string arn = import(leaf());
  EXPECT_THAT(refusal(acm_.ExportCertificate(call_, {.CertificateArn = arn, .Passphrase = "passphrase"})),
              HasSubstr("ValidationException: Certificate ARN: " + arn + " is not a private certificate"));
  EXPECT_THAT(refusal(acm_.ExportCertificate(call_, {.CertificateArn = arn, .Passphrase = "pass#"})),
              HasSubstr("ValidationException: The passphrase"));
  EXPECT_THAT(refusal(acm_.RenewCertificate(call_, {.CertificateArn = arn})),
              HasSubstr("ValidationException"));
}

TEST_F(CertificatesTest, Tags) {
  auto input = leaf();
  input.Tags = std::vector<api::Tag>{{.Key = "env", .Value = "prod"}, {.Key = "empty"}};
  const std::string arn = import(input);
  const auto tags = [&] {
    std::map<std::string, std::string> out;
    const auto listed = acm_.ListTagsForCertificate(call_, {.CertificateArn = arn});
    for (const auto& tag : *listed->Tags) out[tag.Key] = *tag.Value;
    return out;
  };
  using Tags = std::map<std::string, std::string>;
  EXPECT_EQ(tags(), (Tags{{"empty", ""}, {"env", "prod"}}));
  const auto remove = [&](const api::Tag& tag) {
    ASSERT_EQ(refusal(acm_.RemoveTagsFromCertificate(call_, {.CertificateArn = arn, .Tags = {tag}})), "");
  };
  remove({.Key = "env", .Value = "test"});
  EXPECT_EQ(tags().size(), 2U) << "another value";
  remove({.Key = "env"});
  EXPECT_EQ(tags(), (Tags{{"empty", ""}}));
  const auto add = [&](std::vector<api::Tag> added) {
    return refusal(acm_.AddTagsToCertificate(call_, {.CertificateArn = arn, .Tags = std::move(added)}));
  };
  EXPECT_THAT(add({{.Key = "aws:x"}}), HasSubstr("InvalidTagException"));
  EXPECT_THAT(add({{.Key = "a"}, {.Key = "a"}}), HasSubstr("InvalidParameterException"));
  std::vector<api::Tag> many;
  for (std::size_t i = 0; i < kTagsMax; ++i) many.push_back({.Key = "k" + std::to_string(i)});
  EXPECT_THAT(add(many), HasSubstr("TooManyTagsException"));
  many.pop_back();
  EXPECT_EQ(add(many), "");
}

TEST_F(CertificatesTest, TheAccountSaysWhenToTellOfExpiry) {
  EXPECT_EQ(*acm_.GetAccountConfiguration(call_, {})->ExpiryEvents->DaysBeforeExpiry, 45);
  api::PutAccountConfigurationRequest input{
      .ExpiryEvents = api::ExpiryEventsConfiguration{.DaysBeforeExpiry = 10}, .IdempotencyToken = "one"};
  ASSERT_EQ(refusal(acm_.PutAccountConfiguration(call_, input)), "");
  EXPECT_EQ(*acm_.GetAccountConfiguration(call_, {})->ExpiryEvents->DaysBeforeExpiry, 10);
  input.ExpiryEvents->DaysBeforeExpiry = 11;
  EXPECT_THAT(refusal(acm_.PutAccountConfiguration(call_, input)), HasSubstr("ConflictException"));
  call_.time += std::chrono::hours(1);
  EXPECT_EQ(refusal(acm_.PutAccountConfiguration(call_, input)), "");
}

TEST_F(CertificatesTest, EmailIsRefused) {
  const std::string arn = import(leaf());
  EXPECT_THAT(
      refusal(acm_.ResendValidationEmail(
          call_, {.CertificateArn = arn, .Domain = "example.com", .ValidationDomain = "example.com"})),
      HasSubstr("InvalidStateException"));
}

}  // namespace
}  // namespace meridian::services::acm
