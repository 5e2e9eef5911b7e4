// A log in a file that starts anew when it is full or was moved away: FILE, then FILE.1 (the newest old one)
// to FILE.<keep>. Rule: a file holds whole records only, also after a write that failed half way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/disk.h"
#include "base/log.h"
#include "engines/dns/query_log/output.h"

namespace meridian::engines::dns::query_log {

struct LogFileOptions {
  static constexpr unsigned kKeepMax = 999;

  std::string path = {};
  std::uint64_t bytes_max = 100'000'000;  // of one file, exceeded by one write at most
  unsigned keep = 7;                      // old files
  std::string header = {},
              footer = {};  // first and last bytes of every file; a file with a header is never continued
};

class LogFile final : public Output {
 public:
  static Result<std::unique_ptr<LogFile>> open(Disk& disk, Logger& logger, LogFileOptions options);

  Result<std::size_t> write(std::string_view records, std::size_t taken, MonotonicTime now) override;
  void reopen() override;
  void end() override { close(); }

 private:
  LogFile(Disk& disk, Logger& logger, LogFileOptions options)
      : disk_(disk), logger_(logger), options_(std::move(options)) {}
  Result<void> open_file();
  Result<void> append(std::string_view bytes);
  Result<void> rotate();
  void close();
  std::string numbered(unsigned number) const { return options_.path + "." + std::to_string(number); }

  Disk& disk_;
  Logger& logger_;
  LogFileOptions options_;
  std::unique_ptr<AppendFile> file_;  // null: to be opened at the next write
  bool failing_ = false;
};

}  // namespace meridian::engines::dns::query_log
