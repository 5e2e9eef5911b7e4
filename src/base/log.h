// Structured logs: one line an event, JSON for machines or short text for people, written by a thread of its own.
// Rule: logging never blocks the caller; when the queue is full the line is dropped and counted.
#pragma once

#include <fmt/format.h>

#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace meridian {

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Text, Json };

// A named value of a log line; numbers stay numbers in JSON.
struct LogField {
  std::string_view name;
  std::string value;
  bool quoted;
  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text), quoted(true) {}
  LogField(std::string_view field_name, const char* text) : LogField(field_name, std::string_view(text)) {}
  LogField(std::string_view field_name, const std::string& text) : LogField(field_name, std::string_view(text)) {}
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  LogField(std::string_view field_name, Number number)
      : name(field_name), value(fmt::format("{}", number)), quoted(false) {}
};

class Logger {
 public:
  static constexpr std::size_t kQueueMax = 65536;  // lines

  // Writes to the descriptor, which stays the caller's.
  Logger(const Clock& clock, int descriptor, LogFormat format, LogLevel level);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void write(LogLevel level, std::string_view component, std::string_view message,
             std::initializer_list<LogField> fields = {});
  void debug(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Debug, component, message, fields);
  }
  void info(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Info, component, message, fields);
  }
  void warn(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Warn, component, message, fields);
  }
  void error(std::string_view component, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::Error, component, message, fields);
  }
  void flush();
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void run();

  const Clock& clock_;
  int descriptor_;
  LogFormat format_;
  LogLevel level_;
  std::mutex mutex_;
  std::condition_variable wake_, drained_;
  std::vector<std::string> queue_;
  std::atomic<std::uint64_t> dropped_{0};
  bool writing_ = false, stopping_ = false;
  std::thread writer_;
};

// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace meridian
