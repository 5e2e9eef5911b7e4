#include "engines/dns/trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace meridian::engines::dns {

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
    out += "}";
  }
  return out + "]";
}

}  // namespace meridian::engines::dns
