#include "apps/control/query_log_delivery.h"

#include <fmt/format.h>
#include <pthread.h>

#include <span>
#include <utility>

namespace meridian::apps {
namespace {

namespace query_log = engines::dns::query_log;
namespace route53 = services::route53;

std::string id_in(std::string_view key) {
  return std::string(key.substr(route53::kQueryLoggingConfigsPrefix.size()));
}

// As LogSink counts a batch.
constexpr std::size_t kEventOverhead = 12;

}  // namespace

QueryLogDelivery::QueryLogDelivery(std::string edge_location, Logger& logger, Metrics& metrics)
    : logger_(logger),
      metrics_(metrics, kName),
      edge_location_(std::move(edge_location)),
      formatter_(edge_location_) {}

QueryLogDelivery::~QueryLogDelivery() {
  stop();
}

Result<void> QueryLogDelivery::start(store::Store& store, store::LogSink& logs) {
  logs_ = &logs;
  thread_ = std::thread([this] { deliver_handed(); });
  pthread_setname_np(thread_.native_handle(), "query-logs");
  follower_ =
      std::make_unique<store::Follower>(store, std::string(route53::kQueryLoggingConfigsPrefix),
                                        static_cast<store::FollowerReader&>(*this), logger_, "query-logging");
  return follower_->start();
}

void QueryLogDelivery::stop() {
  if (!thread_.joinable()) return;
  follower_.reset();
  zones_.set({});
  {
    std::unique_lock lock(mutex_);
    hurry_ = true;
    idle_.wait_for(lock, query_log::kEndTimeMax,
                   [this] { return !waits_ && handed_.empty() && !delivering_; });
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void QueryLogDelivery::take(const query_log::Record& record) {
  if (waiting_bytes_ >= query_log::kBufferBytesMax) {
    metrics_.dropped_slow.add();
    return;
  }
  line_.clear();
  formatter_.append(line_, record);
  if (line_.empty()) return;
  line_.pop_back();  // an event has no newline
  auto zone = waiting_.find(record.zone_id);
  if (zone == waiting_.end()) zone = waiting_.try_emplace(std::string(record.zone_id)).first;
  const auto time = std::chrono::floor<std::chrono::milliseconds>(record.time.time_since_epoch());
  zone->second.lines.push_back({time.count(), zone->second.text.size(), line_.size()});
  zone->second.text += line_;
  waiting_bytes_ += line_.size();
}

void QueryLogDelivery::flush(MonotonicTime now) {
  if (waiting_.empty()) {
    waiting_since_ = now;
    return;
  }
  std::lock_guard lock(mutex_);
  waits_ = true;
  if (!handed_.empty() || delivering_) return;
  if (waiting_bytes_ < kLinesBytes && now - waiting_since_ < kLinesWait && !hurry_) return;
  handed_ = std::exchange(waiting_, {});
  waiting_bytes_ = 0;
  waiting_since_ = now;
  waits_ = false;
  wake_.notify_one();
}

void QueryLogDelivery::deliver_handed() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return !handed_.empty() || stopping_; });
    if (handed_.empty()) return;
    const LinesByZone lines = std::exchange(handed_, {});
    delivering_ = true;
    lock.unlock();
    for (const auto& [zone_id, of_zone] : lines) deliver(zone_id, of_zone);
    lock.lock();
    delivering_ = false;
    idle_.notify_all();
  }
}

void QueryLogDelivery::deliver(const std::string& zone_id, const Lines& lines) {
  store::LogDestination destination;
  {
    std::lock_guard lock(mutex_);
    const auto found =
        std::ranges::find_if(configured_, [&](const auto& entry) { return entry.second.zone_id == zone_id; });
    if (found == configured_.end()) return;  // its configuration went while they waited
    destination = found->second.destination;
  }
  std::vector<store::LogEvent> events;
  std::size_t bytes = 0;
  const auto append = [&] {
    if (events.empty()) return;
    if (const auto appended = logs_->append(destination, events)) {
      metrics_.written.add(events.size());
      metrics_.bytes.add(bytes);
    } else {
      metrics_.dropped_failed.add(events.size());
      logger_.warn("query-logging", "lines were lost",
                   {{"zone", zone_id}, {"group", destination.group}, {"why", appended.error().message}});
    }
    events.clear();
    bytes = 0;
  };
  for (const Line& line : lines.lines) {
    if (bytes + line.size + kEventOverhead > store::kLogBatchBytesMax) append();
    events.push_back({line.time_ms, std::string_view(lines.text).substr(line.offset, line.size)});
    bytes += line.size + kEventOverhead;
  }
  append();
}

void QueryLogDelivery::all(store::Range range) {
  std::lock_guard lock(mutex_);
  configured_.clear();
  for (const store::KeyValue& item : range.items) put(item);
  publish_zones();
}

void QueryLogDelivery::changed(const store::EventBatch& batch) {
  std::lock_guard lock(mutex_);
  for (const store::Event& event : batch.events) {
    if (event.kind == store::Event::Kind::Put)
      put(event.item);
    else
      configured_.erase(id_in(event.item.key));
  }
  publish_zones();
}

void QueryLogDelivery::put(const store::KeyValue& item) {
  auto config = route53::decode_query_logging_config(item.value);
  if (!config) {
    logger_.error("query-logging", "a configuration cannot be read",
                  {{"key", item.key}, {"why", config.error().message}});
    return;
  }
  configured_.insert_or_assign(
      id_in(item.key),
      Configured{config->zone_id,
                 {config->account, std::string(route53::kQueryLoggingRegion), config->log_group,
                  fmt::format("{}/{}", config->zone_id, edge_location_)}});
}

void QueryLogDelivery::publish_zones() {
  query_log::LoggedZones::Ids ids;
  for (const auto& [id, configured] : configured_) ids.push_back(configured.zone_id);
  zones_.set(std::move(ids));
}

}  // namespace meridian::apps
