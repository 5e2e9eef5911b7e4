// Records put into the shards that their partition keys mean.
#include <fmt/format.h>

#include "gen/kinesis/errors.h"
#include "services/kinesis/hash_keys.h"
#include "services/kinesis/service.h"

namespace meridian::services::kinesis {
namespace {

template <typename Record>
aws::Outcome<std::uint32_t> check(const StreamResource& stream, const Record& record,
                                  std::string_view member) {
  if (record.Data.size() > kRecordBytesMax)
    return api::errors::ValidationException(
        fmt::format("1 validation error detected: Value at '{}' failed to satisfy constraint: Member must "
                    "have length less than or equal to {}",
                    member, kRecordBytesMax));
  if (!record.ExplicitHashKey) return shard_of(hash_of(record.PartitionKey), stream.shards);
  const auto key = parse_hash_key(*record.ExplicitHashKey);
  if (!key)
    return api::errors::InvalidArgumentException(
        fmt::format("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                    "Specified value was {}",
                    *record.ExplicitHashKey));
  return shard_of(*key, stream.shards);
}

aws::Failure not_tried() {
  return api::errors::InvalidArgumentException("A record cannot be put by a dry run.");
}

}  // namespace

aws::Outcome<api::PutRecordOutput> Kinesis::PutRecord(aws::Call& call, const api::PutRecordInput& input) {
  const StreamResource stream = TRY(this->stream(call, input)).value;
  const std::uint32_t shard = TRY(check(stream, input, "data"));
  // What is put later is always ordered behind it.
  if (input.SequenceNumberForOrdering && !parse_sequence_number(*input.SequenceNumberForOrdering))
    return api::errors::InvalidArgumentException(
        fmt::format("ExclusiveMinimumSequenceNumber {} used in PutRecord on stream {} under account {} is "
                    "invalid.",
                    *input.SequenceNumberForOrdering, stream.name, stream.place.account));
  if (call.dry_run) return not_tried();
  const ShardRecord record{input.PartitionKey, input.Data};
  const auto at = TRY(aws::or_failure(shards_.put(stream, shard, {&record, 1})));
  api::PutRecordOutput out;
  out.ShardId = shard_name(shard);
  out.SequenceNumber = sequence_number(at.front());
  out.EncryptionType = "NONE";
  return out;
}

aws::Outcome<api::PutRecordsOutput> Kinesis::PutRecords(aws::Call& call, const api::PutRecordsInput& input) {
  const StreamResource stream = TRY(this->stream(call, input)).value;
  std::map<std::uint32_t, std::vector<std::size_t>> by_shard;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < input.Records.size(); ++i) {
    const auto& record = input.Records[i];
    bytes += record.Data.size() + record.PartitionKey.size();
    by_shard[TRY(check(stream, record, fmt::format("records.{}.member.data", i + 1)))].push_back(i);
  }
  if (bytes > kPutBytesMax) return api::errors::InvalidArgumentException("Records size exceeds 5 MB limit");
  if (call.dry_run) return not_tried();
  api::PutRecordsOutput out;
  out.FailedRecordCount = 0;
  out.EncryptionType = "NONE";
  out.Records.resize(input.Records.size());
  for (const auto& [shard, indexes] : by_shard) {
    std::vector<ShardRecord> records;
    for (const std::size_t i : indexes)
      records.push_back({input.Records[i].PartitionKey, input.Records[i].Data});
    const auto put = shards_.put(stream, shard, records);
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      api::PutRecordsResultEntry& result = out.Records[indexes[i]];
      if (put) {
        result.ShardId = shard_name(shard);
        result.SequenceNumber = sequence_number((*put)[i]);
      } else {
        result.ErrorCode = "InternalFailure";
        result.ErrorMessage = "Internal service failure.";
        ++*out.FailedRecordCount;
      }
    }
  }
  return out;
}

}  // namespace meridian::services::kinesis
