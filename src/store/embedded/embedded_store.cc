#include "store/embedded/embedded_store.h"

#include <fmt/format.h>

#include "base/check.h"
#include "store/no_waiting.h"
#include "store/transaction.h"

namespace meridian::store {
namespace {

// Writes the first rows of an empty directory; refuses one of another format or of another owner.
Result<void> prepare(Rocks& rocks, const std::string& directory) {
  if (auto bytes = TRY(rocks.get(format::kVersionKey))) {
    std::uint32_t version = TRY(format::decode_version(*bytes));
    if (version > format::kVersion)
      return fail(
          ErrorCode::Unavailable,
          fmt::format("{} has format {}, and this program knows formats up to {}: use a newer program",
                      directory, version, format::kVersion),
          ErrorSource::Storage);
    return {};
  }
  bool empty = true;
  Rocks::Snapshot snapshot(rocks);
  TRY(rocks.scan("", "\xff", snapshot, [&](std::string_view, std::string_view) -> Result<bool> {
    empty = false;
    return false;
  }));
  if (!empty)
    return fail(ErrorCode::Corrupt, directory + " holds a database that is not a store",
                ErrorSource::Storage);
  Rocks::Batch batch;
  batch.put(format::kVersionKey, format::encode_version(format::kVersion));
  batch.put(format::kHeadKey, format::encode_head({}));
  batch.put(format::kCompactedKey, format::encode_compacted({}));
  return rocks.write(batch, Rocks::Sync::Yes);
}

std::unexpected<Error> not_in_memory() {
  return fail(ErrorCode::Unavailable, "the store would have to wait for the disk", ErrorSource::Storage, true);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

EmbeddedStore::Measures::Measures(Metrics& metrics)
    : commits(metrics.counter("meridian_store_commits_total", "Transactions made durable.")),
      conflicts(metrics.counter("meridian_store_conflicts_total", "Transactions refused by a precondition.")),
      group_size(metrics.histogram("meridian_store_group_size", "Commits written with one disk sync.",
                                   {1, 2, 4, 8, 16, 32, 64, 128, 256, 512})),
      sync_seconds(metrics.histogram("meridian_store_sync_seconds", "Writing a group and syncing it.",
                                     {0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3})),
      watch_lag(metrics.histogram("meridian_store_watch_lag_seconds",
                                  "From durable to delivered to a watcher.",
                                  {0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1, 1})),
      revision(metrics.gauge("meridian_store_revision", "The newest revision.")),
      history_revisions(
          metrics.gauge("meridian_store_history_revisions", "Revisions that can still be read.")),
      history_bytes(metrics.gauge("meridian_store_history_bytes", "Size of the event log and the undo log.")),
      disk_bytes(metrics.gauge("meridian_store_disk_bytes", "Size of the table files.")),
      record_cache_bytes(metrics.gauge("meridian_store_record_cache_bytes",
                                       "Keys read lately, kept in memory; at most 16 MiB.")) {}

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(const EmbeddedOptions& options) {
  DirectoryLock lock = TRY(DirectoryLock::take(options.directory));
  std::unique_ptr<Rocks> rocks = TRY(Rocks::open(options.directory, options.logger, options.env));
  TRY(prepare(*rocks, options.directory));
  format::Head head = TRY(read_head(*rocks));
  auto history = TRY(History::open(*rocks, {options.history_revisions, options.history_bytes}));
  std::unique_ptr<EmbeddedStore> store(
      new EmbeddedStore(options, std::move(lock), std::move(rocks), std::move(history), head));
  TRY(store->load_leases());
  store->ticker_ = std::make_unique<Ticker>(kTick, [opened = store.get()] { opened->tick(); });
  return store;
}

EmbeddedStore::EmbeddedStore(const EmbeddedOptions& options, DirectoryLock lock, std::unique_ptr<Rocks> rocks,
                             std::unique_ptr<History> history, const format::Head& head)
    : clock_(options.clock),
      logger_(options.logger),
      own_metrics_(options.metrics == nullptr ? std::make_unique<Metrics>() : nullptr),
      measures_(options.metrics == nullptr ? *own_metrics_ : *options.metrics),
      lock_(std::move(lock)),
      rocks_(std::move(rocks)),
      history_(std::move(history)),
      leases_(options.clock),
      head_(head),
      newest_(head.revision),
      feed_([this](Revision after) { return history_->read_log(after); }, Delivery::Threads, head.revision,
            options.clock, &measures_.watch_lag) {}

EmbeddedStore::~EmbeddedStore() = default;

Result<void> EmbeddedStore::load_leases() {
  Rocks::Snapshot snapshot(*rocks_);
  TRY(rocks_->scan(format::kLeasesFirst, format::kLeasesEnd, snapshot,
                   [&](std::string_view row, std::string_view value) -> Result<bool> {
                     format::LeaseRow lease = TRY(format::decode_lease(row, value));
                     leases_.add(lease.lease, lease.ttl);
                     return true;
                   }));
  return rocks_->scan(format::kLeaseKeysFirst, format::kLeaseKeysEnd, snapshot,
                      [&](std::string_view row, std::string_view) -> Result<bool> {
                        format::LeaseMember member = TRY(format::decode_lease_member(row));
                        if (!leases_.known(member.lease))
                          return fail(ErrorCode::Corrupt, "store: a key hangs on an unknown lease",
                                      ErrorSource::Storage);
                        leases_.attach(member.lease, member.key);
                        return true;
                      });
}

Result<std::uint64_t> EmbeddedStore::submit(Request& request) {
  if (NoWaiting::refuses()) return not_in_memory();
  std::unique_lock lock(queue_mutex_);
  queue_.push_back(&request);
  request.ready.wait(lock, [&] { return request.done || queue_.front() == &request; });
  if (!request.done) lead(lock);
  return std::move(request.result);
}

// The front of the queue leads: it takes everything that waits, writes it with one sync, and hands out the
// results. Meanwhile the next group gathers behind it.
void EmbeddedStore::lead(std::unique_lock<std::mutex>& lock) {
  auto count = std::min(queue_.size(), CommitGroup::kRequestsMax);
  std::vector<Request*> requests(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  std::optional<Error> failed = broken_;
  lock.unlock();
  if (!failed) {
    CommitGroup group(*rocks_, leases_, head_);
    std::size_t taken = 0;
    for (; taken < requests.size() && group.bytes() < CommitGroup::kBytesMax; ++taken)
      requests[taken]->result = group.add(*requests[taken]);
    requests.resize(taken);
    if (group.changes_anything())
      if (auto written = write(group); !written) failed = std::move(written).error();
  }
  lock.lock();
  if (failed) broken_ = failed;
  for (Request* request : requests) {
    // Even a conflict was judged against changes that may not exist now.
    if (failed) request->result = std::unexpected(*failed);
    queue_.pop_front();
    request->done = true;
    request->ready.notify_one();
  }
  if (!queue_.empty()) queue_.front()->ready.notify_one();
}

Result<void> EmbeddedStore::write(CommitGroup& group) {
  MonotonicTime start = clock_.monotonic();
  const std::vector<std::string> changed = group.changed_keys();
  records_.begin_change(changed);
  auto written = rocks_->write(group.finish(), Rocks::Sync::Yes);
  records_.end_change(changed);
  if (!written) {
    if (logger_ != nullptr)
      logger_->error("store", "a write failed: no more commits until restart",
                     {{"error", written.error().message}});
    return fail(ErrorCode::Unavailable, "the store takes no more commits: " + written.error().message,
                ErrorSource::Storage);
  }
  measures_.sync_seconds.observe(seconds(clock_.monotonic() - start));

  auto batches = group.take_batches();
  measures_.commits.add(batches.size());
  measures_.group_size.observe(static_cast<double>(batches.size()));
  head_ = group.head();
  if (!batches.empty()) {
    history_->append(std::move(batches));
    newest_.store(head_.revision, std::memory_order_release);
    feed_.announce(head_.revision);
  }
  format::Compacted compacted = history_->compacted();
  measures_.revision.set(static_cast<double>(head_.revision));
  measures_.history_revisions.set(static_cast<double>(head_.revision - compacted.revision));
  measures_.history_bytes.set(static_cast<double>(head_.log_bytes - compacted.log_bytes));
  if (history_->overgrown(head_)) trim_wanted_ = true;
  return {};
}

Result<Revision> EmbeddedStore::commit(Transaction transaction) {
  TRY(check_transaction(transaction));
  Request request;
  request.transaction = std::move(transaction);
  auto revision = submit(request);
  if (!revision && revision.error().code == ErrorCode::Conflict) measures_.conflicts.add();
  return revision;
}

Result<std::optional<KeyValue>> EmbeddedStore::get(std::string_view key, Revision at) {
  if (at != 0) {
    RangeOptions only{.limit = 1, .start_after = {}, .start_at = {}, .revision = at};
    Range found = TRY(range(key, only));
    if (found.items.empty() || found.items.front().key != key) return std::nullopt;
    return std::move(found.items.front());
  }
  std::uint64_t seen = 0;
  if (auto known = records_.find(key, seen)) return *std::move(known);
  if (NoWaiting::refuses()) return not_in_memory();
  std::optional<KeyValue> found;
  if (auto bytes = TRY(rocks_->get(format::current_key(key)))) found = TRY(format::decode_current(key, *bytes));
  records_.keep(key, found, seen);
  return found;
}

Result<Range> EmbeddedStore::range(std::string_view prefix, const RangeOptions& options) {
  KeySpan span = TRY(key_span(prefix, options));
  if (NoWaiting::refuses()) return not_in_memory();
  Rocks::Snapshot snapshot(*rocks_);
  format::Head head = TRY(read_head(*rocks_, &snapshot));
  Range out;
  out.revision = options.revision == 0 ? head.revision : options.revision;
  format::Undo undone;
  if (options.revision != 0) {
    TRY(history_->check(snapshot, out.revision, head.revision));
    undone = TRY(history_->undone(snapshot, span, out.revision, head.revision));
  }

  auto full = [&] { return options.limit != 0 && out.items.size() == options.limit; };
  auto take = [&](KeyValue item) {
    out.more = full();
    if (!out.more) out.items.push_back(std::move(item));
    return !out.more;
  };
  // Two ascending lists in one: what the undo log says of a key goes before what the key is now.
  auto past = undone.begin();
  auto take_past_before = [&](std::string_view key) {
    for (; past != undone.end() && !out.more && (key.empty() || past->first < key); ++past)
      if (past->second) take(*std::move(past->second));
  };
  auto visit = [&](std::string_view row, std::string_view value) -> Result<bool> {
    std::string_view key = row.substr(1);
    take_past_before(key);
    if (out.more) return false;
    if (past != undone.end() && past->first == key) {
      if (past->second) take(*std::move(past->second));
      ++past;
      return !out.more;
    }
    return take(TRY(format::decode_current(key, value)));
  };
  std::string end = span.end ? format::current_key(*span.end) : "d";
  TRY(rocks_->scan(format::current_key(span.first), end, snapshot, visit));
  take_past_before({});
  return out;
}

Revision EmbeddedStore::revision() const {
  return newest_.load(std::memory_order_acquire);
}

Result<std::unique_ptr<Watch>> EmbeddedStore::watch(std::string prefix, Revision from,
                                                    std::function<void(const EventBatch&)> on_batch,
                                                    std::function<void(Error)> on_lost) {
  TRY(check_revision(from, history_->compacted().revision, revision()));
  return feed_.add(std::move(prefix), from, std::move(on_batch), std::move(on_lost));
}

Result<void> EmbeddedStore::compact(Revision up_to) {
  if (up_to > revision()) return invalid("compaction up to a revision that is not written yet");
  return history_->compact(up_to);
}

Result<LeaseId> EmbeddedStore::grant_lease(Duration ttl) {
  Request request;
  request.kind = Request::Kind::Grant;
  request.ttl = ttl;
  return submit(request);
}

Result<void> EmbeddedStore::keep_alive(LeaseId lease) {
  return leases_.keep_alive(lease);
}

Result<void> EmbeddedStore::revoke_lease(LeaseId lease) {
  Request request;
  request.kind = Request::Kind::Revoke;
  request.lease = lease;
  TRY(submit(request));
  return {};
}

void EmbeddedStore::tick() {
  for (LeaseId lease : leases_.run_out()) {
    Request request;
    request.kind = Request::Kind::RevokeIfRunOut;
    request.lease = lease;
    if (!submit(request)) return;  // the store is broken, and says so to its callers
  }
  measures_.record_cache_bytes.set(static_cast<double>(records_.bytes()));
  if (!trim_wanted_.exchange(false)) return;
  auto trimmed = [&]() -> Result<void> { return history_->trim(TRY(read_head(*rocks_))); }();
  if (!trimmed && logger_ != nullptr)
    logger_->error("store", "history cannot be trimmed", {{"error", trimmed.error().message}});
  measures_.disk_bytes.set(static_cast<double>(rocks_->disk_bytes()));
}

}  // namespace meridian::store
