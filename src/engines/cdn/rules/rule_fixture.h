// What tests of rules begin with: a fixed now, and header fields written as a head has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engines/cdn/rules/fields.h"
#include "engines/cdn/rules/http_date.h"

namespace meridian::engines::cdn::rules {

// Sun, 06 Nov 1994 08:49:37 GMT
inline constexpr Time kNow{Seconds(784111777)};

// "name: value" lines, from string literals.
inline std::vector<Field> head(std::string_view lines) {
  std::vector<Field> fields;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    fields.push_back({trim(line.substr(0, colon)), trim(line.substr(colon + 1))});
  }
  return fields;
}

inline std::string text_of(Fields fields) {
  std::string text;
  for (const Field& field : fields) text += std::string(field.name) + ": " + std::string(field.value) + "\n";
  return text;
}

}  // namespace meridian::engines::cdn::rules
