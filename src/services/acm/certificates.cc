// One certificate by its ARN: described, got, exported, deleted.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "services/acm/service.h"

namespace meridian::services::acm {
namespace {

constexpr std::size_t kPassphraseBytesMin = 4;

std::string_view to_string(DomainStatus status) {
  switch (status) {
    case DomainStatus::Pending:
      return "PENDING_VALIDATION";
    case DomainStatus::Success:
      return "SUCCESS";
    case DomainStatus::Failed:
      break;
  }
  return "FAILED";
}

std::vector<api::DomainValidation> shown_validations(const CertificateResource& certificate) {
  std::vector<api::DomainValidation> out;
  for (const DomainValidation& each : certificate.validations) {
    api::DomainValidation& shown = out.emplace_back();
    shown.DomainName = each.domain;
    shown.ValidationDomain = each.domain;
    shown.ValidationStatus = std::string(to_string(each.status));
    shown.ValidationMethod = "DNS";
    shown.ResourceRecord =
        api::ResourceRecord{.Name = each.record_name, .Type = "CNAME", .Value = each.record_value};
  }
  return out;
}

void show_facts(const CertificateResource& certificate, api::CertificateDetail& out) {
  const x509::Facts facts = facts_of(certificate);
  out.Serial = facts.serial;
  out.Subject = facts.subject;
  out.Issuer = facts.issuer;
  out.NotBefore = facts.not_before;
  out.NotAfter = facts.not_after;
  out.SignatureAlgorithm = facts.signature_algorithm;
  auto& usages = out.KeyUsages.emplace();
  for (const std::string& usage : facts.key_usages) usages.push_back({.Name = usage});
  auto& extended = out.ExtendedKeyUsages.emplace();
  for (const auto& usage : facts.extended_key_usages)
    extended.push_back({.Name = usage.name, .OID = usage.oid});
}

api::CertificateDetail describe(const CertificateResource& certificate, std::vector<std::string> users,
                                SystemTime now) {
  api::CertificateDetail out;
  out.CertificateArn = certificate_arn(certificate.place, certificate.id);
  if (!certificate.domains.empty()) {
    out.DomainName = certificate.domains.front();
    out.SubjectAlternativeNames = certificate.domains;
  }
  out.Type = std::string(to_string(certificate.type));
  out.Status = std::string(status_at(certificate, now));
  out.KeyAlgorithm = certificate.key_algorithm;
  out.CreatedAt = certificate.created_at;
  if (!certificate.certificate_pem.empty()) show_facts(certificate, out);
  if (certificate.type == CertificateType::Imported) {
    out.ImportedAt = certificate.changed_at;
  } else {
    if (!certificate.certificate_pem.empty()) out.IssuedAt = certificate.changed_at;
    out.DomainValidationOptions = shown_validations(certificate);
    if (!certificate.failure_reason.empty()) out.FailureReason = certificate.failure_reason;
  }
  if (certificate.renewal.status != RenewalStatus::None) {
    auto& renewal = out.RenewalSummary.emplace();
    renewal.RenewalStatus = std::string(to_string(certificate.renewal.status));
    renewal.DomainValidationOptions = shown_validations(certificate);
    renewal.UpdatedAt = certificate.renewal.updated_at;
    if (!certificate.renewal.failure_reason.empty())
      renewal.RenewalStatusReason = certificate.renewal.failure_reason;
  }
  out.RenewalEligibility = is_exported_or_used(certificate, !users.empty()) ? "ELIGIBLE" : "INELIGIBLE";
  out.InUseBy = std::move(users);
  out.Options = api::CertificateOptions{
      .CertificateTransparencyLoggingPreference = certificate.transparency_logging ? "ENABLED" : "DISABLED",
      .Export = certificate.exportable ? "ENABLED" : "DISABLED"};
  return out;
}

aws::Failure not_issued(const CertificateResource& certificate, SystemTime now) {
  return api::errors::RequestInProgressException(
      fmt::format("Certificate {} is not issued: its status is {}.",
                  certificate_arn(certificate.place, certificate.id), status_at(certificate, now)));
}

aws::Outcome<void> check_passphrase(std::string_view passphrase) {
  const bool good = std::ranges::all_of(
      passphrase, [](char c) { return c > 0x20 && c <= 0x7e && c != '#' && c != '$' && c != '%'; });
  if (passphrase.size() < kPassphraseBytesMin || !good)
    return api::errors::ValidationException(
        "The passphrase must have 4 to 128 printable ASCII characters, without #, $ and %.");
  return {};
}

}  // namespace

aws::Failure overtaken() {
  return api::errors::ConflictException(
      "Another call changed the certificate at the same time. Please try again.");
}

std::string_view to_string(CertificateType type) {
  return type == CertificateType::Imported ? "IMPORTED" : "AMAZON_ISSUED";
}

std::string_view to_string(RenewalStatus status) {
  switch (status) {
    case RenewalStatus::None:
      break;
    case RenewalStatus::PendingAutoRenewal:
      return "PENDING_AUTO_RENEWAL";
    case RenewalStatus::PendingValidation:
      return "PENDING_VALIDATION";
    case RenewalStatus::Success:
      return "SUCCESS";
    case RenewalStatus::Failed:
      return "FAILED";
  }
  return "";
}

std::string_view status_at(const CertificateResource& certificate, SystemTime now) {
  switch (certificate.status) {
    case CertificateStatus::PendingValidation:
      return "PENDING_VALIDATION";
    case CertificateStatus::Issued:
      return now >= certificate.not_after ? "EXPIRED" : "ISSUED";
    case CertificateStatus::ValidationTimedOut:
      return "VALIDATION_TIMED_OUT";
    case CertificateStatus::Failed:
      break;
  }
  return "FAILED";
}

bool is_exported_or_used(const CertificateResource& certificate, bool in_use) {
  return certificate.type == CertificateType::AmazonIssued &&
         certificate.status == CertificateStatus::Issued && (in_use || certificate.exported);
}

x509::Facts facts_of(const CertificateResource& certificate) {
  const auto read = x509::Certificate::parse(certificate.certificate_pem);
  CHECK(read);  // it was read before it was kept
  return read->facts();
}

aws::Outcome<StoredCertificate> Acm::certificate(const aws::Call& call, std::string_view arn) {
  const auto name = parse_certificate_arn(arn);
  if (!name) return api::errors::InvalidArnException(fmt::format("{} is not the ARN of a certificate.", arn));
  std::optional<StoredCertificate> found;
  if (name->place == place_of(call))
    found = TRY(aws::read(store_, certificate_key(name->place, name->id), decode_certificate));
  if (!found)
    return api::errors::ResourceNotFoundException(fmt::format("Could not find certificate {}.", arn));
  return *std::move(found);
}

aws::Outcome<std::vector<std::string>> Acm::users(const CertificateResource& certificate) {
  const std::string prefix = in_use_prefix(certificate.place, certificate.id);
  std::vector<std::string> out;
  for (const auto& item : TRY(aws::or_failure(store_.range(prefix))).items)
    out.push_back(item.key.substr(prefix.size()));
  return out;
}

aws::Outcome<std::string> Acm::private_key(const CertificateResource& certificate) {
  const std::string key = private_key_key(certificate.place, certificate.id);
  const auto sealed = TRY(aws::or_failure(store_.get(key)));
  if (!sealed) return aws::internal_failure("a certificate has lost its private key");
  return aws::or_failure(secrets_.open(key, sealed->value));
}

aws::Outcome<store::Transaction> Acm::make_certificate(const CertificateResource& certificate) {
  const std::string all = certificates_prefix(certificate.place);
  if (TRY(aws::or_failure(store_.range(all))).items.size() >= kCertificatesMax)
    return api::errors::LimitExceededException(
        "You have reached the maximum number of certificates. Delete certificates that are not in use, or "
        "contact AWS Support to request an increase.");
  const std::string key = certificate_key(certificate.place, certificate.id);
  return store::Transaction{.preconditions = {{key, 0}}, .puts = {{key, encode(certificate)}}, .deletes = {}};
}

aws::Outcome<api::DescribeCertificateResponse> Acm::DescribeCertificate(
    aws::Call& call, const api::DescribeCertificateRequest& input) {
  const StoredCertificate found = TRY(certificate(call, input.CertificateArn));
  auto users = TRY(this->users(found.value));
  return api::DescribeCertificateResponse{.Certificate = describe(found.value, std::move(users), call.time)};
}

aws::Outcome<api::GetCertificateResponse> Acm::GetCertificate(aws::Call& call,
                                                              const api::GetCertificateRequest& input) {
  const StoredCertificate found = TRY(certificate(call, input.CertificateArn));
  if (found.value.certificate_pem.empty()) return not_issued(found.value, call.time);
  api::GetCertificateResponse out;
  out.Certificate = found.value.certificate_pem;
  if (!found.value.chain_pem.empty()) out.CertificateChain = found.value.chain_pem;
  return out;
}

aws::Outcome<api::ExportCertificateResponse> Acm::ExportCertificate(
    aws::Call& call, const api::ExportCertificateRequest& input) {
  TRY(check_passphrase(input.Passphrase));
  const StoredCertificate found = TRY(certificate(call, input.CertificateArn));
  if (!found.value.exportable)
    return api::errors::ValidationException(fmt::format(
        "Certificate ARN: {} is not a private certificate and was not requested as an exportable one.",
        input.CertificateArn));
  if (found.value.certificate_pem.empty()) return not_issued(found.value, call.time);
  const auto key = TRY(aws::or_failure(x509::PrivateKey::parse(TRY(private_key(found.value)))));
  if (!found.value.exported)
    TRY(change_certificate(call, input.CertificateArn,
                           [](CertificateResource& certificate) -> aws::Outcome<void> {
                             certificate.exported = true;
                             return {};
                           }));
  api::ExportCertificateResponse out;
  out.Certificate = found.value.certificate_pem;
  if (!found.value.chain_pem.empty()) out.CertificateChain = found.value.chain_pem;
  out.PrivateKey = key.encrypted_pem(input.Passphrase);
  return out;
}

aws::Outcome<api::DeleteCertificateResponse> Acm::DeleteCertificate(
    aws::Call& call, const api::DeleteCertificateRequest& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredCertificate found = TRY(certificate(call, input.CertificateArn));
        if (!TRY(users(found.value)).empty())
          return api::errors::ResourceInUseException(
              fmt::format("Certificate {} in account {} is in use.", input.CertificateArn, call.account_id));
        const Place& place = found.value.place;
        const std::string key = certificate_key(place, found.value.id);
        return store::Transaction{.preconditions = {{key, found.modified}},
                                  .puts = {},
                                  .deletes = {key, private_key_key(place, found.value.id)}};
      },
      overtaken()));
  return api::DeleteCertificateResponse();
}

}  // namespace meridian::services::acm
