#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/eight_bytes.h"

namespace meridian {
namespace {

constexpr Duration kGatherTime = std::chrono::milliseconds(2);

constexpr std::size_t kLineBytesUsual = 640;       // of a call's line
constexpr std::size_t kTextKeptMax = 1024 * 1024;  // of memory to write from

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

// The number of the control character at the start of text, which a terminal would obey, or -1: C0 and DEL,
// and C1, whose UTF-8 begins with 0xc2.
int control_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x20 || first == 0x7f) return first;
  if (first != 0xc2 || text.size() < 2) return -1;
  const auto second = static_cast<unsigned char>(text[1]);
  return second >= 0x80 && second <= 0x9f ? second : -1;
}

// What stands for itself.
constexpr auto kPlain = [] {
  std::array<bool, 256> table{};
  for (char c = ' '; c < 0x7f; ++c) table[static_cast<unsigned char>(c)] = c != '"' && c != '\\';
  return table;
}();

// How much of the text's beginning stands for itself.
std::size_t plain_size(std::string_view text) {
  using eight_bytes::below, eight_bytes::equal;
  std::size_t at = eight_bytes::plain_words(text, [](std::uint64_t word) {
    return word | below(word, ' ') | equal(word, 0x7f) | equal(word, '"') | equal(word, '\\');
  });
  while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

void append_escaped(std::string& out, std::string_view text, std::string_view backslashed) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t plain = plain_size(text.substr(i));
    out.append(text, i, plain);
    if ((i += plain) == text.size()) return;
    const std::string_view rest = text.substr(i);
    const int control = control_character(rest);
    const std::size_t size = std::max<std::size_t>(1, utf8_length(rest));
    if (control >= 0) {
      out += fmt::format("\\u{:04x}", control);
    } else if (backslashed.find(rest[0]) != backslashed.npos) {
      out.push_back('\\');
      out.push_back(rest[0]);
    } else if (utf8_length(rest) > 0) {
      out.append(rest.substr(0, size));
    } else {
      out += "\xef\xbf\xbd";
    }
    i += size;
  }
}

// Whether a field of a text line can stand without quotes.
bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '=';
  });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text, "\"\\");
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
    line.reserve(kLineBytesUsual);
    line += R"({"ts":")";
    line += format_iso8601_millis(clock_.now());
    line += R"(","level":")";
    line += level_name;
    line += R"(","component":)";
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
    line = fmt::format("{} {:5} {:<8} ", format_iso8601_millis(clock_.now()), level_name, component);
    append_escaped(line, message, "");
    for (const LogField& field : fields) {
      line += fmt::format(" {}=", field.name);
      if (!field.quoted || is_plain(field.value))
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
    if (queue_.size() > 1) return;  // the writer is awake, or will be
  }
  wake_.notify_one();
}

void Logger::flush() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return queue_.empty() && !writing_; });
}

void Logger::run() {
  std::vector<std::string> lines;
  std::string text;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    // Lines that come close together are written together: one call of the system, one turn of this thread.
    wake_.wait_for(lock, kGatherTime, [this] { return stopping_; });
    lines.swap(queue_);
    writing_ = true;
    lock.unlock();
    for (const std::string& line : lines) text += line;
    write_fully(descriptor_, text);
    lines.clear();
    // What one busy moment needed is not kept for good.
    if (text.capacity() > kTextKeptMax) text = {};
    text.clear();
    lock.lock();
    writing_ = false;
    drained_.notify_all();
  }
}

}  // namespace meridian
