#include "apps/serve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>
#include <thread>

#include "apps/admin.h"
#include "apps/dns_limits.h"
#include "apps/dns_service.h"
#include "apps/example_world.h"
#include "apps/loop_thread.h"
#include "apps/privileges.h"
#include "apps/query_log.h"
#include "apps/server_certificate.h"
#include "apps/service_manager.h"
#include "apps/services.h"
#include "apps/socket_advice.h"
#include "apps/status.h"
#include "apps/stop_signals.h"
#include "apps/transfer_settings.h"
#include "apps/watchdog.h"
#include "aws/front_door.h"
#include "aws/identity.h"
#include "base/metrics.h"
#include "compilers/dns/watcher.h"
#include "services/iam/credentials.h"
#include "store/embedded/directory_lock.h"
#include "store/embedded/embedded_store.h"

namespace meridian::apps {
namespace {

constexpr Duration kDrainTimeMax = std::chrono::seconds(10);
constexpr Duration kWatchdogTimeout = std::chrono::seconds(20);  // where no service manager names one
constexpr unsigned kDnsWorkersMax = 8;                           // by default; --dns-workers may ask for more

// Sockets and the store's files: as many as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::vector<net::Address>> parse_addresses(const std::vector<std::string>& texts) {
  std::vector<net::Address> out;
  for (const std::string& text : texts) out.push_back(TRY(net::Address::parse(text)));
  return out;
}

// All of a running server. Members stand in the order in which they are made; they go in the opposite one,
// when no loop runs any more.
class Server {
 public:
  Server(const ServeOptions& options, const Clock& clock, Random& random, Disk& disk, Privileges privileges)
      : options_(options),
        clock_(clock),
        random_(random),
        disk_(disk),
        privileges_(privileges),
        logger_(clock, STDERR_FILENO, options.log_format, options.log_level) {
    Gauge& dropped =
        metrics_.gauge("meridian_log_lines_dropped", "Log lines lost to a full queue since the start.");
    metrics_.on_scrape([this, &dropped] { dropped.set(static_cast<double>(logger_.dropped())); });
  }
  ~Server() { stop_loops(); }

  Result<void> start();
  void drain();
  void reopen_logs() {
    if (query_log_) query_log_->reopen();
  }
  StatusFacts facts() const;

 private:
  Result<void> start_api();
  Result<void> start_admin();
  void watch_certificate();
  std::vector<Advice> socket_advice() const;
  void start_watchdog();
  void stop_loops();
  std::string state() const {
    return fmt::format("serving {} zones at revision {}", dns_->zone_count(), dns_->served_revision());
  }
  // Whose the calls are that a reader of the banner will make.
  std::string account_id() const {
    return options_.dev ? aws::development_key("").account_id : credentials_->first().account_id;
  }
  compilers::dns::SecondaryOptions secondary_options();
  static std::string compiled_with(const compilers::dns::SecondaryOptions& secondaries);
  std::string compiled_with_path() const { return options_.data_dir + "/dns/compiled-with"; }
  std::string endpoints_path() const { return options_.data_dir + "/endpoints.json"; }

  const ServeOptions& options_;
  const Clock& clock_;
  Random& random_;
  Disk& disk_;
  Privileges privileges_;
  ServiceManager manager_{ServiceManager::environment()};
  Metrics metrics_;
  Logger logger_;
  std::optional<store::DirectoryLock> dns_lock_;
  std::unique_ptr<ServerCertificate> dns_certificate_;  // null: no DNS over TLS
  std::unique_ptr<engines::dns::query_log::QueryLog> query_log_;
  std::unique_ptr<DnsService> dns_;
  std::unique_ptr<store::EmbeddedStore> store_;
  std::unique_ptr<aws::CredentialsFile> credentials_;
  std::unique_ptr<compilers::dns::DnsWatcher> watcher_;
  std::unique_ptr<services::route53::Acknowledgements> acknowledgements_;
  std::unique_ptr<aws::Credentials> user_credentials_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<LoopThread> api_loop_, admin_loop_;
  std::unique_ptr<aws::FrontDoor> front_door_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<http::Server> admin_server_;
  std::unique_ptr<Watchdog> watchdog_;
  std::unique_ptr<CertificateWatch> certificate_watch_;
  std::vector<net::Address> api_addresses_, api_tls_addresses_;
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
  // Before anything is touched: the files may belong to a server that runs.
  dns_lock_.emplace(TRY(store::DirectoryLock::take(options_.data_dir + "/dns")));
  TRY(disk_.remove(endpoints_path()));

