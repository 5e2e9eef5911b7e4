// Each entry: its size, its CRC-32C, then 'P', distribution, number and item; or 'S', the same and since when
// it counts as expired; or 'R' and a revision. The first is 'B', so that an empty file is a damaged one.
#include "engines/cdn/disk/purge_journal.h"

#include "base/bytes.h"

namespace meridian::engines::cdn::disk {
namespace {

constexpr char kBegin = 'B', kPurge = 'P', kSoftPurge = 'S', kRevision = 'R';
constexpr std::string_view kVersion = "meridian purges 1";

std::unexpected<Error> corrupt(std::string why) {
  return fail(ErrorCode::Corrupt, std::move(why), ErrorSource::Storage);
}

void put_entry(std::string& out, std::string_view payload) {
  append_u32(out, static_cast<std::uint32_t>(payload.size()));
  append_u32(out, crc32c(as_bytes(payload)));
  out += payload;
}

std::string purge_payload(std::string_view distribution_id, std::uint64_t number, std::string_view item,
                          StaleSince stale_since) {
  std::string payload(1, stale_since ? kSoftPurge : kPurge);
  append_sized(payload, distribution_id);
  append_u64(payload, number);
  append_sized(payload, item);
  if (stale_since) append_u64(payload, static_cast<std::uint64_t>(stale_since->time_since_epoch().count()));
  return payload;
}

std::string revision_payload(std::uint64_t revision) {
  std::string payload(1, kRevision);
  append_u64(payload, revision);
  return payload;
}

}  // namespace

std::unique_ptr<PurgeJournal> PurgeJournal::open(Disk& disk, std::string path, PurgeLogs& logs) {
  std::unique_ptr<PurgeJournal> journal(new PurgeJournal(disk, std::move(path), logs));
  if (journal->read()) {
    journal->has_begun_ = true;
  } else {
    logs.clear();
    journal->revision_.reset();
  }
  return journal;
}

Result<void> PurgeJournal::read() {
  const std::string bytes = TRY(disk_.read(path_));
  ByteReader reader(bytes);
  bool begun = false;
  while (!reader.at_end()) {
    const std::uint32_t size = reader.u32(), crc = reader.u32();
    const Bytes payload = reader.take(size);
    if (!reader.ok() || payload.empty() || crc32c(payload) != crc)
      return corrupt("its entries cannot be read");
    ByteReader entry(payload.subspan(1));
    switch (payload[0]) {
      case kBegin:
        if (as_text(payload.subspan(1)) != kVersion) return corrupt("it is of another version");
        begun = true;
        continue;
      case kRevision:
        revision_ = entry.u64();
        break;
      case kPurge:
      case kSoftPurge: {
        const std::string id(entry.sized());
        const std::uint64_t number = entry.u64();
        const std::string_view item = entry.sized();
        StaleSince since;
        if (payload[0] == kSoftPurge)
          since.emplace(std::chrono::seconds(static_cast<std::int64_t>(entry.u64())));
        if (!entry.ok() || !logs_.of(id)->restore(number, item, since))
          return corrupt("its lines do not follow");
        break;
      }
      default:
        return corrupt("it has an entry of no known kind");
    }
    if (!begun || !entry.ok() || !entry.at_end()) return corrupt("an entry cannot be read");
  }
  if (!begun) return corrupt("it is empty");
  return {};
}

// With what still counts, and nothing else.
Result<void> PurgeJournal::begin() {
  std::string all;
  put_entry(all, std::string(1, kBegin).append(kVersion));
  logs_.each_line(
      [&all](std::string_view id, std::uint64_t number, std::string_view item, StaleSince stale_since) {
        put_entry(all, purge_payload(id, number, item, stale_since));
      });
  if (revision_) put_entry(all, revision_payload(*revision_));
  file_.reset();
  TRY(disk_.replace(path_, as_bytes(all)));
  file_ = TRY(disk_.append_to(path_));
  return {};
}

// One that fails once could leave a part of an entry, and lacks this one: none is better.
Result<void> PurgeJournal::append(std::string_view payload) {
  if (broken_)
    return fail(ErrorCode::Unavailable, "the journal of invalidations is broken", ErrorSource::Storage);
  std::string entry;
  put_entry(entry, payload);
  auto done = file_->append(as_bytes(entry));
  if (done) return done;
  broken_ = true;
  (void)disk_.remove(path_);
  return done;
}

Result<void> PurgeJournal::purge(std::string_view distribution_id, std::string_view item,
                                 StaleSince stale_since) {
  std::lock_guard lock(mutex_);
  const auto log = logs_.of(distribution_id);
  auto done = append(purge_payload(distribution_id, log->newest() + 1, item, stale_since));
  log->purge(item, stale_since);
  return done;
}

Result<void> PurgeJournal::told(std::uint64_t revision) {
  std::lock_guard lock(mutex_);
  revision_ = revision;
  TRY(append(revision_payload(revision)));
  if (file_->size() > kRewrittenFromBytes) return begin();
  return file_->sync();
}

}  // namespace meridian::engines::cdn::disk
