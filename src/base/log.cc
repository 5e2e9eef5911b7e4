#include "base/log.h"

#include <unistd.h>

#include <cerrno>

namespace meridian {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

// Length of the valid UTF-8 sequence at the start of text, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf && tail(1)) return 2;
  if (first >= 0xe0 && first <= 0xef && tail(1) && tail(2)) {
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4 && tail(1) && tail(2) && tail(3)) {
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

void write_fully(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(text[i++]);
    } else if (c < 0x20) {
      out += fmt::format("\\u{:04x}", c);
      ++i;
    } else if (std::size_t size = utf8_length(text.substr(i)); size > 0) {
      out.append(text.substr(i, size));
      i += size;
    } else {
      out += "\xef\xbf\xbd";
      ++i;
    }
  }
  out.push_back('"');
}

Logger::Logger(const Clock& clock, int descriptor, LogFormat format, LogLevel level)
    : clock_(clock), descriptor_(descriptor), format_(format), level_(level), writer_([this] { run(); }) {}

Logger::~Logger() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void Logger::write(LogLevel level, std::string_view component, std::string_view message,
                   std::initializer_list<LogField> fields) {
  if (level < level_) return;
  std::string line;
  std::string_view level_name = kLevelNames[static_cast<std::size_t>(level)];
  if (format_ == LogFormat::Json) {
    line = fmt::format(R"({{"ts":"{}","level":"{}","component":)", format_iso8601_millis(clock_.now()), level_name);
    append_json_string(line, component);
    line += ",\"msg\":";
    append_json_string(line, message);
    for (const LogField& field : fields) {
      line += ",\"";
      line += field.name;
      line += "\":";
      if (field.quoted)
        append_json_string(line, field.value);
      else
        line += field.value;
    }
    line += "}\n";
  } else {
    line = fmt::format("{} {:5} {:<8} {}", format_iso8601_millis(clock_.now()), level_name, component, message);
    for (const LogField& field : fields) {
      line += fmt::format(" {}=", field.name);
      bool plain = !field.quoted || (!field.value.empty() && field.value.find_first_of(" \"\\\n\r\t=") == field.value.npos);
      if (plain)
        line += field.value;
      else
        append_json_string(line, field.value);
    }
    line += '\n';
  }
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= kQueueMax) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    queue_.push_back(std::move(line));
  }
  wake_.notify_one();
}

void Logger::flush() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return queue_.empty() && !writing_; });
}

void Logger::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::vector<std::string> lines;
    lines.swap(queue_);
    writing_ = true;
    lock.unlock();
    std::string text;
    for (const std::string& line : lines) text += line;
    write_fully(descriptor_, text);
    lock.lock();
    writing_ = false;
    drained_.notify_all();
  }
}

}  // namespace meridian
