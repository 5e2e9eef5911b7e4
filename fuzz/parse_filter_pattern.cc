// A filter pattern, and behind the first line break a message: read or refused with a reason, matched in
// bounded time.
#include <cstdint>

#include "services/logs/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), data ? size : 0);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto pattern = meridian::services::logs::FilterPattern::parse(text.substr(0, line));
  if (!pattern) {
    if (pattern.error().message.empty()) __builtin_trap();
    return 0;
  }
  const std::string_view message = text.substr(std::min(line + 1, text.size()));
  if (const auto match = pattern->match(message)) {
    for (const auto& [name, value] : match->extracted())
      if (match->value(name) != value && !value.empty()) __builtin_trap();
    (void)match->value("$.a[0].b");
  }
  return 0;
}
