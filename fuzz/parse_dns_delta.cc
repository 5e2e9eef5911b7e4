// DNS deltas from a feed or a disk: what is accepted encodes back to the same bytes (of an older format, to
// bytes that mean the same), can be applied or is refused whole, and the snapshot it makes encodes to an
// image that makes it again, candidates, hidden names and CIDR collections included.
#include <string>

#include "base/check.h"
#include "base/random.h"
#include "snapshots/dns/record_group.h"
#include "snapshots/dns/snapshot.h"

namespace {

using namespace meridian;
using namespace meridian::snapshots::dns;

// Walks all there is, as an engine that chooses among candidates would.
std::size_t count_sets(const DnsSnapshot& snapshot) {
  std::size_t sets = 0;
  const auto count = [&](const NameNode& node) {
    node.for_each([&](const RecordsView& records) {
      if (!records.is_group) {
        ++sets;
        return;
      }
      const RecordGroup group(records);
      CHECK(group.size() > 0 && group.size() <= kGroupSizeMax);
      for (std::size_t i = 0; i < group.size(); ++i) {
        const Candidate candidate = group.at(i);
        CHECK(i == 0 || group.at(i - 1).set_identifier < candidate.set_identifier);
        std::size_t end = 0, values = 0;
        for (; end < candidate.records.data.size(); ++values) (void)candidate.records.next(end);
        CHECK(end == candidate.records.data.size() && values == candidate.records.count);
        (void)snapshot.health_table().healthy(candidate.health);
      }
      sets += group.size();
    });
  };
  snapshot.for_each_zone([&](const DnsZone& zone) {
    zone.for_each_node(count);
    zone.for_each_hidden(count);
  });
  return sets;
}

// Each block's own network is in it, or in a block of the same addresses.
std::size_t count_blocks(const DnsSnapshot& snapshot) {
  std::size_t blocks = 0;
  snapshot.for_each_collection([&](const CidrBlocks& collection) {
    for (const CidrCollection::Location& location : collection.collection().locations)
      for (const net::Cidr& block : location.blocks) {
        ++blocks;
        CHECK(collection.lookup(block.base, block.bits).block == block);
      }
  });
  return blocks;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = as_text({data, size});
  Result<Delta> delta = decode(bytes);
  if (!delta) return 0;
  const std::string encoded = encode(*delta);
  CHECK(bytes.starts_with("MDD1") ? encode(*decode(encoded)) == encoded : encoded == bytes);

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
        count_sets(**second) == count_sets(**snapshot) && count_blocks(**second) == count_blocks(**snapshot));
  return 0;
}
