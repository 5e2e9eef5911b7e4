#include "services/acm/issuance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/x509/x509.h"

namespace meridian::services::acm {
namespace {

constexpr Duration kTokenTime = std::chrono::hours(1);

// What a CAA record may say for ACM to issue; a local authority stands in for it.
constexpr std::array<std::string_view, 4> kIssuers = {"amazon.com", "amazontrust.com", "awstrust.com",
                                                      "amazonaws.com"};

// The issuer's domain of an issue or issuewild property, without its parameters (RFC 8659 §4.2).
std::string issuer_of(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  std::string out(value);
  std::ranges::transform(out, out.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? c - 'A' + 'a' : c; });
  return out;
}

bool allows(const std::vector<CaaRecord>& records, bool wildcard) {
  bool restricted = false, allowed = false;
  const bool has_wild =
      std::ranges::any_of(records, [](const CaaRecord& each) { return each.tag == "issuewild"; });
  // RFC 8659 §4.3: issuewild, where there is one, decides alone for wildcards.
  const std::string_view tag = wildcard && has_wild ? "issuewild" : "issue";
  for (const CaaRecord& each : records) {
    const bool known = each.tag == "issue" || each.tag == "issuewild" || each.tag == "iodef";
    if (each.critical && !known) return false;
    if (each.tag != tag) continue;
    restricted = true;
    allowed = allowed || std::ranges::find(kIssuers, issuer_of(each.value)) != kIssuers.end();
  }
  return !restricted || allowed;
}

}  // namespace

Result<bool> Issuance::advance(SystemTime now) {
  TRY(forget_old_requests(now));
  bool waits = false;
  std::optional<Error> failure;
  const store::Range all = TRY(store_.range(kCertificatesPrefix));
  for (const store::KeyValue& item : all.items) {
    auto done = advance(item, now);
    waits = waits || done.value_or(true);
    // Conflict: somebody changed or deleted it meanwhile. What fails for one certificate must not stop
    // others.
    if (!done && done.error().code != ErrorCode::Conflict) failure = std::move(done).error();
  }
  if (failure) return std::unexpected(*std::move(failure));
  return waits;
}

Result<bool> Issuance::advance(const store::KeyValue& item, SystemTime now) {
  CertificateResource certificate = TRY(decode_certificate(item.value));
  if (certificate.status == CertificateStatus::PendingValidation)
    return validate(std::move(certificate), item, now);
  if (certificate.status != CertificateStatus::Issued) return false;
  TRY(tell_of_expiry(certificate, now));
  if (TRY(is_due_for_renewal(certificate, now))) return renew(std::move(certificate), item, now);
  return false;
}

Result<bool> Issuance::validate(CertificateResource certificate, const store::KeyValue& item,
                                SystemTime now) {
  Outcome outcome = TRY(try_to_issue(certificate, item, now));
  if (outcome.verdict == Verdict::Issued) return false;
  if (outcome.verdict == Verdict::Refused) {
    certificate.status = CertificateStatus::Failed;
    certificate.failure_reason = outcome.reason;
  } else if (now >= certificate.created_at + kValidationTime) {
    certificate.status = CertificateStatus::ValidationTimedOut;
  } else {
    if (encode(certificate) != item.value) TRY(keep(certificate, item));
    return true;
  }
  for (DomainValidation& each : certificate.validations)
    if (each.status == DomainStatus::Pending) each.status = DomainStatus::Failed;
  certificate.changed_at = now;
  TRY(keep(certificate, item, {}, std::move(outcome.kept_in)));
  logger_.warn("acm", "a certificate is not issued",
               {{"certificate", certificate_arn(certificate.place, certificate.id)},
                {"why", outcome.verdict == Verdict::Refused    ? outcome.reason
                        : outcome.verdict == Verdict::UnderWay ? "the authority did not issue it in 72 hours"
                                                               : "its CNAMEs were not there in 72 hours"}});
  return false;
}

Result<bool> Issuance::is_due_for_renewal(const CertificateResource& certificate, SystemTime now) {
  if (certificate.type != CertificateType::AmazonIssued || now >= certificate.not_after) return false;
  if (certificate.renewal.status == RenewalStatus::PendingAutoRenewal ||
      certificate.renewal.status == RenewalStatus::PendingValidation)
    return true;  // asked for, or begun
  const Duration last_third = (certificate.not_after - certificate.not_before) / 3;
  if (now < certificate.not_after - std::min<Duration>(kRenewalTime, last_third)) return false;
  if (certificate.exported) return true;
  store::RangeOptions one;
  one.limit = 1;
  return !TRY(store_.range(in_use_prefix(certificate.place, certificate.id), one)).items.empty();
}

Result<bool> Issuance::renew(CertificateResource certificate, const store::KeyValue& item, SystemTime now) {
  const RenewalStatus before = certificate.renewal.status;
  const Outcome outcome = TRY(try_to_issue(certificate, item, now));
  if (outcome.verdict == Verdict::Issued) return false;
  const auto status = outcome.verdict == Verdict::Refused    ? RenewalStatus::Failed
                      : outcome.verdict == Verdict::UnderWay ? RenewalStatus::PendingAutoRenewal
                                                             : RenewalStatus::PendingValidation;
  if (status != before) certificate.renewal = {status, outcome.reason, now};
  if (encode(certificate) != item.value) TRY(keep(certificate, item));
  return true;
}

