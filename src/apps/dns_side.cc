#include "apps/dns_side.h"

#include <fmt/format.h>

#include <thread>

#include "apps/dns_limits.h"
#include "apps/explain_dns.h"
#include "apps/process.h"
#include "apps/query_log.h"
#include "apps/transfer_settings.h"

namespace meridian::apps {
namespace {

constexpr unsigned kDnsWorkersMax = 8;  // by default; --dns-workers may ask for more

}  // namespace

Result<std::unique_ptr<DnsSide>> DnsSide::start(const DnsServerOptions& options, const std::string& data_dir,
                                                const World& world, const MakeDestination& own_log) {
  DnsServiceOptions dns;
  dns.directory = data_dir + "/dns";
  std::unique_ptr<DnsSide> side(new DnsSide(TRY(DirectoryLock::take(dns.directory)), data_dir, world));
  dns.addresses = TRY(parse_addresses(options.dns));
  dns.workers = options.dns_workers ? options.dns_workers
                                    : std::clamp(std::thread::hardware_concurrency(), 1u, kDnsWorkersMax);
  dns.nsid = options.nsid.value_or("");
  dns.receive_buffer_bytes = side->receive_buffer_asked_ = options.dns_receive_buffer;
  dns.pin_workers = options.dns_pin_workers;
  if (!options.no_canary) dns.canary_program = "/proc/self/exe";
  TRY(set_limits(dns, options.dns_limits));
  if (!options.dns_tls.addresses.empty()) {
    side->certificate_ = TRY(open_dns_certificate(options.dns_tls, data_dir, world.disk, world.clock));
    dns.tls_addresses = TRY(parse_addresses(options.dns_tls.addresses));
    dns.tls = side->certificate_->context();
  }
  side->location_files_ = TRY(LocationFiles::open(options.locations, world.disk));
  if (!options.dns.empty()) {
    QueryLogOptions log = options.query_log;
    if (const auto* location = side->location_files_->edge_location(dns.addresses)) {
      if (log.edge_location.empty()) log.edge_location = location->code;
      world.metrics
          .gauge("meridian_edge_location_info", "The edge location of this server, for maps; always 1.",
                 {{"code", location->code},
                  {"latitude", fmt::format("{}", location->point.latitude)},
                  {"longitude", fmt::format("{}", location->point.longitude)}})
          .set(1);
    }
    side->query_log_ = TRY(make_query_log(log, dns.nsid, dns.workers, own_log, world));
  }
  dns.query_log = side->query_log_.get();
  if (side->query_log_) side->query_log_->start();
  dns.health_table = side->health_.table();
  dns.transfer = TRY(read_transfer_settings(options.transfer, world.disk));
  if (side->location_files_->any()) dns.locations = side->location_files_->locations();
  side->service_ = TRY(
      DnsService::start(std::move(dns), world.clock, world.random, world.disk, world.logger, world.metrics));
  return side;
}

DnsSide::~DnsSide() {
  if (location_loop_) location_loop_->stop();
}

std::string DnsSide::state() const {
  return fmt::format("serving {} zones at revision {}", service_->zone_count(), service_->served_revision());
}

void DnsSide::show(AdminSources& sources) {
  sources.explain_dns = [this](const ExplainDnsQuery& query, Output output) {
    return explain_dns(engine(), world_.random, query, output);
  };
  sources.health_checks = [this](Output output) { return health_.describe(output); };
  sources.busiest = [this](Output output) { return describe(engine().busiest(), output); };
}

std::vector<Advice> DnsSide::advice(std::span<const net::Address> others) const {
  SocketFacts facts;
  facts.receive_buffer_asked = receive_buffer_asked_;
  facts.receive_buffer_granted = service_->engine().receive_buffer_bytes();
  facts.backlog = net::ListenOptions{}.backlog;
  for (const auto addresses : {std::span<const net::Address>(service_->engine().addresses()), others})
    for (const net::Address& address : addresses) facts.reachable |= !address.ip.is_loopback();
  observe_system(facts);
  return advise(facts);
}

void DnsSide::add_loops(std::vector<Watchdog::Watched>& loops) {
  for (unsigned i = 0; i < engine().workers(); ++i)
    loops.push_back({fmt::format("dns-{}", i), &engine().loop(i)});
}

void DnsSide::also_publish_locations(PublishLocations publish) {
  also_publish_ = std::move(publish);
  if (location_files_->any()) also_publish_(location_files_->locations());
}

void DnsSide::watch_locations() {
  if (!location_files_->any()) return;
  location_loop_ = std::make_unique<LoopThread>(net::make_loop(), "locations");
  location_watch_ =
      std::make_unique<LocationWatch>(location_loop_->loop(), *location_files_, world_.logger, world_.metrics,
                                      [this](std::unique_ptr<const snapshots::location::Locations> next) {
                                        if (also_publish_) also_publish_(location_files_->locations());
                                        engine().publish_locations(std::move(next));
                                      });
  location_loop_->start();
}

void DnsSide::on_hangup() {
  if (query_log_) query_log_->reopen();
  if (location_loop_) location_loop_->loop().post([this] { location_watch_->look(true); });
}

void DnsSide::work_on(LoopThread& loop) {
  health_.save_on(loop);
  watch_locations();
  if (!certificate_) return;
  loop.run([&] {
    certificate_watch_ = std::make_unique<CertificateWatch>(
        loop.loop(), *certificate_, world_.logger, world_.metrics,
        [this](std::shared_ptr<net::TlsServerContext> tls) { engine().replace_tls(std::move(tls)); });
  });
}

}  // namespace meridian::apps
