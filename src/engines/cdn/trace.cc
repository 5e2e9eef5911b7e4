#include "engines/cdn/trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace meridian::engines::cdn {
namespace {

// On a screen, of UTF-8.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

// A word that is longer than a line stays whole: it is there to be copied.
std::vector<std::string> broken(std::string_view text, std::size_t columns) {
  constexpr std::string_view kIndent = "  ";
  std::vector<std::string> lines(1);
  bool begun = false;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (begun && columns_of(lines.back()) + 1 + columns_of(word) > columns) {
      lines.emplace_back(kIndent);
      begun = false;
    }
    if (begun) lines.back() += ' ';
    lines.back() += word;
    begun = true;
  }
  return lines;
}

struct AppendJson {
  std::string& out;

  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += fmt::to_string(value); }
  void operator()(const std::string& value) const { append_json_string(out, value); }
};

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

std::string Trace::to_json() const {
  std::string out = "[";
  for (const Step& step : steps_) {
    if (out.size() > 1) out += ", ";
    out += "{\"step\": ";
    append_json_string(out, step.what);
    out += ", \"text\": ";
    append_json_string(out, step.text);
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

}  // namespace meridian::engines::cdn
