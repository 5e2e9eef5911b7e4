#include "store/memory/memory_store.h"

#include <algorithm>

#include "base/check.h"
#include "store/transaction.h"

namespace meridian::store {
namespace {

constexpr std::size_t kReadLogMax = 256;  // batches a watcher takes at a time

std::size_t size_of(const EventBatch& batch) {
  std::size_t bytes = sizeof(EventBatch);
  for (const Event& event : batch.events)
    bytes += sizeof(Event) + event.item.key.size() + event.item.value.size();
  return bytes;
}

}  // namespace

MemoryStore::MemoryStore(const Clock& clock, Delivery delivery)
    : delivery_(delivery),
      leases_(clock),
      feed_([this](Revision after) { return read_log(after); }, delivery, 0, clock, nullptr) {}

MemoryStore::~MemoryStore() = default;

const KeyValue* MemoryStore::current(const std::string& key) const {
  auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : version_at(found->second, newest_);
}

const KeyValue* MemoryStore::version_at(const Versions& versions, Revision at) {
  auto later =
      std::upper_bound(versions.begin(), versions.end(), at,
                       [](Revision asked, const Version& version) { return asked < version.item.modified; });
  if (later == versions.begin()) return nullptr;
  const Version& version = *std::prev(later);
  return version.deleted ? nullptr : &version.item;
}

Result<void> MemoryStore::check_preconditions(const Transaction& transaction) const {
  for (const Precondition& condition : transaction.preconditions) {
    const KeyValue* item = current(condition.key);
    if ((item == nullptr ? 0 : item->modified) != condition.modified)
      return fail(ErrorCode::Conflict, "a precondition does not hold on " + condition.key,
                  ErrorSource::Caller, true);
  }
  for (const Put& put : transaction.puts)
    if (put.lease != 0) TRY(leases_.check_alive(put.lease));
  return {};
}

Result<Revision> MemoryStore::commit(Transaction transaction) {
  TRY(check_transaction(transaction));
  std::lock_guard lock(mutex_);
  TRY(check_preconditions(transaction));
  return apply(std::move(transaction));
}

Revision MemoryStore::apply(Transaction transaction) {
  auto batch = std::make_shared<EventBatch>();
  batch->revision = ++newest_;
  for (Put& put : transaction.puts) {
    auto& versions = keys_[put.key];
    const KeyValue* before = version_at(versions, newest_);
    if (before != nullptr) leases_.detach(before->lease, put.key);
    leases_.attach(put.lease, put.key);
    Revision created = before == nullptr ? newest_ : before->created;
    KeyValue item{std::move(put.key), std::move(put.value), created, newest_, put.lease};
    versions.push_back({item, false});
    batch->events.push_back({Event::Kind::Put, std::move(item)});
  }
  for (std::string& key : transaction.deletes) {
    const KeyValue* before = current(key);
    if (before == nullptr) continue;
    leases_.detach(before->lease, key);
    KeyValue item{std::move(key), {}, 0, newest_, 0};
    keys_.find(item.key)->second.push_back({item, true});
    batch->events.push_back({Event::Kind::Delete, std::move(item)});
  }
  std::sort(batch->events.begin(), batch->events.end(),
            [](const Event& a, const Event& b) { return a.item.key < b.item.key; });
  log_bytes_ += size_of(*batch);
  log_.push_back(std::move(batch));
  while (log_.size() > kHistoryRevisionsMax || (log_bytes_ > kHistoryBytesMax && log_.size() > 1))
    forget_before(compacted_ + 1);
  feed_.announce(newest_);
  return newest_;
}

void MemoryStore::forget_before(Revision revision) {
  for (; compacted_ < revision; ++compacted_) {
    const EventBatch& batch = *log_.front();
    for (const Event& event : batch.events) {
      auto found = keys_.find(event.item.key);
      if (found == keys_.end()) continue;
      Versions& versions = found->second;
      // Every version that `event` replaced was visible only before it; a deletion then needs no trace of its
      // own.
      auto kept = std::find_if(versions.begin(), versions.end(), [&](const Version& version) {
        return version.item.modified >= event.item.modified;
      });
      versions.erase(versions.begin(), kept);
      if (!versions.empty() && versions.front().deleted && versions.front().item.modified <= batch.revision)
        versions.erase(versions.begin());
      if (versions.empty()) keys_.erase(found);
    }
    log_bytes_ -= size_of(batch);
    log_.pop_front();
  }
}

Result<std::optional<KeyValue>> MemoryStore::get(std::string_view key, Revision at) {
  std::lock_guard lock(mutex_);
  if (at != 0) TRY(check_revision(at, compacted_, newest_));
  auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  const KeyValue* item = version_at(found->second, at == 0 ? newest_ : at);
  if (item == nullptr) return std::nullopt;
  return *item;
}

Result<Range> MemoryStore::range(std::string_view prefix, const RangeOptions& options) {
  KeySpan span = TRY(key_span(prefix, options));
  std::lock_guard lock(mutex_);
  if (options.revision != 0) TRY(check_revision(options.revision, compacted_, newest_));
  Range out;
  out.revision = options.revision == 0 ? newest_ : options.revision;
  for (auto it = keys_.lower_bound(span.first); it != keys_.end() && span.contains(it->first); ++it) {
    const KeyValue* item = version_at(it->second, out.revision);
    if (item == nullptr) continue;
    if (options.limit != 0 && out.items.size() == options.limit) {
      out.more = true;
      break;
    }
    out.items.push_back(*item);
  }
  return out;
}

Revision MemoryStore::revision() const {
  std::lock_guard lock(mutex_);
  return newest_;
}

Result<std::unique_ptr<Watch>> MemoryStore::watch(std::string prefix, Revision from,
                                                  std::function<void(const EventBatch&)> on_batch,
                                                  std::function<void(Error)> on_lost) {
  {
    std::lock_guard lock(mutex_);
    TRY(check_revision(from, compacted_, newest_));
  }
  return feed_.add(std::move(prefix), from, std::move(on_batch), std::move(on_lost));
}

Result<WatchFeed::Batches> MemoryStore::read_log(Revision after) const {
  std::lock_guard lock(mutex_);
  TRY(check_revision(after, compacted_, newest_));
  auto first = log_.begin() + static_cast<std::ptrdiff_t>(after - compacted_);
  auto count = std::min<std::ptrdiff_t>(log_.end() - first, kReadLogMax);
  return WatchFeed::Batches(first, first + count);
}

Result<void> MemoryStore::compact(Revision revision) {
  std::lock_guard lock(mutex_);
  if (revision > newest_) return invalid("compaction up to a revision that is not written yet");
  forget_before(revision);
  return {};
}

Result<LeaseId> MemoryStore::grant_lease(Duration ttl) {
  std::lock_guard lock(mutex_);
  TRY(leases_.check_grant(ttl));
  leases_.add(++last_lease_, ttl);
  if (delivery_ == Delivery::Threads && !lease_ticker_)
    lease_ticker_ = std::make_unique<Ticker>(kLeaseCheckInterval, [this] { end_leases_run_out(); });
  return last_lease_;
}

Result<void> MemoryStore::keep_alive(LeaseId lease) {
  return leases_.keep_alive(lease);
}

Result<void> MemoryStore::revoke_lease(LeaseId lease) {
  std::lock_guard lock(mutex_);
  TRY(leases_.check_alive(lease));
  end_lease(lease);
  return {};
}

void MemoryStore::end_lease(LeaseId lease) {
  Transaction transaction;
  transaction.deletes = leases_.keys(lease);
  leases_.remove(lease);
  if (!transaction.deletes.empty()) apply(std::move(transaction));
}

void MemoryStore::end_leases_run_out() {
  std::lock_guard lock(mutex_);
  for (LeaseId lease : leases_.run_out()) end_lease(lease);
}

std::size_t MemoryStore::deliver() {
  end_leases_run_out();
  return feed_.deliver();
}

}  // namespace meridian::store
