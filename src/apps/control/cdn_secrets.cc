#include "apps/control/cdn_secrets.h"

#include "apps/origin_signer.h"
#include "apps/viewer_certificates.h"
#include "aws/derived_key.h"
#include "aws/sigv4_hash.h"
#include "compilers/cdn/certificates.h"
#include "compilers/cdn/origin_keys.h"
#include "services/acm/resources.h"

namespace meridian::apps {
namespace {

namespace acm = services::acm;
namespace compiler = compilers::cdn;

constexpr std::string_view kDistributionArn = ":distribution/";

std::string digest(const acm::CertificateResource& certificate) {
  return to_hex(as_bytes(aws::sigv4::sha256(certificate.certificate_pem + certificate.chain_pem)));
}

Result<bool> is_shown(store::Store& store, const acm::CertificateResource& certificate) {
  for (const auto& user : TRY(store.range(acm::in_use_prefix(certificate.place, certificate.id))).items)
    if (user.key.find(kDistributionArn) != user.key.npos) return true;
  return false;
}

}  // namespace

Result<void> CdnSecrets::start() {
  TRY(renew_own());
  TRY(renew_origin_keys());
  TRY(follower_.start());
  timer_ = loop_.after(kPeriod, [this] { look(); });
  return {};
}

void CdnSecrets::look() {
  auto done = renew_own();
  if (done) done = renew_origin_keys();
  if (!done)
    world_.logger.error("cdn", "what the CDN signs with is not renewed", {{"why", done.error().message}});
  timer_ = loop_.after(done ? kPeriod : kTryAgain, [this] { look(); });
}

Result<void> CdnSecrets::renew_own() {
  const std::string key = compiler::own_certificate_key();
  const auto row = TRY(store_.get(key));
  const SystemTime now = world_.clock.now();
  if (row) {
    const auto kept = compiler::decode_own_certificate(row->value, secrets_);
    if (kept && kept->expires > now + kRenewalTime && kept->chain_pem.ends_with(authority_.root_pem()))
      return {};
  }
  const std::vector<std::string> names(std::begin(kOwnViewerNames), std::end(kOwnViewerNames));
  const acm::Place nowhere;
  const std::string id, algorithm = "EC_prime256v1";
  const auto answer = TRY(authority_.issue({nowhere, id, names, algorithm, now, kLifetime}));
  const acm::IssuedCertificate& issued = answer.certificate;
  compiler::OwnCertificate own{issued.certificate_pem + issued.chain_pem, issued.key_pem, now + kLifetime};
  TRY(store_.commit({{}, {{key, compiler::encode(own, secrets_)}}, {}}));
  return {};
}

// From yesterday on, for who is behind. Only our own S3 believes such a signature.
Result<void> CdnSecrets::renew_origin_keys() {
  snapshots::cdn::OriginKeys keys{signing_.access_key_id, {}};
  for (int day = -1; day <= kDaysAhead; ++day) {
    const std::string date =
        aws::sigv4::format_basic_time(world_.clock.now() + day * std::chrono::days(1)).substr(0, 8);
    keys.keys.push_back(
        {date, "s3", aws::sigv4::derive_key(signing_.secret_access_key, date, ServiceSigner::kRegion, "s3")});
  }
  const std::string key(compiler::kOriginKeysKey);
  const auto row = TRY(store_.get(key));
  if (row) {
    const auto kept = compiler::decode_origin_keys(row->value, secrets_);
    if (kept && *kept == keys) return {};
  }
  TRY(store_.commit({{}, {{key, compiler::encode(keys, secrets_)}}, {}}));
  return {};
}

Result<void> CdnSecrets::note(const store::KeyValue& row) {
  const acm::CertificateResource certificate = TRY(acm::decode_certificate(row.value));
  if (certificate.certificate_pem.empty() || !TRY(is_shown(store_, certificate))) return {};
  const std::string key = compiler::served_certificate_key(certificate.id);
  const auto noted = TRY(store_.get(key));
  const std::string now = digest(certificate);
  if (noted && noted->value == now) return {};
  TRY(store_.commit({{}, {{key, now}}, {}}));
  return {};
}

Result<void> CdnSecrets::forget(std::string_view certificate_key) {
  const std::string key =
      compiler::served_certificate_key(certificate_key.substr(certificate_key.rfind('/') + 1));
  if (TRY(store_.get(key))) TRY(store_.commit({{}, {}, {key}}));
  return {};
}

void CdnSecrets::all(store::Range range) {
  for (const store::KeyValue& row : range.items)
    if (const auto done = note(row); !done)
      world_.logger.error("cdn", "a certificate is not brought to viewers", {{"why", done.error().message}});
}

void CdnSecrets::changed(const store::EventBatch& batch) {
  for (const store::Event& event : batch.events) {
    const auto done = event.kind == store::Event::Kind::Delete ? forget(event.item.key) : note(event.item);
    if (!done)
      world_.logger.error("cdn", "a certificate is not brought to viewers", {{"why", done.error().message}});
  }
}

}  // namespace meridian::apps
