#include "apps/drill/virtual_stage.h"

#include <fcntl.h>

#include "apps/control/health_probes.h"
#include "apps/drill/dns_reply.h"
#include "base/check.h"
#include "compilers/dns/compile.h"
#include "compilers/health/health_states.h"
#include "engines/dns/explain.h"
#include "engines/health/panel.h"
#include "formats/dns/rdata.h"
#include "formats/regions/regions.h"
#include "net/tls.h"
#include "services/route53/service.h"
#include "sim/virtual_network.h"
#include "snapshots/location/location.h"
#include "store/memory/memory_store.h"

namespace meridian::apps::drill {
namespace {

namespace route53 = services::route53;
using engines::dns::Asked;
using engines::dns::AskedOf;
using snapshots::dns::DnsSnapshot;

constexpr unsigned kDraws = 1000;  // of random policies, spread evenly
constexpr const char* kAccount = "123456789012";

// A change is served before the call that makes it is over.
class ServedAtOnce final : public route53::Acknowledgements {
 public:
  bool serves(std::string_view, store::Revision) const override { return true; }
};

// The virtual network looks at whether there is one, never into it.
class SpokenTls final : public net::TlsServerContext {};
class HeardTls final : public net::TlsClientContext {};

class VirtualStage final : public Stage,
                           private compilers::health::HealthSink,
                           private engines::health::PanelSink {
 public:
  explicit VirtualStage(std::uint64_t seed) : random_(seed) {
    watch_ = store_
                 .watch(
                     "route53/", 0, [this](const store::EventBatch& batch) { publish(batch); },
                     [](const Error& error) { CHECK(false && error.message.c_str()); })
                 .value();
    CHECK(states_.start({}, {}));
  }

  net::Loop& loop() override { return network_; }
  bool pass(Duration time) override {
    network_.advance(time);
    return true;
  }
  void watch(std::function<void()> changed) override { changed_ = std::move(changed); }

  std::string zone_name() const override { return "drill.test"; }
  net::Address endpoint_address(std::size_t number, bool tls) const override {
    return {net::IpAddress::v4({127, 0, 90, static_cast<std::uint8_t>(number + 1)}),
            static_cast<std::uint16_t>(tls ? 443 : 80)};
  }
  Result<std::shared_ptr<net::TlsServerContext>> tls() override { return std::make_shared<SpokenTls>(); }
  bool lose(const net::IpAddress& endpoint, const std::optional<net::IpAddress>& checker,
            bool lost) override {
    lost ? network_.lose(endpoint, checker) : network_.heal(endpoint, checker);
    return true;
  }

  void ask(const Question& question, std::function<void(std::optional<Reply>)> on_reply) override;
  Shares shares(const Question& question, bool drawn) override;
  std::vector<Seen> seen(const std::string& id) override {
    std::vector<Seen> all;
    for (const engines::health::Observation& one : panel_.observations(id))
      all.push_back({one.region, one.verdict.healthy, one.verdict.reason, one.checked});
    return all;
  }
  bool healthy(const std::string& id) override { return health_table_->healthy(health_table_->slot_of(id)); }

 private:
  aws::Outcome<aws::Value> call_value(std::string_view operation, const aws::Value& input) override {
    aws::Call call;
    call.account_id = kAccount;
    call.time = network_.clock().now();
    const aws::Operation* found = service_.model().find(operation);
    CHECK(found);
    auto output = service_.invoke(call, *found, input);
    while (store_.deliver() > 0) {
    }
    network_.run_posted();
    changed();
    return output;
  }

  // compilers/dns without a thread.
  void publish(const store::EventBatch& batch) {
    const auto compiled = compilers::dns::compile_commit(batch, snapshot_->revision(), zones_);
    CHECK(snapshots::dns::check(compiled.delta));
    auto next = apply(*snapshot_, compiled.delta);
    CHECK(next);
    snapshot_ = *std::move(next);
  }

  void set(const std::string& id, bool healthy) override {
    health_table_->set(id, healthy);
    changed();
  }
  // The states hold their lock, and what a panel finds goes back to them.
  void configured(const route53::HealthCheckResource& check) override {
    network_.post([this, check] {
      if (auto settings = probe_settings(check))
        panel_.set(check.id, *settings, check.config.regions);
      else
        panel_.remove(check.id);
    });
  }
  void removed(const std::string& id) override {
    network_.post([this, id] { panel_.remove(id); });
  }
  void found(const std::string& id, bool healthy) override { states_.find(id, healthy); }
  void changed() {
    if (changed_) changed_();
  }

  template <typename Ask>
  auto with_question(const Question& question, Ask ask) {
    Asked asked{.name = dns::Name::parse(question.name + ".").value(), .client = {}};
    std::optional<snapshots::location::Place> place;
    if (!question.region.empty()) {
      place = locations_.region_place(regions::find(question.region));
      asked.place = &*place;
    }
    return ask(asked, AskedOf{*snapshot_, locations_, identity_, network_.clock().now()});
  }

  sim::VirtualNetwork network_;
  SeededRandom random_;
  Logger logger_{network_.clock(), open("/dev/null", O_WRONLY | O_CLOEXEC), LogFormat::Text, LogLevel::Error};
  store::MemoryStore store_{network_.clock(), store::Delivery::Pumped};
  ServedAtOnce served_;
  route53::Route53 service_{store_, network_.clock(), random_, served_, {}, route53::HealthCheckTargets::Any};
  std::shared_ptr<snapshots::health::HealthTable> health_table_ =
      std::make_shared<snapshots::health::HealthTable>();
  std::unique_ptr<const DnsSnapshot> snapshot_ = DnsSnapshot::empty(random_, health_table_);
  compilers::dns::ZoneIndex zones_;
  snapshots::location::Locations locations_;
  engines::dns::ServerIdentity identity_;
  std::function<void()> changed_;
  engines::health::Panel panel_{network_,
                                random_,
                                *this,
                                engines::health::vantages(),
                                {.means = {.names = nullptr, .tls = std::make_shared<HeardTls>()}}};
  compilers::health::HealthStates states_{store_, *this, logger_};
  std::unique_ptr<store::Watch> watch_;
};

void VirtualStage::ask(const Question& question, std::function<void(std::optional<Reply>)> on_reply) {
  const auto explained = with_question(
      question, [this](const Asked& asked, const AskedOf& of) { return explain(asked, of, random_); });
  if (!explained) return on_reply(std::nullopt);
  on_reply(read_reply(explained->reply));
}

Shares VirtualStage::shares(const Question& question, bool) {
  const auto found = with_question(question, [](const Asked& asked, const AskedOf& of) {
    return engines::dns::AnswerShares(of, kDraws).ask(asked);
  });
  Shares shares;
  if (!found) return shares;
  for (const engines::dns::AnswerShare& one : *found) add_shares(one.answer, one.share, shares);
  return shares;
}

}  // namespace

std::unique_ptr<Stage> make_virtual_stage(std::uint64_t seed) {
  return std::make_unique<VirtualStage>(seed);
}

}  // namespace meridian::apps::drill
