// SIGTERM and SIGINT for a server, taken by a thread of their own. Rule: until the server serves they end the
// process at once (nothing was promised to anybody yet, and a start may take long); from then on they ask.
#pragma once

#include <signal.h>

#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace meridian::apps {

class StopSignals {
 public:
  // Made before any other thread: it blocks the signals in this one and in all that come from it. SIGHUP is
  // among them only when it means something; else it ends a server as it ends most programs.
  explicit StopSignals(bool with_hangup);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The server serves; `on_hangup` is called by the thread at each SIGHUP from now until wait() returns.
  void serving(std::function<void()> on_hangup);
  void wait();  // until the server is asked to end

 private:
  void run();

  sigset_t signals_;
  std::mutex mutex_;
  bool serving_ = false, ending_ = false;
  std::function<void()> on_hangup_;
  std::promise<void> asked_;
  std::thread thread_;
};

}  // namespace meridian::apps
