// What a control or an edge hears: any bytes are frames or an error, and a frame encodes to what is read
// again as the same. The rest of the input is tried as a compressed package and as an enrolment token.
#include "base/check.h"
#include "snapshots/feed/compression.h"
#include "snapshots/feed/enrolment.h"
#include "snapshots/feed/frame.h"

using namespace meridian;
using namespace meridian::snapshots::feed;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  FrameReader reader;
  reader.add({data, size});
  for (auto frame = reader.next(); frame && *frame; frame = reader.next()) {
    FrameReader again;
    again.add(as_bytes(encode(**frame)));
    auto second = again.next();
    CHECK(second && *second && **second == **frame && again.buffered() == 0);
  }
  constexpr std::uint64_t kPlainMax = 1 << 14;
  if (const auto plain = decompress(input, size * 3)) CHECK(plain->size() == size * 3);
  (void)decompress(input, kPlainMax);
  if (const auto read = read_token(input)) CHECK(sealed_part(read->token) == read->sealed_part);
  return 0;
}
