#include "apps/dns_transfer.h"

#include <algorithm>

namespace meridian::apps {
namespace {

using engines::dns::transfer::ChangedZone;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::DnsZone;

// Where DNS listens, when that is one address: what secondaries know us by.
std::optional<net::IpAddress> source(const std::vector<net::Address>& addresses, bool v4) {
  const auto found = std::ranges::find_if(addresses, [v4](const net::Address& address) {
    const bool any = address.ip.bytes().find_first_not_of('\0') == std::string_view::npos;
    return address.ip.is_v4() == v4 && !any;
  });
  if (found == addresses.end()) return std::nullopt;
  return found->ip;
}

}  // namespace

DnsTransfer::DnsTransfer(const TransferSettings& settings, const DnsSnapshot& first, const Clock& clock,
                         Random& random, Logger& logger, Metrics& metrics)
    : settings_(settings),
      clock_(clock),
      random_(random),
      logger_(logger),
      metrics_(metrics),
      transfers_(settings.transfer, first, clock, logger, metrics) {}

DnsTransfer::~DnsTransfer() {
  stop();
}

Result<void> DnsTransfer::start(engines::dns::DnsEngine& engine) {
  if (settings_.notify.empty()) return {};
  engines::dns::transfer::NotifierOptions options;
  options.targets = settings_.notify;
  options.keys = settings_.transfer.keys;
  options.source_v4 = source(engine.addresses(), true);
  options.source_v6 = source(engine.addresses(), false);
  loop_ = std::make_unique<LoopThread>(net::make_loop(), "dns-notify");
  notifier_ = std::make_unique<engines::dns::transfer::Notifier>(
      loop_->loop(), std::move(options), [&engine] { return engine.served_revision(); }, clock_, random_,
      logger_, metrics_);
  TRY(notifier_->start());
  engine.latest().for_each_zone(
      [&](const DnsZone& zone) { changed_.push_back(engines::dns::transfer::changed_zone(zone)); });
  published(engine.latest().revision());
  loop_->start();
  return {};
}

void DnsTransfer::stop() {
  if (loop_) loop_->stop();
}

void DnsTransfer::publish(const snapshots::dns::Delta& delta, const DnsSnapshot& next) {
  changed_ = transfers_.publish(delta, next);
}

void DnsTransfer::published(std::uint64_t revision) {
  if (notifier_) notifier_->changed(std::move(changed_), revision);
  changed_.clear();
}

}  // namespace meridian::apps
