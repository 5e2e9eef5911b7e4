#include "services/kinesis/service_fixture.h"

namespace meridian::services::kinesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class RecordsTest : public KinesisTest {};

TEST_F(RecordsTest, AreReadInTheOrderInWhichTheyWerePut) {
  make_stream("s");
  const std::string first = put("s", "k", "one"), second = put("s", "other", std::string("t\0wo", 4));
  EXPECT_LT(first, second);
  const auto page = get(iterator("s"));
  EXPECT_THAT(data(page), ElementsAre("one", std::string("t\0wo", 4)));
  EXPECT_EQ(page.Records[0].SequenceNumber, first);
  EXPECT_EQ(page.Records[1].PartitionKey, "other");
  EXPECT_EQ(page.Records[0].ApproximateArrivalTimestamp, clock_.now());
  EXPECT_EQ(page.MillisBehindLatest, 0);
  EXPECT_THAT(data(get(*page.NextShardIterator)), IsEmpty());
  put("s", "k", "three");
  EXPECT_THAT(data(get(*page.NextShardIterator)), ElementsAre("three"));
}

TEST_F(RecordsTest, IteratorsBeginWhereTheyAreAskedTo) {
  make_stream("s");
  put("s", "k", "one");
  advance(1s);
  const SystemTime between = clock_.now();
  const std::string second = put("s", "k", "two");
  const std::string latest = iterator("s", "LATEST");
  EXPECT_THAT(data(get(latest)), IsEmpty());
  put("s", "k", "three");
  EXPECT_THAT(data(get(latest)), ElementsAre("three"));
  EXPECT_THAT(data(get(iterator("s", "AT_SEQUENCE_NUMBER", second))), ElementsAre("two", "three"));
  EXPECT_THAT(data(get(iterator("s", "AFTER_SEQUENCE_NUMBER", second))), ElementsAre("three"));
  const auto at = [&](SystemTime time) {
    return kinesis_->GetShardIterator(call_, {.StreamName = "s",
                                              .ShardId = "shardId-000000000000",
                                              .ShardIteratorType = "AT_TIMESTAMP",
                                              .Timestamp = time});
  };
  EXPECT_THAT(data(get(*at(between).value().ShardIterator)), ElementsAre("two", "three"));
  EXPECT_THAT(refusal(at(clock_.now() + 1s)), HasSubstr("cannot be greater"));
}

TEST_F(RecordsTest, RefusesIteratorsThatLeadNowhere) {
  make_stream("s");
  EXPECT_THAT(iterator("s", "AT_SEQUENCE_NUMBER"), HasSubstr("Must specify startingSequenceNumber"));
  EXPECT_THAT(iterator("s", "AT_SEQUENCE_NUMBER", "12"), HasSubstr("did not come from this stream"));
  EXPECT_THAT(iterator("s", "AT_TIMESTAMP"), HasSubstr("Must either specify timestamp"));
  EXPECT_THAT(iterator("s", "LATEST", {}, "shardId-000000000001"), StartsWith("ResourceNotFoundException"));
  const std::string good = iterator("s");
  EXPECT_EQ(refusal(kinesis_->GetRecords(call_, {.ShardIterator = "AAAA"})),
            "InvalidArgumentException: Invalid ShardIterator.");
  call_.account_id = "444455556666";
  EXPECT_THAT(refusal(kinesis_->GetRecords(call_, {.ShardIterator = good})),
              StartsWith("ResourceNotFoundException"))
      << "another account's";
  call_.account_id = "111122223333";
  advance(5min);
  EXPECT_THAT(data(get(good)), IsEmpty());
  advance(1s);
  EXPECT_THAT(refusal(kinesis_->GetRecords(call_, {.ShardIterator = good})),
              StartsWith("ExpiredIteratorException: Iterator expired."));
}

TEST_F(RecordsTest, AnIteratorOfAStreamThatWasMadeAgainIsNotItsSuccessors) {
  make_stream("s");
  const std::string before = iterator("s");
  ASSERT_EQ(refusal(kinesis_->DeleteStream(call_, {.StreamName = "s"})), "");
  make_stream("s");
  EXPECT_THAT(refusal(kinesis_->GetRecords(call_, {.ShardIterator = before})),
              StartsWith("ResourceNotFoundException"));
}

TEST_F(RecordsTest, APageEndsAtItsLimitAndTellsHowFarBehindItIs) {
  make_stream("s");
  put("s", "k", "one");
  put("s", "k", "two");
  advance(7s);
  const auto page = get(iterator("s"), 1);
  EXPECT_THAT(data(page), ElementsAre("one"));
  EXPECT_EQ(page.MillisBehindLatest, 7000);
  EXPECT_EQ(get(*page.NextShardIterator).MillisBehindLatest, 0);
}