  // DNS first: it answers from its last snapshot before anything else is open.
  DnsServiceOptions dns;
  dns.directory = options_.data_dir + "/dns";
  dns.addresses = TRY(parse_addresses(options_.dns));
  dns.workers = options_.dns_workers ? options_.dns_workers
                                     : std::clamp(std::thread::hardware_concurrency(), 1u, kDnsWorkersMax);
  dns.nsid = options_.nsid;
  dns.receive_buffer_bytes = options_.dns_receive_buffer;
  dns.pin_workers = options_.dns_pin_workers;
  if (!options_.no_canary) dns.canary_program = "/proc/self/exe";
  TRY(set_limits(dns, options_.dns_limits));
  if (!options_.dns_tls.addresses.empty()) {
    dns_certificate_ = TRY(open_dns_certificate(options_.dns_tls, options_.data_dir, disk_, clock_));
    dns.tls_addresses = TRY(parse_addresses(options_.dns_tls.addresses));
    dns.tls = dns_certificate_->context();
  }
  query_log_ = TRY(make_query_log(options_.query_log, options_.nsid, dns.workers,
                                  {clock_, random_, disk_, logger_, metrics_}));
  dns.query_log = query_log_.get();
  if (query_log_) query_log_->start();
  dns.transfer = TRY(read_transfer_settings(options_.transfer, disk_));
  dns_ = TRY(DnsService::start(dns, clock_, random_, disk_, logger_, metrics_));
  manager_.status(
      fmt::format("answering from disk at revision {}; opening the store", dns_->served_revision()));

  store_ = TRY(store::EmbeddedStore::open({.directory = options_.data_dir + "/store",
                                           .clock = clock_,
                                           .logger = &logger_,
                                           .metrics = &metrics_}));
  credentials_ = std::make_unique<aws::CredentialsFile>(
      TRY(aws::CredentialsFile::open_or_create(disk_, options_.data_dir + "/credentials", random_)));

  const compilers::dns::SecondaryOptions secondaries = secondary_options();
  watcher_ =
      std::make_unique<compilers::dns::DnsWatcher>(*store_, *dns_, clock_, logger_, metrics_, secondaries);
  acknowledgements_ = std::make_unique<WatcherAcknowledgements>(*watcher_);
  services::route53::Quotas quotas;
  quotas.record_sets_max = options_.records_per_zone_max;
  services_ = std::make_unique<Services>(*store_, clock_, random_, *acknowledgements_, quotas);
  if (const auto& suspect = dns_->suspect())
    watcher_->take_back(suspect->zone_id, suspect->since, suspect->seen, suspect->why);
  TRY(watcher_->start());
  TRY(disk_.replace(compiled_with_path(), as_bytes(compiled_with(secondaries))));
  if (options_.example) TRY(make_example_world(services_->route53, account_id(), clock_));

