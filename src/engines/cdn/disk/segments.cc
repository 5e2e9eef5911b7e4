#include "engines/cdn/disk/segments.h"

#include <fmt/format.h>

#include <charconv>

#include "base/bytes.h"

namespace meridian::engines::cdn::disk {
namespace {

constexpr std::string_view kPrefix = "segment-";
constexpr std::uint32_t kFooterMagic = 0x4d435346;  // "MCSF"
constexpr std::size_t kFooterEndBytes = 12;         // its size, its checksum, the magic
constexpr std::size_t kEntryBytes = 24;

std::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorCode::Corrupt, std::move(why), ErrorSource::Storage);
}

}  // namespace

std::string Segments::path(std::uint32_t segment) const {
  return fmt::format("{}/{}{:08x}", directory_, kPrefix, segment);
}

Result<void> Segments::open(const std::function<void(const Entry&)>& each) {
  TRY(disk_.make_directories(directory_));
  for (const std::string& name : TRY(disk_.list(directory_))) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string_view digits = std::string_view(name).substr(kPrefix.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || number == 0) continue;
    const std::uint64_t size = TRY(disk_.version(path(number))).size;
    segments_[number] = size;
    bytes_ += size;
    last_ = std::max(last_, number);
  }
  for (const auto& [number, size] : segments_)
    if (const auto found = entries(number))
      for (const Entry& entry : *found) each(entry);
  return {};
}

Result<void> Segments::begin() {
  TRY(end());
  const std::uint32_t number = ++last_;
  file_ = TRY(disk_.append_to(path(number)));
  segments_[number] = file_->size();
  return {};
}

Result<void> Segments::end() {
  if (!file_) return {};
  std::string footer;
  for (const Entry& entry : written_) {
    append_u64(footer, entry.key.high);
    append_u64(footer, entry.key.low);
    append_u32(footer, entry.place.offset);
    append_u32(footer, entry.place.size);
  }
  const std::uint32_t crc = crc32c(as_bytes(footer));
  const auto size = static_cast<std::uint32_t>(footer.size());
  append_u32(footer, size);
  append_u32(footer, crc);
  append_u32(footer, kFooterMagic);
  written_.clear();
  const auto file = std::exchange(file_, nullptr);
  TRY(file->append(as_bytes(footer)));
  segments_[last_] += footer.size();
  bytes_ += footer.size();
  return {};
}

Result<Index::Place> Segments::append(const Key& key, std::string_view record) {
  const Index::Place place{last_, static_cast<std::uint32_t>(file_->size()),
                           static_cast<std::uint32_t>(record.size())};
  if (auto done = file_->append(as_bytes(record)); !done) {
    // What is in the file now nobody knows: its records so far are found by a scan.
    file_.reset();
    written_.clear();
    return std::unexpected(done.error());
  }
  segments_[last_] += record.size();
  bytes_ += record.size();
  written_.push_back({key, place});
  return place;
}

Result<std::shared_ptr<ReadFile>> Segments::reader(std::uint32_t segment) {
  std::lock_guard lock(readers_mutex_);
  auto& file = readers_[segment];
  if (file) return file;
  auto opened = disk_.open(path(segment));
  if (!opened) {
    readers_.erase(segment);
    return std::unexpected(opened.error());
  }
  file = *std::move(opened);
  const auto made = file;
  opened_.push_back(segment);
  if (opened_.size() > kOpenFilesMax) {
    readers_.erase(opened_.front());
    opened_.pop_front();
  }
  return made;
}

Result<std::string> Segments::read(const Index::Place& place) {
  return TRY(reader(place.segment))->read_at(place.offset, place.size);
}

Result<std::vector<Segments::Entry>> Segments::entries(std::uint32_t segment) {
  if (file_ && segment == last_) return written_;
  const std::uint64_t size = segments_[segment];
  if (auto found = read_footer(segment, size)) return found;
  return scan(segment, size);
}

Result<std::vector<Segments::Entry>> Segments::read_footer(std::uint32_t segment, std::uint64_t size) {
  if (size < kFooterEndBytes) return corrupt("it has no footer");
  const auto file = TRY(reader(segment));
  const std::string end = TRY(file->read_at(size - kFooterEndBytes, kFooterEndBytes));
  ByteReader last(end);
  const std::uint32_t length = last.u32(), crc = last.u32();
  if (last.u32() != kFooterMagic || length % kEntryBytes != 0 || length > size - kFooterEndBytes)
    return corrupt("it has no footer");
  const std::string text = TRY(file->read_at(size - kFooterEndBytes - length, length));
  if (crc32c(as_bytes(text)) != crc) return corrupt("its footer's checksum does not hold");
  std::vector<Entry> found;
  for (ByteReader reader(text); !reader.at_end();) {
    Entry entry;
    entry.key.high = reader.u64();
    entry.key.low = reader.u64();
    entry.place = {segment, reader.u32(), reader.u32()};
    found.push_back(entry);
  }
  return found;
}

// Of a file whose writer was killed: up to where there is no head any more.
Result<std::vector<Segments::Entry>> Segments::scan(std::uint32_t segment, std::uint64_t size) {
  const auto file = TRY(reader(segment));
  std::vector<Entry> found;
  for (std::uint64_t at = 0; at + kRecordHeadBytes <= size;) {
    const std::string bytes = TRY(file->read_at(at, kRecordHeadBytes));
    const auto head = parse_record_head(bytes);
    if (!head || head->size() > size - at) break;
    found.push_back(
        {head->key, {segment, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(head->size())}});
    at += head->size();
  }
  return found;
}

Result<void> Segments::remove(std::uint32_t segment) {
  {
    std::lock_guard lock(readers_mutex_);
    if (readers_.erase(segment) > 0) std::erase(opened_, segment);
  }
  bytes_ -= segments_[segment];
  segments_.erase(segment);
  return disk_.remove(path(segment));
}

}  // namespace meridian::engines::cdn::disk
