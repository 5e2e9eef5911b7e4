#include "services/acm/issuance.h"

#include <set>

#include "services/acm/service_fixture.h"

namespace meridian::services::acm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;
using namespace std::chrono_literals;

class PlayedRecords final : public DomainRecords {
 public:
  bool leads_to(const std::string& name, const std::string& target) override {
    const auto found = cnames.find(name);
    return found != cnames.end() && found->second == target;
  }
  Result<std::vector<CaaRecord>> authorities_of(const std::string& domain) override {
    if (!caa_is_known) return fail(ErrorCode::Unavailable, "not yet known");
    const auto found = caa.find(domain);
    return found == caa.end() ? std::vector<CaaRecord>() : found->second;
  }
  std::map<std::string, std::string> cnames;
  std::map<std::string, std::vector<CaaRecord>> caa;
  bool caa_is_known = true;
};

// Gives everybody the same certificate, unless told otherwise.
class PlayedAuthority final : public Authority {
 public:
  Result<Answer> issue(const Wanted& wanted) override {
    asked.push_back({{wanted.names.begin(), wanted.names.end()}, wanted.key_algorithm});
    ends = wanted.now + wanted.lifetime;
    return answer;
  }
  bool judges_caa() const override { return judges; }
  struct Asked {
    std::vector<std::string> names;
    std::string key_algorithm;
  };
  std::vector<Asked> asked;
  SystemTime ends{};
  Answer answer;
  bool judges = false;
};

class IssuanceTest : public AcmTest {
 protected:
  IssuanceTest() {
    authority_.answer.kind = Answer::Kind::Issued;
    authority_.answer.certificate = {file("leaf.pem"), file("intermediate.pem"), file("leaf-key.pem")};
  }

  static api::RequestCertificateRequest request(std::string domain, std::vector<std::string> more = {}) {
    api::RequestCertificateRequest input;
    input.DomainName = std::move(domain);
    input.ValidationMethod = "DNS";
    if (!more.empty()) input.SubjectAlternativeNames = std::move(more);
    return input;
  }
  std::string made(const api::RequestCertificateRequest& input) {
    auto out = acm_.RequestCertificate(call_, input);
    EXPECT_EQ(refusal(out), "");
    return out ? *out->CertificateArn : "";
  }
  std::string refused(const api::RequestCertificateRequest& input) {
    return refusal(acm_.RequestCertificate(call_, input));
  }
  void put_records(const std::string& arn) {
    const auto detail = describe(arn);
    for (const auto& each : *detail.DomainValidationOptions)
      records_.cnames[each.ResourceRecord->Name] = each.ResourceRecord->Value;
  }
  bool advance() {
    const auto waits = issuance_.advance(call_.time);
    EXPECT_TRUE(waits) << waits.error().message;
    return waits.value_or(false);
  }
  std::string status(const std::string& arn) { return *describe(arn).Status; }
  // As if the certificate ended `left` from now.
  void set_end(const std::string& arn, Duration left) {
    const auto name = parse_certificate_arn(arn).value();
    const std::string key = certificate_key(name.place, name.id);
    auto certificate = decode_certificate(store_.get(key).value()->value).value();
    certificate.not_after = call_.time + left;
    ASSERT_TRUE(store_.commit({{}, {{key, encode(certificate)}}, {}}));
  }
  std::string issued(const api::RequestCertificateRequest& input) {
    const std::string arn = made(input);
    put_records(arn);
    advance();
    EXPECT_EQ(status(arn), "ISSUED");
    return arn;
  }
  static api::RequestCertificateRequest exportable(const std::string& domain) {
    auto input = request(domain);
    input.Options.emplace().Export = "ENABLED";
    return input;
  }

  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  PlayedRecords records_;
  PlayedAuthority authority_;
  Issuance issuance_{store_, secrets_, records_, authority_, logger_};
};

