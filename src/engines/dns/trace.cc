#include "engines/dns/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace meridian::engines::dns {
namespace {

struct AppendJson {
  std::string& out;

  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += fmt::to_string(value); }
  void operator()(double value) const { out += std::isfinite(value) ? fmt::to_string(value) : "null"; }
  void operator()(const std::string& value) const { append_json_string(out, value); }
};

// Rows of cells, each column as wide as its widest cell; numbers stand to the right.
class Table {
 public:
  void add(std::string_view text) {
    auto& row = rows_.emplace_back();
    for (std::size_t column = 0;; ++column) {
      const std::size_t tab = text.find('\t');
      row.push_back(text.substr(0, tab));
      if (column == widths_.size()) widths_.push_back(0);
      widths_[column] = std::max(widths_[column], columns_of(row.back()));
      if (tab == text.npos) return;
      text.remove_prefix(tab + 1);
    }
  }
  std::size_t rows() const { return rows_.size(); }
  std::string line(std::size_t row) const {
    std::string out;
    for (std::size_t column = 0; column < rows_[row].size(); ++column) {
      if (widths_[column] == 0) continue;
      const std::string_view cell = rows_[row][column];
      const std::string padding(widths_[column] - columns_of(cell), ' ');
      if (!out.empty()) out += "  ";
      out += is_number(cell) ? fmt::format("{}{}", padding, cell) : fmt::format("{}{}", cell, padding);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }

 private:
  static bool is_number(std::string_view cell) { return !cell.empty() && cell[0] >= '0' && cell[0] <= '9'; }
  // On a screen, of UTF-8.
  static std::size_t columns_of(std::string_view cell) {
    return static_cast<std::size_t>(std::ranges::count_if(cell, [](char c) { return (c & 0xc0) != 0x80; }));
  }

  std::vector<std::vector<std::string_view>> rows_;
  std::vector<std::size_t> widths_;
};

// Without columns.
std::string in_one_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view cell = text.substr(0, text.find('\t'));
    text.remove_prefix(std::min(text.size(), cell.size() + 1));
    if (!cell.empty()) out += (out.empty() ? "" : ", ") + std::string(cell);
  }
  return out;
}

}  // namespace

std::string Trace::to_text() const {
  std::size_t width = 0;
  for (const Step& step : steps_) width = std::max(width, 2 * step.depth + step.what.size());
  std::string out;
  for (auto step = steps_.begin(); step != steps_.end();) {
    const auto end = std::find_if(step, steps_.end(), [&](const Step& other) {
      return other.what != step->what || other.depth != step->depth;
    });
    Table table;
    for (auto row = step; row != end; ++row) table.add(row->text);
    const std::string indented = std::string(2 * step->depth, ' ') + std::string(step->what);
    for (std::size_t row = 0; row < table.rows(); ++row)
      out += fmt::format("{:<{}}  {}\n", row == 0 ? indented : "", width, table.line(row));
    step = end;
  }
  return out;
}

std::string Trace::to_json() const {
  std::string out = "[";
  for (const Step& step : steps_) {
    if (out.size() > 1) out += ", ";
    out += "{\"step\": ";
    append_json_string(out, step.what);
    out += ", \"text\": ";
    append_json_string(out, in_one_line(step.text));
    out += fmt::format(", \"depth\": {}", step.depth);
    for (const Field& field : step.fields) {
      out += ", ";
      append_json_string(out, field.name);
      out += ": ";
      std::visit(AppendJson{out}, field.value);
    }
    out += "}";
  }
  return out + "]";
}

}  // namespace meridian::engines::dns
