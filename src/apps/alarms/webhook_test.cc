#include "apps/alarms/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/json/json.h"
#include "net/virtual_loop.h"

namespace meridian::apps {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AlarmWebhookTest : public testing::Test {
 protected:
  static AlarmWebhook::Action action(std::string arn = "arn:aws:sns:us-east-1:111122223333:pager") {
    AlarmWebhook::Action action;
    action.alarm.name = "errors";
    action.action = std::move(arn);
    action.subject = "ALARM: \"errors\" in US East (N. Virginia)";
    action.message = R"({"AlarmName":"errors"})";
    return action;
  }

  net::VirtualLoop loop;
  SeededRandom random{1};
  std::vector<http::ClientRequest> requests;
  std::vector<int> statuses;  // of the next answers; 0: nobody answers; then 200
  std::vector<std::string> done;
  AlarmWebhook::Post post = [this](const http::ClientRequest& request) -> Result<http::Response> {
    requests.push_back(request);
    const int status = statuses.empty() ? 200 : statuses.front();
    if (!statuses.empty()) statuses.erase(statuses.begin());
    if (status == 0) return fail(ErrorCode::Unavailable, "refused");
    return http::Response{.status = status, .headers = {}, .body = ""};
  };
  std::unique_ptr<AlarmWebhook> webhook = std::make_unique<AlarmWebhook>(
      loop, random, http::Url::parse("http://hook.example/alarms").value(), post,
      [this](const AlarmWebhook::Action&, std::string_view error) { done.emplace_back(error); });
};

TEST_F(AlarmWebhookTest, DeliversWhatSnsWould) {
  ASSERT_TRUE(webhook->take(action()));
  EXPECT_THAT(requests, IsEmpty()) << "not on the thread of the caller";
  loop.run_posted();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].url.target, "/alarms");
  EXPECT_EQ(http::find_header(requests[0].headers, "x-amz-sns-message-type")->value, "Notification");
  const auto body = json::parse(requests[0].body).value();
  EXPECT_EQ(*body.find("Message")->get<std::string>(), R"({"AlarmName":"errors"})");
  EXPECT_EQ(*body.find("TopicArn")->get<std::string>(), "arn:aws:sns:us-east-1:111122223333:pager");
  EXPECT_THAT(done, ElementsAre(""));
}

TEST_F(AlarmWebhookTest, TriesAgainAndSaysWhyNot) {
  statuses = {500, 0, 200};
  ASSERT_TRUE(webhook->take(action()));
  loop.advance(11s);
  EXPECT_THAT(done, ElementsAre(""));
  EXPECT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].body, requests[2].body) << "one message, one id";

  statuses = {0, 0, 0, 404};
  ASSERT_TRUE(webhook->take(action()));
  loop.advance(70s);
  EXPECT_EQ(done.size(), 1u);
  loop.advance(1s);
  EXPECT_THAT(done, ElementsAre("", "The webhook answered 404."));
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(AlarmWebhookTest, OneThatWaitsHoldsNobodyUp) {
  statuses = {0};
  ASSERT_TRUE(webhook->take(action()));
  ASSERT_TRUE(webhook->take(action("arn:aws:sns:us-east-1:111122223333:other")));
  loop.run_posted();
  EXPECT_THAT(done, ElementsAre(""));
}

TEST_F(AlarmWebhookTest, TooManyAreNotTakenAndTheEndReportsTheRest) {
  statuses.assign(AlarmWebhook::kWaitingMax, 0);
  for (std::size_t i = 0; i < AlarmWebhook::kWaitingMax; ++i) ASSERT_TRUE(webhook->take(action()));
  EXPECT_THAT(webhook->take(action()).error().message, HasSubstr("1000 actions wait"));
  loop.run_posted();
  EXPECT_THAT(done, IsEmpty());
  webhook.reset();
  EXPECT_EQ(done.size(), AlarmWebhook::kWaitingMax);
  EXPECT_THAT(done[0], HasSubstr("ended before"));
}

}  // namespace
}  // namespace meridian::apps
