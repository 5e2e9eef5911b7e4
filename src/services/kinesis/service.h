// Kinesis Data Streams: streams of shards, records put by partition key and read by sequence number. Rules:
// what PutRecord has acknowledged survives kill -9; an iterator is good for its own stream only, and for five
// minutes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/stored.h"
#include "base/random.h"
#include "gen/kinesis/api.h"
#include "services/kinesis/resources.h"
#include "services/kinesis/shard_log.h"
#include "store/store.h"

namespace meridian::services::kinesis {

namespace api = gen::kinesis;

inline constexpr std::uint64_t kShardsMax = 500;  // of an account in a region
inline constexpr std::size_t kRecordBytesMax = 1024 * 1024, kPutBytesMax = 5 * 1024 * 1024;
inline constexpr std::chrono::minutes kIteratorLife{5};

using StoredStream = aws::Stored<StreamResource>;

class Kinesis final : public api::Api {
 public:
  Kinesis(store::Store& store, ShardLog& shards, Random& random)
      : store_(store), shards_(shards), random_(random) {}

  // streams.cc
  aws::Outcome<api::CreateStreamResponse> CreateStream(aws::Call&, const api::CreateStreamInput&) override;
  aws::Outcome<api::DeleteStreamResponse> DeleteStream(aws::Call&, const api::DeleteStreamInput&) override;
  aws::Outcome<api::IncreaseStreamRetentionPeriodResponse> IncreaseStreamRetentionPeriod(
      aws::Call&, const api::IncreaseStreamRetentionPeriodInput&) override;
  aws::Outcome<api::DecreaseStreamRetentionPeriodResponse> DecreaseStreamRetentionPeriod(
      aws::Call&, const api::DecreaseStreamRetentionPeriodInput&) override;

  // describe.cc
  aws::Outcome<api::DescribeStreamOutput> DescribeStream(aws::Call&,
                                                         const api::DescribeStreamInput&) override;
  aws::Outcome<api::DescribeStreamSummaryOutput> DescribeStreamSummary(
      aws::Call&, const api::DescribeStreamSummaryInput&) override;
  aws::Outcome<api::ListStreamsOutput> ListStreams(aws::Call&, const api::ListStreamsInput&) override;
  aws::Outcome<api::ListShardsOutput> ListShards(aws::Call&, const api::ListShardsInput&) override;

  // tags.cc
  aws::Outcome<api::AddTagsToStreamResponse> AddTagsToStream(aws::Call&,
                                                             const api::AddTagsToStreamInput&) override;
  aws::Outcome<api::ListTagsForStreamOutput> ListTagsForStream(aws::Call&,
                                                               const api::ListTagsForStreamInput&) override;
  aws::Outcome<api::RemoveTagsFromStreamResponse> RemoveTagsFromStream(
      aws::Call&, const api::RemoveTagsFromStreamInput&) override;

  // put_records.cc
  aws::Outcome<api::PutRecordOutput> PutRecord(aws::Call&, const api::PutRecordInput&) override;
  aws::Outcome<api::PutRecordsOutput> PutRecords(aws::Call&, const api::PutRecordsInput&) override;

  // get_records.cc
  aws::Outcome<api::GetShardIteratorOutput> GetShardIterator(aws::Call&,
                                                             const api::GetShardIteratorInput&) override;
  aws::Outcome<api::GetRecordsOutput> GetRecords(aws::Call&, const api::GetRecordsInput&) override;

 private:
  // The stream that a call names, by its name or its ARN, in the place where the caller is.
  template <typename Input>
  aws::Outcome<StoredStream> stream(const aws::Call& call, const Input& input) {
    std::optional<std::string> name;
    if constexpr (requires { input.StreamName; }) name = input.StreamName;
    return find(call, name, input.StreamARN, input.StreamId);
  }
  aws::Outcome<StoredStream> find(const aws::Call& call, const std::optional<std::string>& name,
                                  const std::optional<std::string>& arn,
                                  const std::optional<std::string>& id);
  aws::Outcome<StoredStream> stored(const Place& place, std::string_view name);
  // Changes a stream; `change` may refuse.
  template <typename Input, typename Change>
  aws::Outcome<void> change_stream(const aws::Call& call, const Input& input, Change change);
  template <typename Input, typename Check>
  aws::Outcome<void> change_retention(const aws::Call& call, const Input& input, Check check);
  aws::Outcome<std::uint32_t> existing_shard(const StreamResource& stream, std::string_view name) const;

  store::Store& store_;
  ShardLog& shards_;
  Random& random_;
};

// Others changed the same things faster every time.
aws::Failure overtaken();
aws::Outcome<void> check_tags(const std::map<std::string, std::string>& tags);
api::Shard shown_shard(const StreamResource& stream, std::uint32_t shard);

inline Place place_of(const aws::Call& call) {
  return {call.account_id, call.region};
}

template <typename Input, typename Change>
aws::Outcome<void> Kinesis::change_stream(const aws::Call& call, const Input& input, Change change) {
  TRY(aws::commit_built(
      store_,
      [&]() -> aws::Outcome<store::Transaction> {
        StoredStream found = TRY(stream(call, input));
        TRY(change(found.value));
        const std::string key = stream_key(found.value.place, found.value.name);
        return store::Transaction{
            .preconditions = {{key, found.modified}}, .puts = {{key, encode(found.value)}}, .deletes = {}};
      },
      overtaken()));
  return {};
}

}  // namespace meridian::services::kinesis
