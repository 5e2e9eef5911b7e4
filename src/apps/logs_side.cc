#include "apps/logs_side.h"

#include "services/logs/retention.h"

namespace meridian::apps {
namespace {

constexpr Duration kForgetEvery = std::chrono::hours(1);

}  // namespace

LogsSide::LogsSide(std::unique_ptr<store::LogStore> events, store::Store& store, store::MetricSink& metrics,
                   const World& world)
    : events_(std::move(events)),
      ingest_(store, *events_, metrics, world.clock, world.random, world.logger),
      forgetting_(kForgetEvery, [this, &store, &clock = world.clock, &logger = world.logger] {
        if (auto done = services::logs::forget_unwanted(store, *events_, clock.now()); !done)
          logger.warn("logs", "what nobody wants any more cannot be freed: " + done.error().message);
      }) {}

Result<std::unique_ptr<LogsSide>> LogsSide::open(const std::string& data_dir, std::uint64_t bytes_max,
                                                 store::Store& store, store::MetricSink& metrics,
                                                 const World& world) {
  auto events = TRY(store::LogStore::open(world.disk, data_dir + "/logs", world.clock, world.logger,
                                          world.metrics, {.bytes_max = bytes_max}));
  return std::unique_ptr<LogsSide>(new LogsSide(std::move(events), store, metrics, world));
}

}  // namespace meridian::apps
