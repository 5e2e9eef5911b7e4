// The actions of alarms as HTTP requests to one URL of the operator's, each as SNS would deliver it.
// Rule: every action that was taken is reported exactly once: delivered, or why not.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "base/random.h"
#include "http/client.h"
#include "net/loop.h"
#include "services/cloudwatch/alarm_changes.h"

namespace meridian::apps {

class AlarmWebhook final : public services::cloudwatch::AlarmActions {
 public:
  static constexpr std::size_t kWaitingMax = 1000;
  // Between one attempt and the next; after the last there is none.
  static constexpr std::chrono::seconds kRetries[] = {std::chrono::seconds(1), std::chrono::seconds(10),
                                                      std::chrono::seconds(60)};
  static constexpr std::chrono::seconds kTimeout{5};  // of an attempt: to connect, to write, to read

  using Action = services::cloudwatch::AlarmAction;
  using Post = std::function<Result<http::Response>(const http::ClientRequest&)>;
  using Done = std::function<void(const Action& action, std::string_view error)>;  // "": delivered

  // `post` may block; it and `done` are called on the loop's thread. The loop outlives this object.
  AlarmWebhook(net::Loop& loop, Random& random, http::Url url, Post post, Done done);
  ~AlarmWebhook() override { close(); }

  Result<void> take(Action action) override;
  // Reports what still waits, and takes nothing more. While the loop does not run.
  void close();

 private:
  struct Waiting {
    Action action;
    http::ClientRequest request;
    std::size_t attempts = 0;
    std::unique_ptr<net::Timer> timer;
  };
  http::ClientRequest request_of(const Action& action);
  void attempt(std::uint64_t number);
  void finish(std::uint64_t number, std::string_view error);

  net::Loop& loop_;
  Random& random_;
  const http::Url url_;
  Post post_;
  Done done_;
  std::mutex mutex_;  // of what follows; an element is the loop's alone once it is there
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t next_ = 1;
  bool closed_ = false;
};

}  // namespace meridian::apps
