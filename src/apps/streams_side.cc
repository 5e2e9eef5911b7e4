#include "apps/streams_side.h"

namespace meridian::apps {
namespace {

constexpr Duration kForgetEvery = std::chrono::hours(1);

}  // namespace

StreamsSide::StreamsSide(std::unique_ptr<store::LogStore> records, store::Store& store,
                         store::MetricSink& metrics, const World& world)
    : records_(std::move(records)),
      shards_(*records_, world.clock),
      forgetting_(kForgetEvery,
                  [this, &store, &logger = world.logger] {
                    if (auto done = shards_.forget(store); !done)
                      logger.warn("kinesis",
                                  "records that have expired cannot be freed: " + done.error().message);
                  }),
      telling_(kTellEvery, [this, &metrics, world] { tell(metrics, world); }) {}

void StreamsSide::tell(store::MetricSink& metrics, const World& world) {
  const SystemTime minute = std::chrono::floor<std::chrono::minutes>(world.clock.now());
  std::vector<store::Sample> samples;
  for (const auto& [stream, incoming] : shards_.take_incoming()) {
    const auto& [place, name] = stream;
    const auto add = [&](const char* metric, const char* unit, std::uint64_t sum) {
      samples.push_back({{store::metric_scope(place.first, place.second),
                          "AWS/Kinesis",
                          metric,
                          {{"StreamName", name}},
                          unit},
                         minute,
                         store::Statistics::of(static_cast<double>(sum))});
    };
    add("IncomingRecords", "Count", incoming.records);
    add("IncomingBytes", "Bytes", incoming.bytes);
  }
  if (samples.empty()) return;
  if (const auto added = metrics.add(samples); !added)
    world.logger.warn("metrics", "metrics of streams cannot be kept: " + added.error().message);
}

Result<std::unique_ptr<StreamsSide>> StreamsSide::open(const std::string& data_dir, store::Store& store,
                                                       store::MetricSink& metrics, const World& world) {
  auto records = TRY(store::LogStore::open(world.disk, data_dir + "/streams", world.clock, world.logger,
                                           world.metrics, {.name = "streams", .bytes_max = kBytesMax}));
  return std::unique_ptr<StreamsSide>(new StreamsSide(std::move(records), store, metrics, world));
}

}  // namespace meridian::apps
