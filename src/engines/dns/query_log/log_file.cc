#include "engines/dns/query_log/log_file.h"

#include <filesystem>

namespace meridian::engines::dns::query_log {

Result<std::unique_ptr<LogFile>> LogFile::open(Disk& disk, Logger& logger, LogFileOptions options) {
  // Opening a FIFO would wait for its reader.
  std::error_code unknown;
  const auto kind = std::filesystem::status(options.path, unknown).type();
  if (kind != std::filesystem::file_type::not_found && kind != std::filesystem::file_type::regular)
    return invalid(options.path + ": is not a regular file");
  std::unique_ptr<LogFile> log(new LogFile(disk, logger, std::move(options)));
  TRY(log->open_file());
  return log;
}

Result<void> LogFile::open_file() {
  file_ = TRY(disk_.append_to(options_.path));
  if (!options_.header.empty() && file_->size() > 0) {
    // What is there may lack its footer, so it is left as it is.
    file_.reset();
    TRY(rotate());
    file_ = TRY(disk_.append_to(options_.path));
  }
  return append(options_.header);
}

Result<void> LogFile::append(std::string_view bytes) {
  if (bytes.empty()) return {};
  const std::uint64_t size = file_->size();
  auto done = file_->append(as_bytes(bytes));
  if (done) return {};
  (void)disk_.truncate(options_.path, size);
  file_.reset();
  return done;
}

Result<std::size_t> LogFile::write(std::string_view records, std::size_t taken, MonotonicTime) {
  const auto attempt = [&]() -> Result<void> {
    if (file_ && file_->size() > options_.header.size() &&
        file_->size() + records.size() > options_.bytes_max) {
      close();
      TRY(rotate());
    }
    if (!file_) TRY(open_file());
    return append(records.substr(taken));
  };
  auto done = attempt();
  if (done.has_value() == failing_) {
    failing_ = !done;
    if (failing_)
      logger_.error("dns", "the query log cannot be written; records are lost",
                    {{"why", done.error().message}});
    else
      logger_.info("dns", "the query log is written again", {{"file", options_.path}});
  }
  if (!done) return std::unexpected(std::move(done).error());
  return records.size();
}

Result<void> LogFile::rotate() {
  if (options_.keep == 0) return disk_.remove(options_.path);
  TRY(disk_.remove(numbered(options_.keep)));
  for (unsigned i = options_.keep; i-- > 0;) {
    auto moved = disk_.rename(i == 0 ? options_.path : numbered(i), numbered(i + 1));
    if (!moved && moved.error().code != ErrorCode::NotFound) return moved;
  }
  return {};
}

void LogFile::reopen() {
  close();
  (void)open_file();  // a failure shows at the next write
}

void LogFile::close() {
  if (file_) (void)append(options_.footer);
  file_.reset();
}

}  // namespace meridian::engines::dns::query_log
