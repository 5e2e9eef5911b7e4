#include "apps/streams_side.h"

namespace meridian::apps {
namespace {

constexpr Duration kForgetEvery = std::chrono::hours(1);

}  // namespace

StreamsSide::StreamsSide(std::unique_ptr<store::LogStore> records, store::Store& store, const World& world)
    : records_(std::move(records)),
      shards_(*records_, world.clock),
      forgetting_(kForgetEvery, [this, &store, &logger = world.logger] {
        if (auto done = shards_.forget(store); !done)
          logger.warn("kinesis", "records that have expired cannot be freed: " + done.error().message);
      }) {}

Result<std::unique_ptr<StreamsSide>> StreamsSide::open(const std::string& data_dir, store::Store& store,
                                                       const World& world) {
  auto records = TRY(store::LogStore::open(world.disk, data_dir + "/streams", world.clock, world.logger,
                                           world.metrics, {.name = "streams", .bytes_max = kBytesMax}));
  return std::unique_ptr<StreamsSide>(new StreamsSide(std::move(records), store, world));
}

}  // namespace meridian::apps
