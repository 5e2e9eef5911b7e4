// Streams: made, found, deleted, and how long their records are kept.
#include <fmt/format.h>

#include "gen/kinesis/errors.h"
#include "services/kinesis/service.h"

namespace meridian::services::kinesis {
namespace {

constexpr std::uint32_t kOnDemandShards = 4;  // with which AWS begins one
constexpr std::int32_t kRecordKiB = 1024;     // the least that MaxRecordSizeInKiB may say

aws::Failure no_stream(const Place& place, std::string_view name) {
  return api::errors::ResourceNotFoundException(
      fmt::format("Stream {} under account {} not found.", name, place.account));
}

aws::Outcome<StreamResource> new_stream(const aws::Call& call, const api::CreateStreamInput& input,
                                        std::uint64_t id) {
  StreamResource stream;
  stream.place = place_of(call);
  stream.name = input.StreamName;
  stream.id = id;
  stream.created_at = call.time;
  if (input.WarmThroughputMiBps)
    return api::errors::InvalidArgumentException("WarmThroughputMiBps is not supported here.");
  if (input.MaxRecordSizeInKiB.value_or(kRecordKiB) != kRecordKiB)
    return api::errors::InvalidArgumentException("MaxRecordSizeInKiB other than 1024 is not supported here.");
  stream.on_demand = input.StreamModeDetails && input.StreamModeDetails->StreamMode == "ON_DEMAND";
  if (stream.on_demand && input.ShardCount)
    return api::errors::InvalidArgumentException(
        "ShardCount must not be specified for a stream with the capacity mode ON_DEMAND.");
  if (!stream.on_demand && !input.ShardCount)
    return api::errors::InvalidArgumentException(
        "ShardCount must be specified for a stream with the capacity mode PROVISIONED.");
  stream.shards = stream.on_demand ? kOnDemandShards : static_cast<std::uint32_t>(*input.ShardCount);
  stream.tags = input.Tags.value_or(std::map<std::string, std::string>());
  TRY(check_tags(stream.tags));
  return stream;
}

}  // namespace

aws::Failure overtaken() {
  return api::errors::ResourceInUseException(
      "A conflicting operation is currently in progress against this stream. Please try again.");
}

aws::Outcome<StoredStream> Kinesis::stored(const Place& place, std::string_view name) {
  auto found = TRY(aws::read(store_, stream_key(place, name), decode_stream));
  if (!found) return no_stream(place, name);
  return *std::move(found);
}

aws::Outcome<StoredStream> Kinesis::find(const aws::Call& call, const std::optional<std::string>& name,
                                         const std::optional<std::string>& arn,
                                         const std::optional<std::string>& id) {
  if (id) return api::errors::InvalidArgumentException("Streams have no StreamId here.");
  if (!arn) {
    if (!name) return api::errors::InvalidArgumentException("StreamName or StreamARN must be provided.");
    return stored(place_of(call), *name);
  }
  const auto parsed = parse_stream_arn(*arn);
  if (!parsed) return api::errors::InvalidArgumentException(parsed.error().message);
  if (name && *name != parsed->name)
    return api::errors::InvalidArgumentException("StreamName does not match the stream in StreamARN.");
  // Nobody can share a stream: there are no resource policies.
  if (parsed->place != place_of(call)) return no_stream(parsed->place, parsed->name);
  return stored(parsed->place, parsed->name);
}

aws::Outcome<api::CreateStreamResponse> Kinesis::CreateStream(aws::Call& call,
                                                              const api::CreateStreamInput& input) {
  const StreamResource stream = TRY(new_stream(call, input, random_.next()));
  const std::string key = stream_key(stream.place, stream.name), count_key = shard_count_key(stream.place);
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        if (TRY(aws::or_failure(store_.get(key))))
          return api::errors::ResourceInUseException(
              fmt::format("Stream {} under account {} already exists.", stream.name, stream.place.account));
        auto count = TRY(aws::read_or_default(store_, count_key, decode_count));
        count.value += stream.shards;
        if (count.value > kShardsMax)
          return api::errors::LimitExceededException(
              fmt::format("This request would exceed the shard limit for the account {} in {}. Limit: {}.",
                          stream.place.account, stream.place.region, kShardsMax));
        return store::Transaction{.preconditions = {{key, 0}, {count_key, count.modified}},
                                  .puts = {{key, encode(stream)}, {count_key, encode_count(count.value)}},
                                  .deletes = {}};
      },
      overtaken()));
  return api::CreateStreamResponse();
}

