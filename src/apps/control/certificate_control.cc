#include "apps/control/certificate_control.h"

#include "engines/dns/explain.h"

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

Result<std::unique_ptr<CertificateControl>> CertificateControl::open(
    store::Store& store, const store::objects::Secrets& secrets, const std::string& data_dir,
    engines::dns::DnsEngine& engine, std::vector<net::Address> resolvers, const World& world) {
  auto authority = TRY(LocalAuthority::open(world.disk, data_dir, world.random, world.clock.now()));
  return std::unique_ptr<CertificateControl>(
      new CertificateControl(store, secrets, std::move(authority), engine, std::move(resolvers), world));
}

CertificateControl::CertificateControl(store::Store& store, const store::objects::Secrets& secrets,
                                       std::unique_ptr<LocalAuthority> authority,
                                       engines::dns::DnsEngine& engine, std::vector<net::Address> resolvers,
                                       const World& world)
    : store_(store),
      world_(world),
      authority_(std::move(authority)),
      loop_(net::make_loop(), "certificates"),
      records_(answers_of(engine, world.random), loop_.loop(), world.random, std::move(resolvers),
               [this] { look_in(Duration::zero()); }),
      issuance_(store, secrets, records_, *authority_, world.logger) {}

Result<void> CertificateControl::start() {
  loop_.start();
  loop_.loop().post([this] { look(); });
  // A lost watch is no loss: there is a look every minute.
  watch_ = TRY(store_.watch(
      "acm/", store_.revision(),
      [this](const store::EventBatch&) { loop_.loop().post([this] { look_in(Duration::zero()); }); },
      [](const Error&) {}));
  return {};
}

void CertificateControl::stop() {
  watch_.reset();
  loop_.stop();
}

void CertificateControl::look_in(Duration time) {
  timer_ = loop_.loop().after(time, [this] { look(); });
}

void CertificateControl::look() {
  const auto waits = issuance_.advance(world_.clock.now());
  const std::string failure = waits ? "" : waits.error().message;
  if (!failure.empty() && failure != last_failure_)
    world_.logger.error("acm", "certificates cannot be looked after", {{"why", failure}});
  last_failure_ = failure;
  look_in(waits && *waits ? kLookAgain : kIdle);
}

}  // namespace meridian::apps
