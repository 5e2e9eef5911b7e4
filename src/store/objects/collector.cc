// What nobody refers to any more: the start's sweep, garbage that transactions left, packs that are mostly
// dead. Rule: the store forgets a blob first, the disk afterwards; a crash between leaves what the sweep
// finds.
#include <fmt/format.h>

#include "base/check.h"
#include "store/objects/local_objects.h"
#include "store/objects/master_key.h"
#include "store/objects/seal.h"

namespace meridian::store::objects {
namespace {

constexpr std::size_t kPage = 1000;  // records read at a time, blobs forgotten in one transaction
constexpr Duration kPinnedRetry = std::chrono::seconds(1);

}  // namespace

Result<void> LocalObjects::prepare() {
  TRY(parts_.disk.make_directories(directory_));
  master_key_ = TRY(open_master_key(parts_.disk, parts_.store, parts_.random, directory_));
  // The marker's directory is synced with it, and so are the directories that files go to.
  const std::string marker = directory_ + "/files/format";
  if (!parts_.disk.version(marker)) {
    for (int first = 0; first < 256; ++first)
      TRY(parts_.disk.make_directories(fmt::format("{}/files/{:02x}", directory_, first)));
    TRY(parts_.disk.replace(marker, as_bytes("1\n")));
  }
  TRY(sweep_files());
  TRY(packs_.open(TRY(live_packs())));
  TRY(collect());
  return {};
}

Result<void> LocalObjects::sweep_files() {
  std::uint64_t removed = 0;
  for (int first = 0; first < 256; ++first) {
    const auto names = parts_.disk.list(fmt::format("{}/files/{:02x}", directory_, first));
    if (!names) continue;
    for (const std::string& id : *names) {
      if (!is_blob_id(id)) continue;
      const auto record = TRY(find(id));
      if (record && !record->place.packed) {
        count_file(record->size);
        continue;
      }
      TRY(parts_.disk.remove(file_path(id)));
      ++removed;
    }
  }
  if (removed > 0) parts_.logger.info("objects", "unfinished uploads removed", {{"files", removed}});
  return {};
}

Result<std::map<std::uint64_t, std::uint64_t>> LocalObjects::live_packs() {
  std::map<std::uint64_t, std::uint64_t> live;
  const std::size_t prefix = std::string_view(kPacksPrefix).size();
  RangeOptions options;
  options.limit = kPage;
  for (bool more = true; more;) {
    const Range page = TRY(parts_.store.range(kPacksPrefix, options));
    for (const KeyValue& item : page.items)
      live[std::stoull(item.key.substr(prefix, 16), nullptr, 16)] += TRY(decode_sealed_size(item.value));
    more = page.more;
    if (!page.items.empty()) options.start_after = page.items.back().key;
  }
  return live;
}

Result<bool> LocalObjects::collect() {
  bool all = true;
  RangeOptions options;
  options.limit = kPage;
  for (bool more = true; more;) {
    const Range page = TRY(parts_.store.range(kGarbagePrefix, options));
    for (const KeyValue& item : page.items) all = TRY(free_garbage(item)) && all;
    more = page.more;
    if (!page.items.empty()) options.start_after = page.items.back().key;
  }
  return all;
}

// False: some of it is pinned.
Result<bool> LocalObjects::free_garbage(const KeyValue& garbage) {
  std::vector<std::string> ids = TRY(decode_garbage(garbage.value));
  if (is_pinned(ids)) return false;
  Revision modified = garbage.modified;
  while (!ids.empty()) {
    const std::size_t size = std::min(kPage, ids.size());
    const std::vector<std::string> now(ids.end() - static_cast<std::ptrdiff_t>(size), ids.end());
    ids.resize(ids.size() - size);
    Transaction transaction;
    transaction.preconditions.push_back({garbage.key, modified});
    std::vector<std::pair<std::string, BlobRecord>> freed;
    for (const std::string& id : now) {
      auto record = TRY(find(id));
      if (!record) continue;
      transaction.deletes.push_back(blob_key(id));
      if (record->place.packed) transaction.deletes.push_back(pack_member_key(record->place.pack, id));
      freed.emplace_back(id, *std::move(record));
    }
    if (ids.empty()) {
      transaction.deletes.push_back(garbage.key);
    } else {
      transaction.puts.push_back({garbage.key, encode_garbage(ids)});
    }
    modified = TRY(parts_.store.commit(std::move(transaction)));
    for (const auto& [id, record] : freed) {
      if (record.place.packed) {
        cache_.drop_short(id);
        packs_.release(record.place.pack, sealed_size(record.size));
      } else if (record.size > 0) {  // an empty blob is nowhere
        cache_.drop_pieces(id);
        TRY(parts_.disk.remove(file_path(id)));
        forget_file(record.size);
      }
    }
  }
  return true;
}

void LocalObjects::count_file(std::uint64_t plain_size) {
  ++files_;
  file_bytes_ += sealed_size(plain_size);
}

void LocalObjects::forget_file(std::uint64_t plain_size) {
  --files_;
  file_bytes_ -= sealed_size(plain_size);
}

void LocalObjects::show(Metrics& metrics) {
  Gauge& files = metrics.gauge("meridian_objects_files", "Blobs that are files of their own.");
  Gauge& file_bytes = metrics.gauge("meridian_objects_file_bytes", "Size of those files.");
  Gauge& packs = metrics.gauge("meridian_objects_packs", "Files that hold many small blobs.");
  Gauge& pack_bytes = metrics.gauge("meridian_objects_pack_bytes", "Size of those files.");
  Gauge& live_bytes = metrics.gauge("meridian_objects_pack_live_bytes", "What of them something refers to.");
  Gauge& short_bytes =
      metrics.gauge("meridian_objects_cache_short_bytes",
                    "Short blobs kept decrypted in memory, with what it takes to find them.");
  Gauge& piece_bytes =
      metrics.gauge("meridian_objects_cache_piece_bytes", "Pieces of long blobs kept decrypted in memory.");
  Gauge& hits = metrics.gauge("meridian_objects_cache_hits", "Reads of blobs or pieces found in memory.");
  Gauge& misses = metrics.gauge("meridian_objects_cache_misses", "Reads of blobs or pieces not found there.");
  metrics.on_scrape([this, &short_bytes, &piece_bytes, &hits, &misses] {
    const BlobCache::Totals cached = cache_.totals();
    short_bytes.set(static_cast<double>(cached.short_bytes));
    piece_bytes.set(static_cast<double>(cached.piece_bytes));
    hits.set(static_cast<double>(cached.hits));
    misses.set(static_cast<double>(cached.misses));
  });
  metrics.on_scrape([this, &files, &file_bytes, &packs, &pack_bytes, &live_bytes] {
    const Packs::Totals packed_now = packed();
    const FileTotals filed_now = filed();
    files.set(static_cast<double>(filed_now.files));
    file_bytes.set(static_cast<double>(filed_now.bytes));
    packs.set(static_cast<double>(packed_now.packs));
    pack_bytes.set(static_cast<double>(packed_now.bytes));
    live_bytes.set(static_cast<double>(packed_now.live_bytes));
  });
}

Result<void> LocalObjects::compact() {
  std::optional<std::uint64_t> before;
  for (auto pack = packs_.mostly_dead(); pack && pack != before; pack = packs_.mostly_dead()) {
    TRY(empty_pack(*pack));
    // What is still in it is being staged, or could not be moved.
    before = pack;
  }
  return {};
}

Result<void> LocalObjects::empty_pack(std::uint64_t pack) {
  const std::string prefix = pack_prefix(pack);
  RangeOptions options;
  options.limit = kPage;
  for (bool more = true; more;) {
    const Range page = TRY(parts_.store.range(prefix, options));
    for (const KeyValue& item : page.items) TRY(move_blob(item.key.substr(prefix.size()), pack));
    more = page.more;
    if (!page.items.empty()) options.start_after = page.items.back().key;
  }
  return {};
}

// Its sealed bytes as they are: whether they are good is for who reads them to find.
Result<void> LocalObjects::move_blob(std::string_view id, std::uint64_t from) {
  const auto found = TRY(parts_.store.get(blob_key(id)));
  if (!found) return {};
  BlobRecord record = TRY(decode_blob_record(found->value));
  const std::uint64_t size = sealed_size(record.size);
  auto file = TRY(parts_.disk.open(packs_.path(from)));
  const std::string sealed = TRY(file->read_at(record.place.offset, size));
  const Packs::Slot slot = TRY(packs_.append(as_bytes(sealed)));
  record.place = {true, slot.pack, slot.offset};
  Transaction transaction;
  transaction.preconditions.push_back({found->key, found->modified});
  transaction.puts.push_back({found->key, encode(record)});
  transaction.puts.push_back({pack_member_key(slot.pack, id), encode_sealed_size(size)});
  transaction.deletes.push_back(pack_member_key(from, id));
  if (auto committed = parts_.store.commit(std::move(transaction)); !committed) {
    packs_.release(slot.pack, size);
    return std::unexpected(std::move(committed).error());
  }
  packs_.release(from, size);
  return {};
}

Result<void> LocalObjects::start_collector() {
  const auto wake = [this](bool lost) {
    {
      std::lock_guard lock(collector_mutex_);
      collector_asked_ = true;
      polling_ = polling_ || lost;
    }
    collector_wake_.notify_one();
  };
  watch_ = TRY(parts_.store.watch(
      kGarbagePrefix, parts_.store.revision(), [wake](const EventBatch&) { wake(false); },
      [wake](const Error&) { wake(true); }));
  collector_ = std::thread([this] { run_collector(); });
  return {};
}

void LocalObjects::run_collector() {
  bool all = true;
  for (;;) {
    {
      std::unique_lock lock(collector_mutex_);
      const auto asked = [this] { return stopping_ || collector_asked_; };
      if (all && !polling_) {
        collector_wake_.wait(lock, asked);
      } else {
        collector_wake_.wait_for(lock, kPinnedRetry, asked);
      }
      if (stopping_) return;
      collector_asked_ = false;
    }
    const auto collected = collect();
    // What failed is tried again a moment later, and at the next start at the latest.
    all = collected && *collected;
    const auto compacted = compact();
    for (const Error* error :
         {collected ? nullptr : &collected.error(), compacted ? nullptr : &compacted.error()})
      if (error != nullptr)
        parts_.logger.warn("objects", "freeing space failed", {{"error", error->message}});
  }
}

LocalObjects::~LocalObjects() {
  watch_.reset();
  {
    std::lock_guard lock(collector_mutex_);
    stopping_ = true;
  }
  collector_wake_.notify_one();
  if (collector_.joinable()) collector_.join();
}

}  // namespace meridian::store::objects
