// RequestCertificate: a certificate that is to be issued once every domain's CNAME is there.
// Rule: the CNAME of a domain depends on account and domain alone, so that one record serves every
// certificate for it, also with a wildcard, and every renewal.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/sigv4_hash.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "services/acm/service.h"

namespace meridian::services::acm {
namespace {

constexpr std::size_t kFirstDomainBytesMax = 64;  // it becomes the common name (RFC 5280, ub-common-name)
constexpr Duration kTokenTime = std::chrono::hours(1);
constexpr std::array<std::string_view, 3> kKeyAlgorithms = {"RSA_2048", "EC_prime256v1", "EC_secp384r1"};

aws::Outcome<void> check_domain(const std::string& domain) {
  const std::string_view plain = std::string_view(domain).substr(domain.starts_with("*.") ? 2 : 0);
  for (std::size_t at = 0; at < plain.size();) {
    const std::size_t dot = std::min(plain.find('.', at), plain.size());
    const std::string_view label = plain.substr(at, dot - at);
    // Managed renewal's rule for internationalized names.
    if (label.size() > 3 && label.substr(2, 2) == "--" && !label.starts_with("xn--"))
      return api::errors::InvalidParameterException(
          fmt::format("The domain name {} has a label that is not Punycode.", domain));
    at = dot + 1;
  }
  return {};
}

aws::Outcome<std::vector<std::string>> domains_of(const api::RequestCertificateRequest& input) {
  std::vector<std::string> domains{to_lower(input.DomainName)};
  for (const std::string& name : input.SubjectAlternativeNames.value_or(std::vector<std::string>()))
    if (std::ranges::find(domains, to_lower(name)) == domains.end()) domains.push_back(to_lower(name));
  if (domains.front().size() > kFirstDomainBytesMax)
    return api::errors::InvalidParameterException(
        fmt::format("The first domain name of a certificate cannot exceed {} octets.", kFirstDomainBytesMax));
  if (domains.size() > kDomainsMax)
    return api::errors::LimitExceededException("Certificate has too many domains.");
  for (const std::string& domain : domains) TRY(check_domain(domain));
  return domains;
}

// What nothing here can do is refused, and not taken for something else.
aws::Outcome<void> check_kind(const api::RequestCertificateRequest& input) {
  using api::errors::InvalidParameterException;
  if (input.CertificateAuthorityArn)
    return api::errors::InvalidArnException("There is no AWS Private CA here: request a public certificate.");
  if (input.ManagedBy)
    return InvalidParameterException("Certificates managed by another service are not available.");
  // AWS takes a request that names no method for one by e-mail.
  const std::string method = input.ValidationMethod.value_or("EMAIL");
  if (method != "DNS")
    return InvalidParameterException(
        fmt::format("Validation by {} is not available: request the certificate with ValidationMethod DNS.",
                    method == "EMAIL" ? "email" : "HTTP"));
  if (input.DomainValidationOptions)
    return api::errors::InvalidDomainValidationOptionsException(
        "DomainValidationOptions say where validation emails go, and validation by email is not available.");
  const std::string algorithm = input.KeyAlgorithm.value_or("RSA_2048");
  if (std::ranges::find(kKeyAlgorithms, algorithm) == kKeyAlgorithms.end())
    return InvalidParameterException(
        fmt::format("The key algorithm {} is not available for public certificates.", algorithm));
  return {};
}

std::string digest(std::string_view what, std::string_view account, std::string_view domain) {
  return aws::sigv4::sha256(fmt::format("{}\n{}\n{}", what, account, domain));
}

DomainValidation validation(const std::string& account, const std::string& domain) {
  const std::string_view plain = std::string_view(domain).substr(domain.starts_with("*.") ? 2 : 0);
  const auto hex = [](const std::string& bytes) { return to_hex(as_bytes(bytes).first(16)); };
  const std::string value = digest("record value", account, plain);
  std::string letters;
  for (const unsigned char byte : as_bytes(value).subspan(16, 10))
    letters += static_cast<char>('a' + byte % 26);
  return {domain, fmt::format("_{}.{}.", hex(digest("record name", account, plain)), plain),
          fmt::format("_{}.{}.acm-validations.aws.", hex(value), letters)};
}

// Of all that makes two requests differ.
std::string request_digest(const CertificateResource& asked) {
  std::string text =
      fmt::format("{} {} {}\n", asked.key_algorithm, asked.exportable, asked.transparency_logging);
  for (const std::string& domain : asked.domains) text += domain + "\n";
  for (const auto& [key, value] : asked.tags)
    text += fmt::format("{} {}{} {}\n", key.size(), key, value.size(), value);
  return to_hex(as_bytes(aws::sigv4::sha256(text)));
}

}  // namespace

aws::Outcome<api::RequestCertificateResponse> Acm::RequestCertificate(
    aws::Call& call, const api::RequestCertificateRequest& input) {
  TRY(check_kind(input));
  CertificateResource asked;
  asked.place = place_of(call);
  asked.id = make_uuid(random_);
  asked.type = CertificateType::AmazonIssued;
  asked.status = CertificateStatus::PendingValidation;
  asked.domains = TRY(domains_of(input));
  asked.key_algorithm = input.KeyAlgorithm.value_or("RSA_2048");
  asked.created_at = asked.changed_at = call.time;
  const auto options = input.Options.value_or(api::CertificateOptions());
  asked.exportable = options.Export == "ENABLED";
  asked.transparency_logging = options.CertificateTransparencyLoggingPreference != "DISABLED";
  for (const std::string& domain : asked.domains)
    asked.validations.push_back(validation(call.account_id, domain));
  if (input.Tags) asked.tags = TRY(with_tags({}, *input.Tags));
  const std::string request = request_digest(asked);
  std::string id;
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        id = asked.id;
        if (!input.IdempotencyToken) return make_certificate(asked);
        const std::string key = request_key(asked.place, *input.IdempotencyToken);
        const auto before = TRY(aws::read(store_, key, decode_request));
        if (before && call.time < before->value.made_at + kTokenTime) {
          if (before->value.request != request)
            return api::errors::InvalidParameterException(
                "The idempotency token was used for another request within the last hour.");
          id = before->value.certificate_id;
          if (TRY(aws::or_failure(store_.get(certificate_key(asked.place, id)))))
            return store::Transaction{.preconditions = {{key, before->modified}}, .puts = {}, .deletes = {}};
          id = asked.id;  // that one was deleted
        }
        store::Transaction transaction = TRY(make_certificate(asked));
        transaction.preconditions.push_back({key, before ? before->modified : 0});
        transaction.puts.push_back({key, encode(RequestResource{asked.id, request, call.time})});
        return transaction;
      },
      overtaken()));
  return api::RequestCertificateResponse{.CertificateArn = certificate_arn(asked.place, id)};
}

}  // namespace meridian::services::acm
