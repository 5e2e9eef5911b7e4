#include "engines/cdn/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::cdn {
namespace {

// A word that is longer than a line stays whole: it is there to be copied.
std::vector<std::string> broken(std::string_view text, std::size_t columns) {
  constexpr std::string_view kIndent = "  ";
  std::vector<std::string> lines(1);
  bool begun = false;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (begun && steps::columns_of(lines.back()) + 1 + steps::columns_of(word) > columns) {
      lines.emplace_back(kIndent);
      begun = false;
    }
    if (begun) lines.back() += ' ';
    lines.back() += word;
    begun = true;
  }
  return lines;
}

}  // namespace

std::string Trace::to_text() const {
  constexpr std::size_t kGap = 2;
  std::size_t width = 0;
  for (const Step& step : steps_) width = std::max(width, 2 * step.depth + step.what.size());
  std::string out;
  const Step* before = nullptr;
  for (const Step& step : steps_) {
    const bool goes_on = before && before->what == step.what && before->depth == step.depth;
    std::string label = goes_on ? "" : std::string(2 * step.depth, ' ') + std::string(step.what);
    for (const std::string& line : broken(step.text, kColumns - width - kGap)) {
      out += fmt::format("{:<{}}{}\n", label, width + kGap, line);
      label.clear();
    }
    before = &step;
  }
  return out;
}

}  // namespace meridian::engines::cdn
