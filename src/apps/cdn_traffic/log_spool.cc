#include "apps/cdn_traffic/log_spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/percent.h"

namespace meridian::apps {
namespace {

constexpr std::string_view kOpen = ".open", kClosed = ".closed";
constexpr std::size_t kUniqueChars = 11;  // as in CloudFront's names

// "2019-11-14-20"
std::string hour_of(SystemTime time) {
  std::string hour = format_iso8601(time).substr(0, 13);
  std::ranges::replace(hour, 'T', '-');
  return hour;
}

std::string closed_path(std::string_view open_path) {
  return std::string(open_path.substr(0, open_path.size() - kOpen.size())).append(kClosed);
}

// CF: "If it doesn't include a forward slash, CloudFront appends one".
std::string with_slash(std::string prefix) {
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  return prefix;
}

}  // namespace

LogSpool::LogSpool(Disk& disk, std::string directory, Random& random, Logger& logger, Metrics& metrics)
    : disk_(disk),
      directory_(std::move(directory)),
      random_(random),
      logger_(logger),
      dropped_(metrics.counter("meridian_cdn_log_lines_dropped_total",
                               "Lines of standard logs that were lost: no room on disk, or no bucket")),
      bytes_gauge_(metrics.gauge("meridian_cdn_log_waiting_bytes",
                                 "Bytes of standard logs that are not in their buckets yet")) {}

Result<void> LogSpool::open() {
  TRY(disk_.make_directories(directory_));
  for (const std::string& name : TRY(disk_.list(directory_))) {
    std::string path = directory_ + "/" + name;
    if (name.ends_with(kOpen)) {
      TRY(disk_.rename(path, closed_path(path)));
      path = closed_path(path);
    }
    bytes_ += TRY(disk_.version(path)).size;
  }
  return {};
}

void LogSpool::add(const Origin& origin, SystemTime time, std::string_view line, SystemTime now) {
  if (bytes_ + line.size() > kBytesMax) {
    dropped_.add();
    return;
  }
  Key key{hour_of(time), origin};
  auto at = open_.find(key);
  if (at == open_.end()) at = open_.emplace(key, begin(key, now)).first;
  at->second.waiting += line;
  ++at->second.waiting_lines;
  at->second.lines_bytes += line.size();
  bytes_ += line.size();
}

// The first line of a file says what becomes of it.
LogSpool::Open LogSpool::begin(const Key& key, SystemTime now) {
  const auto& [hour, origin] = key;
  const std::string name = fmt::format("{}.{}.{}", origin.distribution, hour,
                                       random_.text(kUniqueChars, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"));
  Open open;
  open.path = fmt::format("{}/{}{}", directory_, name, kOpen);
  open.begun = now;
  open.waiting = fmt::format("{}\t{}\t{}\t{}\n", origin.account, percent_encode(origin.bucket),
                             percent_encode(with_slash(origin.prefix) + name + ".gz"),
                             std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count());
  bytes_ += open.waiting.size();
  return open;
}

Result<void> LogSpool::write(Open& open) {
  if (open.waiting.empty() || open.failed) return {};
  if (!open.file) open.file = TRY(disk_.append_to(open.path));
  TRY(open.file->append(as_bytes(open.waiting)));
  open.waiting.clear();
  open.waiting_lines = 0;
  return {};
}

void LogSpool::flush() {
  for (auto& [key, open] : open_) {
    const auto written = write(open);
    if (written) continue;
    // It is closed with what it has; the lines that follow get a file of their own.
    logger_.error("cdn-logs", "lines of a standard log cannot be written: " + written.error().message);
    dropped_.add(open.waiting_lines);
    bytes_ -= open.waiting.size();
    open.waiting.clear();
    open.failed = true;
  }
  bytes_gauge_.set(static_cast<double>(bytes_.load()));
}

bool LogSpool::close(SystemTime begun_until) {
  flush();
  bool any = false;
  for (auto at = open_.begin(); at != open_.end();) {
    Open& open = at->second;
    if (open.begun > begun_until && open.lines_bytes < kFileBytesMax && !open.failed) {
      ++at;
      continue;
    }
    close(open);
    at = open_.erase(at);
    any = true;
  }
  return any;
}

void LogSpool::close(Open& open) {
  if (!open.file) return;
  open.file.reset();
  if (const auto renamed = disk_.rename(open.path, closed_path(open.path)); !renamed)
    logger_.error("cdn-logs", "a standard log cannot be closed: " + renamed.error().message);
}

Result<std::vector<std::string>> LogSpool::closed() const {
  std::vector<std::string> names = TRY(disk_.list(directory_));
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(kClosed); });
  return names;
}

Result<LogSpool::File> LogSpool::read(const std::string& name) const {
  std::string bytes = TRY(disk_.read(directory_ + "/" + name));
  const std::size_t head_end = bytes.find('\n');
  if (head_end == std::string::npos) return fail(ErrorCode::Corrupt, name + " has no head");
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= head_end;) {
    const std::size_t end = std::min(bytes.find('\t', at), head_end);
    words.push_back(percent_decode(std::string_view(bytes).substr(at, end - at)).value_or(""));
    at = end + 1;
  }
  std::int64_t begun = 0;
  if (words.size() != 4 ||
      std::from_chars(words[3].data(), words[3].data() + words[3].size(), begun).ec != std::errc())
    return fail(ErrorCode::Corrupt, name + " has a head that cannot be read");
  File file;
  file.object = {words[0], words[1], words[2]};
  file.begun = SystemTime(std::chrono::seconds(begun));
  // What a crash tore at the end is no line.
  const std::size_t whole = bytes.rfind('\n') + 1;
  file.lines = bytes.substr(head_end + 1, whole - head_end - 1);
  return file;
}

Result<void> LogSpool::remove(const std::string& name) {
  const std::string path = directory_ + "/" + name;
  const std::uint64_t size = TRY(disk_.version(path)).size;
  TRY(disk_.remove(path));
  bytes_ -= std::min<std::uint64_t>(size, bytes_);
  return {};
}

}  // namespace meridian::apps
