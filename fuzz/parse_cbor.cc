// CBOR from outside. Besides not crashing, what was accepted is written to bytes that read back as the same
// bytes.
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/cbor/cbor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  auto tree = cbor::parse({data, size});
  if (!tree) return 0;
  const std::string bytes = cbor::to_bytes(*tree);
  auto again = cbor::parse(as_bytes(bytes));
  CHECK(again);
  // Bytes are compared: a NaN is not equal to itself.
  CHECK(cbor::to_bytes(*again) == bytes);
  return 0;
}
