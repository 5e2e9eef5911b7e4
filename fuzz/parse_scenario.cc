// A drill's file: any text is read or refused with the line.
#include <cstdint>

#include "apps/drill/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), data ? size : 0);
  const auto scenario = meridian::apps::drill::parse_scenario(text);
  if (!scenario && scenario.error().message.empty()) __builtin_trap();
  if (scenario && (scenario->endpoints.empty() || scenario->records.empty() || scenario->clients.empty()))
    __builtin_trap();
  return 0;
}