// The records go with the next forgetting; nobody reads them under another stream's id.
aws::Outcome<api::DeleteStreamResponse> Kinesis::DeleteStream(aws::Call& call,
                                                              const api::DeleteStreamInput& input) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        const StoredStream gone = TRY(stream(call, input));
        const std::string key = stream_key(gone.value.place, gone.value.name),
                          count_key = shard_count_key(gone.value.place);
        auto count = TRY(aws::read_or_default(store_, count_key, decode_count));
        count.value -= std::min<std::uint64_t>(count.value, gone.value.shards);
        return store::Transaction{.preconditions = {{key, gone.modified}, {count_key, count.modified}},
                                  .puts = {{count_key, encode_count(count.value)}},
                                  .deletes = {key}};
      },
      overtaken()));
  return api::DeleteStreamResponse();
}

template <typename Input, typename Check>
aws::Outcome<void> Kinesis::change_retention(const aws::Call& call, const Input& input, Check check) {
  return change_stream(call, input, [&](StreamResource& stream) -> aws::Outcome<void> {
    const std::int32_t hours = input.RetentionPeriodHours;
    if (hours < static_cast<std::int32_t>(kRetentionHoursLeast))
      return api::errors::InvalidArgumentException(fmt::format(
          "Minimum allowed retention period is {} hours. Requested retention period ({} hours) is too short.",
          kRetentionHoursLeast, hours));
    if (hours > static_cast<std::int32_t>(kRetentionHoursMost))
      return api::errors::InvalidArgumentException(fmt::format(
          "Maximum allowed retention period is {} hours. Requested retention period ({} hours) is too long.",
          kRetentionHoursMost, hours));
    const auto wanted = static_cast<std::uint32_t>(hours);
    TRY(check(stream, wanted));
    stream.retention_hours = wanted;
    return {};
  });
}

aws::Outcome<api::IncreaseStreamRetentionPeriodResponse> Kinesis::IncreaseStreamRetentionPeriod(
    aws::Call& call, const api::IncreaseStreamRetentionPeriodInput& input) {
  TRY(change_retention(call, input,
                       [](const StreamResource& stream, std::uint32_t wanted) -> aws::Outcome<void> {
                         if (wanted < stream.retention_hours)
                           return api::errors::InvalidArgumentException(
                               fmt::format("Requested retention period ({} hours) for stream {} can not be "
                                           "shorter than existing retention "
                                           "period ({} hours). Use DecreaseRetentionPeriod API.",
                                           wanted, stream.name, stream.retention_hours));
                         return {};
                       }));
  return api::IncreaseStreamRetentionPeriodResponse();
}

aws::Outcome<api::DecreaseStreamRetentionPeriodResponse> Kinesis::DecreaseStreamRetentionPeriod(
    aws::Call& call, const api::DecreaseStreamRetentionPeriodInput& input) {
  TRY(change_retention(
      call, input, [](const StreamResource& stream, std::uint32_t wanted) -> aws::Outcome<void> {
        if (wanted > stream.retention_hours)
          return api::errors::InvalidArgumentException(fmt::format(
              "Requested retention period ({} hours) for stream {} can not be longer than existing retention "
              "period ({} hours). Use IncreaseRetentionPeriod API.",
              wanted, stream.name, stream.retention_hours));
        return {};
      }));
  return api::DecreaseStreamRetentionPeriodResponse();
}

}  // namespace meridian::services::kinesis
