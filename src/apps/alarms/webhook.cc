#include "apps/alarms/webhook.h"

#include <fmt/format.h>

#include "base/ids.h"
#include "formats/json/json.h"

namespace meridian::apps {
namespace {

constexpr std::string_view kEnded = "The server ended before it was delivered.";

}  // namespace

AlarmWebhook::AlarmWebhook(net::Loop& loop, Random& random, http::Url url, Post post, Done done)
    : loop_(loop), random_(random), url_(std::move(url)), post_(std::move(post)), done_(std::move(done)) {}

void AlarmWebhook::close() {
  std::map<std::uint64_t, Waiting> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(waiting_);
  }
  for (const auto& [number, waiting] : left) done_(waiting.action, kEnded);
}

Result<void> AlarmWebhook::take(Action action) {
  const std::lock_guard lock(mutex_);
  if (closed_) return fail(ErrorCode::Unavailable, std::string(kEnded));
  if (waiting_.size() == kWaitingMax)
    return fail(ErrorCode::Limit, fmt::format("{} actions wait for the webhook already.", kWaitingMax));
  const std::uint64_t number = next_++;
  http::ClientRequest request = request_of(action);
  waiting_.emplace(number, Waiting{std::move(action), std::move(request), 0, nullptr});
  loop_.post([this, number] { attempt(number); });
  return {};
}

// The envelope of SNS without its signature: nobody here could sign as SNS.
http::ClientRequest AlarmWebhook::request_of(const Action& action) {
  const std::string id = make_uuid(random_);
  http::ClientRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers = {{"Content-Type", "text/plain; charset=UTF-8"},
                     {"x-amz-sns-message-type", "Notification"},
                     {"x-amz-sns-message-id", id},
                     {"x-amz-sns-topic-arn", action.action}};
  json::Writer out(request.body);
  const auto put = [&](std::string_view key, std::string_view value) {
    out.key(key);
    out.string(value);
  };
  out.begin_object();
  put("Type", "Notification");
  put("MessageId", id);
  put("TopicArn", action.action);
  put("Subject", action.subject);
  put("Message", action.message);
  put("Timestamp", format_iso8601_millis(action.state.updated_at));
  out.end_object();
  return request;
}

void AlarmWebhook::attempt(std::uint64_t number) {
  Waiting* waiting = nullptr;
  {
    const std::lock_guard lock(mutex_);
    waiting = &waiting_.at(number);
  }
  const auto response = post_(waiting->request);
  if (response && response->status >= 200 && response->status < 300) return finish(number, "");
  const std::string error = response ? fmt::format("The webhook answered {}.", response->status)
                                     : "The webhook cannot be reached: " + response.error().message;
  if (waiting->attempts == std::size(kRetries)) return finish(number, error);
  waiting->timer = loop_.after(kRetries[waiting->attempts++], [this, number] { attempt(number); });
}

void AlarmWebhook::finish(std::uint64_t number, std::string_view error) {
  std::unique_lock lock(mutex_);
  const auto node = waiting_.extract(number);
  lock.unlock();
  done_(node.mapped().action, error);
}

}  // namespace meridian::apps
