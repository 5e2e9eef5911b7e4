#include "apps/edge/edge.h"

#include <fmt/format.h>
#include <unistd.h>

#include "apps/cdn_place.h"
#include "apps/cdn_side.h"
#include "apps/cdn_traffic/request_outbox.h"
#include "apps/dns_side.h"
#include "apps/edge/cdn_target.h"
#include "apps/edge/dial.h"
#include "apps/edge/edge_checker.h"
#include "apps/edge/edge_files.h"
#include "apps/edge/edge_target.h"
#include "apps/edge/tier_identity.h"
#include "apps/operator_side.h"
#include "apps/privileges.h"
#include "apps/process.h"
#include "apps/version.h"
#include "base/log.h"

namespace meridian::apps {
namespace {

namespace feed = snapshots::feed;

const std::vector<net::Address> kNoAddresses;

// For the control to take what it has not heard of yet, at the end.
constexpr auto kTellTimeMax = std::chrono::seconds(2);

std::string json_list(const std::vector<net::Address>& addresses) {
  std::string out;
  for (const auto& address : addresses)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ",", address.to_string());
  return "[" + out + "]";
}

class RenewedElsewhere final : public feed::EdgeCertificate {
  std::optional<std::string> renewal_request() override { return std::nullopt; }
  Result<void> renew(const feed::Certificate&) override { return invalid("nobody has asked for it"); }
};

// All of a running edge, in the order in which it is made.
class EdgeServer final : public RoleServer {
 public:
  EdgeServer(const EdgeOptions& options, const Clock& clock, Random& random, Disk& disk,
             Privileges privileges)
      : options_(options),
        privileges_(privileges),
        logger_(clock, STDERR_FILENO, options.log_format, options.log_level),
        world_{clock, random, disk, logger_, metrics_} {}
  ~EdgeServer() override { stop_loops(); }

  Result<void> start() override;
  std::string banner() const override {
    return describe(Output::Table) + "\nCtrl-C ends it; the data stays.\n";
  }
  void on_hangup() override { dns_->on_hangup(); }
  void drain() override;

 private:
  std::string describe(Output output) const;
  Result<void> start_operator_side();
  Result<void> start_cdn();
  void start_feed();
  void start_traffic();
  void follow_distributions();
  Result<engines::cdn::TierOptions> tier_options();
  void renew_for_tiers(const EdgeIdentity& identity);
  Result<void> ready() const;
  void stop_loops() {
    feed_loop_.stop();
    if (cdn_) cdn_->engine().stop();
    if (traffic_) traffic_->stop();
    if (checker_) checker_->stop();
    operator_.stop();
  }
  std::string endpoints_path() const { return options_.data_dir + "/endpoints.json"; }
  std::string state() const {
    return dns_->state() + (client_->state().following ? "" : "; the control is gone");
  }

