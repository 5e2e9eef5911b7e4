// Field sections of one connection, each cut off by a byte of the input. What was accepted is said again, and
// heard as the same.
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/http2/hpack.h"

using namespace meridian;
using namespace meridian::http2;

namespace {

struct Kept final : FieldSink {
  void on_field(std::string_view name, std::string_view value, bool) override {
    section.emplace_back(to_lower(name), value);
  }
  std::vector<std::pair<std::string, std::string>> section;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = as_text({data, size});
  HpackDecoder decoder, again;
  HpackEncoder encoder;
  while (!bytes.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::uint8_t>(bytes[0]), bytes.size() - 1);
    Kept heard, told;
    if (decoder.decode(bytes.substr(1, length), 64 * 1024, heard) != HpackDecoder::Verdict::Done) return 0;
    bytes.remove_prefix(1 + length);
    if (length % 7 == 6) encoder.set_peer_table(length * 17);
    std::string block;
    encoder.begin(block);
    for (const auto& [name, value] : heard.section) encoder.add(block, name, value);
    CHECK(again.decode(block, 1024 * 1024, told) == HpackDecoder::Verdict::Done);
    CHECK(told.section == heard.section);
  }
  return 0;
}
