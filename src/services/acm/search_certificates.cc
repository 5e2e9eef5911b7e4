// SearchCertificates: certificates whose attributes satisfy a statement of And, Or and Not, sorted, in pages.
// Rule: a filter sees what the answer would show, and nothing else.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "services/acm/service.h"

namespace meridian::services::acm {
namespace {

constexpr std::size_t kPageUsual = 100;

// "CN" to the member that shows it; all others are custom attributes.
std::optional<std::string> api::DistinguishedName::*member_of(std::string_view type) {
  using Name = api::DistinguishedName;
  static constexpr std::pair<std::string_view, std::optional<std::string> Name::*> kMembers[] = {
      {"CN", &Name::CommonName},
      {"C", &Name::Country},
      {"dnQualifier", &Name::DistinguishedNameQualifier},
      {"GN", &Name::GivenName},
      {"initials", &Name::Initials},
      {"generationQualifier", &Name::GenerationQualifier},
      {"L", &Name::Locality},
      {"O", &Name::Organization},
      {"OU", &Name::OrganizationalUnit},
      {"pseudonym", &Name::Pseudonym},
      {"ST", &Name::State},
      {"serialNumber", &Name::SerialNumber},
      {"SN", &Name::Surname},
      {"title", &Name::Title}};
  const auto* found = std::ranges::find(kMembers, type, [](const auto& each) { return each.first; });
  return found == std::end(kMembers) ? nullptr : found->second;
}

api::DistinguishedName shown_name(const std::vector<x509::NamePart>& parts) {
  api::DistinguishedName out;
  for (const x509::NamePart& part : parts) {
    const auto member = member_of(part.type);
    if (part.type == "DC") {
      if (!out.DomainComponents) out.DomainComponents.emplace();
      out.DomainComponents->push_back(part.value);
    } else if (member != nullptr && !(out.*member)) {
      out.*member = part.value;
    } else {
      if (!out.CustomAttributes) out.CustomAttributes.emplace();
      out.CustomAttributes->push_back({.ObjectIdentifier = part.oid, .Value = part.value});
    }
  }
  return out;
}

api::GeneralName shown_alternative(const x509::AlternativeName& name) {
  using Kind = x509::AlternativeName::Kind;
  api::GeneralName out;
  switch (name.kind) {
    case Kind::Dns:
      out.DnsName = name.value;
      break;
    case Kind::Address:
      out.IpAddress = name.value;
      break;
    case Kind::Email:
      out.Rfc822Name = name.value;
      break;
    case Kind::Uri:
      out.UniformResourceIdentifier = name.value;
      break;
    case Kind::RegisteredId:
      out.RegisteredId = name.value;
      break;
  }
  return out;
}

// What was asked for, of one that is not issued yet.
api::X509Attributes requested_attributes(const CertificateResource& certificate) {
  api::X509Attributes out;
  out.KeyAlgorithm = certificate.key_algorithm;
  out.Subject.emplace().CommonName = certificate.domains.front();
  auto& names = out.SubjectAlternativeNames.emplace();
  for (const std::string& domain : certificate.domains) names.emplace_back().DnsName = domain;
  return out;
}

api::X509Attributes shown_attributes(const CertificateResource& certificate) {
  if (certificate.certificate_pem.empty()) return requested_attributes(certificate);
  const x509::Facts facts = facts_of(certificate);
  api::X509Attributes out;
  out.Issuer = shown_name(facts.issuer_parts);
  out.Subject = shown_name(facts.subject_parts);
  auto& names = out.SubjectAlternativeNames.emplace();
  for (const auto& name : facts.alternative_names) names.push_back(shown_alternative(name));
  auto& extended = out.ExtendedKeyUsages.emplace();
  for (const auto& usage : facts.extended_key_usages) extended.push_back(usage.name);
  out.KeyUsages = facts.key_usages;
  out.KeyAlgorithm = facts.key_algorithm;
  out.SerialNumber = facts.serial;
  out.NotBefore = facts.not_before;
  out.NotAfter = facts.not_after;
  return out;
}

api::AcmCertificateMetadata shown_metadata(const CertificateResource& certificate, bool in_use,
                                           SystemTime now) {
  api::AcmCertificateMetadata out;
  out.CreatedAt = certificate.created_at;
  out.InUse = in_use;
  out.RenewalEligibility = is_exported_or_used(certificate, in_use) ? "ELIGIBLE" : "INELIGIBLE";
  out.Status = std::string(status_at(certificate, now));
  out.Type = std::string(to_string(certificate.type));
  out.ExportOption = certificate.exportable ? "ENABLED" : "DISABLED";
  if (certificate.renewal.status != RenewalStatus::None)
    out.RenewalStatus = std::string(to_string(certificate.renewal.status));
  if (certificate.type == CertificateType::Imported) {
    out.ImportedAt = certificate.changed_at;
    return out;
  }
  out.Exported = certificate.exported;
  out.ValidationMethod = "DNS";
  if (!certificate.certificate_pem.empty()) out.IssuedAt = certificate.changed_at;
  return out;
}

struct Shown {
  std::string arn;
  api::X509Attributes attributes;
  api::AcmCertificateMetadata metadata;
};

template <typename NameFilter>
bool compares(const std::string& text, const NameFilter& filter) {
  const std::string there = to_lower(text), wanted = to_lower(filter.Value);
  return filter.ComparisonOperator == "EQUALS" ? there == wanted : there.find(wanted) != there.npos;
}

bool is_within(const std::optional<SystemTime>& time, const api::TimestampRange& range) {
  return time && (!range.Start || *range.Start <= *time) && (!range.End || *time <= *range.End);
}

bool lists(const std::optional<std::vector<std::string>>& list, const std::string& value) {
  return list && std::ranges::find(*list, value) != list->end();
}

// Of each union one member is set: the codec has seen to it.
bool matches(const api::X509Attributes& there, const api::X509AttributeFilter& filter) {
  if (filter.Subject) {
    const auto& name = filter.Subject->CommonName;
    return name && there.Subject && there.Subject->CommonName && compares(*there.Subject->CommonName, *name);
  }
  if (filter.SubjectAlternativeName) {
    const auto& name = filter.SubjectAlternativeName->DnsName;
    return name && there.SubjectAlternativeNames &&
           std::ranges::any_of(*there.SubjectAlternativeNames, [&](const api::GeneralName& each) {
             return each.DnsName && compares(*each.DnsName, *name);
           });
  }
  if (filter.ExtendedKeyUsage) return lists(there.ExtendedKeyUsages, *filter.ExtendedKeyUsage);
  if (filter.KeyUsage) return lists(there.KeyUsages, *filter.KeyUsage);
  if (filter.KeyAlgorithm) return there.KeyAlgorithm == filter.KeyAlgorithm;
  if (filter.SerialNumber) return there.SerialNumber == filter.SerialNumber;
  if (filter.NotAfter) return is_within(there.NotAfter, *filter.NotAfter);
  return filter.NotBefore && is_within(there.NotBefore, *filter.NotBefore);
}

bool matches(const api::AcmCertificateMetadata& there, const api::AcmCertificateMetadataFilter& filter) {
  if (filter.Status) return there.Status == filter.Status;
  if (filter.RenewalStatus) return there.RenewalStatus == filter.RenewalStatus;
  if (filter.Type) return there.Type == filter.Type;
  if (filter.InUse) return there.InUse == filter.InUse;
  if (filter.Exported) return there.Exported.value_or(false) == *filter.Exported;
  if (filter.ExportOption) return there.ExportOption == filter.ExportOption;
  if (filter.ManagedBy) return there.ManagedBy == filter.ManagedBy;
  return filter.ValidationMethod && there.ValidationMethod == filter.ValidationMethod;
}

bool matches(const Shown& shown, const api::CertificateFilter& filter) {
  if (filter.CertificateArn) return shown.arn == *filter.CertificateArn;
  if (filter.X509AttributeFilter) return matches(shown.attributes, *filter.X509AttributeFilter);
  return filter.AcmCertificateMetadataFilter && matches(shown.metadata, *filter.AcmCertificateMetadataFilter);
}

// No deeper than JSON may be.
bool holds(const Shown& shown, const api::CertificateFilterStatement& statement) {
  const auto each = [&](const api::CertificateFilterStatement& part) { return holds(shown, part); };
  if (statement.And) return std::ranges::all_of(*statement.And, each);
  if (statement.Or) return std::ranges::any_of(*statement.Or, each);
  if (statement.Not) return !holds(shown, *statement.Not);
  return statement.Filter && matches(shown, *statement.Filter);
}

// Texts that sort as the values do; what has none comes first.
std::string sortable(const std::optional<std::string>& text) {
  return text.value_or("");
}
std::string sortable(const std::optional<bool>& flag) {
  return flag ? (*flag ? "1" : "0") : "";
}
std::string sortable(const std::optional<SystemTime>& time) {
  if (!time) return "";
  constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;  // times before 1970 come first
  return fmt::format("{:016x}", static_cast<std::uint64_t>(time->time_since_epoch().count()) ^ kSignBit);
}

std::string sort_value(const Shown& shown, std::string_view by) {
  const auto& [arn, attributes, metadata] = shown;
  if (by == "NOT_AFTER") return sortable(attributes.NotAfter);
  if (by == "NOT_BEFORE") return sortable(attributes.NotBefore);
  if (by == "KEY_ALGORITHM") return sortable(attributes.KeyAlgorithm);
  if (by == "COMMON_NAME") return attributes.Subject ? sortable(attributes.Subject->CommonName) : "";
  if (by == "CERTIFICATE_ARN") return arn;
  if (by == "STATUS") return sortable(metadata.Status);
  if (by == "RENEWAL_STATUS") return sortable(metadata.RenewalStatus);
  if (by == "RENEWAL_ELIGIBILITY") return sortable(metadata.RenewalEligibility);
  if (by == "EXPORTED") return sortable(metadata.Exported);
  if (by == "EXPORT_OPTION") return sortable(metadata.ExportOption);
  if (by == "IN_USE") return sortable(metadata.InUse);
  if (by == "TYPE") return sortable(metadata.Type);
  if (by == "MANAGED_BY") return sortable(metadata.ManagedBy);
  if (by == "VALIDATION_METHOD") return sortable(metadata.ValidationMethod);
  if (by == "ISSUED_AT") return sortable(metadata.IssuedAt);
  if (by == "IMPORTED_AT") return sortable(metadata.ImportedAt);
  if (by == "REVOKED_AT") return sortable(metadata.RevokedAt);
  return sortable(metadata.CreatedAt);
}

// Where a page ends: behind a certificate, which may be gone by the time of the next one.
using Position = std::pair<std::string, std::string>;  // what is sorted by, and the ARN

std::string token_of(const Position& position) {
  return to_base64(as_bytes(position.second + " " + position.first));
}

aws::Outcome<Position> read_token(const std::string& token) {
  const auto text = from_base64(token);
  const std::size_t space = text ? text->find(' ') : std::string::npos;
  if (space == std::string::npos || !parse_certificate_arn(text->substr(0, space)))
    return api::errors::ValidationException("The NextToken is not valid.");
  return Position{text->substr(space + 1), text->substr(0, space)};
}

}  // namespace

aws::Outcome<api::SearchCertificatesResponse> Acm::SearchCertificates(
    aws::Call& call, const api::SearchCertificatesRequest& input) {
  const std::string by = input.SortBy.value_or("CREATED_AT");
  const bool descending = input.SortOrder == "DESCENDING";
  std::optional<Position> behind;
  if (input.NextToken) behind = TRY(read_token(*input.NextToken));
  const auto before = [descending](const Position& a, const Position& b) {
    return descending ? b < a : a < b;
  };

  std::vector<std::pair<Position, Shown>> found;
  for (const auto& item : TRY(aws::or_failure(store_.range(certificates_prefix(place_of(call))))).items) {
    const CertificateResource certificate = TRY(aws::or_failure(decode_certificate(item.value)));
    const bool in_use = !TRY(users(certificate)).empty();
    Shown shown{certificate_arn(certificate.place, certificate.id), shown_attributes(certificate),
                shown_metadata(certificate, in_use, call.time)};
    if (input.FilterStatement && !holds(shown, *input.FilterStatement)) continue;
    Position position{sort_value(shown, by), shown.arn};
    if (!behind || before(*behind, position)) found.emplace_back(std::move(position), std::move(shown));
  }
  std::ranges::sort(found, before, [](const auto& each) -> const Position& { return each.first; });

  const std::size_t most = input.MaxResults ? static_cast<std::size_t>(*input.MaxResults) : kPageUsual;
  api::SearchCertificatesResponse out;
  auto& results = out.Results.emplace();
  for (auto& [position, shown] : found) {
    results.push_back({.CertificateArn = std::move(shown.arn),
                       .X509Attributes = std::move(shown.attributes),
                       .CertificateMetadata = api::CertificateMetadata{std::move(shown.metadata)}});
    if (results.size() < most || results.size() == found.size()) continue;
    out.NextToken = token_of(position);
    break;
  }
  return out;
}

}  // namespace meridian::services::acm
