#include "apps/dns_service.h"

namespace meridian::apps {

using snapshots::dns::Delta;
using snapshots::dns::DnsDiskLog;
using snapshots::dns::DnsSnapshot;

DnsService::DnsService(engines::dns::DnsEngineOptions options, DnsDiskLog::Opened opened,
                       std::unique_ptr<DnsTransfer> transfer, const Clock& clock, Random& random,
                       Logger& logger, Metrics& metrics)
    : logger_(logger),
      disk_failures_(metrics.counter("meridian_dns_snapshot_write_failures_total",
                                     "Snapshots that could not be kept on disk; serving is not affected.")),
      clock_(clock),
      disk_log_(std::move(opened.log)),
      transfer_(std::move(transfer)),
      store_(opened.store),
      engine_(std::move(options), std::move(opened.snapshot), clock, random, metrics, net::make_loop) {}

Result<std::unique_ptr<DnsService>> DnsService::start(DnsServiceOptions options, const Clock& clock,
                                                      Random& random, Disk& disk, Logger& logger,
                                                      Metrics& metrics) {
  auto opened = TRY(DnsDiskLog::open(disk, options.directory, random, options.health_table));
  // Not having one is no reason not to answer.
  auto crash_record = engines::dns::CrashRecord::open(options.directory + "/crash");
  if (!crash_record)
    logger.warn("dns", "a crash would leave no record", {{"why", crash_record.error().message}});
  const auto suspect = crash_record ? (*crash_record)->suspect(*opened.snapshot) : std::nullopt;
  if (const std::string death = crash_record ? (*crash_record)->previous() : ""; !death.empty())
    logger.error("dns", death, {{"suspect", suspect ? suspect->zone_id : "none"}});
  if (suspect) {
    opened.log.reset();
    opened = TRY(DnsDiskLog::open_without({suspect->zone_id, suspect->since}, disk, options.directory, random,
                                          options.health_table));
  }
  for (const std::string& warning : opened.warnings)
    logger.warn("dns", "snapshot on disk", {{"why", warning}});
  engines::dns::DnsEngineOptions engine;
  engine.addresses = options.addresses;
  engine.workers = options.workers;
  engine.identity.nsid = options.nsid;
  engine.receive_buffer_bytes = options.receive_buffer_bytes;
  engine.pin_workers = options.pin_workers;
  engine.limits = options.limits;
  engine.tcp = options.tcp;
  engine.tls_addresses = options.tls_addresses;
  engine.tls = options.tls;
  engine.tls_limits.connections_max = options.tcp.connections_max;
  engine.tls_limits.connections_per_prefix_max = options.tcp.connections_per_prefix_max;
  engine.query_log = options.query_log;
  random.fill(engine.identity.cookie_secret);
  std::unique_ptr<DnsTransfer> transfer;
  if (options.transfer) {
    transfer =
        std::make_unique<DnsTransfer>(*options.transfer, *opened.snapshot, clock, random, logger, metrics);
    engine.transfers = &transfer->transfers();
  }
  std::unique_ptr<DnsService> service(new DnsService(std::move(engine), std::move(opened),
                                                     std::move(transfer), clock, random, logger, metrics));
  if (crash_record) service->crash_record_ = *std::move(crash_record);
  service->suspect_ = suspect;
  if (service->crash_record_) service->crash_record_->begin(suspect);
  service->zone_count_ = service->latest().zone_count();
  service->revision_ = service->latest().revision();
  if (options.locations) service->engine_.publish_locations(std::move(options.locations));
  TRY(service->engine_.start());
  if (service->transfer_) TRY(service->transfer_->start(service->engine_));
  if (options.canary_program.empty()) return service;
  service->canary_ = std::make_unique<engines::dns::Canary>(
      options.canary_program, [&engine = service->engine_] { return encode_image(engine.latest()); }, clock,
      logger, metrics);
  service->canary_->start();
  return service;
}

DnsService::~DnsService() {
  if (transfer_) transfer_->stop();
}

Result<void> DnsService::examine(const Delta& delta) {
  return canary_ ? canary_->examine(delta) : Result<void>{};
}

void DnsService::set_store(const snapshots::StoreId& store) {
  store_ = store;
  disk_log_->set_store(store);
}

void DnsService::publish(const Delta& delta, std::unique_ptr<const DnsSnapshot> next) {
  if (crash_record_) crash_record_->took(delta, clock_.now());
  zone_count_ = next->zone_count();
  if (transfer_) transfer_->publish(delta, *next);
  revision_.store(next->revision(), std::memory_order_release);
  engine_.publish(std::move(next));
  if (transfer_) transfer_->published(delta.to);
  if (canary_) canary_->keep();
  // After the engine: the disk is for the next start, and nobody waits for it.
  auto kept = disk_log_->append(delta, engine_.latest());
  if (!kept) {
    disk_failures_.add();
    logger_.error("dns", "the snapshot cannot be kept on disk", {{"why", kept.error().message}});
  }
}

}  // namespace meridian::apps
