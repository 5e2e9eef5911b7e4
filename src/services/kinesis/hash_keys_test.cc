#include "services/kinesis/hash_keys.h"

#include <gtest/gtest.h>

#include "services/kinesis/iterator.h"
#include "services/kinesis/resources.h"
#include "services/kinesis/shard_log.h"

namespace meridian::services::kinesis {
namespace {

TEST(HashKeys, AreTheMd5OfThePartitionKey) {
  // RFC 1321, A.5: d41d8cd98f00b204e9800998ecf8427e and 0cc175b9c0f1b6a831c399e269772661.
  EXPECT_EQ(to_text(hash_of("")), "281949768489412648962353822266799178366");
  EXPECT_EQ(to_text(hash_of("a")), "16955237001963240173058271559858726497");
}

TEST(HashKeys, RangesAreThoseOfAws) {
  const HashRange only = range_of(0, 1);
  EXPECT_EQ(to_text(only.first) + " " + to_text(only.last), "0 340282366920938463463374607431768211455");
  EXPECT_EQ(to_text(range_of(0, 2).last), "170141183460469231731687303715884105727");
  EXPECT_EQ(to_text(range_of(1, 2).first), "170141183460469231731687303715884105728");
  EXPECT_EQ(to_text(range_of(0, 3).last), "113427455640312821154458202477256070484");
  EXPECT_EQ(to_text(range_of(2, 3).last), "340282366920938463463374607431768211455");
}

TEST(HashKeys, EveryKeyLiesInTheRangeOfItsShard) {
  for (const std::uint32_t shards : {1U, 2U, 3U, 7U, 500U}) {
    HashKey next = 0;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      const HashRange range = range_of(shard, shards);
      EXPECT_TRUE(range.first == next && range.first <= range.last);
      EXPECT_EQ(shard_of(range.first, shards), shard);
      EXPECT_EQ(shard_of(range.last, shards), shard);
      next = range.last + 1;
    }
    EXPECT_TRUE(next == 0) << "the last range ends where numbers do";
  }
}

TEST(HashKeys, ReadsNumbersOf128Bits) {
  EXPECT_EQ(to_text(parse_hash_key("340282366920938463463374607431768211455").value()),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(to_text(parse_hash_key("0").value()), "0");
  for (const char* wrong :
       {"", "-1", "01", "340282366920938463463374607431768211456", "1x",
        "999999999999999999999999999999999999999", "1000000000000000000000000000000000000000"})
    EXPECT_FALSE(parse_hash_key(wrong)) << wrong;
}

TEST(ShardNames, AreRead) {
  EXPECT_EQ(shard_name(7), "shardId-000000000007");
  EXPECT_EQ(parse_shard_name("shardId-000000000007"), 7U);
  for (const char* wrong :
       {"", "7", "shardId-7", "shardId-00000000000x", "shardId-999999999999", "shardId-0000000000007"})
    EXPECT_FALSE(parse_shard_name(wrong)) << wrong;
}

TEST(SequenceNumbers, RiseWithPositionsAndAreRead) {
  const store::LogPosition at{1'800'000'000'123, 42};
  EXPECT_EQ(sequence_number(at).size(), 56U);
  EXPECT_EQ(parse_sequence_number(sequence_number(at)), at);
  EXPECT_LT(sequence_number(at), sequence_number({at.time_ms, at.sequence + 1}));
  EXPECT_LT(sequence_number({at.time_ms, ~std::uint64_t{0}}), sequence_number({at.time_ms + 1, 0}));
  for (const std::string& wrong : {std::string(), std::string("0"), std::string(56, '9'),
                                   "49" + std::string(54, '9'), "49" + std::string(54, 'x')})
    EXPECT_FALSE(parse_sequence_number(wrong)) << wrong;
}

TEST(Iterators, WhatCallersMadeUpIsNone) {
  const ShardIterator made{7, "events", 3, {5, 6}, SystemTime(std::chrono::seconds(9))};
  const std::string text = encode(made);
  const auto read = decode_iterator(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->stream_name, "events");
  EXPECT_EQ(read->at, (store::LogPosition{5, 6}));
  for (const std::string& wrong :
       {std::string(), std::string("AAAA"), text.substr(4), text.substr(0, text.size() - 4)})
    EXPECT_FALSE(decode_iterator(wrong)) << wrong;
}

TEST(StreamArns, AreRead) {
  const auto read = parse_stream_arn("arn:aws:kinesis:eu-central-1:111122223333:stream/a.stream");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->place, (Place{"111122223333", "eu-central-1"}));
  EXPECT_EQ(read->name, "a.stream");
  for (const char* wrong : {"", "arn:aws:kinesis:", "arn:aws:kinesis:x", "arn:aws:kinesis::stream/x:y",
                            "arn:aws:s3:us-east-1:111122223333:stream/a"})
    EXPECT_FALSE(parse_stream_arn(wrong)) << wrong;
}

}  // namespace
}  // namespace meridian::services::kinesis
