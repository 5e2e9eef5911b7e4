// CDN deltas from a feed or a disk: what is accepted encodes back to the same bytes, can be applied, and the
// snapshot it makes encodes to an image that makes it again.
#include "base/bytes.h"
#include "base/check.h"
#include "snapshots/cdn/delta.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meridian;
  using namespace meridian::snapshots::cdn;
  const std::string_view bytes = as_text({data, size});
  const Result<Delta> delta = decode(bytes);
  if (!delta) return 0;
  CHECK(encode(*delta) == bytes);
  const CdnSnapshot nothing;
  const auto snapshot = apply(nothing, *delta);
  const std::string image = encode(image_of(*snapshot));
  const auto again = decode(image);
  CHECK(again);
  CHECK(encode(image_of(*apply(nothing, *again))) == image);
  snapshot->by_id().for_each([&](const auto& id, const auto&) { CHECK(snapshot->find_id(id) != nullptr); });
  return 0;
}
