#include "services/logs/service_fixture.h"

namespace meridian::services::logs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class GroupsTest : public LogsTest {
 protected:
  std::vector<std::string> names(const api::DescribeLogGroupsRequest& input = {}) {
    std::vector<std::string> names;
    const auto out = logs_.DescribeLogGroups(call_, input);
    EXPECT_EQ(refusal(out), "");
    for (const api::LogGroup& group : *out->logGroups) names.push_back(*group.logGroupName);
    return names;
  }
  api::LogGroup group(const std::string& name) {
    return logs_.DescribeLogGroups(call_, {.logGroupNamePrefix = name})->logGroups->at(0);
  }
};

TEST_F(GroupsTest, AGroupIsListedAsItWasMade) {
  api::CreateLogGroupRequest input{.logGroupName = "/aws/route53/example.com"};
  input.tags.emplace()["team"] = "dns";
  ASSERT_EQ(refusal(logs_.CreateLogGroup(call_, input)), "");
  const api::LogGroup made = group("/aws/");
  EXPECT_EQ(made.logGroupArn, "arn:aws:logs:us-east-1:111122223333:log-group:/aws/route53/example.com");
  EXPECT_EQ(made.arn, *made.logGroupArn + ":*");
  EXPECT_EQ(made.creationTime, kNowMs);
  EXPECT_EQ(made.retentionInDays, std::nullopt);
  EXPECT_EQ(made.storedBytes, 0);
  EXPECT_EQ(made.metricFilterCount, 0);
  EXPECT_EQ(refusal(logs_.CreateLogGroup(call_, input)),
            "ResourceAlreadyExistsException: The specified log group already exists");
}

TEST_F(GroupsTest, AccountsAndRegionsAreApart) {
  make_group("a");
  for (aws::Call other : {call_of("444455556666"), call_of("111122223333", "eu-west-1")}) {
    EXPECT_TRUE(logs_.DescribeLogGroups(other, {})->logGroups->empty());
    EXPECT_EQ(refusal(logs_.DeleteLogGroup(other, {.logGroupName = "a"})),
              "ResourceNotFoundException: The specified log group does not exist.");
  }
}

