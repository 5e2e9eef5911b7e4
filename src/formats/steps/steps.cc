#include "formats/steps/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace meridian::steps {
namespace {

struct AppendJson {
  std::string& out;

  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { out += fmt::to_string(value); }
  void operator()(double value) const { out += std::isfinite(value) ? fmt::to_string(value) : "null"; }
  void operator()(const std::string& value) const { append_json_string(out, value); }
};

std::string without_columns(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view cell = text.substr(0, text.find('\t'));
    text.remove_prefix(std::min(text.size(), cell.size() + 1));
    if (!cell.empty()) out += (out.empty() ? "" : ", ") + std::string(cell);
  }
  return out;
}

}  // namespace

std::string to_json(std::span<const Step> steps) {
  std::string out = "[";
  for (const Step& step : steps) {
    if (out.size() > 1) out += ", ";
    out += "{\"step\": ";
    append_json_string(out, step.what);
    out += ", \"text\": ";
    append_json_string(out, without_columns(step.text));
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

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace meridian::steps
