// ListCertificates: filtered, in the order in which they were made, in pages.
// Rule: who gives no key types sees RSA of up to 2048 bits only, as AWS has it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "services/acm/service.h"

namespace meridian::services::acm {
namespace {

constexpr std::size_t kPageMax = 1000;  // and as many when none is asked for

// Where a page ends: behind a certificate, which may be gone by the time of the next one.
struct Position {
  std::int64_t created = 0;  // the clock's ticks
  std::string id;
  auto operator<=>(const Position&) const = default;
};

Position position_of(const CertificateResource& certificate) {
  return {certificate.created_at.time_since_epoch().count(), certificate.id};
}

std::string token_of(const Position& position) {
  return to_base64(as_bytes(fmt::format("{} {}", position.created, position.id)));
}

aws::Outcome<Position> read_token(const std::string& token) {
  const auto text = from_base64(token);
  const std::size_t space = text ? text->find(' ') : std::string::npos;
  Position position;
  if (space != std::string::npos) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + space, position.created);
    position.id = text->substr(space + 1);
    if (error == std::errc() && end == text->data() + space) return position;
  }
  return api::errors::InvalidArgsException("The NextToken is not valid.");
}

template <typename List, typename T>
bool lists(const List& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

// Everything of `wanted` is there; ANY and CUSTOM are values like the others.
bool has_all(const std::vector<std::string>& there, const std::optional<std::vector<std::string>>& wanted) {
  return !wanted || std::ranges::all_of(*wanted, [&](const std::string& each) { return lists(there, each); });
}

struct Seen {
  CertificateResource certificate;
  std::vector<std::string> key_usages, extended_key_usages;
};

Seen seen(CertificateResource certificate) {
  Seen out{std::move(certificate), {}, {}};
  if (out.certificate.certificate_pem.empty()) return out;
  const x509::Facts facts = facts_of(out.certificate);
  out.key_usages = facts.key_usages;
  for (const auto& usage : facts.extended_key_usages) out.extended_key_usages.push_back(usage.name);
  return out;
}

bool is_wanted(const Seen& seen, const api::ListCertificatesRequest& input, SystemTime now) {
  const CertificateResource& certificate = seen.certificate;
  if (input.CertificateStatuses && !lists(*input.CertificateStatuses, status_at(certificate, now)))
    return false;
  const api::Filters filters = input.Includes.value_or(api::Filters());
  const std::vector<std::string> usual{"RSA_1024", "RSA_2048"};
  if (!lists(filters.keyTypes.value_or(usual), certificate.key_algorithm)) return false;
  if (filters.exportOption && (*filters.exportOption == "ENABLED") != certificate.exportable) return false;
  if (filters.managedBy) return false;  // nothing here manages certificates for their owners
  return has_all(seen.key_usages, filters.keyUsage) &&
         has_all(seen.extended_key_usages, filters.extendedKeyUsage);
}

api::CertificateSummary shown(const Seen& seen, bool in_use, SystemTime now) {
  const CertificateResource& certificate = seen.certificate;
  api::CertificateSummary out;
  out.CertificateArn = certificate_arn(certificate.place, certificate.id);
  if (!certificate.domains.empty()) {
    out.DomainName = certificate.domains.front();
    out.SubjectAlternativeNameSummaries = certificate.domains;
  }
  out.HasAdditionalSubjectAlternativeNames = false;
  out.Status = std::string(status_at(certificate, now));
  out.Type = std::string(to_string(certificate.type));
  out.KeyAlgorithm = certificate.key_algorithm;
  out.KeyUsages = seen.key_usages;
  out.ExtendedKeyUsages = seen.extended_key_usages;
  out.ExportOption = certificate.exportable ? "ENABLED" : "DISABLED";
  out.InUse = in_use;
  out.RenewalEligibility = is_exported_or_used(certificate, in_use) ? "ELIGIBLE" : "INELIGIBLE";
  out.CreatedAt = certificate.created_at;
  if (certificate.type == CertificateType::AmazonIssued) out.Exported = certificate.exported;
  if (certificate.certificate_pem.empty()) return out;
  out.NotBefore = certificate.not_before;
  out.NotAfter = certificate.not_after;
  (certificate.type == CertificateType::Imported ? out.ImportedAt : out.IssuedAt) = certificate.changed_at;
  return out;
}

}  // namespace

aws::Outcome<api::ListCertificatesResponse> Acm::ListCertificates(aws::Call& call,
                                                                  const api::ListCertificatesRequest& input) {
  if (input.SortBy.has_value() != input.SortOrder.has_value())
    return api::errors::ValidationException("SortBy and SortOrder must be given together.");
  const bool newest_first = input.SortOrder == "DESCENDING";
  std::optional<Position> behind;
  if (input.NextToken) behind = TRY(read_token(*input.NextToken));
  std::vector<CertificateResource> all;
  for (const auto& item : TRY(aws::or_failure(store_.range(certificates_prefix(place_of(call))))).items)
    all.push_back(TRY(aws::or_failure(decode_certificate(item.value))));
  const auto before = [newest_first](const Position& a, const Position& b) {
    return newest_first ? b < a : a < b;
  };
  std::ranges::sort(all, before, position_of);

  api::ListCertificatesResponse out;
  auto& summaries = out.CertificateSummaryList.emplace();
  const std::size_t most = input.MaxItems ? static_cast<std::size_t>(*input.MaxItems) : kPageMax;
  Position last;
  for (CertificateResource& certificate : all) {
    const Position position = position_of(certificate);
    if (behind && !before(*behind, position)) continue;
    const Seen seen = acm::seen(std::move(certificate));
    if (!is_wanted(seen, input, call.time)) continue;
    if (summaries.size() == most) {
      out.NextToken = token_of(last);
      return out;
    }
    summaries.push_back(shown(seen, !TRY(users(seen.certificate)).empty(), call.time));
    last = position;
  }
  return out;
}

}  // namespace meridian::services::acm
