#include "compilers/dns/quarantine.h"

#include <fmt/format.h>

#include "store/fields.h"

namespace meridian::compilers::dns {
namespace {

constexpr std::uint8_t kVersion = 1;

class Writer : public store::FieldWriter<Writer> {
 public:
  Writer() : FieldWriter(kVersion) {}
};

std::string encode(const QuarantinedZone& zone) {
  return Writer()
      .u8(static_cast<std::uint8_t>(zone.cause))
      .text(zone.name)
      .u64(zone.since)
      .u64(zone.tried)
      .text(zone.reason)
      .time(zone.at)
      .take();
}

std::string quarantine_key(std::string_view zone_id) {
  return std::string(kQuarantinePrefix).append(zone_id);
}
// The last revision first: keys sort by age.
std::string failed_key(const QuarantinedZone& zone) {
  return fmt::format("{}{:020}/{}/{}", kFailedPrefix, zone.tried, zone.since, zone.zone_id);
}

struct FailedKey {
  store::Revision last = 0, first = 0;
  std::string zone_id;
};
std::optional<FailedKey> parse_failed_key(std::string_view key) {
  key.remove_prefix(kFailedPrefix.size());
  FailedKey out;
  for (store::Revision* number : {&out.last, &out.first}) {
    auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), *number);
    const std::size_t size = static_cast<std::size_t>(end - key.data());
    if (error != std::errc{} || size == key.size() || *end != '/') return std::nullopt;
    key.remove_prefix(size + 1);
  }
  out.zone_id = key;
  return out;
}

}  // namespace

std::optional<QuarantinedZone> decode_quarantined(const store::KeyValue& item) {
  store::FieldReader in(item.value, kVersion);
  QuarantinedZone zone;
  const std::uint8_t cause = in.u8();
  if (cause > static_cast<std::uint8_t>(QuarantinedZone::Cause::Retry)) in.spoil();
  zone.cause = static_cast<QuarantinedZone::Cause>(cause);
  zone.zone_id = item.key.substr(kQuarantinePrefix.size());
  zone.name = in.text();
  zone.since = in.u64();
  zone.tried = in.u64();
  zone.reason = in.text();
  zone.at = in.time();
  auto read = in.finish(std::move(zone), "quarantine");
  return read ? std::optional(*std::move(read)) : std::nullopt;
}

Quarantine::Quarantine(store::Store& store, Logger& logger, Metrics& metrics)
    : store_(store),
      logger_(logger),
      zones_gauge_(metrics.gauge("meridian_dns_quarantined_zones",
                                 "Zones served in an older state because the newest breaks engines.")),
      failed_counter_(metrics.counter("meridian_dns_failed_changes_total",
                                      "Changes that were found to break engines and are not served.")) {}

Result<void> Quarantine::load() {
  const store::Range zones = TRY(store_.range(kQuarantinePrefix));
  const store::Range failed = TRY(store_.range(kFailedPrefix));
  std::lock_guard lock(mutex_);
  for (const store::KeyValue& item : zones.items)
    if (auto zone = decode_quarantined(item)) zones_.try_emplace(zone->zone_id, *zone);
  for (const store::KeyValue& item : failed.items) {
    failed_keys_.insert(item.key);
    if (auto key = parse_failed_key(item.key)) failed_.emplace(key->zone_id, Changes{key->first, key->last});
  }
  zones_gauge_.set(static_cast<double>(zones_.size()));
  return {};
}

std::optional<QuarantinedZone> Quarantine::find(const std::string& zone_id) const {
  std::lock_guard lock(mutex_);
  auto found = zones_.find(zone_id);
  return found == zones_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<QuarantinedZone> Quarantine::all() const {
  std::lock_guard lock(mutex_);
  std::vector<QuarantinedZone> out;
  for (const auto& [id, zone] : zones_) out.push_back(zone);
  return out;
}

bool Quarantine::holds_back(std::string_view zone_id, store::Revision revision) const {
  std::lock_guard lock(mutex_);
  if (auto zone = zones_.find(zone_id); zone != zones_.end() && revision >= zone->second.since) return true;
  auto [from, to] = failed_.equal_range(zone_id);
  return std::any_of(from, to, [revision](const auto& changes) {
    return changes.second.first <= revision && revision <= changes.second.second;
  });
}

Result<store::Revision> Quarantine::put(QuarantinedZone zone) {
  store::Transaction transaction;
  {
    std::lock_guard lock(mutex_);
    auto known = zones_.find(zone.zone_id);
    // While it lasts, only the change that began it is known to be at fault; later ones carry what it left.
    const bool begins = known == zones_.end();
    if (begins)
      remember(zone, transaction);
    else
      zone.since = std::min(zone.since, known->second.since);
    logger_.error(
        "dns",
        begins ? "a change breaks engines; its zone stays as it was before, in quarantine"
               : "a zone stays in quarantine",
        {{"zone", zone.zone_id}, {"name", zone.name}, {"revision", zone.tried}, {"why", zone.reason}});
    transaction.puts.push_back({quarantine_key(zone.zone_id), encode(zone)});
    zones_.insert_or_assign(zone.zone_id, std::move(zone));
    zones_gauge_.set(static_cast<double>(zones_.size()));
  }
  return commit(std::move(transaction));
}

void Quarantine::remember(const QuarantinedZone& zone, store::Transaction& transaction) {
  failed_counter_.add();
  std::string key = failed_key(zone);
  failed_.emplace(zone.zone_id, Changes{zone.since, zone.tried});
  transaction.puts.push_back({key, zone.reason});
  failed_keys_.insert(std::move(key));
  if (failed_keys_.size() <= kFailedChangesMax) return;
  auto oldest = failed_keys_.extract(failed_keys_.begin());
  if (auto parsed = parse_failed_key(oldest.value())) {
    auto [from, to] = failed_.equal_range(parsed->zone_id);
    auto at = std::find_if(from, to, [&](const auto& changes) {
      return changes.second == Changes{parsed->first, parsed->last};
    });
    if (at != to) failed_.erase(at);
  }
  transaction.deletes.push_back(std::move(oldest.value()));
}

void Quarantine::lift(const std::string& zone_id) {
  {
    std::lock_guard lock(mutex_);
    if (zones_.erase(zone_id) == 0) return;
    zones_gauge_.set(static_cast<double>(zones_.size()));
  }
  logger_.info("dns", "a zone is out of quarantine", {{"zone", zone_id}});
  commit({{}, {}, {quarantine_key(zone_id)}});
}

Result<void> Quarantine::retry_all() {
  store::Transaction transaction;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, zone] : zones_) {
      if (zone.cause == QuarantinedZone::Cause::Served) continue;
      zone.cause = QuarantinedZone::Cause::Retry;
      transaction.puts.push_back({quarantine_key(id), encode(zone)});
      if (transaction.puts.size() == store::kTransactionOperationsMax) break;
    }
  }
  if (!transaction.puts.empty()) TRY(store_.commit(std::move(transaction)));
  return {};
}

// What is in memory counts: a store that cannot be written now must not let a poisoned zone out.
Result<store::Revision> Quarantine::commit(store::Transaction transaction) {
  auto done = store_.commit(std::move(transaction));
  if (!done)
    logger_.error("dns", "a quarantine cannot be kept in the store", {{"why", done.error().message}});
  return done;
}

}  // namespace meridian::compilers::dns
