#include "snapshots/dns/disk_log.h"

#include <fmt/format.h>

#include "base/spare_memory.h"

namespace meridian::snapshots::dns {
namespace {

constexpr std::string_view kMagic = "MDNSIMG2";
constexpr std::string_view kMagicWithoutStore = "MDNSIMG1";  // what version 0.1 wrote
constexpr std::string_view kLogPrefix = "log-";

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

std::string DnsDiskLog::log_path(std::uint64_t revision) const {
  return fmt::format("{}/{}{}", directory_, kLogPrefix, revision);
}

Result<DnsDiskLog::Opened> DnsDiskLog::open(Disk& disk, std::string directory, Random& random,
                                            std::shared_ptr<health::HealthTable> health_table,
                                            std::uint64_t log_bytes_min) {
  return open_without({}, disk, std::move(directory), random, std::move(health_table), log_bytes_min);
}

Result<DnsDiskLog::Opened> DnsDiskLog::open_without(const LeftOut& left_out, Disk& disk,
                                                    std::string directory, Random& random,
                                                    std::shared_ptr<health::HealthTable> health_table,
                                                    std::uint64_t log_bytes_min) {
  TRY(disk.make_directories(directory));
  Opened opened;
  opened.log.reset(new DnsDiskLog(disk, std::move(directory), log_bytes_min));
  DnsDiskLog& log = *opened.log;
  auto snapshot = TRY(log.read_image(DnsSnapshot::empty(random, std::move(health_table)), opened.warnings));
  log.image_revision_ = snapshot->revision();
  if (!left_out.zone_id.empty() && snapshot->revision() >= left_out.since)
    snapshot = TRY(without_zone(*snapshot, left_out.zone_id));
  opened.snapshot = TRY(log.read_log(std::move(snapshot), left_out, opened.warnings));
  log.revision_ = opened.snapshot->revision();
  opened.store = log.store_;
  log.remove_other_logs();
  give_back_memory();
  if (!left_out.zone_id.empty()) {
    if (auto written = log.write_image(*opened.snapshot); !written) {
      log.log_.reset();
      opened.warnings.push_back(written.error().message);
    }
    return opened;
  }
  // Without an image there is nothing a log could lie on.
  if (log.image_bytes_ > 0) log.log_ = TRY(disk.append_to(log.log_path(log.image_revision_)));
  return opened;
}

Result<std::unique_ptr<const DnsSnapshot>> DnsDiskLog::read_image(std::unique_ptr<const DnsSnapshot> nothing,
                                                                  std::vector<std::string>& warnings) {
  auto bytes = disk_.read(image_path());
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return nothing;
  if (!bytes) return std::unexpected(bytes.error());

  auto load = [&]() -> Result<std::unique_ptr<const DnsSnapshot>> {
    ByteReader reader(*bytes);
    const std::string_view magic = as_text(reader.take(kMagic.size()));
    std::uint32_t checksum = reader.u32();
    Bytes body = reader.take(reader.remaining());
    StoreId store;
    const bool has_store = magic == kMagic && body.size() >= store.bytes.size();
    if (!reader.ok() || !(has_store || magic == kMagicWithoutStore))
      return fail(ErrorCode::Corrupt, "it is not an image of this version", ErrorSource::Storage);
    if (crc32c(body) != checksum)
      return fail(ErrorCode::Corrupt, "its checksum does not hold", ErrorSource::Storage);
    if (has_store) {
      std::copy_n(body.begin(), store.bytes.size(), store.bytes.begin());
      body = body.subspan(store.bytes.size());
    }
    auto snapshot = TRY(apply(*nothing, TRY(decode(as_text(body)))));
    store_ = store;
    return snapshot;
  };
  auto loaded = load();
  if (loaded) {
    image_bytes_ = bytes->size();
    return loaded;
  }
  std::string aside = image_path() + ".damaged";
  warnings.push_back(fmt::format("{}: {}; it is kept as {}", image_path(), loaded.error().message, aside));
  TRY(disk_.replace(aside, as_bytes(*bytes)));
  TRY(disk_.remove(image_path()));
  return nothing;
}

Result<std::unique_ptr<const DnsSnapshot>> DnsDiskLog::read_log(std::unique_ptr<const DnsSnapshot> snapshot,
                                                                const LeftOut& left_out,
                                                                std::vector<std::string>& warnings) {
  std::string path = log_path(image_revision_);
  auto bytes = disk_.read(path);
  if (image_bytes_ == 0 || (!bytes && bytes.error().code == ErrorCode::NotFound)) return snapshot;
  if (!bytes) return std::unexpected(bytes.error());

  ByteReader reader(*bytes);
  while (!reader.at_end()) {
    const std::size_t start = reader.position();
    std::uint32_t size = reader.u32();
    std::uint32_t checksum = reader.u32();
    Bytes body = reader.take(size);
    std::string why = "ends within a delta";
    if (reader.ok() && crc32c(body) != checksum) why = "has a delta whose checksum does not hold";
    if (reader.ok() && crc32c(body) == checksum) {
      auto delta = decode(as_text(body));
      if (delta && delta->to >= left_out.since)
        std::erase_if(delta->zones, [&](const auto& change) { return change.zone_id == left_out.zone_id; });
      auto next = delta ? apply(*snapshot, *delta) : std::unexpected(delta.error());
      if (next) {
        snapshot = *std::move(next);
        continue;
      }
      why = "has a delta that cannot be applied: " + next.error().message;
    }
    warnings.push_back(fmt::format("{} {}; cut off at byte {} of {}", path, why, start, bytes->size()));
    TRY(disk_.truncate(path, start));
    break;
  }
  return snapshot;
}

void DnsDiskLog::set_store(const StoreId& store) {
  if (store == store_) return;
  store_ = store;
  log_.reset();
}

Result<void> DnsDiskLog::append(const Delta& delta, const DnsSnapshot& after) {
  const bool follows = log_ && delta.from == revision_ && delta.from != 0;
  const bool grown = log_ && log_->size() > std::max(log_bytes_min_, image_bytes_);
  auto done = follows && !grown ? append_to_log(delta) : write_image(after);
  if (!done) {
    log_.reset();
    return done;
  }
  revision_ = after.revision();
  return {};
}

Result<void> DnsDiskLog::append_to_log(const Delta& delta) {
  std::string body = encode(delta);
  std::string record;
  record.reserve(body.size() + 8);
  append_u32(record, static_cast<std::uint32_t>(body.size()));
  append_u32(record, crc32c(as_bytes(body)));
  record += body;
  return log_->append(as_bytes(record));
}

Result<void> DnsDiskLog::write_image(const DnsSnapshot& snapshot) {
  const GivesBackMemory afterwards;
  log_.reset();
  std::string body(reinterpret_cast<const char*>(store_.bytes.data()), store_.bytes.size());
  body += encode_image(snapshot);
  std::string image(kMagic);
  append_u32(image, crc32c(as_bytes(body)));
  image += body;
  // A log of this revision could only be left over from an image that was lost: it must not be read on top of
  // this one.
  TRY(disk_.remove(log_path(snapshot.revision())));
  TRY(disk_.replace(image_path(), as_bytes(image)));
  image_revision_ = snapshot.revision();
  image_bytes_ = image.size();
  remove_other_logs();
  log_ = TRY(disk_.append_to(log_path(image_revision_)));
  return {};
}

void DnsDiskLog::remove_other_logs() {
  auto names = disk_.list(directory_);
  if (!names) return;
  for (const std::string& name : *names) {
    std::string path = directory_ + "/" + name;
    if (name.starts_with(kLogPrefix) && path != log_path(image_revision_)) (void)disk_.remove(path);
  }
}

}  // namespace meridian::snapshots::dns
