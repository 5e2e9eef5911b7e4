#include "services/kinesis/service_fixture.h"

namespace meridian::services::kinesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class StreamsTest : public KinesisTest {
 protected:
  std::string retain(int hours) {
    return refusal(
        kinesis_->IncreaseStreamRetentionPeriod(call_, {.StreamName = "s", .RetentionPeriodHours = hours}));
  }
};

TEST_F(StreamsTest, AStreamIsActiveWithItsShards) {
  make_stream("s", 2);
  const auto described = kinesis_->DescribeStream(call_, {.StreamName = "s"}).value().StreamDescription;
  EXPECT_EQ(described.StreamARN, "arn:aws:kinesis:us-east-1:111122223333:stream/s");
  EXPECT_EQ(described.StreamStatus, "ACTIVE");
  EXPECT_EQ(described.RetentionPeriodHours, 24);
  EXPECT_EQ(described.StreamModeDetails->StreamMode, "PROVISIONED");
  ASSERT_THAT(described.Shards, SizeIs(2));
  EXPECT_FALSE(described.HasMoreShards);
  EXPECT_EQ(described.Shards[1].ShardId, "shardId-000000000001");
  EXPECT_EQ(described.Shards[1].HashKeyRange.StartingHashKey, "170141183460469231731687303715884105728");
  EXPECT_LT(described.Shards[0].SequenceNumberRange.StartingSequenceNumber, put("s", "k", "d"));
  const auto summary = kinesis_->DescribeStreamSummary(call_, {.StreamARN = described.StreamARN}).value();
  EXPECT_EQ(summary.StreamDescriptionSummary.OpenShardCount, 2);
}

TEST_F(StreamsTest, OnDemandBeginsWithFourShards) {
  ASSERT_EQ(refusal(kinesis_->CreateStream(
                call_, {.StreamName = "s", .StreamModeDetails = api::StreamModeDetails{"ON_DEMAND"}})),
            "");
  const auto summary = kinesis_->DescribeStreamSummary(call_, {.StreamName = "s"}).value();
  EXPECT_EQ(summary.StreamDescriptionSummary.OpenShardCount, 4);
  EXPECT_EQ(summary.StreamDescriptionSummary.StreamModeDetails->StreamMode, "ON_DEMAND");
}

TEST_F(StreamsTest, RefusesWhatAwsDoes) {
  make_stream("s");
  EXPECT_EQ(refusal(kinesis_->CreateStream(call_, {.StreamName = "s", .ShardCount = 1})),
            "ResourceInUseException: Stream s under account 111122223333 already exists.");
  EXPECT_THAT(refusal(kinesis_->CreateStream(call_, {.StreamName = "t"})), HasSubstr("ShardCount must be"));
  EXPECT_THAT(refusal(kinesis_->CreateStream(call_, {.StreamName = "t", .ShardCount = 500})),
              StartsWith("LimitExceededException"));
  EXPECT_EQ(refusal(kinesis_->DescribeStream(call_, {.StreamName = "t"})),
            "ResourceNotFoundException: Stream t under account 111122223333 not found.");
  EXPECT_THAT(refusal(kinesis_->DescribeStream(call_, {})), StartsWith("InvalidArgumentException"));
  EXPECT_THAT(refusal(kinesis_->DescribeStream(
                  call_, {.StreamARN = "arn:aws:kinesis:us-east-1:444455556666:stream/s"})),
              StartsWith("ResourceNotFoundException"))
      << "another's";
  EXPECT_THAT(refusal(kinesis_->CreateStream(
                  call_, {.StreamName = "t", .ShardCount = 1, .MaxRecordSizeInKiB = 2048})),
              HasSubstr("not supported"));
}

TEST_F(StreamsTest, DeletedItIsGoneAndMadeAgainEmpty) {
  make_stream("s", 300);
  put("s", "k", "old");
  ASSERT_EQ(refusal(kinesis_->DeleteStream(call_, {.StreamName = "s"})), "");
  EXPECT_THAT(refusal(kinesis_->DescribeStream(call_, {.StreamName = "s"})), HasSubstr("not found"));
  make_stream("s", 500);  // its shards count no more
  for (int shard = 0; shard < 500; ++shard)
    EXPECT_THAT(
        get(iterator("s", "TRIM_HORIZON", {}, "shardId-000000000" + std::to_string(1000 + shard).substr(1)))
            .Records,
        IsEmpty());
}

