#include "services/acm/service_fixture.h"

namespace meridian::services::acm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Statement = api::CertificateFilterStatement;

class SearchTest : public AcmTest {
 protected:
  SearchTest() {
    rsa_ = import(leaf());
    call_.time += std::chrono::seconds(1);
    elliptic_ = import(ec());
    call_.time += std::chrono::seconds(1);
    api::RequestCertificateRequest request;
    request.DomainName = "WWW.Asked.example";
    request.ValidationMethod = "DNS";
    asked_ = *acm_.RequestCertificate(call_, request)->CertificateArn;
  }
  api::SearchCertificatesResponse search(const api::SearchCertificatesRequest& input) {
    auto out = acm_.SearchCertificates(call_, input);
    EXPECT_EQ(refusal(out), "");
    return out ? *out : api::SearchCertificatesResponse();
  }
  std::vector<std::string> arns(const api::SearchCertificatesRequest& input) {
    std::vector<std::string> out;
    auto answer = search(input);
    for (const auto& each : *answer.Results) out.push_back(*each.CertificateArn);
    token_ = answer.NextToken;
    return out;
  }
  std::vector<std::string> matching(Statement statement) {
    api::SearchCertificatesRequest input;
    input.FilterStatement = std::move(statement);
    return arns(input);
  }
  // The filter that `set` sets.
  template <typename Set>
  static Statement attribute(Set set) {
    Statement statement;
    set(statement.Filter.emplace().X509AttributeFilter.emplace());
    return statement;
  }
  template <typename Set>
  static Statement metadata(Set set) {
    Statement statement;
    set(statement.Filter.emplace().AcmCertificateMetadataFilter.emplace());
    return statement;
  }
  static Statement common_name(std::string value, std::string comparison) {
    return attribute([&](api::X509AttributeFilter& filter) {
      filter.Subject.emplace().CommonName = {.Value = value, .ComparisonOperator = comparison};
    });
  }
  static Statement alternative_name(std::string value, std::string comparison) {
    return attribute([&](api::X509AttributeFilter& filter) {
      filter.SubjectAlternativeName.emplace().DnsName = {.Value = value, .ComparisonOperator = comparison};
    });
  }
  static Statement key(std::string algorithm) {
    return attribute([&](api::X509AttributeFilter& filter) { filter.KeyAlgorithm = algorithm; });
  }
  static Statement type(std::string name) {
    return metadata([&](api::AcmCertificateMetadataFilter& filter) { filter.Type = name; });
  }

  std::string rsa_, elliptic_, asked_;
  std::optional<std::string> token_;
};

TEST_F(SearchTest, ShowsAttributesAndMetadata) {
  const auto all = *search({}).Results;
  ASSERT_EQ(all.size(), 3U) << "of any key type, other than ListCertificates";
  const auto& attributes = *all[0].X509Attributes;
  EXPECT_EQ(attributes.Subject->CommonName, "example.com");
  EXPECT_EQ(attributes.Issuer->CommonName, "Test Intermediate");
  EXPECT_EQ(attributes.Issuer->Organization, "Meridian Test");
  EXPECT_EQ(attributes.SubjectAlternativeNames->at(1).DnsName, "*.example.com");
  EXPECT_EQ(attributes.KeyAlgorithm, "RSA_2048");
  EXPECT_THAT(*attributes.KeyUsages, ElementsAre("DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"));
  EXPECT_TRUE(attributes.SerialNumber && attributes.NotAfter && attributes.NotBefore);
  const auto& metadata = *all[0].CertificateMetadata->AcmCertificateMetadata;
  EXPECT_EQ(metadata.Type, "IMPORTED");
  EXPECT_EQ(metadata.Status, "ISSUED");
  EXPECT_EQ(metadata.CreatedAt, kNow);
  EXPECT_EQ(metadata.ValidationMethod, std::nullopt);
  EXPECT_EQ(all[1].X509Attributes->SubjectAlternativeNames->at(1).IpAddress, "192.0.2.1");
  EXPECT_EQ(all[2].X509Attributes->Subject->CommonName, "www.asked.example") << "as it was requested";
  EXPECT_EQ(all[2].X509Attributes->NotAfter, std::nullopt);
  EXPECT_EQ(all[2].CertificateMetadata->AcmCertificateMetadata->Status, "PENDING_VALIDATION");
}

