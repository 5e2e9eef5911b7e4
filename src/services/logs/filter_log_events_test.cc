#include "services/logs/retention.h"
#include "services/logs/service_fixture.h"

namespace meridian::services::logs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FilterLogEventsTest : public LogsTest {
 protected:
  void SetUp() override {
    make_group("g");
    for (const char* stream : {"a", "b", "other"}) make_stream("g", stream);
  }
  api::FilterLogEventsResponse filter(api::FilterLogEventsRequest input = {}) {
    if (!input.logGroupIdentifier) input.logGroupName = "g";
    const auto out = logs_.FilterLogEvents(call_, input);
    EXPECT_EQ(refusal(out), "");
    return out.value_or(api::FilterLogEventsResponse());
  }
  std::vector<std::string> found(const api::FilterLogEventsRequest& input = {}) {
    return messages(filter(input).events);
  }
};

TEST_F(FilterLogEventsTest, StreamsInOrderOfTime) {
  ASSERT_EQ(refusal(put("g", "a", {{10, "one"}, {30, "three"}})), "");
  ASSERT_EQ(refusal(put("g", "b", {{20, "two"}, {30, "three too"}})), "");
  ASSERT_EQ(refusal(put("g", "other", {{25, "else"}})), "");
  EXPECT_THAT(found(), ElementsAre("one", "two", "else", "three", "three too"));
  EXPECT_THAT(found({.logStreamNamePrefix = "o"}), ElementsAre("else"));
  api::FilterLogEventsRequest some;
  some.logStreamNames = std::vector<std::string>{"b", "a"};
  EXPECT_THAT(found(some), ElementsAre("one", "two", "three", "three too"));
  EXPECT_THAT(found({.startTime = kNowMs + 20, .endTime = kNowMs + 25}), ElementsAre("two", "else"))
      << "both ends belong to it";
  EXPECT_THAT(found({.logGroupIdentifier = "arn:aws:logs:us-east-1:111122223333:log-group:g"}),
              ElementsAre("one", "two", "else", "three", "three too"));
  const auto page = filter();
  EXPECT_EQ(page.events->at(1).logStreamName, "b");
  EXPECT_EQ(page.events->at(1).timestamp, kNowMs + 20);
  EXPECT_EQ(page.events->at(1).ingestionTime, kNowMs);
  EXPECT_EQ(page.events->at(1).eventId->size(), 56u);
  EXPECT_NE(page.events->at(3).eventId, page.events->at(4).eventId);
  EXPECT_THAT(*page.searchedLogStreams, IsEmpty());
  EXPECT_EQ(page.nextToken, std::nullopt);
}

TEST_F(FilterLogEventsTest, ByPatternInPages) {
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(refusal(put("g", i % 2 ? "a" : "b", {{i, i % 3 ? "fine" : "ERROR " + std::to_string(i)}})), "");
  EXPECT_THAT(found({.filterPattern = "ERROR"}), ElementsAre("ERROR 0", "ERROR 3", "ERROR 6", "ERROR 9"));
  auto page = filter({.filterPattern = "ERROR", .limit = 3});
  EXPECT_THAT(messages(page.events), ElementsAre("ERROR 0", "ERROR 3", "ERROR 6"));
  ASSERT_TRUE(page.nextToken);
  page = filter({.filterPattern = "ERROR", .nextToken = page.nextToken, .limit = 3});
  EXPECT_THAT(messages(page.events), ElementsAre("ERROR 9"));
  EXPECT_EQ(page.nextToken, std::nullopt);
  EXPECT_FALSE(filter({.filterPattern = "ERROR", .limit = 4}).nextToken);
}

TEST_F(FilterLogEventsTest, APageHasAMegabyteAndTheNextGoesOnAtOnce) {
  const std::string large(700 * 1024, 'x');
  ASSERT_EQ(refusal(put("g", "a", {{1, large + "1"}})), "");
  ASSERT_EQ(refusal(put("g", "b", {{2, large + "2"}})), "");
  const auto first = filter();
  ASSERT_EQ(first.events->size(), 1u);
  EXPECT_EQ(first.events->front().message->back(), '1');
  const auto second = filter({.nextToken = first.nextToken});
  ASSERT_EQ(second.events->size(), 1u);
  EXPECT_EQ(second.events->front().message->back(), '2');
  EXPECT_EQ(second.nextToken, std::nullopt);
}

