#include "engines/cdn/access_log/log_lines.h"

#include <algorithm>

namespace meridian::engines::cdn::access_log {

std::string standard_log_head() {
  std::string out = "#Version: 1.0\n#Fields:";
  for (const Column& column : standard_columns()) out.append(" ").append(column.name);
  return out + "\n";
}

void append_standard_line(std::string& out, const RequestRecord& record) {
  for (const Column& column : standard_columns()) {
    column.write(out, record);
    out += '\t';
  }
  out.back() = '\n';
}

Result<RealtimeLines> RealtimeLines::of(std::span<const std::string> names) {
  RealtimeLines lines;
  for (const std::string& name : names) {
    const Column* column = find_realtime_column(name);
    if (!column) return invalid("real-time logs have no field " + name);
    lines.columns_.push_back(column);
  }
  if (lines.columns_.empty()) return invalid("a real-time log has no fields");
  std::ranges::sort(lines.columns_);  // as they stand in the table
  return lines;
}

void RealtimeLines::append(std::string& out, const RequestRecord& record) const {
  for (const Column* column : columns_) {
    column->write(out, record);
    out += '\t';
  }
  out.back() = '\n';
}

}  // namespace meridian::engines::cdn::access_log