TEST_F(SearchTest, FindsByAttributes) {
  EXPECT_THAT(matching(common_name("EXAMPLE.com", "EQUALS")), ElementsAre(rsa_));
  EXPECT_THAT(matching(common_name("example", "EQUALS")), IsEmpty());
  EXPECT_THAT(matching(common_name("example", "CONTAINS")), ElementsAre(rsa_, asked_));
  EXPECT_THAT(matching(alternative_name("*.example.com", "EQUALS")), ElementsAre(rsa_));
  EXPECT_THAT(matching(alternative_name("192.0.2.1", "EQUALS")), IsEmpty()) << "that is no DNS name";
  EXPECT_THAT(matching(key("EC_prime256v1")), ElementsAre(elliptic_));
  const std::string serial = *search({}).Results->at(1).X509Attributes->SerialNumber;
  EXPECT_THAT(matching(attribute([&](auto& filter) { filter.SerialNumber = serial; })),
              ElementsAre(elliptic_));
  EXPECT_THAT(matching(attribute([](auto& filter) { filter.KeyUsage = "KEY_ENCIPHERMENT"; })),
              ElementsAre(rsa_));
  EXPECT_THAT(
      matching(attribute([](auto& filter) { filter.ExtendedKeyUsage = "TLS_WEB_SERVER_AUTHENTICATION"; })),
      ElementsAre(rsa_));
}

TEST_F(SearchTest, RangesOfTimesIncludeTheirEnds) {
  const SystemTime end = *search({}).Results->at(0).X509Attributes->NotAfter;
  const auto within = [&](std::optional<SystemTime> from, std::optional<SystemTime> to) {
    const auto found = matching(attribute([&](auto& filter) {
      filter.NotAfter = api::TimestampRange{from, to};
    }));
    return std::ranges::find(found, rsa_) != found.end();
  };
  EXPECT_TRUE(within(end, end));
  EXPECT_TRUE(within(std::nullopt, std::nullopt));
  EXPECT_FALSE(within(end + std::chrono::seconds(1), std::nullopt));
  EXPECT_FALSE(within(std::nullopt, end - std::chrono::seconds(1)));
}

TEST_F(SearchTest, FindsByMetadata) {
  EXPECT_THAT(matching(type("AMAZON_ISSUED")), ElementsAre(asked_));
  EXPECT_THAT(matching(metadata([](auto& filter) { filter.Status = "ISSUED"; })),
              ElementsAre(rsa_, elliptic_));
  EXPECT_THAT(matching(metadata([](auto& filter) { filter.ValidationMethod = "DNS"; })), ElementsAre(asked_));
  EXPECT_THAT(matching(metadata([](auto& filter) { filter.ManagedBy = "CLOUDFRONT"; })), IsEmpty());
  EXPECT_THAT(matching(metadata([](auto& filter) { filter.InUse = true; })), IsEmpty());
  use(elliptic_, "arn:aws:cloudfront::111122223333:distribution/E1");
  EXPECT_THAT(matching(metadata([](auto& filter) { filter.InUse = true; })), ElementsAre(elliptic_));
  Statement by_arn;
  by_arn.Filter.emplace().CertificateArn = asked_;
  EXPECT_THAT(matching(by_arn), ElementsAre(asked_));
}

TEST_F(SearchTest, StatementsAreCombined) {
  Statement any, both, none;
  any.Or = {key("EC_prime256v1"), type("AMAZON_ISSUED")};
  EXPECT_THAT(matching(any), ElementsAre(elliptic_, asked_));
  both.And = {any, type("IMPORTED")};
  EXPECT_THAT(matching(both), ElementsAre(elliptic_));
  none.Not = any;
  EXPECT_THAT(matching(none), ElementsAre(rsa_));
}

TEST_F(SearchTest, SortsAndPages) {
  api::SearchCertificatesRequest input;
  input.SortOrder = "DESCENDING";
  EXPECT_THAT(arns(input), ElementsAre(asked_, elliptic_, rsa_));
  input.SortBy = "COMMON_NAME";
  input.SortOrder = "ASCENDING";
  EXPECT_THAT(arns(input), ElementsAre(rsa_, elliptic_, asked_));
  input.SortBy = "NOT_AFTER";
  EXPECT_EQ(arns(input).front(), asked_) << "it has none";
  input.SortBy = "TYPE";
  input.MaxResults = 1;
  std::vector<std::string> seen;
  do {
    for (std::string& arn : arns(input)) seen.push_back(std::move(arn));
    input.NextToken = token_;
  } while (token_ && seen.size() < 10);
  EXPECT_EQ(seen.front(), asked_);
  EXPECT_THAT(seen, UnorderedElementsAre(asked_, elliptic_, rsa_));
  input.NextToken = "x";
  EXPECT_THAT(refusal(acm_.SearchCertificates(call_, input)), HasSubstr("ValidationException"));
}

}  // namespace
}  // namespace meridian::services::acm