  TRY(start_api());
  TRY(start_admin());
  TRY(privileges_.give_up());
  advice_ = socket_advice();
  tell(advice_, logger_, metrics_);
  ready_ = true;
  TRY(disk_.replace(endpoints_path(), as_bytes(endpoints_json(facts()))));
  watch_certificate();
  start_watchdog();
  manager_.status(state());
  manager_.ready();
  return {};
}

// The snapshot on disk is of use only when it was compiled with the same options.
compilers::dns::SecondaryOptions Server::secondary_options() {
  compilers::dns::SecondaryOptions secondaries;
  secondaries.revision_serials = !options_.transfer.transfer_to.empty();
  if (const auto name = dns::Name::parse(options_.transfer.catalog_zone))
    secondaries.catalog_apex = name->lower().wire();
  secondaries.afresh =
      disk_.read(compiled_with_path()).value_or(compiled_with({})) != compiled_with(secondaries);
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
  auto services = services_->all();
  user_credentials_ = std::make_unique<services::iam::StoredCredentials>(*store_);
  front_door_ = std::make_unique<aws::FrontDoor>(
      aws::FrontDoorParts{api_loop_->loop(), clock_, random_, logger_, metrics_}, services,
      std::vector<const aws::Credentials*>{credentials_.get(), user_credentials_.get()}, door);
  for (const net::Address& address : TRY(parse_addresses(options_.api)))
    api_addresses_.push_back(TRY(front_door_->listen(address)));
  if (!options_.api_tls.empty()) {
    const CertificateFiles files{options_.data_dir + "/api-certificate.pem",
                                 options_.data_dir + "/api-key.pem",
                                 {"localhost", "*.localhost", "127.0.0.1", "::1"}};
    const auto certificate = TRY(ServerCertificate::open(disk_, clock_, files, {"http/1.1"}))->context();
    for (const net::Address& address : TRY(parse_addresses(options_.api_tls)))
      api_tls_addresses_.push_back(TRY(front_door_->listen(address, certificate)));
  }
  api_loop_->start();
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
  sources.explain_dns = [this](std::string_view name, std::string_view type, std::string_view from,
                               Output output) -> Result<std::string> {
    auto asked = TRY(dns::Name::parse(name));
    auto kind = dns::parse_type(type.empty() ? "A" : type);
    if (!kind) return invalid(fmt::format("'{}' is not a record type", type));
    net::Address client;
    client.ip = TRY(net::IpAddress::parse(from.empty() ? "127.0.0.1" : from));
    auto trace = TRY(dns_->engine().explain(asked, *kind, client));
    return output == Output::Json ? trace.to_json() + "\n" : trace.to_text();
  };
  sources.busiest = [this](Output output) { return describe(dns_->engine().busiest(), output); };
  admin_loop_ = std::make_unique<LoopThread>(net::make_loop(), "admin");
  admin_ = std::make_unique<Admin>(metrics_, std::move(sources));
  admin_server_ =
      std::make_unique<http::Server>(admin_loop_->loop(), *admin_, http::ServerLimits{}, metrics_, "admin");
  admin_address_ = TRY(admin_server_->listen(TRY(net::Address::parse(options_.admin)), {}, nullptr));
  admin_loop_->start();
  return {};
}

void Server::watch_certificate() {
  if (!dns_certificate_) return;
  admin_loop_->run([&] {
    certificate_watch_ = std::make_unique<CertificateWatch>(
        admin_loop_->loop(), *dns_certificate_, logger_, metrics_,
        [this](std::shared_ptr<net::TlsServerContext> tls) { dns_->engine().replace_tls(std::move(tls)); });
  });
}

std::vector<Advice> Server::socket_advice() const {
  SocketFacts facts;
  facts.receive_buffer_asked = options_.dns_receive_buffer;
  facts.receive_buffer_granted = dns_->engine().receive_buffer_bytes();
  facts.backlog = net::ListenOptions{}.backlog;
  for (const auto* addresses : {&dns_->engine().addresses(), &api_addresses_, &api_tls_addresses_})
    for (const net::Address& address : *addresses) facts.reachable |= !address.ip.is_loopback();
  observe_system(facts);
  return advise(facts);
}

void Server::start_watchdog() {
  std::vector<Watchdog::Watched> loops{{"api", &api_loop_->loop()}};
  for (unsigned i = 0; i < dns_->engine().workers(); ++i)
    loops.push_back({fmt::format("dns-{}", i), &dns_->engine().loop(i)});
  Gauge& stuck_loops =
      metrics_.gauge("meridian_stuck_loops", "Threads that did not turn in the last period of the watchdog.");
  // Half of what the service manager waits for, so that one late turn does not end the server.
  const Duration period = manager_.watchdog_timeout().value_or(kWatchdogTimeout) / 2;
  admin_loop_->run([&] {
    watchdog_ = std::make_unique<Watchdog>(
        admin_loop_->loop(), std::move(loops), period,
        [this, &stuck_loops](const std::vector<std::string>& stuck) {
          stuck_loops.set(static_cast<double>(stuck.size()));
          for (const std::string& name : stuck)
            logger_.error("watchdog", "a thread does not turn", {{"thread", name}});
          if (!stuck.empty()) return;
          manager_.alive();
          if (ready_) manager_.status(state());
        });
  });
}

StatusFacts Server::facts() const {
  StatusFacts facts;
  std::error_code unknown;
  facts.program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (unknown) facts.program = "meridian";
  facts.api = api_addresses_;
  facts.api_tls = api_tls_addresses_;
  facts.dns = dns_->engine().addresses();
  facts.dns_tls = dns_->engine().tls_addresses();
  facts.admin = admin_address_;
  facts.data_dir = std::filesystem::absolute(options_.data_dir);  // read in other terminals
  facts.account_id = account_id();
  facts.dev = options_.dev;
  facts.started = format_iso8601(started_);
  facts.uptime_s = std::chrono::duration<double>(clock_.now() - started_).count();
  facts.store_revision = store_->revision();
  facts.served_revision = dns_->served_revision();
  facts.zones = dns_->zone_count();
  facts.dns_workers = dns_->engine().workers();
  if (ready_) facts.advice = advice_;
  if (watcher_) facts.quarantined = watcher_->quarantined();
  return facts;
}

// Calls under way are finished, new ones refused; DNS answers to the end.
void Server::drain() {
  ready_ = false;
  manager_.stopping();
  (void)disk_.remove(endpoints_path());
  std::promise<void> drained;
  api_loop_->loop().post([&] { front_door_->drain([&] { drained.set_value(); }); });
  if (drained.get_future().wait_for(kDrainTimeMax) != std::future_status::ready)
    logger_.warn("serve", "calls were still under way at the end");
  stop_loops();
}

void Server::stop_loops() {
  if (api_loop_) api_loop_->stop();
  if (admin_loop_) admin_loop_->stop();
}

}  // namespace

int serve(const ServeOptions& options, const Clock& clock, Random& random, Disk& disk) {
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  auto refused = [](const Error& error) {
    fmt::print(stderr, "meridian: {}\n", error.message);
    return 1;
  };
  auto privileges = Privileges::take_on(options.user, options.data_dir);
  if (!privileges) return refused(privileges.error());
  StopSignals signals(has_log_files(options.query_log));
  Server server(options, clock, random, disk, *privileges);
  if (auto started = server.start(); !started) return refused(started.error());
  signals.serving([&server] { server.reopen_logs(); });
  fmt::print(options.query_log.file == "-" ? stderr : stdout, "{}", banner(server.facts(), options.example));
  std::fflush(stdout);
  signals.wait();
  server.drain();
  return 0;
}

}  // namespace meridian::apps
