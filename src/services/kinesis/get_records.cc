// Reading: an iterator into a shard, and what follows it.
#include <fmt/format.h>

#include "base/bytes.h"
#include "gen/kinesis/errors.h"
#include "services/kinesis/hash_keys.h"
#include "services/kinesis/iterator.h"
#include "services/kinesis/service.h"

namespace meridian::services::kinesis {
namespace {

aws::Failure bad_sequence(const StreamResource& stream, std::uint32_t shard, std::string_view number) {
  return api::errors::InvalidArgumentException(
      fmt::format("StartingSequenceNumber {} used in GetShardIterator on shard {} in stream {} under account "
                  "{} is invalid because it did not come from this stream.",
                  number, shard_name(shard), stream.name, stream.place.account));
}

aws::Outcome<store::LogPosition> start_of(const api::GetShardIteratorInput& input,
                                          const StreamResource& stream, std::uint32_t shard, SystemTime now,
                                          ShardLog& shards) {
  const std::string& type = input.ShardIteratorType;
  if (type == "TRIM_HORIZON") return store::LogPosition{};
  if (type == "LATEST") return shards.end(stream, shard);
  if (type == "AT_TIMESTAMP") {
    if (!input.Timestamp)
      return api::errors::InvalidArgumentException(
          "Must either specify timestamp or use a different shard iterator type than AT_TIMESTAMP.");
    if (*input.Timestamp > now)
      return api::errors::InvalidArgumentException(
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.");
    return store::LogPosition::start_of(
        std::chrono::ceil<std::chrono::milliseconds>(*input.Timestamp).time_since_epoch().count());
  }
  if (!input.StartingSequenceNumber)
    return api::errors::InvalidArgumentException(fmt::format(
        "Must specify startingSequenceNumber parameter if and only if using {} iterator type.", type));
  auto at = parse_sequence_number(*input.StartingSequenceNumber);
  if (!at) return bad_sequence(stream, shard, *input.StartingSequenceNumber);
  if (type == "AFTER_SEQUENCE_NUMBER") ++at->sequence;
  return *at;
}

}  // namespace

aws::Outcome<std::uint32_t> Kinesis::existing_shard(const StreamResource& stream,
                                                    std::string_view name) const {
  const auto shard = parse_shard_name(name);
  if (!shard || *shard >= stream.shards)
    return api::errors::ResourceNotFoundException(fmt::format(
        "Shard {} in stream {} under account {} does not exist", name, stream.name, stream.place.account));
  return *shard;
}

aws::Outcome<api::GetShardIteratorOutput> Kinesis::GetShardIterator(aws::Call& call,
                                                                    const api::GetShardIteratorInput& input) {
  const StreamResource stream = TRY(this->stream(call, input)).value;
  const std::uint32_t shard = TRY(existing_shard(stream, input.ShardId));
  const store::LogPosition at = TRY(start_of(input, stream, shard, call.time, shards_));
  return api::GetShardIteratorOutput{.ShardIterator =
                                         encode(ShardIterator{stream.id, stream.name, shard, at, call.time})};
}

aws::Outcome<api::GetRecordsOutput> Kinesis::GetRecords(aws::Call& call, const api::GetRecordsInput& input) {
  auto iterator = decode_iterator(input.ShardIterator);
  if (!iterator) return api::errors::InvalidArgumentException("Invalid ShardIterator.");
  if (input.StreamARN || input.StreamId) {
    const StreamResource named = TRY(this->stream(call, input)).value;
    if (named.id != iterator->stream)
      return api::errors::InvalidArgumentException("The ShardIterator is not of the stream in StreamARN.");
  }
  if (call.time - iterator->made_at > kIteratorLife)
    return api::errors::ExpiredIteratorException(fmt::format(
        "Iterator expired. The iterator was created at time {} while right now it is {} which is further in "
        "the future than the tolerated delay of {} milliseconds.",
        format_iso8601(iterator->made_at), format_iso8601(call.time),
        std::chrono::milliseconds(kIteratorLife).count()));
  const StreamResource stream = TRY(stored(place_of(call), iterator->stream_name)).value;
  if (stream.id != iterator->stream || iterator->shard >= stream.shards)
    return api::errors::ResourceNotFoundException(
        fmt::format("The stream {} of the ShardIterator does not exist any more.", stream.name));
  const auto limit =
      static_cast<std::size_t>(input.Limit.value_or(static_cast<std::int32_t>(ShardLog::kRecordsPerPageMax)));
  ShardPage page = TRY(aws::or_failure(shards_.read(stream, iterator->shard, iterator->at, limit)));
  api::GetRecordsOutput out;
  for (ReadRecord& record : page.records) {
    api::Record& shown = out.Records.emplace_back();
    shown.SequenceNumber = sequence_number(record.at);
    shown.ApproximateArrivalTimestamp = SystemTime(std::chrono::milliseconds(record.at.time_ms));
    shown.Data = std::move(record.data);
    shown.PartitionKey = std::move(record.partition_key);
    shown.EncryptionType = "NONE";
  }
  iterator->at = page.next;
  iterator->made_at = call.time;
  out.NextShardIterator = encode(*iterator);
  out.MillisBehindLatest = page.behind_ms;
  return out;
}

}  // namespace meridian::services::kinesis