TEST_F(StreamsTest, AreListedByName) {
  for (const char* name : {"c", "a", "b"}) make_stream(name);
  call_.region = "eu-central-1";
  make_stream("elsewhere");
  call_.region = "us-east-1";
  const auto first = kinesis_->ListStreams(call_, {.Limit = 2}).value();
  EXPECT_THAT(first.StreamNames, ElementsAre("a", "b"));
  EXPECT_TRUE(first.HasMoreStreams);
  const auto rest = kinesis_->ListStreams(call_, {.NextToken = first.NextToken}).value();
  EXPECT_THAT(rest.StreamNames, ElementsAre("c"));
  EXPECT_FALSE(rest.HasMoreStreams);
  EXPECT_FALSE(rest.NextToken);
  EXPECT_THAT(kinesis_->ListStreams(call_, {.ExclusiveStartStreamName = "a"}).value().StreamNames,
              ElementsAre("b", "c"));
}

TEST_F(StreamsTest, ShardsAreListedInPages) {
  make_stream("s", 5);
  const auto first = kinesis_->ListShards(call_, {.StreamName = "s", .MaxResults = 3}).value();
  ASSERT_THAT(*first.Shards, SizeIs(3));
  const auto rest = kinesis_->ListShards(call_, {.NextToken = first.NextToken}).value();
  ASSERT_THAT(*rest.Shards, SizeIs(2));
  EXPECT_EQ(rest.Shards->front().ShardId, "shardId-000000000003");
  EXPECT_FALSE(rest.NextToken);
  const auto after = kinesis_->ListShards(
      call_, {.StreamName = "s",
              .ShardFilter = api::ShardFilter{.Type = "AFTER_SHARD_ID", .ShardId = "shardId-000000000001"}});
  EXPECT_THAT(*after.value().Shards, SizeIs(3));
  EXPECT_THAT(refusal(kinesis_->ListShards(call_, {.NextToken = "nonsense"})),
              StartsWith("InvalidArgumentException"));
}

TEST_F(StreamsTest, RetentionGoesUpAndDownWithinItsBounds) {
  make_stream("s");
  EXPECT_EQ(retain(48), "");
  EXPECT_THAT(retain(24), HasSubstr("can not be shorter"));
  EXPECT_THAT(retain(8761), HasSubstr("too long"));
  EXPECT_THAT(retain(1), HasSubstr("too short"));
  EXPECT_EQ(refusal(kinesis_->DecreaseStreamRetentionPeriod(call_,
                                                            {.StreamName = "s", .RetentionPeriodHours = 30})),
            "");
  EXPECT_EQ(kinesis_->DescribeStreamSummary(call_, {.StreamName = "s"})
                .value()
                .StreamDescriptionSummary.RetentionPeriodHours,
            30);
}

TEST_F(StreamsTest, TagsComeAndGo) {
  make_stream("s");
  ASSERT_EQ(refusal(kinesis_->AddTagsToStream(call_, {.StreamName = "s", .Tags = {{"a", "1"}, {"b", "2"}}})),
            "");
  EXPECT_THAT(refusal(kinesis_->AddTagsToStream(call_, {.StreamName = "s", .Tags = {{"aws:x", "1"}}})),
              HasSubstr("reserved"));
  const auto first = kinesis_->ListTagsForStream(call_, {.StreamName = "s", .Limit = 1}).value();
  ASSERT_THAT(first.Tags, SizeIs(1));
  EXPECT_EQ(first.Tags[0].Key, "a");
  EXPECT_TRUE(first.HasMoreTags);
  ASSERT_EQ(refusal(kinesis_->RemoveTagsFromStream(call_, {.StreamName = "s", .TagKeys = {"a"}})), "");
  EXPECT_EQ(kinesis_->ListTagsForStream(call_, {.StreamName = "s"}).value().Tags.front().Key, "b");
}

}  // namespace
}  // namespace meridian::services::kinesis
