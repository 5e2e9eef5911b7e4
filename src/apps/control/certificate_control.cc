#include "apps/control/certificate_control.h"

#include <algorithm>

#include "apps/input.h"
#include "engines/dns/explain.h"
#include "formats/jws/jws.h"

namespace meridian::apps {
namespace {

// A referral is for others to say, and so is what is in no zone of ours.
DnsDomainRecords::Here answers_of(engines::dns::DnsEngine& engine, Random& random) {
  return
      [&engine, &random](const dns::Name& name, dns::Type type) -> std::optional<std::vector<dns::Record>> {
        std::optional<std::vector<dns::Record>> out;
        engine.with_current([&](const engines::dns::AskedOf& now) {
          const engines::dns::Asked asked{.name = name, .type = type};
          SeededRandom draws(random.next());
          auto explained = engines::dns::explain(asked, now, draws);
          if (!explained) return;
          using engines::dns::AnswerKind;
          const AnswerKind kind = explained->kind;
          if (kind == AnswerKind::Positive || kind == AnswerKind::NoData || kind == AnswerKind::NameError)
            out = std::move(explained->reply.answers);
        });
        return out;
      };
}

}  // namespace

Result<std::unique_ptr<CertificateControl>> CertificateControl::open(Parts parts, const std::string& data_dir,
                                                                     const CertificateOptions& options) {
  const World world = parts.world;
  auto local = TRY(LocalAuthority::open(world.disk, data_dir, world.random, world.clock.now()));
  std::unique_ptr<CertificateControl> opened(new CertificateControl(std::move(parts), std::move(local)));
  if (!options.acme_directory.empty()) TRY(opened->use_acme(options));
  opened->issuance_ = std::make_unique<services::acm::Issuance>(
      opened->store_, opened->secrets_, opened->records_, opened->authority(), opened->world_.logger);
  return opened;
}

CertificateControl::CertificateControl(Parts parts, std::unique_ptr<LocalAuthority> local)
    : store_(parts.store),
      secrets_(parts.secrets),
      world_(parts.world),
      local_(std::move(local)),
      challenges_(parts.store, parts.route53, world_.clock),
      loop_(net::make_loop(), "certificates"),
      acme_loop_(net::make_loop(), "acme"),
      records_(answers_of(parts.engine, world_.random), loop_.loop(), world_.random,
               std::move(parts.resolvers), [this] { look_in(Duration::zero()); }) {}

Result<void> CertificateControl::use_acme(const CertificateOptions& options) {
  const auto url = TRY(http::Url::parse(options.acme_directory));
  if (!url.tls) return invalid("--acme-directory: ACME needs https:// (RFC 8555 §6.1)");
  acme::AcmeAuthority::Settings settings;
  settings.directory = options.acme_directory;
  for (const std::string& address : options.acme_contacts)
    settings.terms.contacts.push_back(address.find(':') == address.npos ? "mailto:" + address : address);
  settings.terms.eab_key_id = options.acme_eab_key_id;
  if (!options.acme_eab_key_file.empty()) {
    TRY(check_is_private(options.acme_eab_key_file));
    std::string text = TRY(world_.disk.read(options.acme_eab_key_file));
    while (!text.empty() && (text.back() == '\n' || text.back() == '=')) text.pop_back();
    auto secret = jws::from_base64url(text);
    if (!secret || secret->empty()) return invalid(options.acme_eab_key_file + ": not a key in base64url");
    settings.terms.eab_secret = *std::move(secret);
  }
  http::ClientOptions client;
  client.timeout = kAcmeTimeout;
  client.body_bytes_max = acme::Client::kBodyBytesMax;
  if (!options.acme_trust.empty())
    client.trusted_certificates_pem = TRY(world_.disk.read(options.acme_trust));
  acme_ = std::make_unique<acme::AcmeAuthority>(
      acme::AcmeAuthority::Parts{store_, secrets_, challenges_, world_.logger}, std::move(settings),
      [this, client](const http::ClientRequest& request) -> Result<http::Response> {
        if (stopping_) return fail(ErrorCode::Unavailable, "this server is ending");
        return http::fetch(request, client);
      });
  return {};
}

services::acm::Authority& CertificateControl::authority() {
  if (acme_) return *acme_;
  return *local_;
}

Result<void> CertificateControl::start() {
  loop_.start();
  loop_.loop().post([this] { look(); });
  if (acme_) {
    acme_loop_.start();
    acme_loop_.loop().post([this] { bring_orders_forward(); });
  }
  // A lost watch is no loss: there is a look every minute.
  watch_ = TRY(store_.watch(
      "acm/", store_.revision(),
      [this](const store::EventBatch&) {
        loop_.loop().post([this] { look_in(Duration::zero()); });
        if (acme_) acme_loop_.loop().post([this] { bring_orders_forward(); });
      },
      [](const Error&) {}));
  return {};
}

void CertificateControl::stop() {
  stopping_ = true;
  watch_.reset();
  loop_.stop();
  acme_loop_.stop();
}

void CertificateControl::look_in(Duration time) {
  timer_ = loop_.loop().after(time, [this] { look(); });
}

void CertificateControl::look() {
  const auto waits = issuance_->advance(world_.clock.now());
  const std::string failure = waits ? "" : waits.error().message;
  if (!failure.empty() && failure != last_failure_)
    world_.logger.error("acm", "certificates cannot be looked after", {{"why", failure}});
  last_failure_ = failure;
  look_in(waits && *waits ? kLookAgain : kIdle);
}

void CertificateControl::bring_orders_forward() {
  if (stopping_) return;
  const auto next = acme_->advance(world_.clock.now());
  const std::string failure = next ? "" : next.error().message;
  if (!failure.empty() && failure != last_acme_failure_)
    world_.logger.error("acm", "orders of certificates cannot be brought forward", {{"why", failure}});
  last_acme_failure_ = failure;
  const Duration wait = next ? *next - world_.clock.now() : kLookAgain;
  acme_timer_ = acme_loop_.loop().after(std::clamp<Duration>(wait, kAcmePaceMin, kIdle),
                                        [this] { bring_orders_forward(); });
}

}  // namespace meridian::apps
