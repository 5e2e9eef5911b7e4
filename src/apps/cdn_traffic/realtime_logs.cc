#include "apps/cdn_traffic/realtime_logs.h"

#include <fmt/format.h>

#include "services/cloudfront/resources.h"
#include "services/kinesis/hash_keys.h"

namespace meridian::apps {
namespace {

namespace cloudfront = services::cloudfront;
namespace kinesis = services::kinesis;
namespace access_log = engines::cdn::access_log;

constexpr std::string_view kConfigs = cloudfront::kPrefix<cloudfront::api::RealtimeLogConfig>;

// "arn:aws:cloudfront::111122223333:realtime-log-config/name", as its row's key.
std::string key_of_arn(std::string_view arn) {
  constexpr std::string_view kStart = "arn:aws:cloudfront::", kName = ":realtime-log-config/";
  const std::size_t name = arn.find(kName);
  if (!arn.starts_with(kStart) || name == std::string_view::npos || name < kStart.size()) return {};
  return cloudfront::key_of(kConfigs, arn.substr(kStart.size(), name - kStart.size()),
                            arn.substr(name + kName.size()));
}

}  // namespace

RealtimeLogs::RealtimeLogs(store::Store& store, kinesis::ShardLog& shards, Random& random, Logger& logger,
                           Metrics& metrics)
    : store_(store),
      shards_(shards),
      random_(random.next()),
      logger_(logger),
      delivered_(metrics.counter("meridian_cdn_realtime_records_total",
                                 "Records of real-time logs that were put into streams")),
      dropped_(metrics.counter("meridian_cdn_realtime_records_dropped_total",
                               "Records of real-time logs whose stream is not there, or did not take them")),
      follower_(std::make_unique<store::Follower>(store, std::string(kConfigs),
                                                  static_cast<store::FollowerReader&>(*this), logger,
                                                  "realtime-logs")) {}

RealtimeLogs::~RealtimeLogs() = default;

std::shared_ptr<const RealtimeLogs::Config> RealtimeLogs::config_of(const std::string& arn) {
  const std::lock_guard lock(mutex_);
  const auto found = configs_.find(key_of_arn(arn));
  return found == configs_.end() ? nullptr : found->second;
}

void RealtimeLogs::take(const engines::cdn::RequestRecord& record) {
  if (!record.behavior || record.behavior->realtime_log_arn.empty()) return;
  const auto config = config_of(record.behavior->realtime_log_arn);
  if (!config || random_.below(100) >= config->sampling_rate) return;
  if (waiting_bytes_ >= kWaitingBytesMax) {
    dropped_.add();
    return;
  }
  Waiting& waiting = waiting_[config->stream_arn];
  waiting.account = config->account;
  config->lines.append(waiting.lines.emplace_back(), record);
  waiting_bytes_ += waiting.lines.back().size();
}

void RealtimeLogs::turn(SystemTime now) {
  for (const auto& [stream_arn, waiting] : waiting_) {
    if (const auto delivered = deliver(stream_arn, waiting); delivered) {
      delivered_.add(waiting.lines.size());
    } else {
      dropped_.add(waiting.lines.size());
      SystemTime& warned = warned_[stream_arn];
      if (now - warned < kWarnEvery && now >= warned) continue;
      warned = now;
      logger_.warn("realtime-logs", "records were lost",
                   {{"stream", stream_arn}, {"why", delivered.error().message}});
    }
  }
  waiting_.clear();
  waiting_bytes_ = 0;
}

void RealtimeLogs::end(SystemTime now) {
  follower_.reset();
  turn(now);
}

// CF: a partition key is random.
Result<void> RealtimeLogs::deliver(const std::string& stream_arn, const Waiting& waiting) {
  const auto named = TRY(kinesis::parse_stream_arn(stream_arn));
  if (named.place.account != waiting.account)
    return fail(ErrorCode::NotFound, "the stream is another account's");
  const auto row = TRY(store_.get(kinesis::stream_key(named.place, named.name)));
  if (!row) return fail(ErrorCode::NotFound, "there is no such stream");
  const kinesis::StreamResource stream = TRY(kinesis::decode_stream(row->value));
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < waiting.lines.size(); ++i)
    keys.push_back(fmt::format("{:016x}", random_.next()));
  std::map<std::uint32_t, std::vector<kinesis::ShardRecord>> by_shard;
  for (std::size_t i = 0; i < keys.size(); ++i)
    by_shard[kinesis::shard_of(kinesis::hash_of(keys[i]), stream.shards)].push_back(
        {keys[i], waiting.lines[i]});
  for (const auto& [shard, records] : by_shard) TRY(shards_.put(stream, shard, records));
  return {};
}

void RealtimeLogs::all(store::Range range) {
  {
    const std::lock_guard lock(mutex_);
    configs_.clear();
  }
  for (const store::KeyValue& item : range.items) put(item);
}

void RealtimeLogs::changed(const store::EventBatch& batch) {
  for (const store::Event& event : batch.events) {
    if (event.kind == store::Event::Kind::Put) {
      put(event.item);
      continue;
    }
    const std::lock_guard lock(mutex_);
    configs_.erase(event.item.key);
  }
}

void RealtimeLogs::put(const store::KeyValue& item) {
  const auto read = [&]() -> Result<Config> {
    const auto entity = TRY(cloudfront::decode<cloudfront::api::RealtimeLogConfig>(item.value));
    const auto& config = entity.config;
    if (config.EndPoints.empty() || !config.EndPoints.front().KinesisStreamConfig)
      return invalid("it names no stream");
    auto lines = TRY(access_log::RealtimeLines::of(config.Fields));
    return Config{entity.account, config.EndPoints.front().KinesisStreamConfig->StreamARN,
                  static_cast<std::uint64_t>(config.SamplingRate), std::move(lines)};
  };
  auto config = read();
  if (!config) {
    logger_.error("realtime-logs", "a configuration cannot be read",
                  {{"key", item.key}, {"why", config.error().message}});
    return;
  }
  const std::lock_guard lock(mutex_);
  configs_.insert_or_assign(item.key, std::make_shared<const Config>(*std::move(config)));
}

}  // namespace meridian::apps
