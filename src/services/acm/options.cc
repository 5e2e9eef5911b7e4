// Options of certificates and accounts, renewal on demand, and the refusal of e-mail.
#include <fmt/format.h>

#include "services/acm/service.h"

namespace meridian::services::acm {
namespace {

constexpr Duration kTokenTime = std::chrono::hours(1);
constexpr std::int32_t kDaysBeforeExpiryMax = 365;

}  // namespace

aws::Outcome<api::UpdateCertificateOptionsResponse> Acm::UpdateCertificateOptions(
    aws::Call& call, const api::UpdateCertificateOptionsRequest& input) {
  TRY(change_certificate(
      call, input.CertificateArn, [&](CertificateResource& certificate) -> aws::Outcome<void> {
        if (certificate.type == CertificateType::Imported)
          return api::errors::InvalidStateException(
              fmt::format("Certificate {} was imported and has no options.", input.CertificateArn));
        const auto& exported = input.Options.Export;
        if (exported && (*exported == "ENABLED") != certificate.exportable)
          return api::errors::ValidationException(
              "Whether a certificate can be exported is chosen when it is requested.");
        if (const auto& logging = input.Options.CertificateTransparencyLoggingPreference)
          certificate.transparency_logging = *logging == "ENABLED";
        return {};
      }));
  return api::UpdateCertificateOptionsResponse();
}

aws::Outcome<api::GetAccountConfigurationResponse> Acm::GetAccountConfiguration(
    aws::Call& call, const api::GetAccountConfigurationRequest&) {
  const auto account = TRY(aws::read_or_default(store_, account_key(place_of(call)), decode_account));
  return api::GetAccountConfigurationResponse{
      .ExpiryEvents = api::ExpiryEventsConfiguration{.DaysBeforeExpiry = account.value.days_before_expiry}};
}

aws::Outcome<api::PutAccountConfigurationResponse> Acm::PutAccountConfiguration(
    aws::Call& call, const api::PutAccountConfigurationRequest& input) {
  const std::string key = account_key(place_of(call));
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        auto account = TRY(aws::read_or_default(store_, key, decode_account));
        const std::int32_t asked = input.ExpiryEvents.value_or(api::ExpiryEventsConfiguration())
                                       .DaysBeforeExpiry.value_or(account.value.days_before_expiry);
        if (asked > kDaysBeforeExpiryMax)
          return api::errors::ValidationException(
              fmt::format("DaysBeforeExpiry must be between 1 and {}.", kDaysBeforeExpiryMax));
        const bool again = account.value.token == input.IdempotencyToken &&
                           call.time < account.value.changed_at + kTokenTime;
        if (again && asked != account.value.days_before_expiry)
          return api::errors::ConflictException("The idempotency token was used for another configuration.");
        account.value = {asked, input.IdempotencyToken, call.time};
        return store::Transaction{.preconditions = {{key, account.modified}},
                                  .puts = {{key, encode(account.value)}},
                                  .deletes = {}};
      },
      overtaken()));
  return api::PutAccountConfigurationResponse();
}

aws::Outcome<api::ResendValidationEmailResponse> Acm::ResendValidationEmail(
    aws::Call& call, const api::ResendValidationEmailRequest& input) {
  const StoredCertificate found = TRY(certificate(call, input.CertificateArn));
  return api::errors::InvalidStateException(fmt::format("Certificate {} is not validated by email.",
                                                        certificate_arn(found.value.place, found.value.id)));
}

aws::Outcome<api::RenewCertificateResponse> Acm::RenewCertificate(aws::Call& call,
                                                                  const api::RenewCertificateRequest& input) {
  TRY(change_certificate(
      call, input.CertificateArn, [&](CertificateResource& certificate) -> aws::Outcome<void> {
        if (certificate.status == CertificateStatus::PendingValidation ||
            certificate.renewal.status == RenewalStatus::PendingAutoRenewal)
          return api::errors::RequestInProgressException(
              fmt::format("Certificate {} is being issued or renewed.", input.CertificateArn));
        if (!certificate.exported || call.time >= certificate.not_after)
          return api::errors::ValidationException(fmt::format(
              "Certificate {} cannot be renewed on demand: only certificates that were exported and "
              "have not expired can.",
              input.CertificateArn));
        certificate.renewal = {RenewalStatus::PendingAutoRenewal, "", call.time};
        return {};
      }));
  return api::RenewCertificateResponse();
}

}  // namespace meridian::services::acm