TEST_F(IssuanceTest, ARequestShowsTheRecordsThatValidateIt) {
  const std::string arn = made(request("Example.com", {"www.example.com", "*.example.com", "example.com"}));
  const auto detail = describe(arn);
  EXPECT_EQ(*detail.Status, "PENDING_VALIDATION");
  EXPECT_EQ(*detail.Type, "AMAZON_ISSUED");
  EXPECT_EQ(*detail.DomainName, "example.com");
  EXPECT_THAT(*detail.SubjectAlternativeNames,
              ElementsAre("example.com", "www.example.com", "*.example.com"));
  const auto& options = *detail.DomainValidationOptions;
  ASSERT_EQ(options.size(), 3U);
  EXPECT_THAT(options[0].ResourceRecord->Name, MatchesRegex("_[0-9a-f]{32}\\.example\\.com\\."));
  EXPECT_THAT(options[0].ResourceRecord->Value,
              MatchesRegex("_[0-9a-f]{32}\\.[a-z]{10}\\.acm-validations\\.aws\\."));
  EXPECT_EQ(*options[0].ValidationStatus, "PENDING_VALIDATION");
  EXPECT_EQ(options[2].ResourceRecord, options[0].ResourceRecord)
      << "a wildcard has the record of its parent";
  EXPECT_NE(options[1].ResourceRecord, options[0].ResourceRecord);
  EXPECT_THAT(refusal(acm_.GetCertificate(call_, {.CertificateArn = arn})),
              StartsWith("RequestInProgressException"));

  const auto again = describe(made(request("example.com")));
  EXPECT_EQ(again.DomainValidationOptions->front().ResourceRecord, options[0].ResourceRecord);
  call_.account_id = "444455556666";
  const auto other = describe(made(request("example.com")));
  EXPECT_NE(other.DomainValidationOptions->front().ResourceRecord, options[0].ResourceRecord);
}

TEST_F(IssuanceTest, RequestsThatCannotBeServedAreRefused) {
  auto input = request("example.com");
  for (const auto& [method, word] : {std::pair("EMAIL", "email"), std::pair("HTTP", "HTTP")}) {
    input.ValidationMethod = method;
    EXPECT_THAT(refused(input), HasSubstr(std::string("Validation by ") + word + " is not available"));
  }
  input.ValidationMethod = std::nullopt;
  EXPECT_THAT(refused(input), HasSubstr("Validation by email is not available"));
  input = request("example.com");
  input.CertificateAuthorityArn = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1";
  EXPECT_THAT(refused(input), StartsWith("InvalidArnException"));
  input = request("example.com");
  input.KeyAlgorithm = "RSA_4096";
  EXPECT_THAT(refused(input), StartsWith("InvalidParameterException"));
  EXPECT_THAT(refused(request(std::string(61, 'a') + ".com")), HasSubstr("cannot exceed 64 octets"));
  EXPECT_THAT(refused(request("ab--c.example.com")), HasSubstr("not Punycode"));
  std::vector<std::string> many;
  for (std::size_t i = 0; i < kDomainsMax; ++i) many.push_back("n" + std::to_string(i) + ".example.com");
  EXPECT_EQ(refused(request("example.com", many)),
            "LimitExceededException: Certificate has too many domains.");
  many.pop_back();
  made(request("example.com", many));
}

TEST_F(IssuanceTest, AnIdempotencyTokenHoldsForAnHour) {
  auto input = request("example.com");
  input.IdempotencyToken = "token";
  const std::string arn = made(input);
  call_.time += 59min;
  EXPECT_EQ(made(input), arn);
  auto other = request("other.example.com");
  other.IdempotencyToken = "token";
  EXPECT_THAT(refused(other), HasSubstr("idempotency token"));
  call_.time += 1min;
  const std::string next = made(input);
  EXPECT_NE(next, arn);
  ASSERT_EQ(refusal(acm_.DeleteCertificate(call_, {.CertificateArn = next})), "");
  EXPECT_NE(made(input), next) << "what was deleted is not given again";
  call_.time += 61min;
  advance();
  EXPECT_TRUE(store_.range(kRequestsPrefix).value().items.empty());
}

