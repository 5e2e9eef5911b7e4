// What streams there are, and of which shards.
#include "base/bytes.h"
#include "gen/kinesis/errors.h"
#include "services/kinesis/hash_keys.h"
#include "services/kinesis/service.h"

namespace meridian::services::kinesis {
namespace {

constexpr std::size_t kStreamsPerPage = 100, kShardsPerPage = 1000, kShardsPerDescription = 100;

aws::Failure expired_token() {
  return api::errors::InvalidArgumentException("NextToken is invalid.");
}

api::StreamModeDetails mode_of(const StreamResource& stream) {
  return {.StreamMode = stream.on_demand ? "ON_DEMAND" : "PROVISIONED"};
}

// What both descriptions say.
template <typename Description>
void describe(const StreamResource& stream, Description& out) {
  out.StreamName = stream.name;
  out.StreamARN = stream_arn(stream.place, stream.name);
  out.StreamStatus = "ACTIVE";
  out.StreamModeDetails = mode_of(stream);
  out.RetentionPeriodHours = static_cast<std::int32_t>(stream.retention_hours);
  out.StreamCreationTimestamp = stream.created_at;
  out.EnhancedMonitoring.emplace_back().ShardLevelMetrics.emplace();
  out.EncryptionType = "NONE";
}

// Where a listing of shards goes on, and of which stream.
std::string shards_token(const StreamResource& stream, std::uint32_t next) {
  std::string bytes;
  append_u64(bytes, stream.id);
  append_u32(bytes, next);
  append_sized(bytes, stream.name);
  return to_base64(as_bytes(bytes));
}

struct ShardsToken {
  std::uint64_t stream = 0;
  std::uint32_t next = 0;
  std::string name;
};
std::optional<ShardsToken> read_shards_token(std::string_view text) {
  const auto bytes = from_base64(text);
  if (!bytes) return std::nullopt;
  ByteReader in(*bytes);
  ShardsToken token;
  token.stream = in.u64();
  token.next = in.u32();
  token.name = in.sized();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return token;
}

// The first shard behind one that may be there or not: ids compare as their text.
std::uint32_t behind(std::string_view id, std::uint32_t shards) {
  std::uint32_t first = 0;
  while (first < shards && shard_name(first) <= id) ++first;
  return first;
}

}  // namespace

api::Shard shown_shard(const StreamResource& stream, std::uint32_t shard) {
  const HashRange range = range_of(shard, stream.shards);
  api::Shard out;
  out.ShardId = shard_name(shard);
  out.HashKeyRange = {.StartingHashKey = to_text(range.first), .EndingHashKey = to_text(range.last)};
  const auto created = std::chrono::floor<std::chrono::milliseconds>(stream.created_at);
  out.SequenceNumberRange.StartingSequenceNumber =
      sequence_number(store::LogPosition::start_of(created.time_since_epoch().count()));
  return out;
}

aws::Outcome<api::DescribeStreamOutput> Kinesis::DescribeStream(aws::Call& call,
                                                                const api::DescribeStreamInput& input) {
  const StreamResource stream = TRY(this->stream(call, input)).value;
  api::DescribeStreamOutput out;
  describe(stream, out.StreamDescription);
  const auto most = static_cast<std::size_t>(input.Limit.value_or(kShardsPerDescription));
  std::uint32_t shard = input.ExclusiveStartShardId ? behind(*input.ExclusiveStartShardId, stream.shards) : 0;
  for (; shard < stream.shards && out.StreamDescription.Shards.size() < most; ++shard)
    out.StreamDescription.Shards.push_back(shown_shard(stream, shard));
  out.StreamDescription.HasMoreShards = shard < stream.shards;
  return out;
}

aws::Outcome<api::DescribeStreamSummaryOutput> Kinesis::DescribeStreamSummary(
    aws::Call& call, const api::DescribeStreamSummaryInput& input) {
  const StreamResource stream = TRY(this->stream(call, input)).value;
  api::DescribeStreamSummaryOutput out;
  describe(stream, out.StreamDescriptionSummary);
  out.StreamDescriptionSummary.OpenShardCount = static_cast<std::int32_t>(stream.shards);
  out.StreamDescriptionSummary.ConsumerCount = 0;
  return out;
}

aws::Outcome<api::ListStreamsOutput> Kinesis::ListStreams(aws::Call& call,
                                                          const api::ListStreamsInput& input) {
  if (input.NextToken && input.ExclusiveStartStreamName)
    return api::errors::InvalidArgumentException(
        "NextToken and ExclusiveStartStreamName cannot be provided together.");
  std::string after = input.ExclusiveStartStreamName.value_or("");
  if (input.NextToken) {
    const auto name = from_base64(*input.NextToken);
    if (!name || name->empty()) return expired_token();
    after = *name;
  }
  store::RangeOptions options{.limit = static_cast<std::size_t>(input.Limit.value_or(kStreamsPerPage))};
  if (!after.empty()) options.start_after = stream_key(place_of(call), after);
  const store::Range range = TRY(aws::or_failure(store_.range(streams_prefix(place_of(call)), options)));
  api::ListStreamsOutput out;
  auto& summaries = out.StreamSummaries.emplace();
  for (const store::KeyValue& item : range.items) {
    const StreamResource stream = TRY(aws::or_failure(decode_stream(item.value)));
    out.StreamNames.push_back(stream.name);
    summaries.push_back({.StreamName = stream.name,
                         .StreamARN = stream_arn(stream.place, stream.name),
                         .StreamStatus = "ACTIVE",
                         .StreamModeDetails = mode_of(stream),
                         .StreamCreationTimestamp = stream.created_at});
  }
  out.HasMoreStreams = range.more;
  if (range.more) out.NextToken = to_base64(as_bytes(out.StreamNames.back()));
  return out;
}

// No shard is ever split, merged or closed here, so that every filter but AFTER_SHARD_ID means all of them.
aws::Outcome<api::ListShardsOutput> Kinesis::ListShards(aws::Call& call, const api::ListShardsInput& input) {
  std::uint32_t shard = 0;
  std::optional<StreamResource> stream;
  if (input.NextToken) {
    if (input.StreamName || input.StreamARN || input.ExclusiveStartShardId || input.ShardFilter ||
        input.StreamCreationTimestamp)
      return api::errors::InvalidArgumentException("NextToken and StreamName cannot be provided together.");
    const auto token = read_shards_token(*input.NextToken);
    if (!token) return expired_token();
    stream = TRY(stored(place_of(call), token->name)).value;
    if (stream->id != token->stream) return expired_token();
    shard = token->next;
  } else {
    stream = TRY(this->stream(call, input)).value;
    if (input.StreamCreationTimestamp &&
        std::chrono::floor<std::chrono::seconds>(*input.StreamCreationTimestamp) !=
            std::chrono::floor<std::chrono::seconds>(stream->created_at))
      return api::errors::ResourceNotFoundException("There is no stream of this name made at that time.");
    if (input.ShardFilter && input.ShardFilter->Type == "AFTER_SHARD_ID") {
      if (!input.ShardFilter->ShardId)
        return api::errors::InvalidArgumentException("ShardId must be provided for AFTER_SHARD_ID.");
      shard = behind(*input.ShardFilter->ShardId, stream->shards);
    }
    if (input.ExclusiveStartShardId) shard = behind(*input.ExclusiveStartShardId, stream->shards);
  }
  api::ListShardsOutput out;
  auto& shards = out.Shards.emplace();
  const auto most = static_cast<std::size_t>(input.MaxResults.value_or(kShardsPerPage));
  for (; shard < stream->shards && shards.size() < most; ++shard)
    shards.push_back(shown_shard(*stream, shard));
  if (shard < stream->shards) out.NextToken = shards_token(*stream, shard);
  return out;
}

}  // namespace meridian::services::kinesis