  const EdgeOptions& options_;
  Privileges privileges_;
  Metrics metrics_;
  Logger logger_;
  World world_;
  OperatorSide operator_{logger_, metrics_};
  LoopThread feed_loop_{net::make_loop(), "feed"};
  std::unique_ptr<Traffic> traffic_;  // null with cdn_
  RequestOutbox* outbox_ = nullptr;   // of traffic_
  std::unique_ptr<CdnSide> cdn_;      // null: no distribution is served here
  std::unique_ptr<DnsSide> dns_;
  std::unique_ptr<EdgeFiles> files_;
  std::unique_ptr<EdgeTarget> target_;
  RenewedElsewhere renewed_elsewhere_;
  std::unique_ptr<EdgeChecker> checker_;  // null: it is none
  std::unique_ptr<CdnTarget> cdn_target_;
  std::unique_ptr<TierIdentity> tier_identity_;  // null with cdn_
  std::vector<feed::ServedAt> served_at_;
  std::unique_ptr<feed::FeedClient> client_, cdn_client_;
  net::Address admin_address_;
  std::atomic<bool> ending_{false};
  SystemTime started_{};
};

Result<void> EdgeServer::start() {
  started_ = world_.clock.now();
  TRY(world_.disk.make_directories(options_.data_dir));
  files_ = TRY(EdgeFiles::open(world_.disk, world_.clock, metrics_, options_.data_dir));
  DnsServerOptions dns = options_;
  dns.locations.details = options_.cdn.any();
  if (!dns.nsid) dns.nsid = files_->identity().name;
  // It answers from here on with what the disk has, whether there is a control or not.
  dns_ = TRY(DnsSide::start(dns, options_.data_dir, world_));
  TRY(start_cdn());
  TRY(world_.disk.remove(endpoints_path()));
  target_ = std::make_unique<EdgeTarget>(*dns_, options_.data_dir, world_);
  if (!options_.check_from.empty())
    checker_ = TRY(EdgeChecker::make(options_.check_from,
                                     TRY(health_resolvers(options_.health_resolvers, world_.disk)), world_));
  start_feed();
  if (cdn_) {
    start_traffic();
    follow_distributions();
  }
  TRY(start_operator_side());
  TRY(privileges_.give_up());
  tell(dns_->advice({}), logger_, metrics_);
  feed_loop_.start();
  if (checker_) checker_->start();
  dns_->work_on(operator_.loop());
  std::vector<Watchdog::Watched> loops{{"feed", &feed_loop_.loop()}};
  if (checker_) loops.push_back({"health", &checker_->loop()});
  dns_->add_loops(loops);
  if (cdn_) cdn_->add_loops(loops);
  operator_.watch(std::move(loops), [this] { return ending_ ? "" : state(); });
  operator_.manager().status(state());
  operator_.manager().ready();
  const std::string endpoints =
      fmt::format(R"({{"dns":{},"dns_tls":{},"cdn":{},"cdn_tls":{},"admin":"{}"}})"
                  "\n",
                  json_list(dns_->engine().addresses()), json_list(dns_->engine().tls_addresses()),
                  json_list(cdn_ ? cdn_->addresses() : kNoAddresses),
                  json_list(cdn_ ? cdn_->tls_addresses() : kNoAddresses), admin_address_.to_string());
  return world_.disk.replace(endpoints_path(), as_bytes(endpoints));
}

// It serves from here on with what the disk has.
Result<void> EdgeServer::start_cdn() {
  if (!options_.cdn.any()) return {};
  traffic_ = std::make_unique<Traffic>(world_.clock, metrics_);
  cdn_ = TRY(CdnSide::start(options_.cdn, TRY(health_resolvers(options_.health_resolvers, world_.disk)),
                            world_, &traffic_->requests(), options_.cdn_addresses, TRY(tier_options())));
  files_->on_renewed([this](const EdgeIdentity& identity) { renew_for_tiers(identity); });
  served_at_ = TRY(served_at(*cdn_, *dns_));
  cdn_target_ = TRY(CdnTarget::open(*cdn_, options_.data_dir, world_));
  dns_->also_publish_locations([this](auto next) { cdn_->engine().publish_locations(std::move(next)); });
  TRY(cdn_->engine().begin());
  return {};
}

// Every edge may ask others; one that is asked needs an address that they reach.
Result<engines::cdn::TierOptions> EdgeServer::tier_options() {
  tier_identity_ = TRY(TierIdentity::of(files_->identity()));
  engines::cdn::TierOptions tiers;
  tiers.edge = files_->identity().name;
  tiers.server_tls = tier_identity_->server();
  tiers.client_tls = TRY(TierIdentity::client(files_->identity()));
  if (options_.tier_listen.empty()) return tiers;
  tiers.listen = TRY(net::Address::parse(options_.tier_listen));
  if (is_wildcard(tiers.listen->ip))
    return invalid("--cdn-tier-listen: other edges cannot ask at " + options_.tier_listen);
  return tiers;
}

void EdgeServer::renew_for_tiers(const EdgeIdentity& identity) {
  auto client = TierIdentity::client(identity);
  auto done = client ? tier_identity_->renew(identity) : Result<void>(std::unexpected(client.error()));
  if (!done)
    return logger_.error("cdn", "other edges are shown the certificate of before",
                         {{"why", done.error().message}});
  cdn_->engine().show_to_tiers(*std::move(client));
}

// Who hears of requests, and when: the control, which has somebody's metrics, buckets and streams.
void EdgeServer::start_traffic() {
  auto outbox = std::make_unique<RequestOutbox>(world_.random.next(), metrics_);
  outbox_ = outbox.get();
  std::vector<std::unique_ptr<TrafficReader>> readers;
  readers.push_back(std::move(outbox));
  traffic_->start(std::move(readers));
}

// Over a connection of its own. Its certificate is renewed where DNS is followed.
void EdgeServer::follow_distributions() {
  feed::FeedClientOptions options{files_->identity().name, MERIDIAN_VERSION};
  options.subject = feed::Subject::Cdn;
  options.metrics = "meridian_cdn_feed";
  options.locations = served_at_;
  if (const auto& tier = cdn_->engine().tier_address()) options.tier_address = tier->to_string();
  options.requests = outbox_;
  cdn_client_ = std::make_unique<feed::FeedClient>(
      feed_loop_.loop(), world_.random, logger_, metrics_, *cdn_target_, renewed_elsewhere_,
      [this](net::Loop::OnConnected done) {
        return dial(feed_loop_.loop(), files_->identity().control, files_->context(), std::move(done));
      },
      std::move(options));
  feed_loop_.loop().post([this] { cdn_client_->start(); });
}

void EdgeServer::start_feed() {
  client_ = std::make_unique<feed::FeedClient>(
      feed_loop_.loop(), world_.random, logger_, metrics_, *target_, *files_,
      [this](net::Loop::OnConnected done) {
        return dial(feed_loop_.loop(), files_->identity().control, files_->context(), std::move(done));
      },
      feed::FeedClientOptions{files_->identity().name, MERIDIAN_VERSION, checker_.get()});
  feed_loop_.loop().post([this] { client_->start(); });
}

// An edge without a control is ready: it answers. One that never had a snapshot is not.
Result<void> EdgeServer::ready() const {
  if (ending_) return fail(ErrorCode::Unavailable, "ending");
  if (dns_->service().served_revision() == 0)
    return fail(ErrorCode::Unavailable, "no snapshot came from the control yet");
  return {};
}

Result<void> EdgeServer::start_operator_side() {
  AdminSources sources;
  sources.ready = [this] { return ready(); };
  sources.status = [this](Output output) { return describe(output); };
  dns_->show(sources);
  if (cdn_) cdn_->show(sources);
  admin_address_ = TRY(operator_.start(options_.admin, std::move(sources)));
  return {};
}

std::string EdgeServer::describe(Output output) const {
  const feed::FollowingState following = client_->state();
  const EdgeIdentity& identity = files_->identity();
  const std::uint64_t revision = dns_->service().served_revision();
  const HealthCounts health = dns_->health().counts();
  const double uptime = std::chrono::duration<double>(world_.clock.now() - started_).count();
  if (output == Output::Json) {
    std::string directory, problem;
    append_json_string(directory, options_.data_dir);
    append_json_string(problem, following.problem);
    const std::string checker =
        checker_ ? fmt::format(R"({{"region":"{}","checks":{}}})", checker_->region(), checker_->checks())
                 : "null";
    return fmt::format(
        R"({{"role":"edge","name":"{}","version":"{}","uptime_s":{:.1f},"dns":{},"admin":"{}","data_dir":{},)"
        R"("served_revision":{},"zones":{},"workers":{},"health_checks":{{"healthy":{},"unhealthy":{}}},"checker":{},"control":{{"address":"{}",)"
        R"("following":{},"since":"{}","version":"{}","newest_revision":{},"problem":{}}}}})"
        "\n",
        identity.name, MERIDIAN_VERSION, uptime, json_list(dns_->engine().addresses()),
        admin_address_.to_string(), directory, revision, dns_->service().zone_count(),
        dns_->engine().workers(), health.healthy, health.unhealthy, checker, identity.control,
        following.following, format_iso8601(following.since), following.control_version, following.newest,
        problem);
  }
  std::string out =
      fmt::format("meridian edge '{}' {}, up {:.0f} s\n\n", identity.name, MERIDIAN_VERSION, uptime);
  for (const net::Address& address : dns_->engine().addresses())
    out += fmt::format("  DNS      {} (UDP and TCP, {} workers)\n", address.to_string(),
                       dns_->engine().workers());
  out +=
      fmt::format("  admin    http://{}\n  data     {}\n\n", admin_address_.to_string(), options_.data_dir);
  out += fmt::format("  DNS      revision {}, {} zones\n", revision, dns_->service().zone_count());
  if (cdn_)
    out += fmt::format("  CDN      revision {}, {} distributions\n", cdn_->served_revision(),
                       cdn_->engine().latest().size());
  if (cdn_ && cdn_->engine().tier_address())
    out += fmt::format("  tiers    other edges ask at {}\n", cdn_->engine().tier_address()->to_string());
  out += fmt::format("  health   {} checks healthy, {} unhealthy\n", health.healthy, health.unhealthy);
  if (checker_)
    out += fmt::format("  checker  of {}, probes {} health checks\n", checker_->region(), checker_->checks());
  out += fmt::format("  control  {}, {} since {}", identity.control,
                     following.following ? "followed" : "gone", format_iso8601(following.since));
  if (!following.problem.empty()) out += ": " + following.problem;
  return out + "\n";
}

void EdgeServer::drain() {
  ending_ = true;
  operator_.manager().stopping();
  (void)world_.disk.remove(endpoints_path());
  if (cdn_) {
    cdn_->engine().stop();
    traffic_->stop();
    if (cdn_client_->state().following) outbox_->wait_until_taken(kTellTimeMax);
  }
  stop_loops();
  dns_->health().save();
}

}  // namespace

int edge(const EdgeOptions& options, const Clock& clock, Random& random, Disk& disk) {
  return run_server(options, options, [&](Privileges privileges) {
    return std::make_unique<EdgeServer>(options, clock, random, disk, privileges);
  });
}

}  // namespace meridian::apps
