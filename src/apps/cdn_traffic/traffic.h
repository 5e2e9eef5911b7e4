// The requests that the CDN has served, from its workers to whoever tells of them, on a thread of its own.
// Rule: no worker waits for a reader; what readers are too slow for is dropped by the buffers, and counted.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "apps/loop_thread.h"
#include "engines/cdn/access_log/request_buffers.h"

namespace meridian::apps {

class TrafficReader {
 public:
  virtual ~TrafficReader() = default;
  // Good for the call only.
  virtual void take(const engines::cdn::RequestRecord& record) = 0;
  virtual void turn(SystemTime now) = 0;  // after those that there were, many times a second
  virtual void end(SystemTime now) = 0;   // there will be no more
};

class Traffic {
 public:
  static constexpr Duration kFetchEvery = std::chrono::milliseconds(200);

  Traffic(const Clock& clock, Metrics& metrics)
      : clock_(clock), buffers_(metrics), loop_(net::make_loop(), "cdn-traffic") {}
  ~Traffic() { stop(); }

  engines::cdn::RequestLogs& requests() { return buffers_; }
  // Once. Requests before it wait in the buffers.
  void start(std::vector<std::unique_ptr<TrafficReader>> readers);
  // Runs the task on the readers' thread. Thread-safe.
  void post(std::function<void()> task) { loop_.loop().post(std::move(task)); }
  // A request that another process served; on that thread.
  void tell(const engines::cdn::RequestRecord& record);
  // When the engine has ended: the readers have all of it when this returns.
  void stop();

 private:
  void fetch();
  void turn();

  const Clock& clock_;
  engines::cdn::access_log::RequestBuffers buffers_;
  std::vector<std::unique_ptr<TrafficReader>> readers_;
  bool ended_ = false;
  LoopThread loop_;
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace meridian::apps
