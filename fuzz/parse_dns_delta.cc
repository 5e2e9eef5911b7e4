// DNS deltas from a feed or a disk: what is accepted encodes back to the same bytes, can be applied or is
// refused whole, and the snapshot it makes encodes to an image that makes it again.
#include <string>

#include "base/check.h"
#include "base/random.h"
#include "snapshots/dns/snapshot.h"

namespace {

using namespace meridian;
using namespace meridian::snapshots::dns;

std::size_t count_sets(const DnsSnapshot& snapshot) {
  std::size_t sets = 0;
  snapshot.for_each_zone([&](const DnsZone& zone) {
    zone.for_each_node([&](const NameNode& node) { sets += node.set_count(); });
  });
  return sets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text({data, size});
  Result<Delta> delta = decode(bytes);
  if (!delta) return 0;
  CHECK(encode(*delta) == bytes);

  SeededRandom random(1);
  const auto empty = DnsSnapshot::empty(random);
  delta->from = 0;
  const auto snapshot = apply(*empty, *delta);
  if (!snapshot) return 0;
  const auto again = decode(encode_image(**snapshot));
  CHECK(again);
  const auto second = apply(*empty, *again);
  CHECK(second);
  CHECK((*second)->zone_count() == (*snapshot)->zone_count() &&
        count_sets(**second) == count_sets(**snapshot));
  return 0;
}
