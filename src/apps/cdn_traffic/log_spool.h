// Lines of standard logs on their way into buckets: in files on disk, one for each hour and destination,
// which become objects when they are closed. Rules: what flush() has written survives kill -9; a file becomes
// the same object however often that is tried; all files together stay within kBytesMax.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/cdn_traffic/log_bucket.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"

namespace meridian::apps {

class LogSpool {
 public:
  static constexpr std::uint64_t kFileBytesMax = 32 * 1024 * 1024;  // then another one is begun
  static constexpr std::uint64_t kBytesMax = 1024 * 1024 * 1024;    // lines beyond are dropped, and counted

  struct Origin {  // of lines
    std::string account, bucket, prefix, distribution;

    auto operator<=>(const Origin&) const = default;
  };
  struct File {
    LogObject object;
    SystemTime begun{};
    std::string lines;
  };

  LogSpool(Disk& disk, std::string directory, Random& random, Logger& logger, Metrics& metrics);

  // Closes what an earlier process left. Once.
  Result<void> open();

  // One thread's.
  void add(const Origin& origin, SystemTime time, std::string_view line, SystemTime now);
  void flush();
  // Of files begun at that time or before, and of all that are full. Whether there were any.
  bool close(SystemTime begun_until);

  // Another's: names of closed files, the oldest first.
  Result<std::vector<std::string>> closed() const;
  Result<File> read(const std::string& name) const;
  Result<void> remove(const std::string& name);

 private:
  struct Open {
    std::string path, waiting;
    std::unique_ptr<AppendFile> file;  // null: nothing was written yet
    std::uint64_t lines_bytes = 0, waiting_lines = 0;
    SystemTime begun{};
    bool failed = false;  // the file may end in half a line
  };
  using Key = std::pair<std::string, Origin>;  // the hour first

  Open begin(const Key& key, SystemTime now);
  Result<void> write(Open& open);
  void close(Open& open);

  Disk& disk_;
  const std::string directory_;
  Random& random_;
  Logger& logger_;
  Counter& dropped_;
  Gauge& bytes_gauge_;
  std::map<Key, Open> open_;
  std::atomic<std::uint64_t> bytes_{0};  // of all files, and of what waits for them
};

}  // namespace meridian::apps
