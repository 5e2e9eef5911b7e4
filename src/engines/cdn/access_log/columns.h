// The fields of a log line, one function each. Source: CF:AccessLogs (standard-logs-reference) and
// CF:real-time-logs. Rule: a field never holds a tab or a newline; one that says nothing is "-".
#pragma once

#include <string>
#include <string_view>

#include "engines/cdn/request_log.h"

namespace meridian::engines::cdn::access_log {

using WriteColumn = void (*)(std::string& out, const RequestRecord& record);

struct Column {
  std::string_view name;
  WriteColumn write;
};

std::span<const Column> standard_columns();  // all, in order
// By the name that a real-time log configuration gives it; null: there is none. A line has its columns in the
// order of their addresses.
const Column* find_realtime_column(std::string_view name);

// CF: of the long fields of real-time logs no more is told.
inline constexpr std::size_t kRealtimeTextMax = 800;

}  // namespace meridian::engines::cdn::access_log
