#include "snapshots/dns/disk_log.h"

#include "base/spare_memory.h"

namespace meridian::snapshots::dns {
namespace {

constexpr std::string_view kMagic = "MDNSIMG2";
constexpr std::string_view kMagicWithoutStore = "MDNSIMG1";  // what version 0.1 wrote

Result<std::unique_ptr<const DnsSnapshot>> without_zone(const DnsSnapshot& snapshot,
                                                        const std::string& zone_id) {
  Delta delta{snapshot.revision(), snapshot.revision(), {}};
  snapshot.for_each_zone([&](const DnsZone& zone) {
    if (zone.id() == zone_id)
      delta.zones.push_back({ZoneChange::Kind::Remove, zone_id, std::string(zone.apex()), {}, {}});
  });
  return apply(snapshot, delta);
}

}  // namespace

Result<DnsDiskLog::Opened> DnsDiskLog::open(Disk& disk, std::string directory, Random& random,
                                            std::shared_ptr<health::HealthTable> health_table,
                                            std::uint64_t log_bytes_min) {
  return open_without({}, disk, std::move(directory), random, std::move(health_table), log_bytes_min);
}

Result<DnsDiskLog::Opened> DnsDiskLog::open_without(const LeftOut& left_out, Disk& disk,
                                                    std::string directory, Random& random,
                                                    std::shared_ptr<health::HealthTable> health_table,
                                                    std::uint64_t log_bytes_min) {
  const bool leaves_out = !left_out.zone_id.empty();
  Opened opened;
  opened.snapshot = DnsSnapshot::empty(random, std::move(health_table));
  DiskLog::Reader reader;
  reader.image = [&](std::string_view bytes) -> Result<std::uint64_t> {
    auto next = TRY(apply(*opened.snapshot, TRY(decode(bytes))));
    if (leaves_out && next->revision() >= left_out.since) next = TRY(without_zone(*next, left_out.zone_id));
    opened.snapshot = std::move(next);
    return opened.snapshot->revision();
  };
  reader.delta = [&](std::string_view bytes) -> Result<std::uint64_t> {
    Delta delta = TRY(decode(bytes));
    if (leaves_out && delta.to >= left_out.since)
      std::erase_if(delta.zones, [&](const auto& change) { return change.zone_id == left_out.zone_id; });
    opened.snapshot = TRY(apply(*opened.snapshot, delta));
    return opened.snapshot->revision();
  };
  auto read =
      TRY(DiskLog::open(disk, std::move(directory), {kMagic, kMagicWithoutStore, log_bytes_min}, reader));
  opened.store = read.log->store();
  opened.warnings = std::move(read.warnings);
  opened.log.reset(new DnsDiskLog(std::move(read.log)));
  give_back_memory();
  if (!leaves_out) return opened;
  const std::string image = encode_image(*opened.snapshot);
  if (auto written = opened.log->log_->write_image(opened.snapshot->revision(), image); !written)
    opened.warnings.push_back(written.error().message);
  return opened;
}

Result<void> DnsDiskLog::append(const Delta& delta, const DnsSnapshot& after) {
  bool is_image = false;
  auto done = log_->append(
      delta.from, after.revision(), [&] { return encode(delta); },
      [&] {
        is_image = true;
        return encode_image(after);
      });
  if (is_image) give_back_memory();
  return done;
}

}  // namespace meridian::snapshots::dns