TEST_F(IssuanceTest, IssuedOnceEveryRecordIsThere) {
  auto input = request("example.com", {"www.example.com"});
  input.KeyAlgorithm = "EC_prime256v1";
  const std::string arn = made(input);
  EXPECT_TRUE(advance());
  EXPECT_EQ(status(arn), "PENDING_VALIDATION");
  put_records(arn);
  const auto records = std::exchange(records_.cnames, {});
  records_.cnames.insert(*records.begin());
  EXPECT_TRUE(advance());
  std::multiset<std::string> states;
  const auto detail = describe(arn);
  for (const auto& each : *detail.DomainValidationOptions) states.insert(*each.ValidationStatus);
  EXPECT_THAT(states, ElementsAre("PENDING_VALIDATION", "SUCCESS"));
  records_.cnames = records;
  EXPECT_FALSE(advance());
  EXPECT_EQ(status(arn), "ISSUED");
  ASSERT_EQ(authority_.asked.size(), 1U);
  EXPECT_THAT(authority_.asked[0].names, ElementsAre("example.com", "www.example.com"));
  EXPECT_EQ(authority_.asked[0].key_algorithm, "EC_prime256v1");
  EXPECT_EQ(authority_.ends, call_.time + kLifetime);
  EXPECT_EQ(*describe(arn).IssuedAt, call_.time);
  EXPECT_EQ(*acm_.GetCertificate(call_, {.CertificateArn = arn})->CertificateChain, file("intermediate.pem"));
  EXPECT_FALSE(advance()) << "nothing more to do";
  EXPECT_EQ(authority_.asked.size(), 1U);
}

TEST_F(IssuanceTest, TimesOutAfterThreeDays) {
  const std::string arn = made(request("example.com"));
  call_.time += 72h - 1s;
  EXPECT_TRUE(advance());
  call_.time += 1s;
  EXPECT_FALSE(advance());
  EXPECT_EQ(status(arn), "VALIDATION_TIMED_OUT");
  put_records(arn);
  advance();
  EXPECT_EQ(status(arn), "VALIDATION_TIMED_OUT") << "too late";
}

TEST_F(IssuanceTest, CaaRecordsAreHonoured) {
  const auto outcome = [&](const std::string& domain, std::vector<CaaRecord> caa) {
    records_.caa["example.com"] = std::move(caa);
    const std::string arn = made(request(domain));
    put_records(arn);
    advance();
    const auto detail = describe(arn);
    return detail.FailureReason.value_or(*detail.Status);
  };
  EXPECT_EQ(outcome("example.com", {{false, "issue", "letsencrypt.org"}}), "CAA_ERROR");
  EXPECT_EQ(outcome("example.com", {{false, "issue", ";"}}), "CAA_ERROR");
  EXPECT_EQ(outcome("example.com", {{true, "tbs", "unknown"}}), "CAA_ERROR");
  EXPECT_EQ(outcome("example.com", {{false, "tbs", "unknown"}, {false, "iodef", "mailto:a@example.com"}}),
            "ISSUED");
  EXPECT_EQ(
      outcome("example.com", {{false, "issue", "letsencrypt.org"}, {false, "issue", "amazon.com; a=b"}}),
      "ISSUED");
  const std::vector<CaaRecord> no_wildcards{{false, "issue", "amazon.com"}, {false, "issuewild", ";"}};
  EXPECT_EQ(outcome("example.com", no_wildcards), "ISSUED");
  EXPECT_EQ(outcome("*.example.com", no_wildcards), "CAA_ERROR");
  EXPECT_EQ(outcome("*.example.com", {{false, "issue", "letsencrypt.org"}}), "CAA_ERROR");

  records_.caa_is_known = false;
  EXPECT_EQ(outcome("example.com", {}), "PENDING_VALIDATION") << "what is not known is waited for";
}

