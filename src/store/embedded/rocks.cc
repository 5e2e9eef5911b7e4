#include "store/embedded/rocks.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstdarg>
#include <cstdio>

namespace meridian::store {
namespace {

constexpr std::size_t kBlockCacheBytes = 64 * 1024 * 1024;
// Bounds both memory and the log a restart has to replay (8 MiB: about 40 ms).
constexpr std::size_t kWriteBufferBytes = 8 * 1024 * 1024;
constexpr int kOpenFilesMax = 512;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

std::unexpected<Error> failure(const rocksdb::Status& status) {
  ErrorCode code = status.IsCorruption() ? ErrorCode::Corrupt : ErrorCode::Unavailable;
  return fail(code, "store: " + status.ToString(), ErrorSource::Storage);
}

// Sends RocksDB's warnings to our log, so that it keeps no log files of its own.
class RocksLog final : public rocksdb::Logger {
 public:
  explicit RocksLog(meridian::Logger* logger) : rocksdb::Logger(rocksdb::WARN_LEVEL), logger_(logger) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override { Logv(rocksdb::WARN_LEVEL, format, arguments); }
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (logger_ == nullptr || level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) return;
    char line[1024];
    std::vsnprintf(line, sizeof line, format, arguments);
    logger_->warn("store", line);
  }

 private:
  meridian::Logger* logger_;
};

rocksdb::Options options_for(meridian::Logger* logger, rocksdb::Env* env) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.info_log = std::make_shared<RocksLog>(logger);
  options.info_log_level = rocksdb::WARN_LEVEL;

  // Quick to open: nothing is read, started or dumped that the first commit does not need.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.max_open_files = kOpenFilesMax;
  options.max_file_opening_threads = 1;
  options.max_background_jobs = 2;
  options.manifest_preallocation_size = 64 * 1024;
  options.max_manifest_file_size = 16 * 1024 * 1024;

  // A cut may leave half a record at the end of the log: recovery stops there, before anything
  // unacknowledged.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  // After a failed write the store refuses commits until it is opened again; RocksDB may not heal behind its
  // back.
  options.max_bgerror_resume_count = 0;

  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = 4;
  options.allow_concurrent_memtable_write = false;  // there is one writer: the leader of the commit group
  options.enable_write_thread_adaptive_yield = false;
  options.compression = rocksdb::kNoCompression;
  options.target_file_size_base = 32 * 1024 * 1024;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Result<std::unique_ptr<Rocks>> Rocks::open(const std::string& directory, Logger* logger, rocksdb::Env* env) {
  std::unique_ptr<Rocks> rocks(new Rocks);
  const rocksdb::Options options = options_for(logger, env);
  // It would make the directory itself, and log an error that it was not there.
  if (const rocksdb::Status made = options.env->CreateDirIfMissing(directory); !made.ok()) return failure(made);
  rocksdb::DB* db = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
  rocks->db_.reset(db);
  if (!status.ok()) return failure(status);
  return rocks;
}

Rocks::~Rocks() {
  if (!db_) return;
  // A failure here loses nothing: everything acknowledged is in the log.
  db_->Flush({}).PermitUncheckedError();
  db_->Close().PermitUncheckedError();
}

Rocks::Batch::Batch() : rows_(std::make_unique<rocksdb::WriteBatch>()) {}
Rocks::Batch::~Batch() = default;
void Rocks::Batch::put(std::string_view key, std::string_view value) {
  rows_->Put(slice(key), slice(value)).PermitUncheckedError();
}
void Rocks::Batch::erase(std::string_view key) {
  rows_->Delete(slice(key)).PermitUncheckedError();
}
void Rocks::Batch::erase_range(std::string_view first, std::string_view end) {
  rows_->DeleteRange(slice(first), slice(end)).PermitUncheckedError();
}

Result<void> Rocks::write(Batch& batch, Sync sync) {
  rocksdb::WriteOptions options;
  options.sync = sync == Sync::Yes;
  rocksdb::Status status = db_->Write(options, batch.rows_.get());
  if (!status.ok()) return failure(status);
  return {};
}

Rocks::Snapshot::Snapshot(Rocks& rocks) : rocks_(rocks), moment_(rocks.db_->GetSnapshot()) {}
Rocks::Snapshot::~Snapshot() {
  rocks_.db_->ReleaseSnapshot(moment_);
}

Result<std::optional<std::string>> Rocks::get(std::string_view key, const Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  if (snapshot != nullptr) options.snapshot = snapshot->moment_;
  std::string value;
  rocksdb::Status status = db_->Get(options, slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return failure(status);
  return value;
}

Result<void> Rocks::scan(std::string_view first, std::string_view end, const Snapshot& snapshot,
                         const Visit& visit) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.moment_;
  rocksdb::Slice bound = slice(end);
  options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(options));
  for (row->Seek(slice(first)); row->Valid(); row->Next())
    if (!TRY(visit(view(row->key()), view(row->value())))) return {};
  if (!row->status().ok()) return failure(row->status());
  return {};
}

std::uint64_t Rocks::disk_bytes() const {
  std::uint64_t bytes = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &bytes);
  return bytes;
}

}  // namespace meridian::store
