// For this room's tests: a Kinesis over a store and a disk in memory, under a clock that stands still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/fake_disk.h"
#include "services/kinesis/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::kinesis {

using namespace std::chrono_literals;

class KinesisTest : public testing::Test {
 protected:
  KinesisTest() {
    open();
    call_.account_id = "111122223333";
    call_.region = "us-east-1";
    call_.time = clock_.now();
  }
  // As after a restart.
  void open() {
    kinesis_.reset();
    shards_.reset();
    records_.reset();
    records_ = store::LogStore::open(disk_, "streams", clock_, logger_, metrics_,
                                     {.name = "streams", .sorting = store::LogStoreOptions::Sorting::Here})
                   .value();
    shards_ = std::make_unique<ShardLog>(*records_, clock_);
    kinesis_ = std::make_unique<Kinesis>(store_, *shards_, random_);
  }
  void advance(Duration by) {
    clock_.advance(by);
    call_.time = clock_.now();
  }
  // "code: message"; "" when the call is accepted.
  template <typename T>
  static std::string refusal(const aws::Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code + ": " + outcome.error().message;
  }
  void make_stream(const std::string& name, int shards = 1) {
    ASSERT_EQ(refusal(kinesis_->CreateStream(call_, {.StreamName = name, .ShardCount = shards})), "");
  }
  std::string put(const std::string& stream, const std::string& key, const std::string& data) {
    auto put = kinesis_->PutRecord(call_, {.StreamName = stream, .Data = data, .PartitionKey = key});
    return put ? put->SequenceNumber : refusal(put);
  }
  std::string iterator(const std::string& stream, const std::string& type = "TRIM_HORIZON",
                       const std::optional<std::string>& sequence = {},
                       const std::string& shard = "shardId-000000000000") {
    auto got = kinesis_->GetShardIterator(call_, {.StreamName = stream,
                                                  .ShardId = shard,
                                                  .ShardIteratorType = type,
                                                  .StartingSequenceNumber = sequence});
    return got ? *got->ShardIterator : refusal(got);
  }
  api::GetRecordsOutput get(const std::string& iterator, std::optional<std::int32_t> limit = {}) {
    auto got = kinesis_->GetRecords(call_, {.ShardIterator = iterator, .Limit = limit});
    EXPECT_EQ(refusal(got), "");
    return got.value_or(api::GetRecordsOutput());
  }
  static std::vector<std::string> data(const api::GetRecordsOutput& got) {
    std::vector<std::string> out;
    for (const api::Record& record : got.Records) out.push_back(record.Data);
    return out;
  }

  ManualClock clock_{SystemTime(1'800'000'000s)};
  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics_;
  FakeDisk disk_;
  SeededRandom random_{1};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  std::unique_ptr<store::LogStore> records_;
  std::unique_ptr<ShardLog> shards_;
  std::unique_ptr<Kinesis> kinesis_;
  aws::Call call_;
};

}  // namespace meridian::services::kinesis
