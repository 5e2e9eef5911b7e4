#include "apps/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <future>

#include "apps/alarms/alarm_side.h"
#include "apps/bucket_metrics.h"
#include "apps/cdn_place.h"
#include "apps/cdn_side.h"
#include "apps/cdn_traffic/distribution_metrics.h"
#include "apps/cdn_traffic/realtime_logs.h"
#include "apps/cdn_traffic/s3_log_bucket.h"
#include "apps/cdn_traffic/standard_logs.h"
#include "apps/control/api_certificates.h"
#include "apps/control/cdn_control.h"
#include "apps/control/cdn_secrets.h"
#include "apps/control/certificate_control.h"
#include "apps/control/dns_publisher.h"
#include "apps/control/edge_locations.h"
#include "apps/control/edge_requests.h"
#include "apps/control/feed_service.h"
#include "apps/control/health_control.h"
#include "apps/control/lifecycle_control.h"
#include "apps/control/own_stand_ins.h"
#include "apps/control/query_log_delivery.h"
#include "apps/control/store_identity.h"
#include "apps/diff/diff_service.h"
#include "apps/dns_side.h"
#include "apps/engine_answers.h"
#include "apps/example_world.h"
#include "apps/explain_s3.h"
#include "apps/logs_side.h"
#include "apps/loop_thread.h"
#include "apps/operator_side.h"
#include "apps/privileges.h"
#include "apps/probe_support.h"
#include "apps/process.h"
#include "apps/server_certificate.h"
#include "apps/services.h"
#include "apps/status.h"
#include "apps/zone_metrics.h"
#include "aws/front_door.h"
#include "aws/identity.h"
#include "base/direct_file.h"
#include "base/metrics.h"
#include "services/iam/authority.h"
#include "services/iam/credentials.h"
#include "services/iam/service_keys.h"
#include "store/embedded/embedded_store.h"
#include "store/objects/local_objects.h"
#include "store/objects/master_key.h"
#include "store/series/series_store.h"

namespace meridian::apps {
namespace {

constexpr Duration kDrainTimeMax = std::chrono::seconds(10);

// All of a running server. Members stand in the order in which they are made; they go in the opposite one,
// when no loop runs any more.
class Server final : public RoleServer {
 public:
  Server(const ServeOptions& options, const Clock& clock, Random& random, Disk& disk, Privileges privileges)
      : options_(options),
        clock_(clock),
        random_(random),
        disk_(disk),
        privileges_(privileges),
        logger_(clock, STDERR_FILENO, options.log_format, options.log_level) {}
  ~Server() override { stop_loops(); }

  Result<void> start() override;
  std::string banner() const override { return apps::banner(facts(), options_.example); }
  void on_hangup() override { dns_->on_hangup(); }
  void drain() override;

 private:
  StatusFacts facts() const;
  Result<void> start_api();
  Result<void> start_admin();
  Result<void> start_traffic();
  void stop_loops();
  std::vector<Advice> socket_advice() const;
  Result<ServiceAddresses> served_addresses() const;
  World world() { return {clock_, random_, disk_, logger_, metrics_}; }
  DnsService& service() const { return dns_->service(); }
  // Whose the calls are that a reader of the banner will make.
  std::string account_id() const {
    return options_.dev ? aws::development_key("").account_id : credentials_->first().account_id;
  }
  std::optional<aws::AccessKey> signer(std::string_view access_key_id) const;
  Result<compilers::dns::SecondaryOptions> secondary_options() const;
  static std::string compiled_with(const compilers::dns::SecondaryOptions& secondaries);
  std::string compiled_with_path() const { return options_.data_dir + "/dns/compiled-with"; }
  std::string endpoints_path() const { return options_.data_dir + "/endpoints.json"; }

