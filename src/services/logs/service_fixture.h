// For this room's tests: a CloudWatch Logs over a store and a disk in memory, under a clock that stands
// still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/fake_disk.h"
#include "services/logs/service.h"
#include "store/memory/memory_store.h"

namespace meridian::services::logs {

using namespace std::chrono_literals;

inline constexpr SystemTime kNow{std::chrono::milliseconds(1'800'000'000'000)};
inline constexpr std::int64_t kNowMs = 1'800'000'000'000;

class KeptSamples final : public store::MetricSink {
 public:
  Result<void> add(std::span<const store::Sample> samples) override {
    kept.insert(kept.end(), samples.begin(), samples.end());
    return {};
  }
  std::vector<store::Sample> kept;
};

class LogsTest : public testing::Test {
 protected:
  static aws::Call call_of(std::string account, std::string region = "us-east-1") {
    aws::Call call;
    call.account_id = std::move(account);
    call.region = std::move(region);
    call.time = kNow;
    return call;
  }
  // "code: message"; "" when the call is accepted.
  template <typename T>
  static std::string refusal(const aws::Outcome<T>& outcome) {
    return outcome ? "" : outcome.error().code + ": " + outcome.error().message;
  }
  void make_group(const std::string& name) {
    ASSERT_EQ(refusal(logs_.CreateLogGroup(call_, {.logGroupName = name})), "");
  }
  void make_stream(const std::string& group, const std::string& name) {
    ASSERT_EQ(refusal(logs_.CreateLogStream(call_, {.logGroupName = group, .logStreamName = name})), "");
  }
  // Of milliseconds beside kNow, and messages.
  using Events = std::vector<std::pair<std::int64_t, std::string>>;
  aws::Outcome<api::PutLogEventsResponse> put(const std::string& group, const std::string& stream,
                                              const Events& events) {
    api::PutLogEventsRequest input{.logGroupName = group, .logStreamName = stream, .logEvents = {}};
    for (const auto& [time, message] : events)
      input.logEvents.push_back({.timestamp = kNowMs + time, .message = message});
    return logs_.PutLogEvents(call_, input);
  }
  template <typename List>
  static std::vector<std::string> messages(const List& events) {
    std::vector<std::string> out;
    for (const auto& event : *events) out.push_back(*event.message);
    return out;
  }

  ManualClock clock_{kNow};
  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  Metrics metrics_;
  FakeDisk disk_;
  SeededRandom random_{1};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  std::unique_ptr<store::LogStore> events_ =
      store::LogStore::open(disk_, "logs", clock_, logger_, metrics_,
                            {.sorting = store::LogStoreOptions::Sorting::Here})
          .value();
  KeptSamples samples_;
  Ingest ingest_{store_, *events_, samples_, clock_, random_, logger_};
  Logs logs_{store_, *events_, ingest_, random_};
  aws::Call call_ = call_of("111122223333");
};

}  // namespace meridian::services::logs
