#include "apps/control/api_certificates.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::apps {
namespace {

namespace acm = services::acm;

constexpr std::string_view kUser = ":listener/api";

// Nothing at AWS serves its API with a customer's certificate, so that there is no ARN to borrow.
std::string user_arn(const acm::Place& place) {
  return fmt::format("arn:aws:meridian:{}:{}{}", place.region, place.account, kUser);
}

}  // namespace

Result<std::unique_ptr<ApiCertificates>> ApiCertificates::open(store::Store& store,
                                                               const store::objects::Secrets& secrets,
                                                               Logger& logger, net::Loop& loop,
                                                               const net::CertificateAndKey& own,
                                                               const std::vector<std::string>& arns) {
  std::unique_ptr<ApiCertificates> opened(new ApiCertificates(store, secrets, logger, loop));
  for (const std::string& arn : arns) {
    auto name = acm::parse_certificate_arn(arn);
    if (!name) return invalid(fmt::format("--api-certificate: {} is not the ARN of a certificate", arn));
    opened->names_.push_back(*std::move(name));
  }
  opened->served_.resize(opened->names_.size());
  opened->own_ = TRY(opened->pool_.take(own.certificate_pem, own.key_pem));
  auto table = std::make_unique<net::CertificateTable>();
  table->add_default(opened->own_);
  opened->published_ = std::make_shared<net::PublishedCertificates>(std::move(table));
  return opened;
}

Result<void> ApiCertificates::start() {
  look_and_log();
  // A lost watch is no loss: there is a look every minute.
  watch_ = TRY(store_.watch(
      std::string(acm::kCertificatesPrefix), store_.revision(),
      [this](const store::EventBatch&) { loop_.post([this] { look_and_log(); }); }, [](const Error&) {}));
  return {};
}

void ApiCertificates::look_and_log() {
  const auto done = look();
  const std::string trouble = done ? "" : done.error().message;
  if (!trouble.empty() && trouble != last_trouble_)
    logger_.error("acm", "a certificate of the API cannot be served", {{"why", trouble}});
  last_trouble_ = trouble;
  timer_ = loop_.after(done ? kPeriod : kTryAgain, [this] { look_and_log(); });
}

Result<void> ApiCertificates::look() {
  Result<void> trouble;
  bool changed = false;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto news = read(names_[i], served_[i]);
    if (!news) trouble = std::unexpected(news.error());
    changed = changed || news.value_or(false);
  }
  if (changed) {
    auto table = std::make_unique<net::CertificateTable>();
    table->add_default(own_);
    for (const Served& each : served_)
      for (const std::string& domain : each.domains) table->add(domain, each.certificate);
    published_->publish(std::move(table));
  }
  TRY(forget_use_by_api(store_, names_));
  return trouble;
}

Result<bool> ApiCertificates::read(const acm::CertificateName& name, Served& into) {
  const auto& [place, id] = name;
  const store::Revision now = store_.revision();  // of both: the key must be that of the certificate
  const auto row = TRY(store_.get(acm::certificate_key(place, id), now));
  const std::string arn = acm::certificate_arn(place, id);
  if (!row) return fail(ErrorCode::NotFound, arn + " does not exist");
  acm::CertificateResource certificate = TRY(acm::decode_certificate(row->value));
  if (certificate.certificate_pem.empty()) return false;
  const std::string key = acm::private_key_key(place, id);
  const auto sealed = TRY(store_.get(key, now));
  if (!sealed) return fail(ErrorCode::Corrupt, arn + " has lost its private key");
  auto parsed = TRY(pool_.take(certificate.certificate_pem + certificate.chain_pem,
                               TRY(secrets_.open(key, sealed->value))));
  TRY(tell_use(name, *row));
  if (parsed == into.certificate) return false;
  into.domains = std::move(certificate.domains);
  into.certificate = std::move(parsed);
  logger_.info("acm", "the API serves a certificate",
               {{"certificate", arn}, {"expires", format_iso8601(certificate.not_after)}});
  return true;
}

Result<void> ApiCertificates::tell_use(const acm::CertificateName& name, const store::KeyValue& row) {
  const std::string key = acm::in_use_key(name.place, name.id, user_arn(name.place));
  if (TRY(store_.get(key))) return {};
  store::Transaction use;
  use.preconditions = {{row.key, row.modified}};
  use.puts = {{key, ""}, {row.key, row.value}};
  // Conflict: it has just changed, which is an event that brings us here again.
  if (auto done = store_.commit(std::move(use)); !done && done.error().code != ErrorCode::Conflict)
    return std::unexpected(std::move(done).error());
  return {};
}

Result<void> forget_use_by_api(store::Store& store, std::span<const acm::CertificateName> names) {
  store::Transaction forgotten;
  for (const store::KeyValue& item : TRY(store.range(acm::kInUsePrefix)).items) {
    if (!item.key.ends_with(kUser)) continue;
    const bool named = std::ranges::any_of(names, [&](const acm::CertificateName& name) {
      return item.key == acm::in_use_key(name.place, name.id, user_arn(name.place));
    });
    if (!named) forgotten.deletes.push_back(item.key);
  }
  if (!forgotten.deletes.empty()) TRY(store.commit(std::move(forgotten)));
  return {};
}

}  // namespace meridian::apps