TEST_F(FilterLogEventsTest, ASearchThatFindsLittleEndsAndGoesOn) {
  const std::string large(1000 * 1024, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_EQ(refusal(put("g", "a", {{i, large}})), "");
  ASSERT_EQ(refusal(put("g", "a", {{30, "needle"}})), "");
  auto page = filter({.filterPattern = "needle"});
  EXPECT_THAT(messages(page.events), IsEmpty());
  ASSERT_TRUE(page.nextToken);
  page = filter({.filterPattern = "needle", .nextToken = page.nextToken});
  EXPECT_THAT(messages(page.events), ElementsAre("needle"));
  EXPECT_EQ(page.nextToken, std::nullopt);
}

// As the documents print it: an hour back, "ERROR", over Route 53's lines.
TEST_F(FilterLogEventsTest, QueryLogLines) {
  ASSERT_EQ(
      refusal(put("g", "a",
                  {{1, "1.0 2026-11-21T14:00:00Z Z1 www.example.com A NOERROR UDP FRA50 192.0.2.1 -"},
                   {2, "1.0 2026-11-21T14:00:00Z Z1 no.example.com A NXDOMAIN UDP FRA50 192.0.2.1 -"}})),
      "");
  EXPECT_EQ(found({.startTime = kNowMs - 3'600'000, .filterPattern = "ERROR"}).size(), 1u)
      << "a term is found within NOERROR, as AWS finds it";
  EXPECT_EQ(found({.filterPattern = "[v, time, zone, name = no.*, type, rcode = NXDOMAIN, ...]"}).size(), 1u);
}

TEST_F(FilterLogEventsTest, Refuses) {
  const auto refused = [&](api::FilterLogEventsRequest input) {
    input.logGroupName = input.logGroupName.value_or("g");
    return refusal(logs_.FilterLogEvents(call_, input));
  };
  EXPECT_EQ(refused({.filterPattern = "foo-bar"}),
            "InvalidParameterException: Invalid character(s) in term 'foo-bar'");
  EXPECT_EQ(refused({.logGroupName = "h"}),
            "ResourceNotFoundException: The specified log group does not exist.");
  api::FilterLogEventsRequest missing;
  missing.logStreamNames = std::vector<std::string>{"a", "missing"};
  EXPECT_EQ(refused(missing), "ResourceNotFoundException: The specified log stream does not exist.");
  missing.logStreamNamePrefix = "a";
  EXPECT_EQ(refused(missing).substr(0, 25), "InvalidParameterException");
  for (const char* bad : {"x", "cGZvbw==", "AAAA"})
    EXPECT_EQ(refused({.nextToken = bad}), "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(FilterLogEventsTest, AStreamThatIsGoneIsNotFound) {
  ASSERT_EQ(refusal(put("g", "a", {{1, "one"}})), "");
  ASSERT_EQ(refusal(put("g", "b", {{2, "two"}})), "");
  ASSERT_EQ(refusal(logs_.DeleteLogStream(call_, {.logGroupName = "g", .logStreamName = "a"})), "");
  EXPECT_THAT(found(), ElementsAre("two"));
}

TEST_F(FilterLogEventsTest, WhatNobodyWantsIsFreed) {
  make_group("gone");
  make_stream("gone", "s");
  const std::string large(1000, 'x');
  ASSERT_EQ(refusal(put("gone", "s", Events(500, {0, large}))), "");
  ASSERT_EQ(refusal(put("g", "a", Events(500, {-2 * 86'400'000, large}))), "");
  ASSERT_EQ(refusal(put("g", "b", {{0, "kept"}})), "");
  ASSERT_EQ(refusal(logs_.DeleteLogGroup(call_, {.logGroupName = "gone"})), "");
  ASSERT_EQ(refusal(logs_.PutRetentionPolicy(call_, {.logGroupName = "g", .retentionInDays = 1})), "");
  EXPECT_GT(events_->disk_bytes(), 1'000'000u);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(forget_unwanted(store_, *events_, kNow));
  EXPECT_LT(events_->disk_bytes(), 10'000u);
  EXPECT_THAT(found(), ElementsAre("kept"));
}

}  // namespace
}  // namespace meridian::services::logs