TEST_F(GroupsTest, RefusesWhatItCannotDo) {
  EXPECT_THAT(refusal(logs_.CreateLogGroup(call_, {.logGroupName = "aws/x"})),
              StartsWith("InvalidParameterException"));
  EXPECT_THAT(refusal(logs_.CreateLogGroup(call_, {.logGroupName = "x", .kmsKeyId = "key"})),
              StartsWith("InvalidParameterException"));
  EXPECT_THAT(
      refusal(logs_.CreateLogGroup(call_, {.logGroupName = "x", .logGroupClass = "INFREQUENT_ACCESS"})),
      StartsWith("InvalidParameterException"));
  EXPECT_THAT(refusal(logs_.DescribeLogGroups(call_, {.includeLinkedAccounts = true})),
              StartsWith("InvalidParameterException"));
  EXPECT_THAT(
      refusal(logs_.DescribeLogGroups(call_, {.logGroupNamePrefix = "a", .logGroupNamePattern = "b"})),
      StartsWith("InvalidParameterException"));
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(GroupsTest, ListsInPagesByPrefixPartAndName) {
  for (const char* name : {"b", "app/two", "app/one", "zone/one"}) make_group(name);
  EXPECT_THAT(names(), ElementsAre("app/one", "app/two", "b", "zone/one"));
  EXPECT_THAT(names({.logGroupNamePrefix = "app/"}), ElementsAre("app/one", "app/two"));
  EXPECT_THAT(names({.logGroupNamePattern = "one"}), ElementsAre("app/one", "zone/one"));
  api::DescribeLogGroupsRequest by_name;
  by_name.logGroupIdentifiers =
      std::vector<std::string>{"b", "arn:aws:logs:us-east-1:111122223333:log-group:app/two:*",
                               "arn:aws:logs:us-east-1:444455556666:log-group:app/one"};
  EXPECT_THAT(names(by_name), ElementsAre("app/two", "b"));
  const auto first = logs_.DescribeLogGroups(call_, {.limit = 3}).value();
  ASSERT_EQ(first.logGroups->size(), 3u);
  ASSERT_TRUE(first.nextToken);
  EXPECT_THAT(names({.nextToken = first.nextToken}), ElementsAre("zone/one"));
  EXPECT_FALSE(logs_.DescribeLogGroups(call_, {.limit = 4})->nextToken);
  for (const char* bad : {"x", "AAAA", "===="})
    EXPECT_EQ(refusal(logs_.DescribeLogGroups(call_, {.nextToken = bad})),
              "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(GroupsTest, Retention) {
  make_group("a");
  ASSERT_EQ(refusal(logs_.PutRetentionPolicy(call_, {.logGroupName = "a", .retentionInDays = 14})), "");
  EXPECT_EQ(group("a").retentionInDays, 14);
  EXPECT_THAT(refusal(logs_.PutRetentionPolicy(call_, {.logGroupName = "a", .retentionInDays = 2})),
              HasSubstr("enum value set: [1, 3, 5, 7, 14, 30, 60"));
  EXPECT_EQ(refusal(logs_.PutRetentionPolicy(call_, {.logGroupName = "b", .retentionInDays = 1})),
            "ResourceNotFoundException: The specified log group does not exist.");
  ASSERT_EQ(refusal(logs_.DeleteRetentionPolicy(call_, {.logGroupName = "a"})), "");
  EXPECT_EQ(group("a").retentionInDays, std::nullopt);
}

TEST_F(GroupsTest, DeletedWithAllItHolds) {
  make_group("a");
  make_stream("a", "s");
  ASSERT_EQ(refusal(put("a", "s", {{0, "old"}})), "");
  ASSERT_EQ(refusal(logs_.DeleteLogGroup(call_, {.logGroupName = "a"})), "");
  EXPECT_THAT(names(), ElementsAre());
  make_group("a");
  EXPECT_EQ(refusal(put("a", "s", {{0, "x"}})),
            "ResourceNotFoundException: The specified log stream does not exist.");
  make_stream("a", "s");
  const auto out = logs_.GetLogEvents(call_, {.logGroupName = "a", .logStreamName = "s"});
  EXPECT_THAT(messages(out->events), ElementsAre()) << "what another of its name held is gone";
}

TEST_F(GroupsTest, DeletionProtection) {
  ASSERT_EQ(refusal(logs_.CreateLogGroup(call_, {.logGroupName = "a", .deletionProtectionEnabled = true})),
            "");
  EXPECT_THAT(refusal(logs_.DeleteLogGroup(call_, {.logGroupName = "a"})), StartsWith("ValidationException"));
  ASSERT_EQ(refusal(logs_.PutLogGroupDeletionProtection(
                call_, {.logGroupIdentifier = "arn:aws:logs:us-east-1:111122223333:log-group:a",
                        .deletionProtectionEnabled = false})),
            "");
  EXPECT_EQ(refusal(logs_.DeleteLogGroup(call_, {.logGroupName = "a"})), "");
}

class StreamsTest : public LogsTest {
 protected:
  void SetUp() override { make_group("g"); }
  std::vector<std::string> names(api::DescribeLogStreamsRequest input = {}) {
    input.logGroupName = "g";
    std::vector<std::string> names;
    const auto out = logs_.DescribeLogStreams(call_, input);
    EXPECT_EQ(refusal(out), "");
    for (const api::LogStream& stream : *out->logStreams) names.push_back(*stream.logStreamName);
    return names;
  }
};

TEST_F(StreamsTest, ListedByNameAndByTheirLastEvent) {
  for (const char* name : {"c", "a", "b"}) make_stream("g", name);
  ASSERT_EQ(refusal(put("g", "c", {{-5000, "x"}})), "");
  ASSERT_EQ(refusal(put("g", "a", {{-3000, "x"}, {-1000, "x"}})), "");
  EXPECT_THAT(names(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names({.descending = true}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(names({.logStreamNamePrefix = "b"}), ElementsAre("b"));
  EXPECT_THAT(names({.orderBy = "LastEventTime"}), ElementsAre("b", "c", "a"));
  EXPECT_THAT(names({.orderBy = "LastEventTime", .descending = true}), ElementsAre("a", "c", "b"));
  const auto page = logs_.DescribeLogStreams(
      call_, {.logGroupName = "g", .orderBy = "LastEventTime", .descending = true, .limit = 2});
  EXPECT_THAT(names({.orderBy = "LastEventTime", .descending = true, .nextToken = page->nextToken}),
              ElementsAre("b"));
  EXPECT_EQ(refusal(logs_.DescribeLogStreams(
                call_, {.logGroupName = "g", .logStreamNamePrefix = "a", .orderBy = "LastEventTime"})),
            "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.");
}

TEST_F(StreamsTest, TellsOfItsEvents) {
  make_stream("g", "a");
  api::LogStream empty = logs_.DescribeLogStreams(call_, {.logGroupName = "g"})->logStreams->at(0);
  EXPECT_EQ(empty.arn, "arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:a");
  EXPECT_EQ(empty.creationTime, kNowMs);
  EXPECT_EQ(empty.lastEventTimestamp, std::nullopt);
  clock_.advance(7s);
  ASSERT_EQ(refusal(put("g", "a", {{-3000, "x"}, {-1000, "x"}})), "");
  const api::LogStream stream =
      logs_
          .DescribeLogStreams(call_,
                              {.logGroupIdentifier = "arn:aws:logs:us-east-1:111122223333:log-group:g:*"})
          ->logStreams->at(0);
  EXPECT_EQ(stream.firstEventTimestamp, kNowMs - 3000);
  EXPECT_EQ(stream.lastEventTimestamp, kNowMs - 1000);
  EXPECT_EQ(stream.lastIngestionTime, kNowMs + 7000);
}

TEST_F(StreamsTest, MadeOnceAndDeleted) {
  make_stream("g", "a");
  EXPECT_EQ(refusal(logs_.CreateLogStream(call_, {.logGroupName = "g", .logStreamName = "a"})),
            "ResourceAlreadyExistsException: The specified log stream already exists");
  EXPECT_EQ(refusal(logs_.CreateLogStream(call_, {.logGroupName = "h", .logStreamName = "a"})),
            "ResourceNotFoundException: The specified log group does not exist.");
  ASSERT_EQ(refusal(put("g", "a", {{0, "old"}})), "");
  ASSERT_EQ(refusal(logs_.DeleteLogStream(call_, {.logGroupName = "g", .logStreamName = "a"})), "");
  EXPECT_EQ(refusal(logs_.DeleteLogStream(call_, {.logGroupName = "g", .logStreamName = "a"})),
            "ResourceNotFoundException: The specified log stream does not exist.");
  make_stream("g", "a");
  EXPECT_TRUE(logs_.GetLogEvents(call_, {.logGroupName = "g", .logStreamName = "a"})->events->empty());
}

TEST_F(StreamsTest, OneOfTheTwoNamesOfAGroup) {
  for (const auto& input : {api::DescribeLogStreamsRequest(),
                            api::DescribeLogStreamsRequest{.logGroupName = "g", .logGroupIdentifier = "g"}})
    EXPECT_THAT(refusal(logs_.DescribeLogStreams(call_, input)), StartsWith("InvalidParameterException"));
}

// Parts of this server log by name, and make the stream they need.
TEST_F(StreamsTest, ASinkMakesItsStream) {
  const store::LogEvent event{kNowMs,
                              "1.0 2026-11-21T14:00:00Z Z1 example.com A NOERROR UDP FRA50 192.0.2.1 -"};
  const store::LogDestination place{"111122223333", "us-east-1", "g", "Z1/FRA50"};
  ASSERT_TRUE(ingest_.append(place, {&event, 1}));
  ASSERT_TRUE(ingest_.append(place, {&event, 1}));
  EXPECT_THAT(names(), ElementsAre("Z1/FRA50"));
  EXPECT_EQ(logs_.GetLogEvents(call_, {.logGroupName = "g", .logStreamName = "Z1/FRA50"})->events->size(),
            2u);
  const auto refused = ingest_.append({"111122223333", "us-east-1", "h", "s"}, {&event, 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace meridian::services::logs
