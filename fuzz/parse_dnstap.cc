// A Frame Streams stream from outside, cut at a place of the input's choosing, and dnstap in its data frames.
// What was accepted is written to bytes that read back as the same.
#include "base/check.h"
#include "formats/dnstap/dnstap.h"
#include "formats/dnstap/frame_streams.h"

using namespace meridian;
using namespace meridian::dnstap;

namespace {

void check_dnstap(std::string_view bytes) {
  const auto dnstap = parse_dnstap(bytes);
  if (!dnstap) return;
  std::string written;
  append_dnstap(written, *dnstap);
  const auto again = parse_dnstap(written);
  CHECK(again);
  CHECK(again->identity == dnstap->identity);
  CHECK(again->message.client == dnstap->message.client);
  CHECK(again->message.query_time == dnstap->message.query_time);
  CHECK(again->message.response == dnstap->message.response);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = as_text({data + 1, size - 1});
  const std::size_t cut = std::min<std::size_t>(data[0], bytes.size());
  FrameReader reader;
  for (const std::string_view part : {bytes.substr(0, cut), bytes.substr(cut)}) {
    reader.feed(part);
    for (;;) {
      const auto frame = reader.next();
      if (!frame) return 0;
      if (!*frame) break;
      if (!(*frame)->control) check_dnstap((*frame)->data);
    }
  }
  return 0;
}
