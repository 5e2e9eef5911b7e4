// RocksDB behind a narrow door: rocks.cc is the only file of the product that sees its headers.
// Rule: every failure comes back as an Error; what write(…, Sync::Yes) acknowledged survives a power cut.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"

namespace rocksdb {
class DB;
class Env;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace meridian::store {

class Rocks {
 public:
  // `logger` and `env` may be null: silent, and the real file system.
  static Result<std::unique_ptr<Rocks>> open(const std::string& directory, Logger* logger, rocksdb::Env* env);
  ~Rocks();  // writes out what is in memory, so that the next open has no log to replay
  Rocks(const Rocks&) = delete;
  Rocks& operator=(const Rocks&) = delete;

  class Batch {
   public:
    Batch();
    ~Batch();
    void put(std::string_view key, std::string_view value);
    void erase(std::string_view key);
    void erase_range(std::string_view first, std::string_view end);

   private:
    friend class Rocks;
    std::unique_ptr<rocksdb::WriteBatch> rows_;
  };
  enum class Sync : bool { No, Yes };
  Result<void> write(Batch& batch, Sync sync);

  // One moment of the whole database.
  class Snapshot {
   public:
    explicit Snapshot(Rocks& rocks);
    ~Snapshot();
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

   private:
    friend class Rocks;
    Rocks& rocks_;
    const rocksdb::Snapshot* moment_;
  };
  Result<std::optional<std::string>> get(std::string_view key, const Snapshot* snapshot = nullptr);

  // Rows from `first` up to `end` (exclusive), ascending, until `visit` says false or fails.
  using Visit = std::function<Result<bool>(std::string_view key, std::string_view value)>;
  Result<void> scan(std::string_view first, std::string_view end, const Snapshot& snapshot,
                    const Visit& visit);

  std::uint64_t disk_bytes() const;

 private:
  Rocks() = default;

  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace meridian::store