  const ServeOptions& options_;
  const Clock& clock_;
  Random& random_;
  Disk& disk_;
  Privileges privileges_;
  Metrics metrics_;
  Logger logger_;
  OperatorSide operator_{logger_, metrics_};
  std::unique_ptr<Traffic> traffic_;  // null with cdn_control_
  std::unique_ptr<CdnSide> cdn_;      // null: no distribution is served here
  std::unique_ptr<DnsSide> dns_;
  QueryLogDelivery* query_logs_ = nullptr;  // of dns_; null: no DNS is answered here
  std::unique_ptr<DnsPublisher> publisher_;
  std::unique_ptr<FeedService> feed_;              // null: no edges
  std::unique_ptr<EdgeLocations> edge_locations_;  // on the loop of feed_; null with it
  std::unique_ptr<store::EmbeddedStore> store_;
  std::unique_ptr<store::SeriesStore> series_;
  std::unique_ptr<LogsSide> logs_;
  std::unique_ptr<StreamsSide> streams_;
  std::unique_ptr<store::objects::Secrets> secrets_;
  std::unique_ptr<AlarmSide> alarms_;
  std::unique_ptr<ZoneMetrics> zone_metrics_;    // on the loop of the alarms
  std::unique_ptr<CdnControl> cdn_control_;      // null: nobody serves distributions
  std::unique_ptr<EdgeRequests> edge_requests_;  // null with feed_
  std::unique_ptr<store::objects::LocalObjects> objects_;
  std::unique_ptr<aws::CredentialsFile> credentials_;
  std::unique_ptr<HealthControl> health_;
  std::unique_ptr<compilers::dns::DnsWatcher> watcher_;
  std::unique_ptr<services::route53::Acknowledgements> acknowledgements_;
  std::unique_ptr<EngineAnswers> dns_answers_;
  std::unique_ptr<aws::Credentials> user_credentials_;
  std::unique_ptr<aws::Authority> authority_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<CertificateControl> certificates_;
  std::unique_ptr<CdnSecrets> cdn_secrets_;  // on the loop of certificates_; null with cdn_control_
  std::unique_ptr<LifecycleControl> lifecycles_;
  std::unique_ptr<BucketMetrics> bucket_metrics_;      // on the loop of the lifecycles
  std::unique_ptr<ApiCertificates> api_certificates_;  // on the loop of certificates_; null: no TLS
  std::unique_ptr<DiffService> diffs_;
  std::unique_ptr<LoopThread> api_loop_;
  std::unique_ptr<aws::FrontDoor> front_door_;
  std::vector<net::Address> api_addresses_, api_tls_addresses_, website_addresses_;
  std::optional<net::Address> feed_address_;
  net::Address admin_address_;
  std::vector<Advice> advice_;  // written before ready_
  std::atomic<bool> ready_{false};
  SystemTime started_{};
};

class WatcherAcknowledgements final : public services::route53::Acknowledgements {
 public:
  explicit WatcherAcknowledgements(const compilers::dns::DnsWatcher& watcher) : watcher_(watcher) {}
  bool serves(std::string_view zone_id, store::Revision revision) const override {
    return watcher_.serves(zone_id, revision);
  }

