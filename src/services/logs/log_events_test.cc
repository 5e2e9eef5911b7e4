#include "services/logs/service_fixture.h"

namespace meridian::services::logs {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

constexpr std::int64_t kDay = 86'400'000, kHour = 3'600'000;

class LogEventsTest : public LogsTest {
 protected:
  void SetUp() override {
    make_group("g");
    make_stream("g", "s");
  }
  api::GetLogEventsResponse get(api::GetLogEventsRequest input = {.logStreamName = "s"}) {
    input.logGroupName = "g";
    const auto out = logs_.GetLogEvents(call_, input);
    EXPECT_EQ(refusal(out), "");
    return out.value_or(api::GetLogEventsResponse());
  }
};

TEST_F(LogEventsTest, WhatWasPutIsRead) {
  clock_.advance(50ms);
  const auto out = put("g", "s", {{-20, "a"}, {-10, "b"}, {0, "c"}});
  ASSERT_EQ(refusal(out), "");
  EXPECT_EQ(out->rejectedLogEventsInfo, std::nullopt);
  EXPECT_EQ(out->nextSequenceToken->size(), 56u);
  const auto page = get();
  EXPECT_THAT(messages(page.events), ElementsAre("a", "b", "c"));
  EXPECT_EQ(page.events->at(0).timestamp, kNowMs - 20);
  EXPECT_EQ(page.events->at(0).ingestionTime, kNowMs + 50);
  EXPECT_THAT(messages(get({.logStreamName = "s", .startTime = kNowMs - 10, .endTime = kNowMs}).events),
              ElementsAre("b"))
      << "the end is outside";
}

TEST_F(LogEventsTest, SequenceTokensAreTakenAndIgnored) {
  api::PutLogEventsRequest input{.logGroupName = "g", .logStreamName = "s", .logEvents = {{kNowMs, "a"}}};
  input.sequenceToken = "wrong";
  EXPECT_EQ(refusal(logs_.PutLogEvents(call_, input)), "");
}

TEST_F(LogEventsTest, EntitiesAreRejectedAndEventsKept) {
  api::PutLogEventsRequest input{.logGroupName = "g", .logStreamName = "s", .logEvents = {{kNowMs, "a"}}};
  input.entity = api::Entity{.keyAttributes = std::map<std::string, std::string>{{"Type", "Service"}}};
  EXPECT_TRUE(logs_.PutLogEvents(call_, input)->rejectedEntityInfo);
  EXPECT_THAT(messages(get().events), ElementsAre("a"));
}

TEST_F(LogEventsTest, TooOldAndTooNewAreToldAndTheRestIsKept) {
  const auto old = put("g", "s", {{-14 * kDay - 1, "old"}, {-14 * kDay, "just"}, {-13 * kDay - kHour, "x"}});
  ASSERT_EQ(refusal(old), "");
  EXPECT_EQ(old->rejectedLogEventsInfo->tooOldLogEventEndIndex, 1);
  EXPECT_EQ(old->rejectedLogEventsInfo->tooNewLogEventStartIndex, std::nullopt);
  const auto late =
      put("g", "s", {{0, "now"}, {2 * kHour, "just"}, {2 * kHour + 1, "new"}, {9 * kHour, "new"}});
  EXPECT_EQ(late->rejectedLogEventsInfo->tooNewLogEventStartIndex, 2);
  EXPECT_EQ(late->rejectedLogEventsInfo->tooOldLogEventEndIndex, std::nullopt);
  EXPECT_THAT(messages(get().events), ElementsAre("just", "x", "now", "just"));
  EXPECT_EQ(put("g", "s", {{-20 * kDay, "old"}})->rejectedLogEventsInfo->tooOldLogEventEndIndex, 1);
}

TEST_F(LogEventsTest, WhatHasExpiredIsNotTakenNorShown) {
  ASSERT_EQ(refusal(put("g", "s", {{-3 * kDay, "three days"}, {-2 * kDay - kHour, "two days"}})), "");
  ASSERT_EQ(refusal(logs_.PutRetentionPolicy(call_, {.logGroupName = "g", .retentionInDays = 1})), "");
  const auto out = put("g", "s", {{-25 * kHour, "old"}, {-24 * kHour, "kept"}});
  EXPECT_EQ(out->rejectedLogEventsInfo->expiredLogEventEndIndex, 1);
  EXPECT_EQ(out->rejectedLogEventsInfo->tooOldLogEventEndIndex, std::nullopt);
  EXPECT_THAT(messages(get().events), ElementsAre("kept"));
}

TEST_F(LogEventsTest, RefusesBatches) {
  EXPECT_EQ(refusal(put("g", "s", {{0, "b"}, {-1, "a"}})),
            "InvalidParameterException: Log events in a single PutLogEvents request must be in "
            "chronological order.");
  EXPECT_EQ(refusal(put("g", "s", {{-24 * kHour - 1, "a"}, {0, "b"}})),
            "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot "
            "span more than 24 hours.");
  EXPECT_EQ(refusal(put("g", "s", {{-24 * kHour, "a"}, {0, "b"}})), "");
  const std::string half(512 * 1024 - 26, 'x');
  EXPECT_EQ(refusal(put("g", "s", {{0, half}, {0, half}})), "");
  EXPECT_EQ(refusal(put("g", "s", {{0, half}, {0, half + "x"}})),
            "InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576");
  EXPECT_EQ(refusal(put("h", "s", {{0, "a"}})),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(refusal(put("g", "t", {{0, "a"}})),
            "ResourceNotFoundException: The specified log stream does not exist.");
}

TEST_F(LogEventsTest, ADryRunAppendsNothing) {
  call_.dry_run = true;
  EXPECT_EQ(put("g", "s", {{-15 * kDay, "old"}, {0, "a"}})->rejectedLogEventsInfo->tooOldLogEventEndIndex, 1);
  call_.dry_run = false;
  EXPECT_TRUE(get().events->empty());
}

TEST_F(LogEventsTest, PagesForwardToAnEqualToken) {
  ASSERT_EQ(refusal(put("g", "s", {{1, "a"}, {1, "b"}, {1, "c"}, {2, "d"}, {3, "e"}})), "");
  auto page = get({.logStreamName = "s", .limit = 2, .startFromHead = true});
  EXPECT_THAT(messages(page.events), ElementsAre("a", "b"));
  EXPECT_THAT(*page.nextForwardToken, StartsWith("f/"));
  page = get({.logStreamName = "s", .nextToken = page.nextForwardToken, .limit = 2});
  EXPECT_THAT(messages(page.events), ElementsAre("c", "d"));
  const auto back = get({.logStreamName = "s", .nextToken = page.nextBackwardToken, .limit = 9});
  EXPECT_THAT(messages(back.events), ElementsAre("a", "b"));
  page = get({.logStreamName = "s", .nextToken = page.nextForwardToken, .limit = 2});
  EXPECT_THAT(messages(page.events), ElementsAre("e"));
  const auto end = page.nextForwardToken;
  page = get({.logStreamName = "s", .nextToken = end});
  EXPECT_TRUE(page.events->empty());
  EXPECT_EQ(page.nextForwardToken, end);
  ASSERT_EQ(refusal(put("g", "s", {{3, "f"}})), "");
  EXPECT_THAT(messages(get({.logStreamName = "s", .nextToken = end}).events), ElementsAre("f"))
      << "what came since";
}

TEST_F(LogEventsTest, PagesBackwardFromTheTail) {
  ASSERT_EQ(refusal(put("g", "s", {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}})), "");
  auto page = get({.logStreamName = "s", .limit = 2});
  EXPECT_THAT(messages(page.events), ElementsAre("d", "e"));
  EXPECT_THAT(*page.nextBackwardToken, StartsWith("b/"));
  page = get({.logStreamName = "s", .nextToken = page.nextBackwardToken, .limit = 2});
  EXPECT_THAT(messages(page.events), ElementsAre("b", "c"));
  page = get({.logStreamName = "s", .nextToken = page.nextBackwardToken, .limit = 2});
  EXPECT_THAT(messages(page.events), ElementsAre("a"));
  const auto head = page.nextBackwardToken;
  page = get({.logStreamName = "s", .nextToken = head});
  EXPECT_TRUE(page.events->empty());
  EXPECT_EQ(page.nextBackwardToken, head);
}

TEST_F(LogEventsTest, AnEmptyStreamCanBeFollowed) {
  const auto page = get();
  EXPECT_TRUE(page.events->empty());
  ASSERT_EQ(refusal(put("g", "s", {{0, "a"}})), "");
  EXPECT_THAT(messages(get({.logStreamName = "s", .nextToken = page.nextForwardToken}).events),
              ElementsAre("a"));
}

TEST_F(LogEventsTest, ATokenFromElsewhereIsRefused) {
  const std::string good = *get().nextForwardToken;
  for (const std::string& bad :
       {std::string("x"), "x" + good.substr(1), good.substr(0, good.size() - 1),
        good.substr(0, 10) + "x" + good.substr(11), std::string("f//s"), "f/" + std::string(56, '9') + "/s"})
    EXPECT_EQ(
        refusal(logs_.GetLogEvents(call_, {.logGroupName = "g", .logStreamName = "s", .nextToken = bad})),
        "InvalidParameterException: The specified nextToken is invalid.")
        << bad;
}

}  // namespace
}  // namespace meridian::services::logs
