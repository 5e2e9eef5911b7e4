#include "apps/viewer_certificates.h"

#include <algorithm>

namespace meridian::apps {
namespace {

using snapshots::cdn::CdnSnapshot;
using snapshots::cdn::Distribution;

// The older ones differ in what is not spoken here anyhow (TLS 1.0 and 1.1, CBC and RSA key exchange).
bool wants_tls13(const Distribution& distribution) {
  return distribution.tls.security_policy.starts_with("TLSv1.3");
}

bool shows_the_same(const Distribution& a, const Distribution& b) {
  const auto& left = a.tls.certificate;
  const auto& right = b.tls.certificate;
  return a.aliases == b.aliases && wants_tls13(a) == wants_tls13(b) &&
         (left == right || (left && right && *left == *right));
}

bool changes_anything(const CdnSnapshot& before, const snapshots::cdn::Delta& delta) {
  if (delta.whole || delta.own_certificate || !delta.removes.empty()) return true;
  return std::ranges::any_of(delta.puts, [&](const snapshots::cdn::SharedDistribution& put) {
    const auto* old = before.find_id(put->id);
    return old == nullptr ? put->tls.certificate != nullptr : !shows_the_same(**old, *put);
  });
}

}  // namespace

ViewerCertificates::ViewerCertificates(Logger& logger)
    : logger_(logger),
      published_(std::make_shared<net::PublishedCertificates>(std::make_unique<net::CertificateTable>())) {}

void ViewerCertificates::show(const CdnSnapshot& before, const snapshots::cdn::Delta& delta,
                              const CdnSnapshot& next) {
  if (!changes_anything(before, delta)) return;
  Parsed parsed;
  const auto own = parse(next.own_certificate(), parsed);
  const auto add = [&](net::CertificateTable& table, const Distribution& distribution) {
    if (const auto certificate = parse(distribution.tls.certificate, parsed))
      for (const std::string& alias : distribution.aliases)
        table.add(alias, certificate, wants_tls13(distribution));
  };
  if (delta.whole || delta.own_certificate) {
    auto table = std::make_unique<net::CertificateTable>();
    if (own) {
      for (const char* name : kOwnViewerNames) table->add(name, own);
      table->add("", own);
    }
    next.by_id().for_each([&](const auto&, const auto& distribution) { add(*table, *distribution); });
    return published_->publish(std::move(table));
  }
  auto table = std::make_unique<net::CertificateTable>(published_->latest());
  const auto remove = [&](std::string_view id) {
    if (const auto* const old = before.find_id(id))
      for (const std::string& alias : (*old)->aliases) {
        table->remove(alias);
        if (own && std::ranges::find(kOwnViewerNames, alias) != std::end(kOwnViewerNames))
          table->add(alias, own);
      }
  };
  for (const std::string& id : delta.removes) remove(id);
  for (const snapshots::cdn::SharedDistribution& put : delta.puts) remove(put->id);
  for (const snapshots::cdn::SharedDistribution& put : delta.puts) add(*table, *put);
  published_->publish(std::move(table));
}

// Null: there is none, or it is not one.
net::CertificateTable::Certificate ViewerCertificates::parse(
    const snapshots::cdn::SharedCertificate& certificate, Parsed& parsed) {
  if (!certificate) return nullptr;
  const auto [at, is_new] = parsed.try_emplace(certificate.get());
  if (!is_new) return at->second;
  auto taken = pool_.take(certificate->chain_pem, certificate->key_pem);
  if (!taken)
    logger_.error("cdn", "a certificate cannot be shown to viewers", {{"why", taken.error().message}});
  at->second = taken.value_or(nullptr);
  return at->second;
}

}  // namespace meridian::apps