TEST_F(RecordsTest, PutRecordsSpreadsThemByTheirKeys) {
  make_stream("s", 2);
  api::PutRecordsInput input{.Records = {}, .StreamName = "s"};
  // The MD5 of "a" begins with 0c.
  input.Records.push_back({.Data = "low", .PartitionKey = "a"});
  input.Records.push_back(
      {.Data = "high", .ExplicitHashKey = "340282366920938463463374607431768211455", .PartitionKey = "a"});
  input.Records.push_back({.Data = "low again", .ExplicitHashKey = "0", .PartitionKey = "z"});
  const auto put = kinesis_->PutRecords(call_, input).value();
  EXPECT_EQ(put.FailedRecordCount, 0);
  EXPECT_EQ(put.Records[0].ShardId, "shardId-000000000000");
  EXPECT_EQ(put.Records[1].ShardId, "shardId-000000000001");
  EXPECT_EQ(put.Records[2].ShardId, "shardId-000000000000");
  EXPECT_LT(*put.Records[0].SequenceNumber, *put.Records[2].SequenceNumber);
  EXPECT_THAT(data(get(iterator("s"))), ElementsAre("low", "low again"));
  EXPECT_THAT(data(get(iterator("s", "TRIM_HORIZON", {}, "shardId-000000000001"))), ElementsAre("high"));
}

TEST_F(RecordsTest, WhatCameIsToldOnce) {
  make_stream("s");
  put("s", "key", "12345");
  put("s", "key", "1");
  const auto told = shards_->take_incoming();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told.begin()->first.second, "s");
  EXPECT_EQ(told.begin()->second.records, 2U);
  EXPECT_EQ(told.begin()->second.bytes, 12U);
  EXPECT_THAT(shards_->take_incoming(), SizeIs(0));
}

TEST_F(RecordsTest, SizesAreBounded) {
  make_stream("s");
  const std::string largest(kRecordBytesMax, 'x');
  EXPECT_THAT(put("s", "k", largest), SizeIs(56));
  EXPECT_THAT(put("s", "k", largest + "x"), StartsWith("ValidationException: 1 validation error detected: "));
  api::PutRecordsInput input{.Records = {}, .StreamName = "s"};
  for (int i = 0; i < 4; ++i) input.Records.push_back({.Data = largest, .PartitionKey = "k"});
  EXPECT_EQ(kinesis_->PutRecords(call_, input).value().FailedRecordCount, 0) << "several batches of the log";
  input.Records.push_back({.Data = largest, .PartitionKey = "k"});
  EXPECT_THAT(refusal(kinesis_->PutRecords(call_, input)), HasSubstr("5 MB"));
  EXPECT_THAT(get(iterator("s")).Records, SizeIs(5));
  EXPECT_THAT(
      refusal(kinesis_->PutRecord(call_, {.StreamName = "s",
                                          .Data = "d",
                                          .PartitionKey = "k",
                                          .ExplicitHashKey = "340282366920938463463374607431768211456"})),
      HasSubstr("Invalid ExplicitHashKey"));
}

TEST_F(RecordsTest, GoWithTheirRetention) {
  make_stream("s");
  put("s", "k", "old");
  advance(24h);
  put("s", "k", "new");
  advance(1ms);
  EXPECT_THAT(data(get(iterator("s"))), ElementsAre("new"));
  ASSERT_TRUE(shards_->forget(store_));
  EXPECT_THAT(data(get(iterator("s"))), ElementsAre("new"));
}

TEST_F(RecordsTest, SurviveARestartAndGoOnBehindIt) {
  make_stream("s");
  const std::string before = put("s", "k", "one");
  const std::string latest = iterator("s", "LATEST");
  clock_.advance(-1h);  // set back meanwhile
  open();
  const std::string after = put("s", "k", "two");
  EXPECT_LT(before, after);
  EXPECT_THAT(data(get(iterator("s"))), ElementsAre("one", "two"));
  EXPECT_THAT(data(get(latest)), ElementsAre("two")) << "nothing is put before what a reader has passed";
}

TEST_F(RecordsTest, ADryRunPutsNothing) {
  make_stream("s");
  call_.dry_run = true;
  EXPECT_THAT(put("s", "k", "d"), HasSubstr("dry run"));
  call_.dry_run = false;
  EXPECT_THAT(get(iterator("s")).Records, IsEmpty());
}

}  // namespace
}  // namespace meridian::services::kinesis
