#include "engines/dns/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::dns {
namespace {

// Rows of cells, each column as wide as its widest cell; numbers stand to the right.
class Table {
 public:
  void add(std::string_view text) {
    auto& row = rows_.emplace_back();
    for (std::size_t column = 0;; ++column) {
      const std::size_t tab = text.find('\t');
      row.push_back(text.substr(0, tab));
      if (column == widths_.size()) widths_.push_back(0);
      widths_[column] = std::max(widths_[column], steps::columns_of(row.back()));
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
      const std::string padding(widths_[column] - steps::columns_of(cell), ' ');
      if (!out.empty()) out += "  ";
      out += is_number(cell) ? fmt::format("{}{}", padding, cell) : fmt::format("{}{}", cell, padding);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }

 private:
  static bool is_number(std::string_view cell) { return !cell.empty() && cell[0] >= '0' && cell[0] <= '9'; }

  std::vector<std::vector<std::string_view>> rows_;
  std::vector<std::size_t> widths_;
};

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

}  // namespace meridian::engines::dns