 private:
  const compilers::dns::DnsWatcher& watcher_;
};

Result<void> Server::start() {
  started_ = clock_.now();
  TRY(disk_.make_directories(options_.data_dir));
  // DNS first: it answers from its last snapshot before anything else is open.
  DnsServerOptions dns = options_;
  dns.locations.details = options_.cdn.any();
  dns_ = TRY(DnsSide::start(dns, options_.data_dir, world(), [this](const std::string& edge_location) {
    auto delivery = std::make_unique<QueryLogDelivery>(edge_location, logger_, metrics_);
    query_logs_ = delivery.get();
    engines::dns::query_log::Selection selection;
    selection.only_answered = true;
    selection.chosen = &delivery->zones();
    return engines::dns::query_log::QueryLog::Destination{std::move(delivery), std::move(selection)};
  }));
  TRY(disk_.remove(endpoints_path()));
  operator_.manager().status(
      fmt::format("answering from disk at revision {}; opening the store", service().served_revision()));

  store_ = TRY(store::EmbeddedStore::open({.directory = options_.data_dir + "/store",
                                           .clock = clock_,
                                           .logger = &logger_,
                                           .metrics = &metrics_}));
  series_ = TRY(store::SeriesStore::open(options_.data_dir + "/metrics", clock_, logger_, metrics_,
                                         {.series_max = options_.metrics_max}));
  logs_ = TRY(LogsSide::open(options_.data_dir, options_.logs_bytes_max, *store_, *series_, world()));
  streams_ = TRY(StreamsSide::open(options_.data_dir, *store_, *series_, world()));
  secrets_ = std::make_unique<store::objects::Secrets>(
      TRY(store::objects::open_master_key(disk_, *store_, random_, options_.data_dir + "/objects")), random_);
  if (query_logs_) TRY(query_logs_->start(*store_, logs_->ingest()));
  alarms_ = TRY(AlarmSide::open(*store_, *series_, options_.alarm_webhook, world()));
  const auto write_once = [this](const std::string& path) { return meridian::write_once(disk_, path); };
  objects_ = TRY(store::objects::LocalObjects::open({disk_, *store_, random_, logger_, {}, write_once},
                                                    options_.data_dir + "/objects"));
  TRY(objects_->start_collector());
  objects_->show(metrics_);
  credentials_ = std::make_unique<aws::CredentialsFile>(
      TRY(aws::CredentialsFile::open_or_create(disk_, options_.data_dir + "/credentials", random_)));
  if (options_.cdn.any() || !options_.feed.address.empty())
    traffic_ = std::make_unique<Traffic>(clock_, metrics_);
  if (options_.cdn.any()) {
    cdn_ = TRY(CdnSide::start(options_.cdn, TRY(health_resolvers(options_.health.resolvers, disk_)), world(),
                              &traffic_->requests()));
    dns_->also_publish_locations([this](auto next) { cdn_->engine().publish_locations(std::move(next)); });
  }
  if (cdn_ || !options_.feed.address.empty())
    cdn_control_ = std::make_unique<CdnControl>(*store_, *secrets_, cdn_.get(), logger_, metrics_);

  const auto secondaries = TRY(secondary_options());
  // Snapshots that were compiled with other options, here or at edges, are as good as those of another store.
  const bool as_before =
      disk_.read(compiled_with_path()).value_or(compiled_with({})) == compiled_with(secondaries);
  const auto identity = TRY(settle_identity(
      *store_, random_, as_before ? service().store() : snapshots::StoreId{}, service().latest().revision()));
  service().set_store(identity.id);
  publisher_ = std::make_unique<DnsPublisher>(service());
  if (!options_.feed.address.empty()) {
    const std::uint64_t newest = identity.is_new ? 0 : service().latest().revision();
    feed_ =
        TRY(FeedService::open(options_.feed, options_.data_dir, {identity.id, newest}, *publisher_, world()));
    publisher_->set_feed(&feed_->server());
    cdn_control_->publisher().set_feed(&feed_->serve_distributions(identity.id, cdn_control_->publisher()));
  }
  health_ = std::make_unique<HealthControl>(*store_, dns_->health(), feed_ ? &feed_->server() : nullptr,
                                            series_.get(), options_.data_dir,
                                            TRY(health_probing(options_, disk_)), world());
  TRY(health_->start());
  watcher_ = std::make_unique<compilers::dns::DnsWatcher>(*store_, *publisher_, clock_, logger_, metrics_,
                                                          secondaries);
  acknowledgements_ = std::make_unique<WatcherAcknowledgements>(*watcher_);
  services::route53::Quotas quotas;
  quotas.record_sets_max = options_.records_per_zone_max;
  quotas.health_checks_max = options_.health_checks_max;
  quotas.traffic_policies_max = options_.traffic_policies_max;
  quotas.traffic_policy_instances_max = options_.traffic_policy_instances_max;
  dns_answers_ = std::make_unique<EngineAnswers>(dns_->engine(), random_);
  services_ = std::make_unique<Services>(
      *store_, *series_, *logs_, *streams_, *secrets_, alarms_->actions(), *objects_, clock_, random_,
      *acknowledgements_, *dns_answers_, quotas,
      options_.private_health_checks ? services::route53::HealthCheckTargets::Any
                                     : services::route53::HealthCheckTargets::Public,
      query_logs_ ? services::route53::QueryLogDelivery::Here : services::route53::QueryLogDelivery::Absent,
      health_->observations(), cdn_control_.get(),
      services::cloudfront::Settings{.distributions_max = options_.distributions_max});
  TRY(services_->s3.tidy());
  diffs_ = std::make_unique<DiffService>(
      DiffParts{*store_, services_->route53, dns_->engine(), dns_->health().table(), random_, clock_});
  if (const auto& suspect = service().suspect())
    (void)watcher_->take_back(suspect->zone_id, suspect->since, suspect->seen, suspect->why);
  TRY(watcher_->start(identity.is_new));
  TRY(disk_.replace(compiled_with_path(), as_bytes(compiled_with(secondaries))));
  if (options_.example) TRY(make_example_world(services_->route53.real(), account_id(), clock_));

  zone_metrics_ = std::make_unique<ZoneMetrics>([this] { return dns_->engine().zone_queries(); }, *store_,
                                                *series_, logger_);
  zone_metrics_->start(alarms_->loop().loop());
  alarms_->start();
  certificates_ =
      TRY(CertificateControl::open({*store_, *secrets_, dns_->engine(), services_->route53.real(),
                                    TRY(health_resolvers(options_.health.resolvers, disk_)), world()},
                                   options_.data_dir, options_.certificates));
  lifecycles_ = std::make_unique<LifecycleControl>(*store_, services_->s3, world());
  bucket_metrics_ = std::make_unique<BucketMetrics>(*store_, *series_, logger_);
  bucket_metrics_->start(lifecycles_->loop());
  lifecycles_->start();
  TRY(start_api());
  if (traffic_) TRY(start_traffic());
  if (cdn_control_) {
    cdn_secrets_ = std::make_unique<CdnSecrets>(
        CdnSecrets::Parts{*store_, *secrets_, certificates_->local_authority(),
                          TRY(services::iam::service_key(*store_, random_, ServiceSigner::kPrincipal)),
                          certificates_->loop(), world()});
    TRY(cdn_secrets_->start());
    ServiceAddresses addresses = TRY(served_addresses());
    if (feed_) {
      edge_locations_ = TRY(feed_->locate_edges(addresses.locations));
      addresses.locations = edge_locations_->now();
    }
    const auto stand_ins = TRY(own_stand_ins(options_.own_origins, api_addresses_, website_addresses_));
    TRY(cdn_control_->start(stand_ins, std::move(addresses)));
    if (cdn_) TRY(cdn_->engine().begin());
    if (edge_locations_)
      edge_locations_->start(
          [this, advice = advice_of(stand_ins, options_.feed.address)](auto locations) mutable {
            if (!advice.empty()) logger_.warn("cdn", std::exchange(advice, {}));  // once
            cdn_control_->set_locations(std::move(locations));
          },
          [this](const auto& map) { cdn_control_->set_tiers(map); });
  }
  TRY(certificates_->start());
  if (feed_) {
    feed_->server().on_crash([this](const std::string& edge, const snapshots::feed::Crash& crash) {
      return watcher_->take_back(crash.zone_id, crash.since, crash.seen,
                                 fmt::format("edge '{}': {}", edge, crash.why));
    });
    feed_address_ = TRY(feed_->listen(options_.feed.address));
  }
  TRY(start_admin());
  TRY(privileges_.give_up());
  advice_ = socket_advice();
  tell(advice_, logger_, metrics_);
  ready_ = true;
  TRY(disk_.replace(endpoints_path(), as_bytes(endpoints_json(facts()))));
  dns_->work_on(operator_.loop());
  std::vector<Watchdog::Watched> loops{{"api", &api_loop_->loop()}, {"alarms", &alarms_->loop().loop()}};
  if (feed_) loops.push_back({"feed", &feed_->loop()});
  if (health_->probe_loop()) loops.push_back({"health", &health_->probe_loop()->loop()});
  dns_->add_loops(loops);
  if (cdn_) cdn_->add_loops(loops);
  operator_.watch(std::move(loops), [this] { return ready_ ? dns_->state() : ""; });
  operator_.manager().status(dns_->state());
  operator_.manager().ready();
  return {};
}

// Of a form's policy; the front door knows the signers of requests.
std::optional<aws::AccessKey> Server::signer(std::string_view access_key_id) const {
  if (options_.dev) return aws::development_key(access_key_id);
  if (auto key = credentials_->find(access_key_id)) return key;
  return user_credentials_->find(access_key_id);
}

// What secondaries need, of this process or of the edges.
Result<compilers::dns::SecondaryOptions> Server::secondary_options() const {
  compilers::dns::SecondaryOptions secondaries;
  const std::string& catalog = options_.control ? options_.catalog_zone : options_.transfer.catalog_zone;
  if (!catalog.empty()) secondaries.catalog_apex = TRY(dns::Name::parse(catalog)).lower().wire();
  secondaries.revision_serials =
      options_.secondaries || !options_.transfer.transfer_to.empty() || !catalog.empty();
  return secondaries;
}

std::string Server::compiled_with(const compilers::dns::SecondaryOptions& secondaries) {
  return fmt::format("serials: {}\ncatalog: {}\n", secondaries.revision_serials ? "revision" : "as written",
                     to_hex(as_bytes(secondaries.catalog_apex)));
}

Result<void> Server::start_api() {
  api_loop_ = std::make_unique<LoopThread>(net::make_loop(), "api");
  aws::FrontDoorOptions door;
  door.development = options_.dev;
  door.threads = options_.call_workers;
  door.audits = options_.log_level <= LogLevel::Info;
  auto services = services_->all();
  services_->s3.set_website_domains(options_.website.domains);
  services_->s3.set_form_signers({[this](std::string_view id) { return signer(id); }, !options_.dev});
  user_credentials_ = std::make_unique<services::iam::StoredCredentials>(*store_);
  authority_ = std::make_unique<services::iam::PolicyAuthority>(*store_);
  door.authority = authority_.get();
  front_door_ = std::make_unique<aws::FrontDoor>(
      aws::FrontDoorParts{api_loop_->loop(), clock_, random_, logger_, metrics_}, services,
      std::vector<const aws::Credentials*>{credentials_.get(), user_credentials_.get()}, door);
  for (const net::Address& address : TRY(parse_addresses(options_.api)))
    api_addresses_.push_back(TRY(front_door_->listen(address)));
  for (const net::Address& address : TRY(parse_addresses(options_.website.addresses)))
    website_addresses_.push_back(TRY(front_door_->listen_for_websites(address)));
  if (!options_.api_tls.empty()) {
    const CertificateFiles files{options_.data_dir + "/api-certificate.pem",
                                 options_.data_dir + "/api-key.pem",
                                 {"localhost", "*.localhost", "*.s3.localhost", "127.0.0.1", "::1"}};
    const auto own = TRY(ServerCertificate::open(disk_, clock_, files, {"http/1.1"}));
    api_certificates_ = TRY(ApiCertificates::open(*store_, *secrets_, logger_, certificates_->loop(),
                                                  own->now_served(), options_.certificates.api));
    TRY(api_certificates_->start());
    const auto tls = TRY(net::make_tls_server_context(
        {.certificates = api_certificates_->published(), .protocols = {"http/1.1"}}));
    for (const net::Address& address : TRY(parse_addresses(options_.api_tls)))
      api_tls_addresses_.push_back(TRY(front_door_->listen(address, tls)));
  } else {
    TRY(forget_use_by_api(*store_, {}));
  }
  api_loop_->start();
  return {};
}

Result<void> Server::start_traffic() {
  std::vector<std::unique_ptr<TrafficReader>> readers;
  readers.push_back(std::make_unique<DistributionMetrics>(*series_, logger_));
  auto logs = std::make_unique<StandardLogs>(world(), options_.data_dir,
                                             std::make_unique<S3LogBucket>(services_->s3, clock_));
  TRY(logs->start());
  readers.push_back(std::move(logs));
  auto realtime = std::make_unique<RealtimeLogs>(*store_, streams_->shards(), random_, logger_, metrics_);
  TRY(realtime->start());
  readers.push_back(std::move(realtime));
  traffic_->start(std::move(readers));
  if (!feed_) return {};
  edge_requests_ = std::make_unique<EdgeRequests>(
      feed_->distributions(), *traffic_,
      [this](std::string_view id) { return cdn_control_->publisher().find(id); }, logger_, metrics_);
  feed_->distributions().listen_to_requests(*edge_requests_);
  return {};
}

Result<void> Server::start_admin() {
  AdminSources sources;
  sources.ready = [this]() -> Result<void> {
    // Ready is set once DNS has caught up; a lag since then is for metrics, not for a reason to stop sending
    // clients.
    if (!ready_) return fail(ErrorCode::Unavailable, "starting, or ending");
    return {};
  };
  sources.status = [this](Output output) { return describe(facts(), output); };
  if (feed_) sources.edges = [this](Output output) { return feed_->describe(output, health_->checkers()); };
  sources.diff_dns = [this](std::string body, Output output, http::Responder responder) {
    diffs_->answer(std::move(body), output, std::move(responder));
  };
  dns_->show(sources);
  if (cdn_) cdn_->show(sources);
  sources.health_checks = [this](Output output) { return health_->describe(output); };
  sources.explain_health = [this](std::string_view id, Output output) {
    return health_->explain(id, output);
  };
  sources.explain_s3 = [this](const ExplainS3Query& query, Output output) {
    return explain_s3(services_->s3, query, clock_, account_id(), output);
  };
  sources.say_health = [this](std::string_view id, std::string_view words) {
    return health_->say(id, words);
  };
  sources.take_back_health = [this](std::string_view id) { return health_->take_back(id); };
  admin_address_ = TRY(operator_.start(options_.admin, std::move(sources)));
  return {};
}

Result<ServiceAddresses> Server::served_addresses() const {
  const auto known = [](std::vector<net::IpAddress>& out, const std::vector<net::Address>& addresses) {
    for (const net::Address& address : addresses)
      if (!is_unspecified(address.ip) && std::ranges::find(out, address.ip) == out.end())
        out.push_back(address.ip);
  };
  ServiceAddresses out;
  if (cdn_)
    for (const snapshots::feed::ServedAt& at : TRY(served_at(*cdn_, *dns_)))
      out.locations.push_back(located(at));
  known(out.s3_website, website_addresses_);
  return out;
}

std::vector<Advice> Server::socket_advice() const {
  std::vector<net::Address> others = api_addresses_;
  others.insert(others.end(), api_tls_addresses_.begin(), api_tls_addresses_.end());
  others.insert(others.end(), website_addresses_.begin(), website_addresses_.end());
  return dns_->advice(others);
}

StatusFacts Server::facts() const {
  const engines::dns::DnsEngine& engine = dns_->engine();
  StatusFacts facts;
  std::error_code unknown;
  facts.program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (unknown) facts.program = "meridian";
  facts.api = api_addresses_;
  facts.api_tls = api_tls_addresses_;
  facts.website = website_addresses_;
  if (cdn_) {
    facts.cdn = cdn_->addresses();
    facts.cdn_tls = cdn_->tls_addresses();
  }
  facts.dns = engine.addresses();
  facts.dns_tls = engine.tls_addresses();
  facts.feed = feed_address_;
  facts.admin = admin_address_;
  facts.data_dir = std::filesystem::absolute(options_.data_dir);  // read in other terminals
  facts.account_id = account_id();
  facts.dev = options_.dev;
  facts.private_health_checks = options_.private_health_checks;
  facts.started = format_iso8601(started_);
  facts.uptime_s = std::chrono::duration<double>(clock_.now() - started_).count();
  facts.store_revision = store_->revision();
  facts.served_revision = service().served_revision();
  facts.zones = service().zone_count();
  facts.dns_workers = engine.workers();
  if (ready_) facts.advice = advice_;
  if (health_) facts.health = health_->counts();
  if (watcher_) facts.quarantined = watcher_->quarantined();
  return facts;
}

// Calls under way are finished, new ones refused; DNS answers to the end.
void Server::drain() {
  ready_ = false;
  operator_.manager().stopping();
  (void)disk_.remove(endpoints_path());
  std::promise<void> drained;
  api_loop_->loop().post([&] { front_door_->drain([&] { drained.set_value(); }); });
  if (drained.get_future().wait_for(kDrainTimeMax) != std::future_status::ready)
    logger_.warn("serve", "calls were still under way at the end");
  stop_loops();
  dns_->health().save();
}

void Server::stop_loops() {
  if (query_logs_) query_logs_->stop();
  if (api_loop_) api_loop_->stop();
  if (certificates_) certificates_->stop();
  if (lifecycles_) lifecycles_->stop();
  if (alarms_) alarms_->stop();
  if (health_) health_->stop();
  if (feed_) feed_->stop();
  if (cdn_) cdn_->engine().stop();
  if (traffic_) traffic_->stop();
  operator_.stop();
}

}  // namespace

int serve(const ServeOptions& options, const Clock& clock, Random& random, Disk& disk) {
  return run_server(options, options, [&](Privileges privileges) {
    return std::make_unique<Server>(options, clock, random, disk, privileges);
  });
}

}  // namespace meridian::apps
