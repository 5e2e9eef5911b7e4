#include "compilers/cdn/tier_map.h"

#include "store/fields.h"

namespace meridian::compilers::cdn {
namespace {

class Writer : public store::FieldWriter<Writer> {
 public:
  using FieldWriter::FieldWriter;
};

constexpr std::size_t kEdgeBytesMin = 12, kRegionBytesMin = 4;  // lengths and counts

}  // namespace

std::string encode(const snapshots::cdn::TierMap& map) {
  Writer out(1);
  out.count(map.edges.size());
  for (const snapshots::cdn::TierEdge& edge : map.edges) {
    out.text(edge.name).text(edge.address).count(edge.regions.size());
    for (const std::string& region : edge.regions) out.text(region);
  }
  return out.take();
}

Result<snapshots::cdn::TierMap> decode_tier_map(std::string_view bytes) {
  store::FieldReader in(bytes, 1);
  snapshots::cdn::TierMap map;
  map.edges.resize(in.count(kEdgeBytesMin));
  for (snapshots::cdn::TierEdge& edge : map.edges) {
    edge.name = in.text();
    edge.address = in.text();
    edge.regions.resize(in.count(kRegionBytesMin));
    for (std::string& region : edge.regions) region = in.text();
  }
  return in.finish(std::move(map), "map of edges");
}

}  // namespace meridian::compilers::cdn
