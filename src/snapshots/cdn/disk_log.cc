#include "snapshots/cdn/disk_log.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace meridian::snapshots::cdn {
namespace {

constexpr std::string_view kMagic = "MCDNIMG1";
constexpr std::string_view kLogPrefix = "log-";

std::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorCode::Corrupt, std::move(why), ErrorSource::Storage);
}

std::string read_store(Bytes bytes, StoreId& store) {
  std::copy_n(bytes.begin(), store.bytes.size(), store.bytes.begin());
  return std::string(as_text(bytes.subspan(store.bytes.size())));
}

Result<Delta> load_image(std::string_view bytes, StoreId& store) {
  ByteReader reader(bytes);
  const std::string_view magic = as_text(reader.take(kMagic.size()));
  const std::uint32_t checksum = reader.u32();
  const Bytes body = reader.take(reader.remaining());
  if (!reader.ok() || magic != kMagic || body.size() < store.bytes.size())
    return corrupt("it is not an image of this version");
  if (crc32c(body) != checksum) return corrupt("its checksum does not hold");
  StoreId of;
  auto image = TRY(decode(read_store(body, of)));
  store = of;
  return image;
}

// The next delta of a log; the error says what is wrong from there on.
Result<Delta> next_delta(ByteReader& reader, std::uint64_t after) {
  const std::uint32_t size = reader.u32(), checksum = reader.u32();
  const Bytes body = reader.take(size);
  if (!reader.ok()) return corrupt("ends within a delta");
  if (crc32c(body) != checksum) return corrupt("has a delta whose checksum does not hold");
  auto delta = decode(as_text(body));
  if (!delta) return corrupt("has a delta that cannot be read: " + delta.error().message);
  if (delta->from != after) return corrupt("has a delta that does not follow");
  return delta;
}

}  // namespace

std::string CdnDiskLog::log_path(std::uint64_t revision) const {
  return fmt::format("{}/{}{}", directory_, kLogPrefix, revision);
}

Result<CdnDiskLog::Opened> CdnDiskLog::open(Disk& disk, std::string directory, std::uint64_t log_bytes_min) {
  TRY(disk.make_directories(directory));
  Opened opened;
  opened.log.reset(new CdnDiskLog(disk, std::move(directory), log_bytes_min));
  CdnDiskLog& log = *opened.log;
  auto image = TRY(log.read_image(opened.warnings));
  log.image_revision_ = image->revision();
  opened.snapshot = TRY(log.read_log(std::move(image), opened.warnings));
  log.revision_ = opened.snapshot->revision();
  opened.store = log.store_;
  opened.origin_keys = log.origin_keys_;
  log.remove_other_logs();
  // Without an image there is nothing a log could lie on.
  if (log.image_bytes_ > 0) log.log_ = TRY(disk.append_to(log.log_path(log.image_revision_)));
  return opened;
}

Result<std::unique_ptr<const CdnSnapshot>> CdnDiskLog::read_image(std::vector<std::string>& warnings) {
  const auto bytes = disk_.read(image_path());
  if (!bytes && bytes.error().code != ErrorCode::NotFound) return std::unexpected(bytes.error());
  if (!bytes) return std::make_unique<const CdnSnapshot>();
  const auto loaded = load_image(*bytes, store_);
  if (loaded) {
    image_bytes_ = bytes->size();
    origin_keys_ = loaded->origin_keys;
    return apply(CdnSnapshot(), *loaded);
  }
  const std::string aside = image_path() + ".damaged";
  warnings.push_back(fmt::format("{}: {}; it is kept as {}", image_path(), loaded.error().message, aside));
  TRY(disk_.replace(aside, as_bytes(*bytes)));
  TRY(disk_.remove(image_path()));
  return std::make_unique<const CdnSnapshot>();
}

Result<std::unique_ptr<const CdnSnapshot>> CdnDiskLog::read_log(std::unique_ptr<const CdnSnapshot> snapshot,
                                                                std::vector<std::string>& warnings) {
  const std::string path = log_path(image_revision_);
  const auto bytes = disk_.read(path);
  if (image_bytes_ == 0 || (!bytes && bytes.error().code == ErrorCode::NotFound)) return snapshot;
  if (!bytes) return std::unexpected(bytes.error());
  ByteReader reader(*bytes);
  while (!reader.at_end()) {
    const std::size_t start = reader.position();
    const auto delta = next_delta(reader, snapshot->revision());
    if (!delta) {
      warnings.push_back(
          fmt::format("{} {}; cut off at byte {} of {}", path, delta.error().message, start, bytes->size()));
      TRY(disk_.truncate(path, start));
      break;
    }
    snapshot = apply(*snapshot, *delta);
    if (delta->origin_keys) origin_keys_ = delta->origin_keys;
  }
  return snapshot;
}

Result<void> CdnDiskLog::append(const StoreId& store, const Delta& delta, const CdnSnapshot& after) {
  const bool follows = log_ && store == store_ && delta.from == revision_ && delta.from != 0;
  const bool grown = log_ && log_->size() > std::max(log_bytes_min_, image_bytes_);
  store_ = store;
  if (delta.origin_keys) origin_keys_ = delta.origin_keys;
  auto done = follows && !grown ? append_to_log(delta) : write_image(after);
  if (!done) {
    log_.reset();
    return done;
  }
  revision_ = after.revision();
  return {};
}

Result<void> CdnDiskLog::append_to_log(const Delta& delta) {
  const std::string body = encode(delta);
  std::string record;
  append_u32(record, static_cast<std::uint32_t>(body.size()));
  append_u32(record, crc32c(as_bytes(body)));
  record += body;
  return log_->append(as_bytes(record));
}

Result<void> CdnDiskLog::write_image(const CdnSnapshot& snapshot) {
  log_.reset();
  std::string body(as_text(store_.bytes));
  body += encode(image_of(snapshot, origin_keys_));
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

void CdnDiskLog::remove_other_logs() {
  const auto names = disk_.list(directory_);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = directory_ + "/" + name;
    if (name.starts_with(kLogPrefix) && path != log_path(image_revision_)) (void)disk_.remove(path);
  }
}

}  // namespace meridian::snapshots::cdn
