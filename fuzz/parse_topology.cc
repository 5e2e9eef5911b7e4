// The operator's files of where things are: any text is read or refused with a reason.
#include <cstdint>

#include "formats/topology/latency_table.h"
#include "formats/topology/topology.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), data ? size : 0);
  const auto topology = meridian::topology::parse_topology(text);
  const auto table = meridian::topology::parse_latency_table(text);
  if (!topology && topology.error().message.empty()) __builtin_trap();
  if (!table && table.error().message.empty()) __builtin_trap();
  return 0;
}
