// JSON from outside. Besides not crashing, what was accepted is written to text that reads back as the same
// text.
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  auto tree = json::parse(as_text({data, size}));
  if (!tree) return 0;
  const std::string text = json::to_text(*tree);
  auto again = json::parse(text);
  CHECK(again);
  // Texts are compared: 1.0 is written as 1, which reads back as an integer.
  CHECK(json::to_text(*again) == text);
  return 0;
}
