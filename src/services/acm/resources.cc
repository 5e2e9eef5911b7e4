#include "services/acm/resources.h"

#include <fmt/format.h>

#include "store/fields.h"

namespace meridian::services::acm {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
  template <typename Enum>
  Writer& kind(Enum value) {
    return u8(static_cast<std::uint8_t>(value));
  }
};

template <typename Enum>
Enum read_kind(store::FieldReader& in, Enum last) {
  const std::uint8_t value = in.u8();
  if (value > static_cast<std::uint8_t>(last)) in.spoil();
  return static_cast<Enum>(value);
}

std::string in_place(std::string_view prefix, const Place& place) {
  return fmt::format("{}{}/{}/", prefix, place.account, place.region);
}

}  // namespace

std::string certificates_prefix(const Place& place) {
  return in_place(kCertificatesPrefix, place);
}
std::string certificate_key(const Place& place, std::string_view id) {
  return certificates_prefix(place) += id;
}
std::string account_key(const Place& place) {
  return fmt::format("acm/accounts/{}/{}", place.account, place.region);
}
std::string request_key(const Place& place, std::string_view token) {
  return in_place(kRequestsPrefix, place) += token;
}
std::string private_key_key(const Place& place, std::string_view id) {
  return in_place("sealed/acm/", place) += id;
}
std::string in_use_prefix(const Place& place, std::string_view id) {
  return in_place(kInUsePrefix, place) += fmt::format("{}/", id);
}
std::string in_use_key(const Place& place, std::string_view id, std::string_view user_arn) {
  return in_use_prefix(place, id) += user_arn;
}

std::string certificate_arn(const Place& place, std::string_view id) {
  return fmt::format("arn:aws:acm:{}:{}:certificate/{}", place.region, place.account, id);
}

std::optional<CertificateName> parse_certificate_arn(std::string_view arn) {
  static constexpr std::string_view kBegin = "arn:aws:acm:", kKind = "certificate/";
  if (!arn.starts_with(kBegin)) return std::nullopt;
  arn.remove_prefix(kBegin.size());
  const std::size_t region = arn.find(':'), account = arn.find(':', region + 1);
  if (region == arn.npos || account == arn.npos) return std::nullopt;
  const std::string_view resource = arn.substr(account + 1);
  if (!resource.starts_with(kKind) || resource.size() == kKind.size()) return std::nullopt;
  return CertificateName{
      {std::string(arn.substr(region + 1, account - region - 1)), std::string(arn.substr(0, region))},
      std::string(resource.substr(kKind.size()))};
}

std::string encode(const CertificateResource& certificate) {
  Writer out;
  out.text(certificate.place.account).text(certificate.place.region).text(certificate.id);
  out.kind(certificate.type).kind(certificate.status).text(certificate.failure_reason);
  out.count(certificate.domains.size());
  for (const std::string& domain : certificate.domains) out.text(domain);
  out.text(certificate.key_algorithm).time(certificate.created_at).time(certificate.changed_at);
  out.text(certificate.certificate_pem).text(certificate.chain_pem);
  out.time(certificate.not_before).time(certificate.not_after);
  out.flag(certificate.exportable).flag(certificate.exported).flag(certificate.transparency_logging);
  out.count(certificate.validations.size());
  for (const DomainValidation& each : certificate.validations)
    out.text(each.domain).text(each.record_name).text(each.record_value).kind(each.status);
  const Renewal& renewal = certificate.renewal;
  out.kind(renewal.status).text(renewal.failure_reason).time(renewal.updated_at);
  out.count(certificate.tags.size());
  for (const auto& [key, value] : certificate.tags) out.text(key).text(value);
  return out.take();
}

Result<CertificateResource> decode_certificate(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  CertificateResource certificate;
  certificate.place.account = in.text();
  certificate.place.region = in.text();
  certificate.id = in.text();
  certificate.type = read_kind(in, CertificateType::AmazonIssued);
  certificate.status = read_kind(in, CertificateStatus::Failed);
  certificate.failure_reason = in.text();
  for (std::size_t left = in.count(4); left > 0; --left) certificate.domains.push_back(in.text());
  certificate.key_algorithm = in.text();
  certificate.created_at = in.time();
  certificate.changed_at = in.time();
  certificate.certificate_pem = in.text();
  certificate.chain_pem = in.text();
  certificate.not_before = in.time();
  certificate.not_after = in.time();
  certificate.exportable = in.flag();
  certificate.exported = in.flag();
  certificate.transparency_logging = in.flag();
  for (std::size_t left = in.count(13); left > 0; --left) {
    DomainValidation& each = certificate.validations.emplace_back();
    each.domain = in.text();
    each.record_name = in.text();
    each.record_value = in.text();
    each.status = read_kind(in, DomainStatus::Failed);
  }
  certificate.renewal.status = read_kind(in, RenewalStatus::Failed);
  certificate.renewal.failure_reason = in.text();
  certificate.renewal.updated_at = in.time();
  for (std::size_t left = in.count(8); left > 0; --left) {
    std::string key = in.text();
    certificate.tags[std::move(key)] = in.text();
  }
  return in.finish(std::move(certificate), "certificate");
}

std::string encode(const AccountResource& account) {
  Writer out;
  out.u32(static_cast<std::uint32_t>(account.days_before_expiry)).text(account.token);
  return out.time(account.changed_at).take();
}

Result<AccountResource> decode_account(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  AccountResource account;
  account.days_before_expiry = static_cast<std::int32_t>(in.u32());
  account.token = in.text();
  account.changed_at = in.time();
  return in.finish(std::move(account), "account of ACM");
}

std::string encode(const RequestResource& request) {
  return Writer().text(request.certificate_id).text(request.request).time(request.made_at).take();
}

Result<RequestResource> decode_request(std::string_view bytes) {
  store::FieldReader in(bytes, kVersion);
  RequestResource request;
  request.certificate_id = in.text();
  request.request = in.text();
  request.made_at = in.time();
  return in.finish(std::move(request), "request for a certificate");
}

}  // namespace meridian::services::acm
