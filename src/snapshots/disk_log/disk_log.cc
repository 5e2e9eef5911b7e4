#include "snapshots/disk_log/disk_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace meridian::snapshots {
namespace {

constexpr std::string_view kLogPrefix = "log-";

std::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorCode::Corrupt, std::move(why), ErrorSource::Storage);
}

// The bytes of the next delta of a log.
Result<std::string_view> next_delta(ByteReader& in) {
  const std::uint32_t size = in.u32(), checksum = in.u32();
  const Bytes body = in.take(size);
  if (!in.ok()) return corrupt("ends within a delta");
  if (crc32c(body) != checksum) return corrupt("has a delta whose checksum does not hold");
  return as_text(body);
}

}  // namespace

std::string DiskLog::log_path(std::uint64_t revision) const {
  return fmt::format("{}/{}{}", directory_, kLogPrefix, revision);
}

Result<DiskLog::Opened> DiskLog::open(Disk& disk, std::string directory, const Form& form,
                                      const Reader& reader) {
  TRY(disk.make_directories(directory));
  Opened opened;
  opened.log.reset(new DiskLog(disk, std::move(directory), form));
  DiskLog& log = *opened.log;
  TRY(log.read_image(reader, opened.warnings));
  log.revision_ = log.image_revision_;
  // Without an image there is nothing a log could lie on.
  if (log.image_bytes_ > 0) TRY(log.read_log(reader, opened.warnings));
  log.remove_other_logs();
  if (log.image_bytes_ > 0) log.log_ = TRY(disk.append_to(log.log_path(log.image_revision_)));
  return opened;
}

Result<std::uint64_t> DiskLog::load_image(std::string_view bytes, const Reader& reader) {
  ByteReader in(bytes);
  const std::string_view magic = as_text(in.take(form_.magic.size()));
  const std::uint32_t checksum = in.u32();
  Bytes body = in.take(in.remaining());
  StoreId store;
  const bool has_store = magic == form_.magic && body.size() >= store.bytes.size();
  const bool is_older = !form_.magic_without_store.empty() && magic == form_.magic_without_store;
  if (!in.ok() || !(has_store || is_older)) return corrupt("it is not an image of this version");
  if (crc32c(body) != checksum) return corrupt("its checksum does not hold");
  if (has_store) {
    std::copy_n(body.begin(), store.bytes.size(), store.bytes.begin());
    body = body.subspan(store.bytes.size());
  }
  const std::uint64_t revision = TRY(reader.image(as_text(body)));
  store_ = store;
  return revision;
}

Result<void> DiskLog::read_image(const Reader& reader, std::vector<std::string>& warnings) {
  const auto bytes = disk_.read(image_path());
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return {};
  if (!bytes) return std::unexpected(bytes.error());
  if (const auto revision = load_image(*bytes, reader)) {
    image_revision_ = *revision;
    image_bytes_ = bytes->size();
    return {};
  } else {
    const std::string aside = image_path() + ".damaged";
    warnings.push_back(
        fmt::format("{}: {}; it is kept as {}", image_path(), revision.error().message, aside));
    TRY(disk_.replace(aside, as_bytes(*bytes)));
  }
  return disk_.remove(image_path());
}

Result<void> DiskLog::read_log(const Reader& reader, std::vector<std::string>& warnings) {
  const std::string path = log_path(image_revision_);
  const auto bytes = disk_.read(path);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return {};
  if (!bytes) return std::unexpected(bytes.error());
  ByteReader in(*bytes);
  while (!in.at_end()) {
    const std::size_t start = in.position();
    const auto delta = next_delta(in);
    auto revision = delta ? reader.delta(*delta) : std::unexpected(delta.error());
    if (revision) {
      revision_ = *revision;
      continue;
    }
    std::string why = std::move(revision.error().message);
    if (delta) why = "has a delta that cannot be applied: " + why;
    warnings.push_back(fmt::format("{} {}; cut off at byte {} of {}", path, why, start, bytes->size()));
    return disk_.truncate(path, start);
  }
  return {};
}

void DiskLog::set_store(const StoreId& store) {
  if (store == store_) return;
  store_ = store;
  log_.reset();
}

Result<void> DiskLog::append(std::uint64_t from, std::uint64_t to, const Encode& delta, const Encode& image) {
  const bool follows = log_ && from == revision_ && from != 0;
  const bool grown = log_ && log_->size() > std::max(form_.log_bytes_min, image_bytes_);
  if (!follows || grown) return write_image(to, image());
  auto done = append_to_log(delta());
  if (done)
    revision_ = to;
  else
    log_.reset();
  return done;
}

Result<void> DiskLog::append_to_log(std::string_view bytes) {
  std::string record;
  record.reserve(bytes.size() + 8);
  append_u32(record, static_cast<std::uint32_t>(bytes.size()));
  append_u32(record, crc32c(as_bytes(bytes)));
  record += bytes;
  return log_->append(as_bytes(record));
}

Result<void> DiskLog::write_image(std::uint64_t revision, std::string_view bytes) {
  log_.reset();
  std::string image(form_.magic);
  append_u32(image, crc32c(as_bytes(bytes), crc32c(store_.bytes)));
  image += as_text(store_.bytes);
  image += bytes;
  // A log of this revision could only be left over from an image that was lost: it must not be read on top of
  // this one.
  TRY(disk_.remove(log_path(revision)));
  TRY(disk_.replace(image_path(), as_bytes(image)));
  revision_ = image_revision_ = revision;
  image_bytes_ = image.size();
  remove_other_logs();
  log_ = TRY(disk_.append_to(log_path(image_revision_)));
  return {};
}

void DiskLog::remove_other_logs() {
  const auto names = disk_.list(directory_);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = directory_ + "/" + name;
    if (name.starts_with(kLogPrefix) && path != log_path(image_revision_)) (void)disk_.remove(path);
  }
}

}  // namespace meridian::snapshots
