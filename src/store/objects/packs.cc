#include "store/objects/packs.h"

#include <charconv>

#include "store/objects/blob_record.h"

namespace meridian::store::objects {

std::string Packs::path(std::uint64_t pack) const {
  return directory_ + "/" + pack_name(pack);
}

Result<void> Packs::open(const std::map<std::uint64_t, std::uint64_t>& live) {
  TRY(disk_.make_directories(directory_));
  std::lock_guard lock(mutex_);
  if (!live.empty()) last_ = live.rbegin()->first;
  for (const std::string& name : TRY(disk_.list(directory_))) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number, 16);
    if (error != std::errc() || end != name.data() + name.size() || pack_name(number) != name) continue;
    last_ = std::max(last_, number);
    if (const auto alive = live.find(number); alive != live.end()) {
      packs_[number] = {TRY(disk_.version(path(number))).size, alive->second, true};
    } else {
      TRY(disk_.remove(path(number)));
    }
  }
  return {};
}

Result<void> Packs::begin_pack() {
  auto writing = std::make_shared<Writing>();
  writing->number = last_ + 1;
  writing->file = TRY(disk_.append_to(path(writing->number)));
  last_ = writing->number;
  packs_[last_] = {};
  writing_ = std::move(writing);
  return {};
}

Result<Packs::Slot> Packs::append(Bytes bytes) {
  std::unique_lock lock(mutex_);
  if (writing_ && writing_->file->size() + bytes.size() > kPackBytesMax) retire(*writing_);
  if (!writing_) TRY(begin_pack());
  const std::shared_ptr<Writing> to = writing_;
  const Slot slot{to->number, to->file->size()};
  if (auto written = to->file->append(bytes); !written) {
    // Where the file ends now is not known; who waits for its sync may still get it.
    retire(*to);
    return std::unexpected(std::move(written).error());
  }
  Pack& pack = packs_[to->number];
  pack.bytes = to->file->size();
  pack.live += bytes.size();
  const std::uint64_t end = to->file->size();
  while (to->synced < end && !to->broken) {
    if (to->syncing) {
      synced_.wait(lock);
      continue;
    }
    to->syncing = true;
    const std::uint64_t reached = to->file->size();
    lock.unlock();
    const auto done = to->file->sync();
    lock.lock();
    to->syncing = false;
    // After a failed sync nobody knows what the kernel still has of the file.
    to->broken = !done;
    if (done) to->synced = reached;
    if (!done) retire(*to);
    synced_.notify_all();
  }
  if (to->synced >= end) return slot;
  pack.live -= bytes.size();
  remove_if_dead(to->number);
  return fail(ErrorCode::Unavailable, "a pack could not be synced", ErrorSource::Storage);
}

void Packs::retire(Writing& writing) {
  packs_[writing.number].full = true;
  if (writing_.get() == &writing) writing_.reset();
  remove_if_dead(writing.number);
}

void Packs::release(std::uint64_t pack, std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  const auto found = packs_.find(pack);
  if (found == packs_.end()) return;
  found->second.live -= std::min(found->second.live, bytes);
  remove_if_dead(pack);
}

void Packs::remove_if_dead(std::uint64_t pack) {
  const auto found = packs_.find(pack);
  if (found == packs_.end() || !found->second.full || found->second.live > 0) return;
  // What cannot be removed now is swept at the next start.
  (void)disk_.remove(path(pack));
  packs_.erase(found);
}

std::optional<std::uint64_t> Packs::mostly_dead() const {
  std::lock_guard lock(mutex_);
  for (const auto& [number, pack] : packs_)
    if (pack.full && pack.live * 2 < pack.bytes) return number;
  return std::nullopt;
}

Packs::Totals Packs::totals() const {
  std::lock_guard lock(mutex_);
  Totals totals;
  for (const auto& [number, pack] : packs_) {
    ++totals.packs;
    totals.bytes += pack.bytes;
    totals.live_bytes += pack.live;
  }
  return totals;
}

}  // namespace meridian::store::objects