// On Issued everything is kept; otherwise the caller decides what of `certificate` is.
Result<Issuance::Outcome> Issuance::try_to_issue(CertificateResource& certificate,
                                                 const store::KeyValue& item, SystemTime now) {
  if (!look_for_records(certificate)) return Outcome{Verdict::Waits};
  if (!authority_.judges_caa()) {
    const auto refused = is_refused_by_caa(certificate);
    if (!refused && refused.error().code == ErrorCode::Unavailable) return Outcome{Verdict::Waits};
    if (TRY(refused)) return Outcome{Verdict::Refused, "CAA_ERROR"};
  }
  Answer answer = TRY(authority_.issue(
      {certificate.place, certificate.id, certificate.domains, certificate.key_algorithm, now, kLifetime}));
  if (answer.kind == Answer::Kind::UnderWay) return Outcome{Verdict::UnderWay};
  if (answer.kind == Answer::Kind::Refused)
    return Outcome{Verdict::Refused, std::move(answer.reason), std::move(answer.kept_in)};
  const IssuedCertificate& issued = answer.certificate;
  const bool first = certificate.status == CertificateStatus::PendingValidation;
  const x509::Facts facts = TRY(x509::Certificate::parse(issued.certificate_pem)).facts();
  certificate.status = CertificateStatus::Issued;
  certificate.changed_at = now;
  certificate.certificate_pem = issued.certificate_pem;
  certificate.chain_pem = issued.chain_pem;
  certificate.not_before = facts.not_before;
  certificate.not_after = facts.not_after;
  certificate.exported = false;  // of what was exported before nothing is left
  if (!first) certificate.renewal = {RenewalStatus::Success, "", now};
  const std::string key = private_key_key(certificate.place, certificate.id);
  TRY(keep(certificate, item, {{key, secrets_.seal(key, issued.key_pem)}}, std::move(answer.kept_in)));
  logger_.info("acm", first ? "certificate issued" : "certificate renewed",
               {{"certificate", certificate_arn(certificate.place, certificate.id)},
                {"name", certificate.domains.front()},
                {"expires", format_iso8601(certificate.not_after)}});
  return Outcome{Verdict::Issued};
}

bool Issuance::look_for_records(CertificateResource& certificate) {
  bool all = true;
  for (DomainValidation& each : certificate.validations) {
    const bool there = records_.leads_to(each.record_name, each.record_value);
    each.status = there ? DomainStatus::Success : DomainStatus::Pending;
    all = all && there;
  }
  return all;
}

Result<bool> Issuance::is_refused_by_caa(const CertificateResource& certificate) {
  for (const std::string& domain : certificate.domains) {
    const bool wildcard = domain.starts_with("*.");
    const auto records = TRY(records_.authorities_of(wildcard ? domain.substr(2) : domain));
    if (!allows(records, wildcard)) return true;
  }
  return false;
}

Result<void> Issuance::keep(const CertificateResource& certificate, const store::KeyValue& item,
                            std::vector<store::Put> beside, std::vector<std::string> without) {
  store::Transaction transaction;
  transaction.deletes = std::move(without);
  transaction.preconditions = {{item.key, item.modified}};
  transaction.puts = std::move(beside);
  transaction.puts.push_back({item.key, encode(certificate)});
  TRY(store_.commit(std::move(transaction)));
  return {};
}

Result<void> Issuance::forget_old_requests(SystemTime now) {
  store::Transaction old;
  const store::Range requests = TRY(store_.range(kRequestsPrefix));
  for (const store::KeyValue& item : requests.items) {
    if (now < TRY(decode_request(item.value)).made_at + kTokenTime) continue;
    if (old.deletes.size() == store::kTransactionOperationsMax / 2) break;
    old.preconditions.push_back({item.key, item.modified});
    old.deletes.push_back(item.key);
  }
  if (old.deletes.empty()) return {};
  if (auto done = store_.commit(std::move(old)); !done && done.error().code != ErrorCode::Conflict)
    return std::unexpected(std::move(done).error());
  return {};
}

// The account's ExpiryEvents: once a day, as a line of the log.
Result<void> Issuance::tell_of_expiry(const CertificateResource& certificate, SystemTime now) {
  const auto left = std::chrono::floor<std::chrono::days>(certificate.not_after - now).count();
  const std::string key = certificate_key(certificate.place, certificate.id);
  AccountResource account;
  if (const auto stored = TRY(store_.get(account_key(certificate.place))))
    account = TRY(decode_account(stored->value));
  if (now >= certificate.not_after || left >= account.days_before_expiry) {
    told_.erase(key);
    return {};
  }
  if (const auto told = told_.find(key); told != told_.end() && told->second == left) return {};
  told_[key] = left;
  logger_.warn("acm", "a certificate approaches its expiry",
               {{"certificate", certificate_arn(certificate.place, certificate.id)},
                {"days_to_expiry", fmt::to_string(left)}});
  return {};
}

}  // namespace meridian::services::acm