TEST_F(IssuanceTest, RenewedSixtyDaysBeforeTheEndWhileItIsUsed) {
  const std::string arn = issued(request("example.com"));
  set_end(arn, kRenewalTime - 1s);
  advance();
  EXPECT_EQ(authority_.asked.size(), 1U) << "nobody uses it";
  EXPECT_EQ(*describe(arn).RenewalEligibility, "INELIGIBLE");
  use(arn, "arn:aws:cloudfront::111122223333:distribution/E1");
  EXPECT_EQ(*describe(arn).RenewalEligibility, "ELIGIBLE");
  set_end(arn, kRenewalTime + 1s);
  advance();
  EXPECT_EQ(authority_.asked.size(), 1U) << "there is time";
  set_end(arn, kRenewalTime - 1s);
  advance();
  ASSERT_EQ(authority_.asked.size(), 2U);
  EXPECT_EQ(describe(arn).RenewalSummary->RenewalStatus, "SUCCESS");
  EXPECT_EQ(status(arn), "ISSUED");
}

TEST_F(IssuanceTest, NotRenewedWithoutItsRecords) {
  const std::string arn = issued(request("example.com"));
  use(arn, "arn:aws:cloudfront::111122223333:distribution/E1");
  const auto records = std::exchange(records_.cnames, {});
  set_end(arn, 30 * 24h);
  EXPECT_TRUE(advance());
  auto detail = describe(arn);
  EXPECT_EQ(detail.RenewalSummary->RenewalStatus, "PENDING_VALIDATION");
  EXPECT_EQ(*detail.RenewalSummary->DomainValidationOptions.front().ValidationStatus, "PENDING_VALIDATION");
  EXPECT_EQ(*detail.Status, "ISSUED");
  call_.time += 30 * 24h;
  advance();
  EXPECT_EQ(status(arn), "EXPIRED");
  records_.cnames = records;
  advance();
  EXPECT_EQ(authority_.asked.size(), 1U) << "what has expired is not renewed";
}

TEST_F(IssuanceTest, AnAuthorityMayTakeItsTime) {
  authority_.answer.kind = Answer::Kind::UnderWay;
  const std::string arn = made(request("example.com"));
  put_records(arn);
  EXPECT_TRUE(advance());
  EXPECT_EQ(status(arn), "PENDING_VALIDATION");
  EXPECT_EQ(*describe(arn).DomainValidationOptions->front().ValidationStatus, "SUCCESS");
  authority_.answer.kind = Answer::Kind::Issued;
  ASSERT_TRUE(store_.commit({{}, {{"acm/orders/1", "spent"}}, {}}));
  authority_.answer.kept_in = {"acm/orders/1"};
  EXPECT_FALSE(advance());
  EXPECT_EQ(status(arn), "ISSUED");
  EXPECT_FALSE(store_.get("acm/orders/1").value());

  use(arn, "arn:aws:cloudfront::111122223333:distribution/E1");
  set_end(arn, 24h);
  authority_.answer.kind = Answer::Kind::UnderWay;
  EXPECT_TRUE(advance());
  EXPECT_EQ(describe(arn).RenewalSummary->RenewalStatus, "PENDING_AUTO_RENEWAL");
  authority_.answer.kind = Answer::Kind::Refused;
  authority_.answer.reason = "DOMAIN_NOT_ALLOWED";
  advance();
  EXPECT_EQ(describe(arn).RenewalSummary->RenewalStatus, "FAILED");
  EXPECT_EQ(*describe(arn).RenewalSummary->RenewalStatusReason, "DOMAIN_NOT_ALLOWED");
  EXPECT_EQ(status(arn), "ISSUED") << "it is still good";
  authority_.answer.kind = Answer::Kind::Issued;
  advance();
  EXPECT_EQ(describe(arn).RenewalSummary->RenewalStatus, "SUCCESS");
}

TEST_F(IssuanceTest, WhatAnAuthorityRefusesHasFailedAndItsTimeIsBounded) {
  authority_.answer.kind = Answer::Kind::Refused;
  authority_.answer.reason = "DOMAIN_NOT_ALLOWED";
  const std::string arn = made(request("example.com"));
  put_records(arn);
  advance();
  EXPECT_EQ(status(arn), "FAILED");
  EXPECT_EQ(*describe(arn).FailureReason, "DOMAIN_NOT_ALLOWED");
  authority_.answer.kind = Answer::Kind::UnderWay;
  const std::string slow = made(request("www.example.com"));
  put_records(slow);
  call_.time += kValidationTime;
  advance();
  EXPECT_EQ(status(slow), "VALIDATION_TIMED_OUT");
}

