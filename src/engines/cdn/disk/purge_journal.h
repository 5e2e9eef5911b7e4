// The invalidations of all distributions on disk, so that objects on disk can be held against them after a
// restart. Rule: a line is in the file before it counts; where the file does not say everything, nothing that
// lies beside it may be used, and open() says so.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/disk.h"
#include "engines/cdn/purge_log.h"

namespace meridian::engines::cdn::disk {

class PurgeJournal {
 public:
  static constexpr std::uint64_t kRewrittenFromBytes = 16 * 1024 * 1024;

  // Fills `logs` with what is in the file. When it is missing or damaged, has_begun() is false and it begins
  // anew.
  static std::unique_ptr<PurgeJournal> open(Disk& disk, std::string path, PurgeLogs& logs);

  bool has_begun() const { return has_begun_; }
  Result<void> begin();  // before any other call
  // Up to which revision invalidations had come when it was opened.
  std::optional<std::uint64_t> revision() const { return revision_; }
  // Written, then counted in the distribution's log. After a failure the file is gone.
  Result<void> purge(std::string_view distribution_id, std::string_view item, StaleSince stale_since = {});
  // All up to `revision` were given to purge(). Durable with all that came before when it returns.
  Result<void> told(std::uint64_t revision);

 private:
  PurgeJournal(Disk& disk, std::string path, PurgeLogs& logs)
      : disk_(disk), path_(std::move(path)), logs_(logs) {}
  Result<void> read();
  Result<void> append(std::string_view payload);

  Disk& disk_;
  const std::string path_;
  PurgeLogs& logs_;
  std::mutex mutex_;
  bool has_begun_ = false, broken_ = false;
  std::optional<std::uint64_t> revision_;
  std::unique_ptr<AppendFile> file_;
};

}  // namespace meridian::engines::cdn::disk
