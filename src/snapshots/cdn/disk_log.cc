#include "snapshots/cdn/disk_log.h"

namespace meridian::snapshots::cdn {
namespace {

constexpr std::string_view kMagic = "MCDNIMG1";

}  // namespace

Result<CdnDiskLog::Opened> CdnDiskLog::open(Disk& disk, std::string directory, std::uint64_t log_bytes_min) {
  Opened opened;
  opened.snapshot = std::make_unique<const CdnSnapshot>();
  const auto take = [&](const Delta& delta) {
    opened.snapshot = apply(*opened.snapshot, delta);
    if (delta.origin_keys) opened.origin_keys = delta.origin_keys;
    if (delta.tier_map) opened.tier_map = delta.tier_map;
    return opened.snapshot->revision();
  };
  DiskLog::Reader reader;
  reader.image = [&](std::string_view bytes) -> Result<std::uint64_t> {
    return take(TRY(decode(bytes, opened.parts)));
  };
  reader.delta = [&](std::string_view bytes) -> Result<std::uint64_t> {
    const Delta delta = TRY(decode(bytes, opened.parts));
    if (delta.from != opened.snapshot->revision()) return invalid("it does not follow");
    return take(delta);
  };
  auto read = TRY(DiskLog::open(disk, std::move(directory), {kMagic, {}, log_bytes_min}, reader));
  opened.store = read.log->store();
  opened.warnings = std::move(read.warnings);
  opened.log.reset(new CdnDiskLog(std::move(read.log)));
  opened.log->origin_keys_ = opened.origin_keys;
  opened.log->tier_map_ = opened.tier_map;
  return opened;
}

Result<void> CdnDiskLog::append(const StoreId& store, const Delta& delta, const CdnSnapshot& after) {
  log_->set_store(store);
  if (delta.origin_keys) origin_keys_ = delta.origin_keys;
  if (delta.tier_map) tier_map_ = delta.tier_map;
  return log_->append(
      delta.from, after.revision(), [&] { return encode(delta); },
      [&] { return encode(image_of(after, origin_keys_, tier_map_)); });
}

}  // namespace meridian::snapshots::cdn