TEST_F(IssuanceTest, CaaIsTheAffairOfAnAuthorityThatReadsItItself) {
  records_.caa["example.com"] = {{false, "issue", "letsencrypt.org"}};
  authority_.judges = true;
  issued(request("example.com"));
}

TEST_F(IssuanceTest, ShortOnesAreRenewedInTheirLastThird) {
  const std::string arn = issued(request("example.com"));
  use(arn, "arn:aws:cloudfront::111122223333:distribution/E1");
  const auto last = [&](Duration lifetime, Duration left) {
    const auto name = parse_certificate_arn(arn).value();
    const std::string key = certificate_key(name.place, name.id);
    auto certificate = decode_certificate(store_.get(key).value()->value).value();
    certificate.not_after = call_.time + left;
    certificate.not_before = certificate.not_after - lifetime;
    ASSERT_TRUE(store_.commit({{}, {{key, encode(certificate)}}, {}}));
    advance();
  };
  last(90 * 24h, 30 * 24h + 1s);
  EXPECT_EQ(authority_.asked.size(), 1U);
  last(90 * 24h, 30 * 24h - 1s);
  EXPECT_EQ(authority_.asked.size(), 2U);
}

TEST_F(IssuanceTest, ExportableOnesAreExportedEncryptedAndRenewedOnDemand) {
  const std::string arn = made(exportable("example.com"));
  EXPECT_THAT(refusal(acm_.ExportCertificate(call_, {.CertificateArn = arn, .Passphrase = "passphrase"})),
              StartsWith("RequestInProgressException"));
  put_records(arn);
  advance();
  EXPECT_THAT(refusal(acm_.RenewCertificate(call_, {.CertificateArn = arn})),
              StartsWith("ValidationException"));
  const auto exported = acm_.ExportCertificate(call_, {.CertificateArn = arn, .Passphrase = "passphrase"});
  ASSERT_EQ(refusal(exported), "");
  EXPECT_THAT(*exported->PrivateKey, StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_EQ(*exported->Certificate, file("leaf.pem"));
  EXPECT_EQ(*describe(arn).RenewalEligibility, "ELIGIBLE");
  EXPECT_EQ(refusal(acm_.RenewCertificate(call_, {.CertificateArn = arn})), "");
  EXPECT_EQ(describe(arn).RenewalSummary->RenewalStatus, "PENDING_AUTO_RENEWAL");
  advance();
  EXPECT_EQ(authority_.asked.size(), 2U);
  EXPECT_EQ(describe(arn).RenewalSummary->RenewalStatus, "SUCCESS");
  EXPECT_EQ(*describe(arn).RenewalEligibility, "INELIGIBLE") << "what was exported is the old one";
}

TEST_F(IssuanceTest, OptionsOfARequestedCertificate) {
  const std::string arn = issued(request("example.com"));
  EXPECT_EQ(*describe(arn).Options->CertificateTransparencyLoggingPreference, "ENABLED");
  api::UpdateCertificateOptionsRequest input{.CertificateArn = arn, .Options = {}};
  input.Options.CertificateTransparencyLoggingPreference = "DISABLED";
  EXPECT_EQ(refusal(acm_.UpdateCertificateOptions(call_, input)), "");
  EXPECT_EQ(*describe(arn).Options->CertificateTransparencyLoggingPreference, "DISABLED");
  input.Options.Export = "ENABLED";
  EXPECT_THAT(refusal(acm_.UpdateCertificateOptions(call_, input)), StartsWith("ValidationException"));
  input.CertificateArn = import(leaf());
  EXPECT_THAT(refusal(acm_.UpdateCertificateOptions(call_, input)), StartsWith("InvalidStateException"));
}

}  // namespace
}  // namespace meridian::services::acm
