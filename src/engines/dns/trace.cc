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

}  // namespace

std::string Trace::to_text() const {
  std::size_t width = 0;
  for (const Step& step : steps_) width = std::max(width, step.what.size());
  std::string out;
  for (const Step& step : steps_) out += fmt::format("{:<{}}  {}\n", step.what, width, step.text);
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
